"""Real templates: every image field is found, and only image positions change.

The figures come from a count that was made without this tool.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from preprocessor import render, scan
from tests.conftest import CORPUS, needs_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.engine import ScannedField

pytestmark = needs_corpus

REGIONS = {
    "xx-one-1": "m-xx1regiononeregionon",
    "xx-two-2": "m-xx2regiontworegiontw",
    "xx-three-3": "m-xx3regionthreeregion",
}
TEMPLATES = 471


class Loader(yaml.CSafeLoader):
    """Reads any tag as what stands behind it."""


def untagged(loader: Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


Loader.add_multi_constructor("!", untagged)


def load(text: str) -> Any:
    return yaml.load(text, Loader)


@cache
def corpus_fields() -> tuple[ScannedField, ...]:
    result = scan([str(CORPUS)])
    assert [str(found) for found in result.findings] == []
    assert result.templates == TEMPLATES
    return result.fields


def ros_fields() -> list[ScannedField]:
    return [found for found in corpus_fields() if "::" in found.field.resource_type]


def test_every_deploy_field_is_found() -> None:
    forms = Counter(found.field.form.value for found in ros_fields() if found.field.role.value == "deploy")
    assert forms == {"literal": 174, "parameter": 106, "mapping": 5, "dynamic": 1}


def test_every_field_stands_where_the_report_says() -> None:
    for found in ros_fields():
        for step, where in zip(found.field.trace, found.trace_locations, strict=True):
            if step.value is not None:
                assert where.text[where.column - 1 :].lstrip("'\"").startswith(step.value.split("\n")[0])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bind every static value of every template to one artifact and render three regions."""
    folder = tmp_path_factory.mktemp("corpus")
    assert CORPUS is not None
    values = sorted({str(step.value) for found in corpus_fields() for step in found.field.literals})
    (folder / "templates").symlink_to(Path(CORPUS).absolute())
    images = {"version": 1, "artifacts": {"any": {"versions": {"1": {"images": REGIONS}}}}}
    bindings = {
        "version": 1,
        "artifact_map": "map.yaml",
        "bind": [{"image": value, "artifact": "any"} for value in values],
        "templates": [{"path": "templates/**/*.y*ml"}],
    }
    (folder / "map.yaml").write_text(yaml.safe_dump(images))
    (folder / "image-bindings.yaml").write_text(yaml.safe_dump(bindings))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = render()
    assert result.templates == TEMPLATES
    assert len(result.written) == TEMPLATES * len(REGIONS)
    return folder


def pairs(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield path, region, source and variant of every file written."""
    assert CORPUS is not None
    for source in sorted(Path(CORPUS).rglob("*.y*ml")):
        path = str(source.relative_to(CORPUS))
        for region in REGIONS:
            variant = (folder / "dist" / region / "templates" / path).read_bytes().decode()
            yield path, region, source.read_bytes().decode(), variant


def test_the_bytes_outside_the_images_are_the_same(rendered: Path) -> None:
    values = sorted({str(step.value) for found in corpus_fields() for step in found.field.literals}, key=len)
    edited = 0
    for path, region, source, variant in pairs(rendered):
        first, *others = variant.split(REGIONS[region])
        assert source.startswith(first), path
        rest = source[len(first) :]
        for piece in others:
            fits = [value for value in reversed(values) if rest.startswith(value + piece[:20])]
            assert fits, (path, rest[:80])
            rest = rest[len(fits[0]) + len(piece) :] if rest[len(fits[0]) :].startswith(piece) else "no"
            edited += 1
        assert rest == "", path
    assert edited >= 3 * (174 + 96)


def differences(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the places where two documents differ, with the new value."""
    if isinstance(before, dict) and isinstance(after, dict) and list(before) == list(after):
        for key in before:
            yield from differences(before[key], after[key], (*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, (*path, str(index)))
    elif before != after:
        yield path, after


def is_image_position(path: tuple[str, ...]) -> bool:
    if path[0] == "Resources":
        return path[-1] in ("ImageId", "QueueImageId", "image_id") or path[-3:-1] == ("ImageId", "Fn::If")
    if path[0] == "Parameters":
        return path[2] in ("Default", "AllowedValues")
    return path[0] == "Mappings" and len(path) == 4


@pytest.mark.slow
def test_only_image_positions_change(rendered: Path) -> None:
    changed: Counter[str] = Counter()
    unread = []
    for path, region, source, variant in pairs(rendered):
        if source == variant:
            continue
        try:
            before = load(source)
        except yaml.YAMLError:
            unread.append(path)
            continue
        for place, value in differences(before, load(variant)):
            changed[place[0]] += 1
            if place[0] != "Workspace":
                assert is_image_position(place), (path, place)
                assert value == REGIONS[region], (path, place)
    assert unread == []
    assert changed["Resources"] == 174 * 3
    assert changed["Parameters"] == 288 + 3  # one is a variable of the Terraform in its template
    assert changed["Mappings"] > 3 * 11


def test_nothing_changes_without_a_binding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CORPUS is not None
    (tmp_path / "templates").symlink_to(Path(CORPUS).absolute())
    (tmp_path / "map.yaml").write_text("version: 1\nartifacts: {}\n")
    text = "version: 1\nartifact_map: map.yaml\nregions: [cn-beijing]\ntemplates: [{path: 'templates/**/*.y*ml'}]\n"
    (tmp_path / "image-bindings.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert len(render().written) == TEMPLATES
    for source in Path(CORPUS).rglob("*.y*ml"):
        variant = Path("dist/cn-beijing/templates") / source.relative_to(CORPUS)
        assert variant.read_bytes() == source.read_bytes()
