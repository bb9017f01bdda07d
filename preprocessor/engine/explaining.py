"""explain(): how an image field gets its image."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.bindings import find_bindings
from preprocessor.catalog import load_catalog
from preprocessor.engine.project import load_project, not_a_template, plan_for
from preprocessor.engine.scanning import scanned_field
from preprocessor.errors import InputError
from preprocessor.files import relative
from preprocessor.regions import images_of
from preprocessor.templates.formats import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.engine.scanning import ScannedField
    from preprocessor.plan import ArtifactVersion, FieldPlan


@dataclass(frozen=True)
class Explanation:
    """One image field, the way to its literals, what binds it, and the image in each region."""

    scanned: ScannedField
    plan: FieldPlan
    regions: tuple[tuple[ArtifactVersion, Mapping[str, str]], ...]
    """Each artifact version it takes its image from, with the image ID of each region."""


def explain(
    template: str, field: str | None = None, *, bindings: str | None = None
) -> tuple[Explanation, ...]:
    """Tell how each image field of `template` (or those that the address `field` matches) gets its image.

    Raises:
        InputError: the template cannot be read, or has no such field.

    >>> import pathlib, tempfile
    >>> template = pathlib.Path(tempfile.mkdtemp(), "web.yaml")
    >>> text = "Resources: {Web: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: Image}}}}"
    >>> _ = template.write_text("Parameters: {Image: {Type: String, Default: centos_7}}\\n" + text)
    >>> (found,) = explain(str(template), "Resources.*.Properties.ImageId")
    >>> [(step.address, step.value) for step in found.scanned.field.trace]
    [('Parameters.Image', None), ('Parameters.Image.Default', 'centos_7')]
    """
    from preprocessor import address

    named = bindings is not None or os.path.lexists(find_bindings())
    project = load_project(bindings) if named else None
    path = relative(template)
    if project is None:
        found = read_template(path, load_catalog())
    else:
        found = read_template(path, project.catalog, project.apart)
    if found is None:
        raise InputError([not_a_template(path)])
    if found.findings:
        raise InputError(found.findings)
    plan = plan_for(found, project)
    try:
        chosen = [one for one in plan.fields if field is None or address.matches(field, one.field.address)]
    except address.AddressError as error:
        raise InputError.of(
            "invalid-usage", f"'{field}' is no address: {error}", "write it as scan prints it"
        ) from error
    if not chosen:
        from preprocessor.schema import did_you_mean

        names = [one.field.address for one in plan.fields]
        wanted = f"no image field '{field}'" if field else "no image field"
        raise InputError.of(
            "invalid-usage", f"the template has {wanted}", did_you_mean(field or "", names), path
        )
    return tuple(
        Explanation(
            scanned_field(found, one),
            one,
            tuple((target, images_of(project.artifact_map, target)) for target in one.targets)
            if project is not None
            else (),
        )
        for one in chosen
    )
