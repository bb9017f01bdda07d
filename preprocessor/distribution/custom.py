"""Carrying out the plan for custom images: share, copy, wait, share the copies, write each region down.

Every region is a task of its own and ends in a row, never in an exception that would stop the others. What
was done is in the journal before the next step, so that whoever runs the command again goes on from there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from preprocessor.distribution import ecs
from preprocessor.distribution.client import BAD_ANSWER, CallError
from preprocessor.distribution.endpoints import is_wait
from preprocessor.distribution.events import Board, Row, State
from preprocessor.distribution.pace import Pace, duration_text
from preprocessor.distribution.pacing import COPY_FAILED, GONE, Places, Poller
from preprocessor.distribution.plan import Action, copy_name, copy_parameters, copy_rank, is_shared, own_tags
from preprocessor.distribution.sharing import give_access
from preprocessor.distribution.survey import profile_of

if TYPE_CHECKING:
    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.journal import Journal
    from preprocessor.distribution.plan import Decision
    from preprocessor.distribution.spec import CustomEntry
    from preprocessor.distribution.store import MapStore
    from preprocessor.distribution.survey import ArtifactPlan, Clouds

DUPLICATED = "InvalidImageName.Duplicated"
CONFLICT = "OperationDenied.ImageCopyConflict"


class _TimedOutError(CallError):
    """A copy took longer than this run waits; it goes on in the cloud."""

    def __init__(self, image: str | None, seconds: float) -> None:
        super().__init__("StillCopying", f"not done within {duration_text(seconds)}")
        self.image = image
        self.seconds = seconds


class Session:
    """What the artifacts of one run share: accounts, queues, pollers, journal, map and rows."""

    def __init__(self, clouds: Clouds, journal: Journal, store: MapStore, board: Board, pace: Pace) -> None:
        self.clouds = clouds
        self.journal = journal
        self.store = store
        self.board = board
        self.pace = pace
        self._places: dict[tuple[str | None, str], Places] = {}
        self._pollers: dict[tuple[str | None, str], Poller] = {}

    def places(self, profile: str | None, source_region: str) -> Places:
        """Return the queue of the copies from `source_region` in one account."""
        return self._places.setdefault((profile, source_region), Places(self.pace.copies))

    def poller(self, profile: str | None, region: str) -> Poller:
        """Return the poller of `region` for one account."""
        key = (profile, region)
        if key not in self._pollers:
            self._pollers[key] = Poller(self.clouds(profile), region, self.pace)
        return self._pollers[key]


def first_rows(plan: ArtifactPlan) -> list[Row]:
    """Return the rows that a run of `plan` begins with."""
    entry = plan.entry
    rows = [
        Row(entry.key, entry.version, region, State.SKIPPED, detail=reason)
        for region, reason in entry.skip.items()
    ]
    if plan.base is not None:
        rows.append(Row(entry.key, entry.version, entry.source.region, State.QUEUED, base=True))
    rows.extend(Row(entry.key, entry.version, region, State.QUEUED) for region in plan.regions)
    return rows


class ArtifactRun:
    """The run of one artifact's plan."""

    def __init__(self, session: Session, plan: ArtifactPlan, index: int) -> None:
        self._session = session
        self._plan = plan
        self._entry: CustomEntry = plan.entry
        self._index = index
        self._profile = profile_of(plan.entry)
        self._origin_task: asyncio.Task[str] | None = None

    @property
    def _cloud(self) -> Cloud:
        return self._session.clouds(self._profile)

    async def run(self) -> None:
        """Carry out the plan; its regions at the same time."""
        await asyncio.gather(*(self._region(decision) for decision in self._plan.regions.values()))

    async def _region(self, decision: Decision) -> None:
        region = decision.region
        try:
            image, fresh = await self._image(decision)
            self._update(region, State.SHARING, image=image)
            await self._share(region, image, fresh)
        except _TimedOutError as late:
            self._leave(region, late)
        except CallError as error:
            self._fail(region, error)
        else:
            self._session.journal.write(self._entry, region, "done", image=image)
            self._session.store.put(
                self._entry.key, self._entry.version, "custom", self._entry.source, region, image
            )
            self._update(region, State.DONE, image=image, detail=decision.detail)

    async def _image(self, decision: Decision) -> tuple[str, bool]:
        """Return the Available image of a region, and whether nobody can have been given access to it yet."""
        region = decision.region
        if decision.action is Action.BLOCKED:
            raise _error(decision)
        if decision.action is Action.KEEP:
            assert decision.image is not None
            self._adopt(region, decision.image)
            return decision.image, False
        if region == self._entry.source.region:
            return await self._origin(), False
        origin = await self._origin() if decision.action is Action.COPY else ""
        return await self._in_turn(decision, origin, base=False)

    def _adopt(self, region: str, image: str) -> None:
        known = self._session.journal.known(self._entry, region)
        if image not in known.images:
            self._session.journal.write(self._entry, region, "adopted", image=image)

    async def _in_turn(self, decision: Decision, origin: str, *, base: bool) -> tuple[str, bool]:
        """Copy, or wait for a copy that an earlier run started, within the limit of copies at once."""
        region = decision.region
        rank = copy_rank(self._entry, region, self._index)
        places = self._session.places(self._profile, self._entry.source.region)
        if decision.action is Action.WAIT:
            rank = (False, "", -1)  # it runs already, so it takes its place before any other
        async with places.place((not base, *rank)):
            deadline = asyncio.get_running_loop().time() + self._session.pace.timeout_of(region)
            if decision.action is Action.WAIT:
                assert decision.image is not None
                self._adopt(region, decision.image)
                image = decision.image
            else:
                image = await self._copy(region, origin, decision.attempt, deadline, base)
            await self._wait(region, image, deadline, base, decision)
        self._session.journal.write(self._entry, region, "available", image=image)
        return image, decision.action is Action.COPY

    async def _copy(self, region: str, origin: str, attempt: int, deadline: float, base: bool) -> str:
        """Ask for a copy until the service takes the order, and return the new image's ID."""
        loop = asyncio.get_running_loop()
        while True:
            self._update(region, State.COPYING, base=base, percent=0)
            self._session.journal.write(self._entry, region, "copy-requested", attempt=attempt)
            parameters = copy_parameters(self._entry, origin, region, attempt)
            step = "copying"
            try:
                image = await ecs.copy(self._cloud, self._entry.source.region, parameters)
            except CallError as error:
                found = None
                if error.code in (DUPLICATED, CONFLICT, BAD_ANSWER):
                    found = await self._by_name(region, attempt)
                if found is not None and found.status in ecs.BROKEN:
                    attempt += 1
                    continue
                if found is None and is_wait(error.code):
                    if loop.time() + self._session.pace.poll >= deadline:
                        raise
                    self._update(region, State.COPYING, base=base, detail=f"waits: {error.reason}")
                    await asyncio.sleep(self._session.pace.poll)
                    continue
                if found is None:
                    raise
                image, step = found.id, "adopted"
            self._session.journal.write(self._entry, region, step, image=image, attempt=attempt)
            return image

    async def _by_name(self, region: str, attempt: int) -> ecs.Image | None:
        """Return the image that has the copy's name, if it is a copy of this source and nobody else's."""
        name = copy_name(self._entry, attempt)
        images, _ = await ecs.describe(self._cloud, region, ImageName=name, ImageOwnerAlias="self")
        for image in images:
            ours = all(image.tags.get(key, value) == value for key, value in own_tags(self._entry).items())
            if image.name == name and image.copied and ours:
                return image
        return None

    async def _wait(
        self, region: str, image: str, deadline: float, base: bool, decision: Decision | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        known = decision.percent or 0 if decision is not None and decision.action is Action.WAIT else 0
        self._update(region, State.COPYING, base=base, image=image, percent=known)

        def report(seen: ecs.Image) -> None:
            self._update(region, State.COPYING, base=base, image=image, percent=seen.progress)

        waiting = self._session.poller(self._profile, region).until_available(image, report, percent=known)
        try:
            await asyncio.wait_for(waiting, max(0.0, deadline - loop.time()))
        except asyncio.TimeoutError:
            raise _TimedOutError(image, self._session.pace.timeout_of(region)) from None
        except CallError as error:
            if error.code in (COPY_FAILED, GONE):
                self._session.journal.write(
                    self._entry, region, "failed", image=image, code=error.code, message=error.reason
                )
            raise

    async def _origin(self) -> str:
        """Return the image that copies are made from: the source, or a copy of it of the account's own."""
        if self._origin_task is None:
            self._origin_task = asyncio.create_task(self._make_origin())
        return await asyncio.shield(self._origin_task)

    async def _make_origin(self) -> str:
        entry, base = self._entry, self._plan.base
        await self._source_available()
        if base is None:
            return entry.source.image
        region = entry.source.region
        try:
            if base.action is Action.BLOCKED:
                raise _error(base)
            if self._plan.share_source:
                await self._share_source()
            if base.action is Action.KEEP:
                assert base.image is not None
                image = base.image
                self._adopt(region, image)
            else:
                image, _ = await self._in_turn(base, entry.source.image, base=True)
        except _TimedOutError as late:
            self._leave(region, late, base=True)
            raise CallError(
                "BaseNotReady", f"the copy of the source in {region} is not done yet", action="CopyImage"
            ) from None
        except CallError as error:
            self._fail(region, error, base=True)
            raise
        self._update(region, State.DONE, base=True, image=image)
        return image

    async def _source_available(self) -> None:
        source = self._plan.source
        if source is None or source.status == ecs.AVAILABLE:
            return
        for region in self._plan.regions:
            self._update(region, State.QUEUED, detail=f"the source is {source.status}")
        profile = None if self._plan.share_source else self._profile
        poller = self._session.poller(profile, source.region)
        limit = self._session.pace.timeout_of(source.region)
        try:
            await asyncio.wait_for(poller.until_available(source.id, lambda _: None, soon=True), limit)
        except asyncio.TimeoutError:
            raise CallError(
                "IncorrectImageStatus",
                f"the source {source.id} was not Available within {duration_text(limit)}",
                action="CopyImage",
                region=source.region,
            ) from None

    async def _share_source(self) -> None:
        """Let the distributor's account read the source, and wait until it does."""
        entry = self._entry
        assert entry.distributor is not None
        owner, region = self._session.clouds(None), entry.source.region
        account = entry.distributor.account or await ecs.own_account(self._cloud, region)
        await give_access(owner, region, entry.source.image, (account,), self._session.pace)
        self._session.journal.write(
            entry, region, "source-shared", image=entry.source.image, accounts=[account]
        )
        limit = self._session.pace.timeout_of(region)
        poller = self._session.poller(self._profile, region)
        try:
            await asyncio.wait_for(
                poller.until_available(entry.source.image, lambda _: None, soon=True), limit
            )
        except asyncio.TimeoutError:
            raise CallError(
                GONE,
                f"the account {account} does not see the shared source",
                action="CopyImage",
                region=region,
            ) from None

    async def _share(self, region: str, image: str, fresh: bool) -> None:
        """Set the launch permissions of a copy, unless it is known that they are set."""
        share = self._entry.share
        known = self._session.journal.known(self._entry, region)
        if is_shared(self._entry, known, self._plan.images.get(image)):
            return
        if share.public:
            await ecs.publish(self._cloud, region, image)
            self._session.journal.write(self._entry, region, "shared", image=image)
        else:
            pace = self._session.pace
            await give_access(self._cloud, region, image, share.accounts, pace, fresh=fresh)
            self._session.journal.write(
                self._entry, region, "shared", image=image, accounts=list(share.accounts)
            )

    def _update(self, region: str, state: State, *, base: bool = False, **facts: object) -> None:
        self._session.board.update((self._entry.key, region, base), state, **facts)

    def _leave(self, region: str, late: _TimedOutError, *, base: bool = False) -> None:
        """End a row whose copy goes on in the cloud: it is never cancelled."""
        self._session.journal.write(self._entry, region, "timed-out", image=late.image)
        self._update(
            region,
            State.RUNNING,
            base=base,
            image=late.image,
            detail=f"not done within {duration_text(late.seconds)}; the copy goes on in the cloud",
            help="run the same command again later: it waits for this copy and makes no other",
        )

    def _fail(self, region: str, error: CallError, *, base: bool = False) -> None:
        finding = error.findings[0]
        if error.code not in (COPY_FAILED, GONE):
            self._session.journal.write(
                self._entry, region, "failed", code=error.code or None, message=error.reason
            )
        self._update(
            region,
            State.FAILED,
            base=base,
            detail=finding.message,
            code=error.code,
            help=finding.help or "run the same command again: it tries this region anew",
        )


def _error(decision: Decision) -> CallError:
    """Return a decision's reason as an error."""
    error = CallError(decision.code, decision.detail)
    finding = error.findings[0]
    error.findings = (type(finding)(finding.rule, finding.severity, decision.detail, decision.help),)
    return error
