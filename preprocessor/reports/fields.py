"""Image fields as a table for people and as data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.catalog import kind_of, region_of
from preprocessor.model import Form
from preprocessor.reports.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preprocessor.bindings import Bind, Ignore
    from preprocessor.engine import Explanation, ScannedField
    from preprocessor.model import Location, Step

_WIDTH = 60


def fields_data(fields: Sequence[ScannedField]) -> list[dict[str, Any]]:
    """Return scanned fields as the `fields` list of a report."""
    return [field_data(found) for found in fields]


def field_data(found: ScannedField) -> dict[str, Any]:
    """Return one scanned field as data."""
    field = found.field
    return {
        "path": found.location.path,
        "line": found.location.line,
        "column": found.location.column,
        "address": field.address,
        "resource_type": field.resource_type,
        "role": field.role.value,
        "form": field.form.value,
        "kind": found.kind.value if found.kind else None,
        "value": field.value,
        "trace": [
            _step_data(step, where) for step, where in zip(field.trace, found.trace_locations, strict=True)
        ],
        "artifact": found.artifact,
    }


def _step_data(step: Step, where: Location) -> dict[str, Any]:
    data = {
        "via": step.via.value,
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "address": step.address,
        "value": step.value,
    }
    return {**data, "note": step.note} if step.note else data


def value_text(found: ScannedField) -> str:
    """Return the value of a field in a few words: the image, or what stands for it."""
    field = found.field
    if field.value is not None:
        return _short(field.value) if field.value else '""'
    if field.form is Form.DYNAMIC:
        return f"({field.trace[0].note})" if field.trace else "(dynamic)"
    values = sorted({step.value for step in field.literals if step.value is not None})
    if not values:
        return "(no default)" if field.form is Form.PARAMETER else "(no value)"
    if len(values) == 1:
        return _short(values[0])
    return f"{_short(values[0])} and {len(values) - 1} more"


def _short(text: str) -> str:
    text = printable(text).replace("\t", " ")
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def fields_table(fields: Sequence[ScannedField], *, width: int, color: bool) -> str:
    """Return the table of `scan`: one block per template, one row per field."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard",
        highlight=False,
    )
    by_path: dict[str, list[ScannedField]] = {}
    for found in fields:
        by_path.setdefault(found.location.path, []).append(found)
    for number, (path, group) in enumerate(by_path.items()):
        if number:
            console.print()
        console.print(Text(printable(path), style="bold"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("line", "address", "form", "kind", "value", "artifact"):
            table.add_column(name, justify="right" if name == "line" else "left", overflow="fold")
        for found in group:
            role = "" if found.field.role.value == "deploy" else f" ({found.field.role.value})"
            table.add_row(
                f"{found.location.line}:{found.location.column}",
                Text(printable(found.field.address) + role),
                found.field.form.value,
                found.kind.value if found.kind else "-",
                Text(value_text(found)),
                Text(found.artifact or "-", style="green" if found.artifact else ""),
            )
        console.print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def explanation_text(found: Explanation, *, color: bool) -> str:
    """Return how one image field gets its image, from the field to each region's ID."""
    field = found.scanned.field
    lines = [
        paint(printable(field.address), "1", color),
        f"  {field.resource_type}, role {field.role.value}, form {field.form.value}",
        f"  {found.scanned.location}",
        "",
    ]
    rows = []
    for step, where in zip(field.trace, found.scanned.trace_locations, strict=True):
        what = f"= {_short(step.value)}{_facts(step.value)}" if step.value is not None else step.note
        rows.append((step.via.value, f"{where.path}:{where.line}", printable(step.address), what))
    lines.extend(_aligned(rows))
    lines.append("")
    if not found.plan.rules:
        lines.append("  nothing binds it: every variant keeps the value as it is")
    lines.extend(f"  {_rule_text(rule)}" for rule in found.plan.rules)
    for target, images in found.regions:
        lines.append("")
        lines.append(f"  {target}")
        lines.extend(_aligned([(region, image) for region, image in sorted(images.items())], indent="    "))
    return "\n".join(lines)


def _facts(value: str) -> str:
    region = region_of(value)
    return f"  ({kind_of(value).value}{f', made in {region}' if region else ''})"


def _rule_text(rule: Bind | Ignore) -> str:
    where = rule.selector.location
    place = f"{where.path}:{where.line}"
    reason = getattr(rule, "reason", None)
    if reason is not None:
        return f"left alone by {place}  {rule.selector}: {reason}"
    return f"bound by {place}  {rule.selector}"


def _aligned(rows: Sequence[tuple[str, ...]], indent: str = "  ") -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def explanation_data(found: Explanation) -> dict[str, Any]:
    """Return one explanation as data: the field as in `scan`, what binds it, and the images by region."""
    return {
        **field_data(found.scanned),
        "bindings": [
            {
                "path": rule.selector.location.path,
                "line": rule.selector.location.line,
                "column": rule.selector.location.column,
                "selector": str(rule.selector),
                "reason": getattr(rule, "reason", None),
            }
            for rule in found.plan.rules
        ],
        "images": [
            {"artifact": target.artifact, "version": target.version, "regions": dict(sorted(images.items()))}
            for target, images in found.regions
        ],
    }
