"""A world from a YAML file: accounts, images, products and artifacts to start with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.cloud.services import product

if TYPE_CHECKING:
    from tests.cloud.world import Account, World


def load(path: str) -> Any:
    """Return the content of a seed file."""
    from ruamel.yaml import YAML

    with open(path, encoding="utf-8") as stream:
        return YAML(typ="safe").load(stream)


def sow(world: World, data: Any) -> list[Account]:
    """Fill `world`; return its accounts in the order of the file."""
    accounts = [
        world.account(str(entry["id"]), entry["key"], entry["secret"]) for entry in data.get("accounts", ())
    ]
    for entry in data.get("images", ()):
        facts = dict(entry)
        world.image(facts.pop("region"), facts.pop("owner", accounts[0].id), **facts)
    for entry in data.get("products", ()):
        world.products[entry["code"]] = product(
            entry["code"],
            {image["id"]: image.get("label", "") for image in entry["images"]},
            tuple(entry.get("versions", ())),
        )
        for image in entry["images"]:
            world.image(
                image["region"],
                "market",
                id=image["id"],
                alias="marketplace",
                product=entry["code"],
                version=image.get("version", ""),
            )
    for artifact, versions in data.get("artifacts", {}).items():
        world.artifacts[artifact] = versions
    return accounts
