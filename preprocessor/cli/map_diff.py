"""`region-image map diff`: what differs between two maps, and what that does to the templates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from preprocessor.cli.common import (
    common_options,
    count,
    format_option,
    map_option,
    map_path,
    note,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.engine import FieldEffect
    from preprocessor.map_changes import MapChanges


@click.command(short_help="Compare two maps, with the effect on templates.")
@click.argument("old", default="HEAD")
@click.argument("new", required=False)
@map_option
@format_option("text", "json")
@common_options
@click.pass_context
def command(ctx: click.Context, old: str, new: str | None, map_file: str | None) -> int:
    """Compare two artifact maps, and show what the difference does to the bound templates.

    OLD and NEW are files, git revisions such as HEAD~1, or a file in a revision such as
    HEAD~1:artifact-map.yaml. Without NEW the map as it is now is compared, without OLD that of HEAD.

    The effect is that of the binding file, if there is one: the image fields whose image changes, by region.
    Where a machine runs already, a changed image on an ECS instance replaces its system disk.
    """
    from preprocessor.artifacts import load_map
    from preprocessor.map_changes import compare
    from preprocessor.reports import json

    settings = settings_of(ctx)
    path = map_path(settings, map_file)
    before = _map(old, path)
    after = _map(new, path) if new is not None else load_map(path)
    changes = compare(before, after)
    effects = _effects(settings.bindings, before, after)
    if settings.format == "json":
        click.echo(json.document(_data(changes, effects)))
        return 0
    if not changes:
        note(settings, f"no difference between {before.path} and {after.path}")
        return 0
    for line in (*_change_lines(changes), *_effect_lines(effects)):
        click.echo(line)
    return 0


def _map(name: str, path: str) -> ArtifactMap:
    """Return the map that an argument means; one that a revision does not have yet is an error."""
    from preprocessor.artifacts import load_map, read_map
    from preprocessor.files import posix
    from preprocessor.git import read_revision

    if os.path.lexists(name):
        return load_map(posix(name))
    revision, mark, inside = name.partition(":")
    return read_map(read_revision(revision, inside if mark else path))


def _effects(bindings: str | None, before: ArtifactMap, after: ArtifactMap) -> Sequence[FieldEffect] | None:
    """Return the effect on templates, or None where there is no binding file."""
    from preprocessor.bindings import DEFAULT_FILE
    from preprocessor.engine import effect

    if bindings is None and not os.path.lexists(DEFAULT_FILE):
        return None
    return effect(before, after, bindings=bindings)


def _change_lines(changes: MapChanges) -> list[str]:
    lines = [
        f"{one.artifact} {one.version}: {one.region}: {one.before or 'none'} -> {one.after or 'none'}"
        for one in changes.images
    ]
    lines.extend(
        f"{change.artifact}: default {change.before or 'none'} -> {change.after or 'none'}"
        for change in changes.defaults
    )
    return lines


def _effect_lines(effects: Sequence[FieldEffect] | None) -> list[str]:
    if effects is None:
        return []
    if not effects:
        return ["", "no bound template changes"]
    lines = [""]
    fields = dict.fromkeys((str(one.location), one.address, one.resource_type) for one in effects)
    for place, address, resource_type in fields:
        lines.append(f"{place}: {address} ({resource_type})")
        mine = [one for one in effects if (str(one.location), one.address) == (place, address)]
        lines.extend(f"  {one.region}: {one.before or 'none'} -> {one.after or 'none'}" for one in mine)
        if any(one.replaces_system_disk for one in mine):
            lines.append(
                "  deploying this replaces the system disk of machines that run: what is on it is lost"
            )
    lines.append(f"{count(len(fields), 'image field')} changed")
    return lines


def _data(changes: MapChanges, effects: Sequence[FieldEffect] | None) -> dict[str, object]:
    return {
        "images": [
            {
                "artifact": change.artifact,
                "artifact_version": change.version,
                "region": change.region,
                "before": change.before,
                "after": change.after,
            }
            for change in changes.images
        ],
        "defaults": [
            {"artifact": change.artifact, "before": change.before, "after": change.after}
            for change in changes.defaults
        ],
        "fields": [
            {
                "path": one.location.path,
                "line": one.location.line,
                "column": one.location.column,
                "address": one.address,
                "resource_type": one.resource_type,
                "artifact": one.artifact,
                "region": one.region,
                "before": one.before,
                "after": one.after,
                "replaces_system_disk": one.replaces_system_disk,
            }
            for one in effects or ()
        ],
    }
