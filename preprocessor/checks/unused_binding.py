"""A binding, or an exception, applies to no image field.

Often it is a typing error, or the template has moved on; either way the field that was meant is not bound.
It is judged where all templates that it is for were looked at.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
          - {image: my-db, artifact: db}
    # web.yaml
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Properties:
          ImageId: my-app

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}

What to do: correct the selector (`region-image scan` lists addresses and values), or remove it. A binding
that a more specific one overrides everywhere applies to nothing too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.bindings import Bind, Ignore
    from preprocessor.checks import Subject

RULE = "unused-binding"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each binding and exception that applies nowhere."""
    used = {rule for planned in subject.templates for rule in planned.used}
    told = {finding.location for finding in subject.found}
    for rule, where in _judged(subject):
        if rule in used or getattr(rule, "location", None) in told:
            continue
        artifact = getattr(rule, "artifact", None)
        what = f"the binding of artifact '{artifact}'" if artifact else "the exception"
        yield Finding(
            RULE,
            SEVERITY,
            f"{what} by '{rule.selector}' applies to no image field of {where}",
            "correct the selector, or remove it; the fields are listed by: region-image scan",
            rule.selector.location,
        )


def _judged(subject: Subject) -> Iterator[tuple[Bind | Ignore, str]]:
    """Yield the bindings and exceptions whose templates were all looked at, with what they are for."""
    if subject.bindings is None:
        return
    if subject.whole:
        yield from ((bind, "any template") for bind in subject.bindings.bind)
        entries = subject.bindings.templates
    else:
        whole = {id(planned.entry): planned.entry for planned in subject.templates if planned.explicit}
        entries = tuple(whole.values())
    for entry in entries:
        yield from ((bind, entry.path) for bind in entry.bind)
        yield from ((ignored, entry.path) for ignored in entry.ignore)
