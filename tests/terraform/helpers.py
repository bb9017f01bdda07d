"""Modules in memory, and what an edit makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.catalog import load_catalog
from preprocessor.model import Source
from preprocessor.templates.terraform.read import read_terraform

if TYPE_CHECKING:
    from preprocessor.model import Field, Slot, Template

ID = "m-2zeiiiiiiiiiiiiiiiii"
"""The image ID that edits write."""

Steps = list[tuple[str, str, str | None]]


def module(files: dict[str, str], *, more: dict[str, list[str]] | None = None) -> Template:
    """Read a module whose files, by their paths from its folder, are given."""
    catalog = load_catalog().with_fields({}, more or {})
    return read_terraform(
        ".", {name: Source(name, text) for name, text in files.items()}, catalog, module=True
    )


def single(text: str, name: str = "main.tf") -> Template:
    """Read a single file."""
    return read_terraform(name, {name: Source(name, text)}, load_catalog(), module=False)


def only_field(template: Template) -> Field:
    assert [str(found) for found in template.findings] == []
    (field,) = template.fields
    return field


def steps_of(field: Field) -> Steps:
    return [(step.via.value, step.address, step.value) for step in field.trace]


def edited(template: Template, slot: Slot | None, image: str = ID) -> str:
    """Return the text of the slot's file with `image` written into the slot."""
    assert slot is not None
    text = template.sources[slot.path].text
    return text[: slot.start] + slot.before + image + slot.after + text[slot.end :]


def instance(value: str, name: str = "web") -> str:
    return f'resource "alicloud_instance" "{name}" {{\n  image_id = {value}\n}}\n'
