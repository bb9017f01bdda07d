"""Real templates with Terraform inside: all are read, and variants differ in nothing but the images."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocessor.catalog import load_catalog
from preprocessor.files import read_source
from preprocessor.model import Role
from preprocessor.syntax import Mapping, parse, plain
from preprocessor.templates.formats import read_source_as_template
from tests.conftest import CORPUS, needs_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.model import Source, Template
    from tests.conftest import Run

pytestmark = [pytest.mark.slow, needs_corpus]

REGIONS = {"cn-beijing": "m-2zecorpus0000000000", "cn-hangzhou": "m-bp1corpus0000000000", "us-west-1": "m-x"}

_LITERAL = re.compile(r'^[ \t]*image_id[ \t]*=[ \t]*"([^"$\n]*)"', re.MULTILINE)


def templates() -> Iterator[tuple[str, Source]]:
    root = Path(str(CORPUS))
    for path in sorted(root.rglob("*")):
        if path.suffix in (".yml", ".yaml", ".json") and path.is_file():
            source = read_source(str(path))
            if re.search(r"^Workspace\s*:", source.text, re.MULTILINE):
                yield str(path.relative_to(root)), source


def read(source: Source) -> Template:
    template = read_source_as_template(source, load_catalog())
    assert template is not None
    assert [str(found) for found in template.findings] == []
    return template


def static_values(template: Template) -> set[str]:
    return {
        step.value
        for field in template.fields
        if field.role is Role.DEPLOY
        for step in field.literals
        if step.value
    }


def test_every_literal_is_found() -> None:
    count = found = 0
    for _, source in templates():
        template = read(source)
        slots = {
            (step.slot.start, step.value) for field in template.fields for step in field.trace if step.slot
        }
        wanted = {(match.start(1), match[1]) for match in _LITERAL.finditer(source.text)}
        assert wanted <= slots
        found += len(wanted)
        count += 1
    assert count >= 125
    assert found >= 65


def test_variants_differ_in_nothing_but_the_images(run: Run) -> None:
    import hcl2

    images: set[str] = set()
    entries = []
    sources: dict[str, tuple[Source, Template]] = {}
    for name, source in templates():
        template = read(source)
        if template.fields and static_values(template):
            path = Path("in", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.encode(source.text))
            sources[name] = (source, template)
            images |= static_values(template)
            entries.append({"path": f"in/{name}"})
    assert len(sources) >= 35
    Path("image-bindings.yaml").write_text(
        json.dumps(
            {
                "version": 1,
                "artifact_map": "map.json",
                "output": "out/{{ region }}/{{ path }}",
                "bind": [{"image": image, "artifact": "x"} for image in sorted(images)],
                "templates": entries,
            }
        )
    )
    versions = {"1": {"kind": "custom", "images": REGIONS}}
    Path("map.json").write_text(
        json.dumps({"version": 1, "artifacts": {"x": {"default": "1", "versions": versions}}})
    )
    assert run("render").status == 0
    for region, image in REGIONS.items():
        for name, (source, template) in sources.items():
            expected, written = expected_variant(source, template, image)
            data = Path("out", region, "in", name).read_bytes()
            assert data == source.encode(expected)
            assert written
            before, after = workspace(source.text), workspace(data.decode("utf-8-sig"))
            for file in before:
                if file.endswith(".tf"):
                    changed = differences(hcl2.loads(before[file]), hcl2.loads(after[file]))
                    assert {old.strip('"') for old, _ in changed} <= images
                    assert {new for _, new in changed} <= {f'"{image}"'}


def expected_variant(source: Source, template: Template, image: str) -> tuple[str, int]:
    """Return the text with every literal behind a deploy field replaced, and how many there are."""
    spans = {
        (step.slot.start, step.slot.end)
        for field in template.fields
        if field.role is Role.DEPLOY
        for step in field.literals
        if step.slot and step.value
    }
    text = source.text
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + image + text[end:]
    return text, len(spans)


def workspace(text: str) -> dict[str, str]:
    from preprocessor.model import Source as Text

    root = parse(Text("x.yaml", text)).root
    assert isinstance(root, Mapping)
    found: dict[str, str] = plain(root.get("Workspace"))
    return found


def differences(old: object, new: object) -> set[tuple[str, str]]:
    """Return each value that differs, with what it became; both trees must have one shape."""
    if isinstance(old, dict) and isinstance(new, dict):
        assert list(old) == list(new)
        return {pair for key in old for pair in differences(old[key], new[key])}
    if isinstance(old, list) and isinstance(new, list):
        assert len(old) == len(new)
        return {pair for one, other in zip(old, new, strict=True) for pair in differences(one, other)}
    return set() if old == new else {(str(old), str(new))}
