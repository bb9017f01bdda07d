"""Looking before anything is done: the sources, and the copies that are there already.

Only calls that read. Regions are asked at the same time, and one question to a region serves all artifacts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from preprocessor.distribution import ecs
from preprocessor.distribution.client import TIMEOUT, CallError
from preprocessor.distribution.pace import Pace, duration_text
from preprocessor.distribution.plan import (
    TAG_ARTIFACT,
    TAG_VERSION,
    Action,
    Decision,
    decide,
    is_copy,
    is_shared,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.distribution.client import Cloud
    from preprocessor.distribution.ecs import Image
    from preprocessor.distribution.journal import Journal
    from preprocessor.distribution.spec import CustomEntry

    Clouds = Callable[[str | None], Cloud]


@dataclass(frozen=True)
class ArtifactPlan:
    """What a run does for one custom artifact."""

    entry: CustomEntry
    regions: Mapping[str, Decision]
    """The decision for each target region, in the order of the spec."""
    source: Image | None = None
    base: Decision | None = None
    """The copy in the source's own region that the others are made from, where one is needed."""
    share_source: bool = False
    """Whether the source has to be shared with the distributor's account first."""
    images: Mapping[str, Image] = field(default_factory=lambda: MappingProxyType({}))
    """The images that decisions name, by ID."""
    shared: frozenset[str] = frozenset()
    """The regions whose copy is known to be shared as the spec says."""


def profile_of(entry: CustomEntry) -> str | None:
    """Return the profile of the account that owns the copies; None is the default account."""
    return entry.distributor.profile if entry.distributor else None


async def survey(
    entries: Sequence[CustomEntry],
    clouds: Clouds,
    journal: Journal,
    artifact_map: ArtifactMap,
    patience: float = Pace.patience,
) -> list[ArtifactPlan]:
    """Return the plan of each entry; a region gets `patience` seconds to answer.

    Raises:
        CloudError: the credentials are missing or not accepted, or no source gets an answer; any other
            failure blocks what it concerns.
    """
    sources = await _sources(entries, clouds)
    errors = [source.error for source in sources.values() if source.error is not None]
    if errors and len(errors) == len(entries) and all(error.unanswered for error in errors):
        raise errors[0]  # nobody is there at all
    wanted: dict[tuple[str | None, str], list[CustomEntry]] = {}
    for entry in entries:
        for region in dict.fromkeys((*entry.regions, *_base_region(entry, sources[entry.key]))):
            wanted.setdefault((profile_of(entry), region), []).append(entry)
    answers = await asyncio.gather(
        *(
            _in_time(_region(clouds(profile), region, group, journal, artifact_map), region, patience)
            for (profile, region), group in wanted.items()
        )
    )
    found = dict(zip(wanted, answers, strict=True))
    return [_plan(entry, sources[entry.key], found, journal, artifact_map) for entry in entries]


@dataclass(frozen=True)
class _Source:
    """The source as the copying account sees it, and whether it must be shared with that account first."""

    image: Image | None = None
    error: CallError | None = None
    unshared: bool = False

    @property
    def foreign(self) -> bool:
        """Whether it belongs to another account than the one that copies."""
        return self.unshared or (self.image is not None and not self.image.own)


def _base_region(entry: CustomEntry, source: _Source) -> tuple[str, ...]:
    return (entry.source.region,) if source.foreign else ()


async def _sources(entries: Sequence[CustomEntry], clouds: Clouds) -> dict[str, _Source]:
    """Look for every source with the account that copies it, else with the default account."""
    seen = await _look(entries, clouds, profile_of)
    unseen = [entry for entry in entries if seen[entry.key].image is None and entry.distributor is not None]
    first = await _look(unseen, clouds, lambda _: None)
    for entry in unseen:
        found = first[entry.key]
        usable = found.image is not None and found.image.own
        seen[entry.key] = _Source(found.image if usable else None, found.error, unshared=usable)
    return seen


async def _look(
    entries: Sequence[CustomEntry], clouds: Clouds, profile: Callable[[CustomEntry], str | None]
) -> dict[str, _Source]:
    groups: dict[tuple[str | None, str], list[CustomEntry]] = {}
    for entry in entries:
        groups.setdefault((profile(entry), entry.source.region), []).append(entry)

    async def ask(key: tuple[str | None, str], group: list[CustomEntry]) -> dict[str, _Source]:
        try:
            images, _ = await ecs.describe(
                clouds(key[0]), key[1], ids={entry.source.image for entry in group}
            )
        except CallError as error:
            if error.account_problem:
                raise
            return {entry.key: _Source(error=error) for entry in group}
        by_id = {image.id: image for image in images}
        return {entry.key: _Source(by_id.get(entry.source.image)) for entry in group}

    answers = await asyncio.gather(*(ask(key, group) for key, group in groups.items()))
    return {key: source for answer in answers for key, source in answer.items()}


async def _in_time(
    answer: Coroutine[Any, Any, list[Image] | CallError], region: str, patience: float
) -> list[Image] | CallError:
    """Return a region's answer; one region that hangs must not hold up the others."""
    try:
        return await asyncio.wait_for(answer, patience)
    except asyncio.TimeoutError:
        reason = f"no answer within {duration_text(patience)}"
        return CallError(TIMEOUT, reason, action="DescribeImages", region=region)


async def _region(
    cloud: Cloud, region: str, entries: Sequence[CustomEntry], journal: Journal, artifact_map: ArtifactMap
) -> list[Image] | CallError:
    """Return the images of `region` that may be copies of `entries`."""
    try:
        images = {image.id: image for image in await _tagged(cloud, region, entries)}
        known = {
            id_
            for entry in entries
            for id_ in (*journal.known(entry, region).images, _mapped(entry, region, artifact_map))
            if id_
        }
        if known - images.keys():
            more, _ = await ecs.describe(cloud, region, ids=known - images.keys())
            images.update((image.id, image) for image in more)
    except CallError as error:
        if error.account_problem:
            raise
        return error
    return list(images.values())


async def _tagged(cloud: Cloud, region: str, entries: Sequence[CustomEntry]) -> list[Image]:
    if len(entries) > 1:
        # One question for all of them, unless the account has so many copies that it would take pages.
        images, total = await ecs.describe(cloud, region, tags={TAG_ARTIFACT: None}, most=ecs.PAGE)
        if total <= ecs.PAGE:
            return images
    found: list[Image] = []
    for entry in entries:
        images, _ = await ecs.describe(
            cloud, region, tags={TAG_ARTIFACT: entry.key, TAG_VERSION: entry.version}
        )
        found.extend(images)
    return found


def _mapped(entry: CustomEntry, region: str, artifact_map: ArtifactMap) -> str | None:
    artifact = artifact_map.artifacts.get(entry.key)
    version = artifact.versions.get(entry.version) if artifact else None
    return version.images.get(region) if version else None


def _plan(
    entry: CustomEntry,
    source: _Source,
    found: Mapping[tuple[str | None, str], list[Image] | CallError],
    journal: Journal,
    artifact_map: ArtifactMap,
) -> ArtifactPlan:
    blocked = _blocked(entry, source)
    images: dict[str, Image] = {}

    def choose(region: str) -> Decision:
        answer = found[profile_of(entry), region]
        if isinstance(answer, CallError):
            return _failed(region, answer)
        known = journal.known(entry, region)
        mapped = _mapped(entry, region, artifact_map)
        ours = [
            image
            for image in answer
            if is_copy(image, entry) or image.id in known.images or image.id == mapped
        ]
        images.update((image.id, image) for image in ours)
        return unless_blocked(decide(region, ours, known, mapped))

    def unless_blocked(decision: Decision) -> Decision:
        # A copy that is there needs no source any more.
        if blocked is not None and decision.action in (Action.COPY, Action.SOURCE):
            return replace(blocked, region=decision.region)
        return decision

    base = choose(entry.source.region) if source.foreign else None
    decisions = {}
    for region in entry.regions:
        if region != entry.source.region:
            decisions[region] = choose(region)
        else:
            decisions[region] = base or unless_blocked(Decision(Action.SOURCE, region, entry.source.image))
    return ArtifactPlan(
        entry,
        MappingProxyType(decisions),
        source.image,
        base,
        source.unshared and base is not None and base.action is Action.COPY,
        images=MappingProxyType(images),
        shared=frozenset(
            region
            for region, decision in decisions.items()
            if decision.action is Action.KEEP
            and is_shared(entry, journal.known(entry, region), images.get(decision.image or ""))
        ),
    )


def _failed(region: str, error: CallError) -> Decision:
    return Decision(
        Action.BLOCKED,
        region,
        detail=error.findings[0].message,
        code=error.code,
        help=error.findings[0].help,
    )


def _blocked(entry: CustomEntry, source: _Source) -> Decision | None:
    """Return why no copy of `entry` can be made at all, or None."""
    region, image = entry.source.region, source.image
    if source.error is not None:
        return _failed(region, source.error)
    if image is None:
        return Decision(
            Action.BLOCKED,
            region,
            detail=f"the source image {entry.source.image} is not there in {region}, or not visible",
            code="InvalidImageId.NotFound",
            help="check the image's ID and region in the spec, and whose credentials are used",
        )
    if image.status not in (ecs.AVAILABLE, *ecs.IN_PROGRESS):
        return Decision(
            Action.BLOCKED,
            region,
            detail=f"the source image {image.id} is in the state {image.status}",
            code="IncorrectImageStatus",
            help="only an Available image can be copied",
        )
    if entry.architecture and image.architecture and entry.architecture != image.architecture:
        return Decision(
            Action.BLOCKED,
            region,
            detail=f"the source image {image.id} is made for {image.architecture}, not {entry.architecture}",
            code="Architecture",
            help="correct the architecture in the spec, or name another image",
        )
    return None
