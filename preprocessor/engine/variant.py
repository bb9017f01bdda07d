"""One template made ready to be written: read, planned, compiled and verified."""

from __future__ import annotations

import hashlib
import os
import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from preprocessor.checks import Subject, load_rule
from preprocessor.copies import CopiedFile, KeptLink
from preprocessor.engine.compiling import compile_plan
from preprocessor.engine.project import not_a_template, plan_for
from preprocessor.errors import InputError
from preprocessor.files import mode_of, posix, read_bytes
from preprocessor.regions import bound_in
from preprocessor.templates.formats import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.compile import CompiledText, Content
    from preprocessor.engine.project import Listed, Project
    from preprocessor.model import Finding, Template
    from preprocessor.plan import ArtifactVersion, Plan
    from preprocessor.regions import Bound


@dataclass(frozen=True, eq=False)
class VariantFile:
    """One file of a template's variants."""

    source: str
    target: str
    """Its place relative to the variant's folder, or empty where the variant is this one file."""
    text: Content
    mode: int | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a render keeps of a template; its text and its tree are gone."""

    is_template: bool
    findings: tuple[Finding, ...] = ()
    """What stands against rendering it."""
    told: tuple[Finding, ...] = ()
    """Unbound images, which a render only tells."""
    bound: tuple[Bound, ...] = ()
    files: tuple[VariantFile, ...] = ()
    """The files of every variant, of a module all that go along too."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The digest of each source, by its path relative to the binding file."""


def prepare_template(listed: Listed, project: Project) -> Prepared:
    """Read, plan, compile and verify one template that the binding file lists."""
    try:
        template = read_template(listed.path, project.catalog, project.apart)
    except InputError as error:
        return Prepared(True, error.findings)
    if template is None:
        return Prepared(False, (not_a_template(listed.path),) if listed.explicit else ())
    plan = plan_for(template, project)
    findings = (*template.findings, *plan.findings)
    told = tuple(load_rule("unbound-image").check(Subject((plan,))))
    if not findings:
        try:
            return replace(prepared_of(plan, project), told=told)
        except InputError as error:
            findings = error.findings
    return Prepared(True, findings, told, bound_in(plan))


def prepared_of(plan: Plan, project: Project) -> Prepared:
    """Compile and verify a plan without findings.

    Raises:
        InputError: something stands against writing it.
    """
    files = _files(plan.template, compile_plan(plan, project))
    inputs = _digests(plan.template, files, project)
    return Prepared(True, bound=bound_in(plan), files=files, inputs=inputs)


def _files(template: Template, texts: Mapping[str, CompiledText]) -> tuple[VariantFile, ...]:
    """Return the files of every variant of `template`.

    A module's files keep their permissions, and a link stays a link unless its own text is edited.
    """
    if not template.module:
        return (VariantFile(template.path, "", texts[template.path]),)
    files: dict[str, VariantFile] = {}
    for passenger in template.passengers:
        path, target = passenger.path, passenger.target
        if passenger.link:
            files[path] = VariantFile(path, target, KeptLink(passenger.link))
        else:
            digest = hashlib.sha256(read_bytes(path)).hexdigest()
            files[path] = VariantFile(path, target, CopiedFile(path, digest), mode_of(path))
    for path, text in texts.items():
        if text.targets or path not in files:
            files[path] = VariantFile(path, posixpath.relpath(path, template.path), text, mode_of(path))
    return tuple(files.values())


def _digests(template: Template, files: tuple[VariantFile, ...], project: Project) -> dict[str, str]:
    """Return the digest of each input, by its path relative to the binding file."""
    base = project.bindings.base or "."
    digests = {
        file.source: file.text.digest(_no_images) for file in files if file.source not in template.sources
    }
    for path, source in template.sources.items():
        digests[path] = hashlib.sha256(source.encode(source.text)).hexdigest()
    return {posix(os.path.relpath(path, base)): digest for path, digest in digests.items()}


def _no_images(target: ArtifactVersion) -> str:
    raise KeyError(target)  # copies and links have no images in them
