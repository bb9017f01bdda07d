"""The distribution spec, `artifacts.yaml`: which image goes to which regions, and who may use it.

The format is `schemas/artifacts.schema.json`; what a schema cannot say is checked here. The facts behind
the checks are the ECS API reference's: a community image cannot be shared with single accounts, and an
account cannot be given access to its own image.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.artifacts import ImageSource
from preprocessor.catalog import load_regions
from preprocessor.errors import InputError
from preprocessor.files import read_source
from preprocessor.model import Finding, Location, Severity
from preprocessor.schema import did_you_mean, nearest, validate
from preprocessor.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preprocessor.model import Source
    from preprocessor.syntax import Document

RULE = "invalid-spec"
DEFAULT_FILE = "artifacts.yaml"


@dataclass(frozen=True)
class Distributor:
    """The account that owns the copies, by the name of its credentials profile."""

    profile: str
    account: str | None = None
    """The account's ID; None: the account is asked for it."""


@dataclass(frozen=True)
class Share:
    """Who may use the copies: single accounts, or everybody. Never both."""

    accounts: tuple[str, ...] = ()
    public: bool = False


@dataclass(frozen=True)
class Entry:
    """What custom and marketplace artifacts have in common."""

    key: str
    version: str
    regions: tuple[str, ...]
    """The regions to serve, without those to skip, in the order of the file."""
    skip: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Region -> why it is left out."""
    architecture: str | None = None
    location: Location = field(default_factory=lambda: Location(""))
    """Where the artifact stands in the spec."""


@dataclass(frozen=True)
class CustomEntry(Entry):
    """An image of one's own that is copied to regions."""

    source: ImageSource = field(default_factory=lambda: ImageSource("", ""))
    distributor: Distributor | None = None
    share: Share = field(default_factory=Share)
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class MarketplaceEntry(Entry):
    """A marketplace product whose images are looked up."""

    product: str = ""
    site: str = "china"
    """`china` or `international`: which marketplace the account and the product belong to."""


@dataclass(frozen=True, eq=False)
class Spec:
    """A distribution spec as read."""

    path: str
    artifacts: Mapping[str, CustomEntry | MarketplaceEntry]
    document: Document
    warnings: tuple[Finding, ...] = ()

    def location(self, *path: str | int, key: bool = False) -> Location:
        """Return where the entry at `path`, below `artifacts`, stands in the file."""
        return self.document.find(("artifacts", *path), key=key)

    def select(self, names: Iterable[str]) -> tuple[CustomEntry | MarketplaceEntry, ...]:
        """Return the artifacts called `names`, each once, or all of them for no names.

        Raises:
            InputError: `unknown-artifact`, one finding for each name that the spec does not have.
        """
        wanted = tuple(dict.fromkeys(names))
        findings = [
            Finding(
                "unknown-artifact",
                Severity.ERROR,
                f"the distribution spec {self.path} has no artifact '{name}'",
                did_you_mean(name, self.artifacts),
                Location(self.path),
            )
            for name in wanted
            if name not in self.artifacts
        ]
        if findings:
            raise InputError(findings)
        return tuple(self.artifacts[name] for name in wanted or self.artifacts)


def load_spec(path: str) -> Spec:
    """Read the distribution spec at `path`.

    Raises:
        InputError: the file cannot be read, or is no valid spec; each finding with its place.
    """
    return read_spec(read_source(path))


def read_spec(source: Source) -> Spec:
    """Return the distribution spec in `source`.

    Raises:
        InputError: `syntax-error` or `invalid-spec`, each with its place.
    """
    document = parse(source)
    data = validate(document, "artifacts", RULE)
    artifacts: dict[str, CustomEntry | MarketplaceEntry] = {}
    findings: list[Finding] = []
    warnings: list[Finding] = []
    for key, value in data["artifacts"].items():
        artifacts[key] = _entry(key, value, document.find(("artifacts", key), key=True))
        findings.extend(_contradictions(key, value, document))
        warnings.extend(_unknown_regions(key, value, document))
    if findings:
        raise InputError(findings)
    return Spec(source.path, MappingProxyType(artifacts), document, tuple(warnings))


def _entry(key: str, data: dict[str, Any], location: Location) -> CustomEntry | MarketplaceEntry:
    skip = {entry["region"]: entry["reason"] for entry in data.get("skip", ())}
    regions = tuple(region for region in data["regions"] if region not in skip)
    if data["kind"] == "marketplace":
        return MarketplaceEntry(
            key=key,
            version=data["version"],
            regions=regions,
            skip=MappingProxyType(skip),
            architecture=data.get("architecture"),
            location=location,
            product=data["product"],
            site=data.get("site", "china"),
        )
    distributor = data.get("distributor")
    share = data.get("share", {})
    return CustomEntry(
        key=key,
        version=data["version"],
        regions=regions,
        skip=MappingProxyType(skip),
        architecture=data.get("architecture"),
        location=location,
        source=ImageSource(data["source"]["region"], data["source"]["image"]),
        distributor=Distributor(distributor["profile"], distributor.get("account")) if distributor else None,
        share=Share(tuple(share.get("accounts", ())), share.get("public", False)),
        tags=MappingProxyType(dict(data.get("tags", {}))),
    )


def _contradictions(key: str, data: dict[str, Any], document: Document) -> Iterator[Finding]:
    at = ("artifacts", key)
    share = data.get("share", {})
    if share.get("public") and share.get("accounts"):
        yield Finding(
            RULE,
            Severity.ERROR,
            "the copies are to be public and shared with single accounts",
            "a community image cannot be shared with accounts as well: keep one of the two",
            document.find((*at, "share", "public"), key=True),
        )
    for index, entry in enumerate(data.get("skip", ())):
        if entry["region"] not in data["regions"]:
            yield Finding(
                RULE,
                Severity.ERROR,
                f"the region '{entry['region']}' is skipped, but is not among the artifact's regions",
                did_you_mean(entry["region"], data["regions"]),
                document.find((*at, "skip", index, "region")),
            )


def _unknown_regions(key: str, data: dict[str, Any], document: Document) -> Iterator[Finding]:
    """A region that the tool does not know is only a warning: new regions appear."""
    known = load_regions()
    places: list[tuple[str, tuple[str | int, ...]]] = [
        (region, ("regions", index)) for index, region in enumerate(data["regions"])
    ]
    if "source" in data:
        places.append((data["source"]["region"], ("source", "region")))
    for region, place in places:
        if region not in known:
            match = nearest(region, known)
            yield Finding(
                "unknown-region",
                Severity.WARNING,
                f"the region '{region}' is not one that the tool knows",
                f"did you mean '{match}'? A new region can be used all the same"
                if match
                else "a new region?",
                document.find(("artifacts", key, *place)),
            )
