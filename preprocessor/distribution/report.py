"""Plans and outcomes of a distribution as text for people and as data for programs. Nothing here prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preprocessor.distribution.events import State, summary
from preprocessor.distribution.plan import Action, planned_calls
from preprocessor.model import Finding, Location, Severity
from preprocessor.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preprocessor.distribution.events import Row
    from preprocessor.distribution.run import Outcome, Plan
    from preprocessor.distribution.survey import ArtifactPlan

_STATE_WIDTH = max(len(state.value) for state in State)


def row_text(row: Row, *, width: int = 0) -> str:
    """Return one row as a line: region, state, percentage, image, detail. `width` pads the region."""
    state = row.state.value + (f" {row.percent}%" if row.percent is not None else "")
    region = row.region + (" (own copy)" if row.base else "")
    parts = [region.ljust(width), state.ljust(_STATE_WIDTH), row.image or "", row.detail]
    return printable("  ".join(part for part in parts if part).rstrip())


def outcome_text(outcome: Outcome, *, every: bool = False) -> str:
    """Return the summary of a run: a line for each artifact, and one for each region that is not done.

    With `every`, the regions that are done have their lines too.
    """
    lines: list[str] = []
    for (artifact, version), rows in _by_artifact(outcome.rows).items():
        targets = [row for row in rows if not row.base and row.state is not State.SKIPPED]
        done = sum(row.state is State.DONE for row in targets)
        lines.append(f"{artifact} {version}: {done} of {len(targets)} regions")
        width = max(len(row.region) + len(" (own copy)") * row.base for row in rows)
        for row in rows:
            if every or row.state is not State.DONE:
                lines.append(f"  {row_text(row, width=width)}")
                if row.help:
                    lines.append(f"  {' ' * width}  help: {printable(row.help)}")
    lines.append(f"{outcome.map_path}: {summary(outcome.rows)}")
    return "\n".join(lines)


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return a run's outcome for the JSON report."""
    return {
        "complete": outcome.complete,
        "map": outcome.map_path,
        "journal": outcome.journal_path,
        "artifacts": [
            {
                "artifact": artifact,
                "artifact_version": version,
                "regions": [_row_data(row) for row in rows],
            }
            for (artifact, version), rows in _by_artifact(outcome.rows).items()
        ],
    }


def outcome_findings(outcome: Outcome, locations: Mapping[str, Location]) -> list[Finding]:
    """Return a finding for each region that is not in the map, placed where its artifact stands."""
    return [
        Finding(
            "not-distributed",
            Severity.ERROR,
            f"artifact '{row.artifact}' {row.version}, {row.region}: {row.detail or row.state.value}",
            row.help,
            locations.get(row.artifact, Location("")),
        )
        for row in outcome.rows
        if row.state not in (State.DONE, State.SKIPPED)
    ]


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "region": row.region,
        "state": row.state.value.replace(" ", "-"),
        "image": row.image,
        "percent": row.percent,
        "code": row.code,
        "detail": row.detail,
        "help": row.help,
        "base": row.base,
    }


def _by_artifact(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.artifact, row.version), []).append(row)
    return found


_WORDS = {
    Action.KEEP: "keep",
    Action.WAIT: "wait for",
    Action.COPY: "copy to",
    Action.SOURCE: "use the source",
    Action.BLOCKED: "cannot",
}


def plan_text(plan: Plan) -> str:
    """Return what a run would do: each region, and how often each changing call would be made."""
    lines: list[str] = []
    for found in plan.products:
        product = found.entry
        lines.append(f"{product.key} {product.version}: marketplace product {product.product}")
        lines.extend(f"  {region}  {image}" for region, image in found.images.items())
    for part in plan.custom:
        entry = part.entry
        lines.append(f"{entry.key} {entry.version}: from {entry.source.region}/{entry.source.image}")
        lines.extend(f"  {line}" for line in _plan_lines(part))
    calls = plan_calls(plan)
    listed = ", ".join(f"{count} {name}" for name, count in calls.items())
    lines.append(f"calls that change something, at most: {listed or 'none'}")
    return "\n".join(lines)


def _plan_lines(part: ArtifactPlan) -> Iterator[str]:
    entry = part.entry
    if part.share_source and entry.distributor is not None:
        yield f"share {entry.source.image} with the account of profile {entry.distributor.profile}"
    if part.base is not None:
        yield f"{entry.source.region} (own copy)  {_decision(part, entry.source.region, base=True)}"
    width = max((len(region) for region in (*part.regions, *entry.skip)), default=0)
    for region in part.regions:
        yield f"{region.ljust(width)}  {_decision(part, region)}"
    for region, reason in entry.skip.items():
        yield f"{region.ljust(width)}  skip: {printable(reason)}"
    if entry.share.public:
        yield "make every copy public"
    elif entry.share.accounts:
        yield f"share every copy with {', '.join(entry.share.accounts)}"


def _decision(part: ArtifactPlan, region: str, *, base: bool = False) -> str:
    decision = part.base if base and part.base is not None else part.regions[region]
    words = _WORDS[decision.action]
    if decision.action is Action.COPY:
        return f"copy as {_name(part, decision.attempt)}"
    if decision.action is Action.BLOCKED:
        return printable(f"{words}: {decision.detail}" + (f"; {decision.help}" if decision.help else ""))
    percent = f" ({decision.percent}%)" if decision.percent is not None else ""
    return printable(
        f"{words} {decision.image or ''}{percent}" + (f"; {decision.detail}" if decision.detail else "")
    )


def _name(part: ArtifactPlan, attempt: int) -> str:
    from preprocessor.distribution.plan import copy_name

    return copy_name(part.entry, attempt)


def plan_calls(plan: Plan) -> dict[str, int]:
    """Return how often each call that changes something would be made, without retries."""
    calls: dict[str, int] = {}
    for part in plan.custom:
        decisions = dict(part.regions)
        if part.base is not None:
            decisions[part.entry.source.region] = part.base
        for name, number in planned_calls(
            part.entry, decisions, part.shared, share_source=part.share_source
        ).items():
            calls[name] = calls.get(name, 0) + number
    return calls


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan for the JSON report."""
    artifacts: list[dict[str, Any]] = [
        {
            "artifact": found.entry.key,
            "artifact_version": found.entry.version,
            "product": found.entry.product,
            "regions": [
                {"region": region, "action": "keep", "image": image, "detail": ""}
                for region, image in found.images.items()
            ],
        }
        for found in plan.products
    ]
    for part in plan.custom:
        entry = part.entry
        artifacts.append(
            {
                "artifact": entry.key,
                "artifact_version": entry.version,
                "source": {"region": entry.source.region, "image": entry.source.image},
                "share_source": part.share_source,
                "base": part.base.action.value if part.base else None,
                "regions": [
                    {
                        "region": region,
                        "action": decision.action.value,
                        "image": decision.image,
                        "name": _name(part, decision.attempt) if decision.action is Action.COPY else None,
                        "detail": decision.detail,
                    }
                    for region, decision in part.regions.items()
                ],
                "skip": dict(entry.skip),
            }
        )
    return {"map": plan.map_path, "artifacts": artifacts, "calls": plan_calls(plan)}


def plan_blocked(plan: Plan) -> bool:
    """Return whether some region could not be done."""
    return any(d.action is Action.BLOCKED for part in plan.custom for d in part.regions.values())
