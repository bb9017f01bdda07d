"""Proving a map against the cloud: every image is there, Available, like its siblings, and shared."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.catalog import region_of
from preprocessor.distribution import ecs
from preprocessor.distribution.client import CallError
from preprocessor.distribution.spec import CustomEntry
from preprocessor.distribution.survey import profile_of
from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.distribution.ecs import Image
    from preprocessor.distribution.spec import MarketplaceEntry
    from preprocessor.distribution.survey import Clouds


@dataclass(frozen=True)
class Checked:
    """One image of the map, and what the cloud says of it."""

    artifact: str
    version: str
    region: str
    id: str
    kind: str
    location: Location
    entry: CustomEntry | MarketplaceEntry | None
    """The spec's entry for the artifact, where it is about this version."""
    image: Image | None = None
    """None where it is not there."""
    error: CallError | None = None
    """Why the cloud did not say."""


@dataclass(frozen=True)
class Verdict:
    """Every image, and what is wrong."""

    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    unanswered: bool
    """Whether the cloud left something unsaid."""


async def verify(
    artifact_map: ArtifactMap,
    entries: Mapping[str, CustomEntry | MarketplaceEntry],
    clouds: Clouds,
    profile: str | None = None,
) -> Verdict:
    """Return what the cloud says of the images in `artifact_map`.

    Args:
        artifact_map: the map, narrowed to what is asked for.
        entries: the spec's artifacts by name; they say with whom images must be shared.
        clouds: gives the client of an account.
        profile: whose credentials are used where the spec does not say.

    Raises:
        CloudError: the credentials are missing or not accepted.
    """
    wanted = list(_wanted(artifact_map, entries))
    groups: dict[tuple[str | None, str, bool], list[Checked]] = {}
    for one in wanted:
        key = (_profile(one, profile), one.region, one.kind == "marketplace")
        groups.setdefault(key, []).append(one)
    answers = await asyncio.gather(
        *(_region(clouds, *key, {one.id for one in group}) for key, group in groups.items())
    )
    by_group = dict(zip(groups, answers, strict=True))
    checked = []
    for one in wanted:
        answer = by_group[_profile(one, profile), one.region, one.kind == "marketplace"]
        image, error = (None, answer) if isinstance(answer, CallError) else (answer.get(one.id), None)
        checked.append(_with(one, image, error))
    shares = await asyncio.gather(*(_shares(clouds, one, profile) for one in checked))
    findings = [*_all_findings(checked), *(finding for part in shares for finding in part)]
    return Verdict(
        tuple(checked),
        tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        any(finding.rule == "cloud-error" for finding in findings),
    )


def _wanted(
    artifact_map: ArtifactMap, entries: Mapping[str, CustomEntry | MarketplaceEntry]
) -> Iterator[Checked]:
    for key, artifact in artifact_map.artifacts.items():
        for name, version in artifact.versions.items():
            entry = entries.get(key)
            for region, image in version.images.items():
                yield Checked(
                    key,
                    name,
                    region,
                    image,
                    version.kind,
                    artifact_map.location(key, "versions", name, "images", region),
                    entry if entry is not None and entry.version == name else None,
                )


def _profile(one: Checked, profile: str | None) -> str | None:
    own = profile_of(one.entry) if isinstance(one.entry, CustomEntry) else None
    return own or profile


def _with(one: Checked, image: Image | None, error: CallError | None) -> Checked:
    return Checked(
        one.artifact, one.version, one.region, one.id, one.kind, one.location, one.entry, image, error
    )


async def _region(
    clouds: Clouds, profile: str | None, region: str, marketplace: bool, ids: set[str]
) -> dict[str, Image] | CallError:
    """Return the images of `ids` that are there in `region`; one call for up to a hundred."""
    alias = "marketplace" if marketplace else None
    try:
        images, _ = await ecs.describe(clouds(profile), region, ids=ids, ImageOwnerAlias=alias)
    except CallError as error:
        if error.account_problem:
            raise
        return error
    return {image.id: image for image in images}


def _all_findings(checked: Sequence[Checked]) -> Iterator[Finding]:
    unanswered: dict[str, Checked] = {}
    for one in checked:
        if one.error is not None:
            unanswered.setdefault(one.region, one)
        elif one.image is None:
            yield _missing(one)
        elif one.image.status == "Deprecated":
            yield _finding(
                one,
                "deprecated-image",
                "is deprecated by its owner",
                "move to a newer version",
                Severity.WARNING,
            )
        elif one.image.status != ecs.AVAILABLE:
            yield _finding(
                one,
                "not-available",
                f"is in the state {one.image.status}, not {ecs.AVAILABLE}",
                "run `region-image distribute` again, or remove it from the map",
            )
    for one in unanswered.values():
        assert one.error is not None
        first = one.error.findings[0]
        yield Finding("cloud-error", Severity.ERROR, first.message, first.help, one.location)
    versions: dict[tuple[str, str], list[Checked]] = {}
    for one in checked:
        versions.setdefault((one.artifact, one.version), []).append(one)
    for siblings in versions.values():
        yield from _unlike(siblings)


def _missing(one: Checked) -> Finding:
    code = region_of(one.id)
    where = (
        f"its ID looks like one of {code}" if code not in (None, one.region) else "it may have been deleted"
    )
    return _finding(
        one,
        "missing-image",
        "is not there, or not visible to these credentials",
        f"{where}: check it, or set another",
    )


def _unlike(siblings: Sequence[Checked]) -> Iterator[Finding]:
    """Every image of a version must be made for the same machines: what the spec says, else what most are."""
    for what, attribute, severity in (
        ("architecture", "architecture", Severity.ERROR),
        ("boot mode", "boot_mode", Severity.WARNING),
    ):
        values = [(one, str(getattr(one.image, attribute, ""))) for one in siblings if one.image is not None]
        known = [(one, value) for one, value in values if value]
        if not known:
            continue
        entry = known[0][0].entry
        told = entry.architecture if entry is not None and what == "architecture" else None
        expected = told or Counter(found for _, found in known).most_common(1)[0][0]
        for one, found in known:
            if found != expected:
                rule = f"{what.replace(' ', '-')}-mismatch"
                message = f"has the {what} {found}, where {expected} is expected"
                yield _finding(one, rule, message, "set the right image for this region", severity)


async def _shares(clouds: Clouds, one: Checked, profile: str | None) -> list[Finding]:
    """Return what is wrong with an image's launch permissions; only its owner can see them."""
    if not isinstance(one.entry, CustomEntry) or one.image is None or not one.image.own:
        return []
    share = one.entry.share
    if share.public:
        again = "run `region-image distribute` again"
        return (
            []
            if one.image.public
            else [_finding(one, "not-shared", "is not public, as the spec says", again)]
        )
    if not share.accounts:
        return []
    try:
        accounts = await ecs.accounts_of(clouds(_profile(one, profile)), one.region, one.id)
    except CallError as error:
        first = error.findings[0]
        return [Finding("cloud-error", Severity.ERROR, first.message, first.help, one.location)]
    findings = []
    missing = [account for account in share.accounts if account not in accounts]
    others = [account for account in accounts if account not in share.accounts]
    if missing:
        findings.append(
            _finding(
                one,
                "not-shared",
                f"is not shared with {', '.join(missing)}, as the spec says",
                "run `region-image distribute` again",
            )
        )
    if others:
        findings.append(
            _finding(
                one,
                "shared-beyond-spec",
                f"is also shared with {', '.join(others)}",
                "add them to the spec, or take the permission away yourself: running machines may need it",
                Severity.INFO,
            )
        )
    return findings


def _finding(one: Checked, rule: str, what: str, help_: str, severity: Severity = Severity.ERROR) -> Finding:
    message = f"artifact '{one.artifact}' {one.version}: {one.id} in {one.region} {what}"
    return Finding(rule, severity, message, help_, one.location)
