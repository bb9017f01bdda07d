"""Whatever a file holds, a source answers with versions or with findings, never with another exception."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessor.artifacts import REGION_ID, is_image_id
from preprocessor.errors import InputError
from preprocessor.model import Source
from preprocessor.sources.base import Request
from preprocessor.sources.table import SOURCES

PROVIDER = 'provider["registry.terraform.io/aliyun/alicloud"]'
COPY = {"id": "m-1", "source_region_id": "cn-hangzhou", "source_image_id": "m-2"}
RIGHT: dict[str, Any] = {
    "aliyun-img-utils": {"cn-beijing": "m-1", "cn-shanghai": None},
    "computenest": {
        "Artifacts": [
            {
                "ArtifactId": "artifact-1",
                "ArtifactType": "EcsImage",
                "ArtifactVersion": "1",
                "Status": "Available",
                "ImageDelivery": {"cn-beijing": "m-1"},
                "ArtifactProperty": '{"RegionId":"cn-beijing","ImageId":"m-1"}',
            },
            {"ArtifactVersion": "draft", "Status": "Created", "ImageDelivery": "{}"},
        ],
        "NextToken": "x",
        "TotalCount": 4,
    },
    "cosa": {"aliyun": [{"name": "cn-beijing", "id": "m-1"}]},
    "csv": [],
    "packer": {
        "builds": [
            {
                "name": "web",
                "builder_type": "alicloud-ecs",
                "build_time": 1,
                "artifact_id": "cn-beijing:m-2ze1,cn-hangzhou:m-1",
                "packer_run_uuid": uuid,
            }
            for uuid in ("a", "b")
        ],
        "last_run_uuid": "a",
    },
    "terraform-output": {"a": {"value": {"cn-beijing": "m-1"}}, "b": {"value": "x"}},
    "terraform-state": {
        "version": 4,
        "resources": [
            {
                "mode": "managed",
                "type": "alicloud_image_copy",
                "name": "web",
                "provider": PROVIDER,
                "instances": [{"index_key": "cn-beijing", "attributes": COPY}],
            }
        ],
    },
}
"""A file of each kind as it should be."""

WRONG: list[Any] = [None, True, 0, -1, 1.5, 10**30, "", "x", "cn-beijing", [], {}, [[]], [None], {"a": 1}]
WRONG += [{"cn-beijing": 5}, "[1]", '{"a":', "\0", "\ud800"]


def spoil(value: Any, chance: random.Random) -> Any:
    """Put something wrong in one place of `value`, or take the place out."""
    places: list[tuple[Any, Any]] = []

    def walk(part: Any) -> None:
        items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for key, child in items:
            places.append((part, key))
            walk(child)

    walk(value)
    if not places or chance.random() < 0.05:
        return copy.deepcopy(chance.choice(WRONG))
    holder, key = chance.choice(places)
    if chance.random() < 0.2:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(chance.choice(WRONG))
    return value


def check(kind: str, text: str, **options: Any) -> None:
    """Read `text`; what comes is right, or told as findings."""
    try:
        found = SOURCES[kind].read(Request(Source("-", text), (), options))
    except InputError as error:
        assert error.findings
        assert all(finding.message for finding in error.findings)
        return
    for version in found.versions:
        assert all(REGION_ID.fullmatch(region) for region in version.images)
        assert all(is_image_id(image) for image in version.images.values())


def test_every_source_of_files_is_here() -> None:
    assert set(RIGHT) == {kind for kind, source in SOURCES.items() if source.FILE}


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_spoiled_files(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(200):
        value = copy.deepcopy(RIGHT[kind])
        for _ in range(chance.randint(1, 3)):
            value = spoil(value, chance)
        check(kind, json.dumps(value), draft=chance.random() < 0.5)


@pytest.mark.parametrize("kind", sorted(RIGHT))
@settings(max_examples=30, deadline=None, database=None)
@given(text=st.text(max_size=60))
def test_any_text(kind: str, text: str) -> None:
    check(kind, text)
