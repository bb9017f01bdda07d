"""Reads a variant again before anything is written: only the bound fields may have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.model import Location, Source
from preprocessor.templates.differences import changed_through_aliases
from preprocessor.templates.formats import read_again

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.catalog import Catalog
    from preprocessor.compile import CompiledText
    from preprocessor.model import Field
    from preprocessor.plan import ArtifactVersion, Plan

    Seen = tuple[str, tuple[tuple[str, str | None], ...]]
    """A field's address with the address and value of each step of its trace."""


def verify(plan: Plan, texts: Mapping[str, CompiledText], catalog: Catalog) -> None:
    """Read a variant of `plan`, with made-up images, and compare every field with what was planned.

    Raises:
        InputError: `unsafe-edit`: more than the bound fields would change.
    """
    probe = {target: f"m-probe{number:015d}" for number, target in enumerate(plan.targets)}
    template = plan.template
    sources = {
        path: _written(source, texts[path], probe) if texts[path].targets else source
        for path, source in template.sources.items()
    }
    again = read_again(template, sources, catalog)
    expected = _expected(plan, probe)
    found = [] if again is None else [_seen(field) for field in again.fields]
    if again is None or again.findings or found != expected:
        wrong = next((old for old, new in zip(expected, found, strict=False) if old != new), None)
        place = wrong[0] if wrong else template.path
        raise InputError.of(
            "unsafe-edit",
            f"writing image IDs into this template would change more than the bound fields (at {place})",
            "write the value as a plain or quoted string of its own, without anchors that others use",
            Location(template.path),
        )
    stray = _strays(plan, sources)
    if stray is not None:
        raise InputError.of(
            "unsafe-edit",
            f"an image ID would also be written to {stray}, which has its value through an alias (*)",
            "write that value out, without the alias",
            Location(template.path),
        )


def _strays(plan: Plan, sources: Mapping[str, Source]) -> str | None:
    """Return the address of something that would change through an alias and is no bound field, or None."""
    template = plan.template
    before = template.sources.get(template.path)
    if before is None or not template.aliased:
        return None
    bound = {found.slot for found in plan.replacements}
    allowed = ["Workspace"]
    for found in plan.fields:
        if found.whole is not None and found.whole.target is not None:
            allowed.append(found.field.address)
        for step in found.field.trace:
            if step.slot in bound:
                # The field's own address too: a function's short tag is no part of the tree's addresses.
                allowed.extend((step.address, found.field.address))
    for address in changed_through_aliases(before, sources[template.path]):
        if not any(address == place or address.startswith((place + ".", place + "[")) for place in allowed):
            return address
    return None


def _written(source: Source, text: CompiledText, probe: Mapping[ArtifactVersion, str]) -> Source:
    data = text.content(probe.__getitem__)[3 if source.bom else 0 :]
    return Source(source.path, data.decode("utf-8"), source.bom)


def _seen(field: Field) -> Seen:
    return field.address, tuple((step.address, step.value) for step in field.trace)


def _expected(plan: Plan, probe: Mapping[ArtifactVersion, str]) -> list[Seen]:
    """Return what reading the variant again must give, with the probe in place of each image ID."""
    written = {found.slot: probe[found.target] for found in plan.replacements}
    expected: list[Seen] = []
    for found in plan.fields:
        field = found.field
        if found.whole is not None and found.whole.target is not None:
            expected.append((field.address, ((field.address, probe[found.whole.target]),)))
            continue
        trace = tuple(
            (step.address, written.get(step.slot, step.value) if step.slot is not None else step.value)
            for step in field.trace
        )
        expected.append((field.address, trace))
    return expected
