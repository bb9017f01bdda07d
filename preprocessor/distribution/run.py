"""The distribution stage: from a spec to an artifact map. :func:`distribute` and :func:`plan` are its face.

Order: the map and the journal are read, marketplace products are looked up, sources and existing copies are
surveyed; only then is anything done. A run may be stopped at any moment and started again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preprocessor.artifacts import open_map
from preprocessor.distribution import marketplace
from preprocessor.distribution.client import Account, run
from preprocessor.distribution.custom import ArtifactRun, Session, first_rows
from preprocessor.distribution.events import Board, Row, State
from preprocessor.distribution.journal import Journal, journal_path
from preprocessor.distribution.pace import Pace
from preprocessor.distribution.spec import CustomEntry, MarketplaceEntry
from preprocessor.distribution.store import MapStore
from preprocessor.distribution.survey import ArtifactPlan, survey
from preprocessor.errors import InputError, RefusedError
from preprocessor.model import Finding, Severity
from preprocessor.schema import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.survey import Clouds

Entry = CustomEntry | MarketplaceEntry


@dataclass(frozen=True)
class Plan:
    """What a run would do, from calls that only read."""

    custom: tuple[ArtifactPlan, ...]
    products: tuple[marketplace.Found, ...]
    map_path: str


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    rows: tuple[Row, ...]
    map_path: str
    journal_path: str

    @property
    def complete(self) -> bool:
        """Whether the map has every region of every artifact."""
        return all(row.state in (State.DONE, State.SKIPPED) for row in self.rows if not row.base)


def accounts(pace: Pace) -> Clouds:
    """Return a function from a profile's name (None: the official chain) to the account's client."""
    known: dict[str | None, Cloud] = {}

    def account(profile: str | None) -> Cloud:
        if profile not in known:
            known[profile] = Account(profile, pace)
        return known[profile]

    return account


def narrow(entries: Sequence[Entry], regions: Sequence[str]) -> tuple[Entry, ...]:
    """Return the entries with only these target regions; for no regions as they are.

    Raises:
        InputError: `unknown-region`: none of the entries has such a target region.
    """
    if not regions:
        return tuple(entries)
    known = {region for entry in entries for region in entry.regions}
    for region in regions:
        if region not in known:
            raise InputError.of(
                "unknown-region",
                f"no artifact of this run has the region '{region}'",
                did_you_mean(region, known),
            )
    kept = (
        replace(entry, regions=tuple(region for region in entry.regions if region in regions), skip={})
        for entry in entries
    )
    return tuple(entry for entry in kept if entry.regions)


def plan(
    entries: Sequence[Entry], map_path: str, *, pace: Pace | None = None, clouds: Clouds | None = None
) -> Plan:
    """Return what :func:`distribute` would do, without calling anything that changes anything.

    Raises:
        InputError: the map or the journal is not valid, or contradicts the spec.
        RefusedError: a product is not sold in a target region.
        CloudError: the cloud refused or failed.
    """
    pace = pace or Pace()
    return run(
        _look(
            entries, open_map(map_path), clouds or accounts(pace), Journal.read(journal_path(map_path)), pace
        )
    )


def distribute(
    entries: Sequence[Entry],
    map_path: str,
    *,
    pace: Pace | None = None,
    listener: Callable[[Row], None] | None = None,
    clouds: Clouds | None = None,
    make_default: bool = False,
    runner: Callable[..., Outcome] = run,
) -> Outcome:
    """Distribute `entries` and write the map at `map_path`.

    Args:
        entries: what to distribute, as :meth:`Spec.select` gives it.
        map_path: the artifact map; made where there is none. The journal is written beside it.
        pace: limits and timeouts.
        listener: hears of every change of a row.
        clouds: gives the client of an account; the default uses the official one.
        make_default: make each version the artifact's default once all its regions are there.
        runner: runs the asynchronous operation.

    Raises:
        InputError: the map or the journal is not valid, or contradicts the spec.
        RefusedError: a product is not sold in a target region, or another run is at work; nothing was done.
        CloudError: the cloud refused or failed before anything was done. Later failures are rows.
    """
    pace = pace or Pace()
    with Journal.open(journal_path(map_path)) as journal:
        return runner(
            _distribute(entries, map_path, pace, listener, clouds or accounts(pace), journal, make_default)
        )


async def _look(
    entries: Sequence[Entry], artifact_map: ArtifactMap, clouds: Clouds, journal: Journal, pace: Pace
) -> Plan:
    """Look at everything that can stop a run, before anything is done."""
    _check_map(entries, artifact_map)
    products = await asyncio.gather(
        *(
            marketplace.look_up(entry, clouds(None))
            for entry in entries
            if isinstance(entry, MarketplaceEntry)
        )
    )
    findings = [finding for product in products for finding in product.findings]
    if findings:
        raise RefusedError(findings)
    custom = [entry for entry in entries if isinstance(entry, CustomEntry)]
    plans = await survey(custom, clouds, journal, artifact_map, pace.patience)
    return Plan(tuple(plans), tuple(products), artifact_map.path)


def _check_map(entries: Sequence[Entry], artifact_map: ArtifactMap) -> None:
    """Refuse to mix copies of two sources in one version.

    Raises:
        RefusedError: a version in the map was made from another image.
    """
    findings = []
    for entry in entries:
        artifact = artifact_map.artifacts.get(entry.key)
        version = artifact.versions.get(entry.version) if artifact else None
        if version is None:
            continue
        kind = "custom" if isinstance(entry, CustomEntry) else "marketplace"
        source = entry.source if isinstance(entry, CustomEntry) else None
        if version.images and version.kind != kind:
            was, now = f"a {version.kind} artifact", f"a {kind} one"
        elif version.source is not None and source is not None and version.source != source:
            was = f"made from {version.source.region}/{version.source.image}"
            now = f"{source.region}/{source.image}"
        else:
            continue
        findings.append(
            Finding(
                "other-source",
                Severity.ERROR,
                f"version '{entry.version}' of '{entry.key}' in {artifact_map.path} is {was}; "
                f"the spec says {now}",
                "give the new image a new version; or remove this version from the map first",
                entry.location,
            )
        )
    if findings:
        raise RefusedError(findings)


async def _distribute(
    entries: Sequence[Entry],
    map_path: str,
    pace: Pace,
    listener: Callable[[Row], None] | None,
    clouds: Clouds,
    journal: Journal,
    make_default: bool,
) -> Outcome:
    looked = await _look(entries, open_map(map_path), clouds, journal, pace)
    store = MapStore(map_path)
    board = Board(listener)
    session = Session(clouds, journal, store, board, pace)
    try:
        _put_products(looked, store, board)
        for plan_ in looked.custom:
            for row in first_rows(plan_):
                board.set(row)
        await asyncio.gather(
            *(ArtifactRun(session, plan_, index).run() for index, plan_ in enumerate(looked.custom))
        )
        if make_default:
            _make_defaults(entries, board, store)
    finally:
        # Also when the run is interrupted: what is done must not be lost.
        store.flush()
    return Outcome(tuple(board.rows.values()), map_path, journal_path(map_path))


def _put_products(looked: Plan, store: MapStore, board: Board) -> None:
    for product in looked.products:
        entry = product.entry
        for region, reason in entry.skip.items():
            board.set(Row(entry.key, entry.version, region, State.SKIPPED, detail=reason))
        for region, image in product.images.items():
            store.put(entry.key, entry.version, "marketplace", None, region, image)
            board.set(Row(entry.key, entry.version, region, State.DONE, image=image))


def _make_defaults(entries: Sequence[Entry], board: Board, store: MapStore) -> None:
    for entry in entries:
        rows = [row for row in board.rows.values() if row.artifact == entry.key and not row.base]
        if rows and all(row.state in (State.DONE, State.SKIPPED) for row in rows):
            store.make_default(entry.key, entry.version)
