"""effect(): what a change of the artifact map does to the templates that are bound to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.bindings import Bind
from preprocessor.engine.project import load_project
from preprocessor.errors import InputError
from preprocessor.model import Role
from preprocessor.plan import all_binds, plan_template, resolve_binds
from preprocessor.regions import images_of
from preprocessor.templates.formats import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.engine.project import Listed, Project
    from preprocessor.model import Location, Template
    from preprocessor.plan import ArtifactVersion, FieldPlan

REPLACES_SYSTEM_DISK = frozenset({"ALIYUN::ECS::Instance", "ALIYUN::ECS::InstanceGroup", "alicloud_instance"})
"""Resource types whose running machines get a new system disk when their image changes."""


@dataclass(frozen=True)
class FieldEffect:
    """One image field whose image changes in one region."""

    location: Location
    address: str
    resource_type: str
    artifact: str
    region: str
    before: str | None
    after: str | None

    @property
    def replaces_system_disk(self) -> bool:
        """Whether deploying the change wipes the system disk of a machine that runs."""
        return (
            self.resource_type in REPLACES_SYSTEM_DISK and self.before is not None and self.after is not None
        )


def effect(old: ArtifactMap, new: ArtifactMap, *, bindings: str | None = None) -> tuple[FieldEffect, ...]:
    """Return the image fields that change when the map changes from `old` to `new`, sorted by place.

    `bindings` is the binding file (None: `image-bindings.yaml` here). A template that cannot be read has no
    effect; `check` tells what is wrong with it.

    Raises:
        InputError: the binding file cannot be read or is invalid.
    """
    project = load_project(bindings)
    binds = all_binds(project.bindings)
    before, _ = resolve_binds(binds, old)
    after, _ = resolve_binds(binds, new)
    found: list[FieldEffect] = []
    for listed in project.listed:
        try:
            template = read_template(listed.path, project.catalog, project.excluded)
        except InputError:
            continue
        if template is not None and not template.findings:
            found.extend(_in_template(template, listed, project, (old, before), (new, after)))
    return tuple(
        sorted(found, key=lambda one: (one.location.path, one.location.line, one.address, one.region))
    )


def _in_template(
    template: Template,
    listed: Listed,
    project: Project,
    old: tuple[ArtifactMap, Mapping[Bind, ArtifactVersion]],
    new: tuple[ArtifactMap, Mapping[Bind, ArtifactVersion]],
) -> Iterator[FieldEffect]:
    # A binding that only one of the maps can follow still binds, so both sides count here.
    plan = plan_template(template, listed.entry, project.bindings.bind, {**old[1], **new[1]})
    regions = listed.entry.regions or project.bindings.regions
    for field in plan.fields:
        if field.field.role is Role.DEPLOY or field.whole is not None:
            yield from _in_field(template, field, regions, old, new)


def _in_field(
    template: Template,
    plan: FieldPlan,
    regions: Sequence[str] | None,
    old: tuple[ArtifactMap, Mapping[Bind, ArtifactVersion]],
    new: tuple[ArtifactMap, Mapping[Bind, ArtifactVersion]],
) -> Iterator[FieldEffect]:
    for rule in plan.rules:
        if not isinstance(rule, Bind):
            continue
        was, now = (_images(side, rule) for side in (old, new))
        for region in regions or sorted({*was, *now}):
            if was.get(region) != now.get(region):
                yield FieldEffect(
                    template.location(plan.field),
                    plan.field.address,
                    plan.field.resource_type,
                    rule.artifact,
                    region,
                    was.get(region),
                    now.get(region),
                )


def _images(side: tuple[ArtifactMap, Mapping[Bind, ArtifactVersion]], bind: Bind) -> Mapping[str, str]:
    artifact_map, resolved = side
    target = resolved.get(bind)
    return images_of(artifact_map, target) if target is not None else {}
