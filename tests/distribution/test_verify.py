"""`map verify`: what the cloud says of every image of the map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cloud import Fault
from tests.distribution.conftest import QUICK, Lab

if TYPE_CHECKING:
    from tests.conftest import Run

SHARED = "share: {accounts: ['2000000000000001']}"


@pytest.fixture
def done(live: Lab, run: Run) -> Lab:
    """A cloud after a complete distribution."""
    live.spec("cn-hangzhou, cn-beijing, cn-shanghai", SHARED)
    assert run("distribute", *QUICK).status == 0
    live.cloud.calls.clear()
    return live


def rules(run: Run, *arguments: str) -> tuple[int, list[tuple[str, str, int]]]:
    """Verify; return the status, and rule, severity and line of each finding."""
    result = run("map", "verify", "--format", "json", *arguments)
    found = json.loads(result.out)["findings"]
    return result.status, [(one["rule"], one["severity"], one["line"]) for one in found]


def test_all_is_well(done: Lab, run: Run) -> None:
    result = run("map", "verify")
    assert (result.status, result.out) == (0, "artifact-map.yaml: 3 images looked at, all as they must be\n")
    assert done.cloud.count() == {"DescribeImages": 3, "DescribeImageSharePermission": 3}


def test_ages_are_told(done: Lab, run: Run) -> None:
    result = run("map", "verify", "-v", "-r", "cn-hangzhou")
    assert f"web 2  cn-hangzhou  {done.source.id}  Available  web-2024  made 2024-05-28T" in result.err


def test_a_deleted_image(done: Lab, run: Run) -> None:
    image = done.images()["cn-beijing"]
    del done.cloud.world.images["cn-beijing", image]
    result = run("map", "verify")
    assert (result.status, result.out) == (1, "artifact-map.yaml: 3 images looked at\n")
    assert result.err == (
        f"error[missing-image]: artifact 'web' 2: {image} in cn-beijing is not there, or not visible to "
        "these credentials\n"
        "  --> artifact-map.yaml:13:23\n"
        "     |\n"
        f"  13 |           cn-beijing: {image}\n"
        "     |                       ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: it may have been deleted: check it, or set another\n"
    )


def test_an_image_of_another_region(done: Lab, run: Run) -> None:
    text = Path("artifact-map.yaml").read_text()
    images = done.images()
    Path("artifact-map.yaml").write_text(text.replace(images["cn-beijing"], images["cn-shanghai"]))
    result = run("map", "verify")
    assert (result.status, "its ID looks like one of cn-shanghai" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("Deprecated", ("deprecated-image", "warning", 13)),
        ("UnAvailable", ("not-available", "error", 13)),
        ("Creating", ("not-available", "error", 13)),
    ],
)
def test_states(done: Lab, run: Run, status: str, rule: tuple[str, str, int]) -> None:
    done.cloud.world.images["cn-beijing", done.images()["cn-beijing"]].status = status
    assert rules(run) == (0 if rule[1] == "warning" else 1, [rule])


def test_an_architecture_that_its_siblings_do_not_have(done: Lab, run: Run) -> None:
    done.cloud.world.images["cn-beijing", done.images()["cn-beijing"]].architecture = "arm64"
    assert rules(run) == (1, [("architecture-mismatch", "error", 13)])


def test_the_specs_architecture_counts_more_than_the_siblings(done: Lab, run: Run) -> None:
    done.spec("cn-hangzhou, cn-beijing, cn-shanghai", SHARED, "architecture: arm64")
    assert rules(run)[1] == [("architecture-mismatch", "error", line) for line in (13, 14, 15)]


def test_permissions(done: Lab, run: Run) -> None:
    done.cloud.world.images["cn-beijing", done.images()["cn-beijing"]].shared = ["2000000000000009"]
    assert rules(run) == (1, [("not-shared", "error", 13), ("shared-beyond-spec", "info", 13)])
    assert rules(run, "--spec", "artifacts.yaml")[0] == 1
    Path("artifacts.yaml").unlink()
    assert rules(run) == (0, [])


def test_public_images(done: Lab, run: Run) -> None:
    done.spec("cn-beijing", "share: {public: true}")
    assert rules(run) == (1, [("not-shared", "error", line) for line in (13, 14, 15)])


def test_a_second_account_sees_its_own_copies(live: Lab, run: Run) -> None:
    live.spec("cn-beijing", "distributor: {profile: publisher}")
    run("distribute", *QUICK)
    assert rules(run) == (0, [])
    Path("artifacts.yaml").unlink()
    assert rules(run) == (1, [("missing-image", "error", 13)])
    assert rules(run, "--profile", "publisher") == (0, [])


def test_marketplace_images_are_looked_for_as_such(live: Lab, run: Run) -> None:
    image = live.cloud.world.image("cn-beijing", "market", alias="marketplace", product="cmjj000001")
    run("map", "set", "db", f"cn-beijing={image.id}", "--kind", "marketplace")
    assert rules(run) == (0, [])


def test_only_some(done: Lab, run: Run) -> None:
    del done.cloud.world.images["cn-beijing", done.images()["cn-beijing"]]
    assert rules(run, "web", "-r", "cn-shanghai") == (0, [])
    assert run("map", "verify", "wbe").status == 2


def test_a_region_that_does_not_answer(done: Lab, run: Run) -> None:
    where = {"RegionId": "cn-beijing"}
    done.cloud.faults.append(
        Fault("DescribeImages", "error", code="Forbidden.RAM", status=403, times=-1, where=where)
    )
    assert rules(run) == (3, [("cloud-error", "error", 13)])


def test_credentials_that_are_not_accepted(done: Lab, run: Run) -> None:
    done.owner.secret = "changed"
    result = run("map", "verify")
    assert (result.status, "(SignatureDoesNotMatch)" in result.err) == (3, True)
