"""A condition compares a parameter with the value that a binding replaces, so it turns out differently.

After the edit the parameter's default is an image ID, and the condition that asked for the old value is
false in every variant. The tool never touches a condition, since it cannot know what is meant.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: my-app, artifact: web}
    # web.yaml
    Parameters:
      App: {Type: String, Default: my-app}
    Conditions:
      IsOurs: {"Fn::Equals": [{Ref: App}, my-app]}
    Resources:
      Web:
        Type: ALIYUN::ECS::Instance
        Condition: IsOurs
        Properties:
          ImageId: {Ref: App}

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {field: Resources.Web.Properties.ImageId, artifact: web}

What to do: bind the image field by its address, which leaves the parameter alone; or let the condition ask
for something else, such as a parameter of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.checks.edited import edited_parameters
from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "condition-depends"
SEVERITY = Severity.WARNING


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each comparison of an edited parameter with the value that goes."""
    for plan in subject.plans:
        edited = edited_parameters(plan)
        if not edited or plan.template.look is None:
            continue
        seen = set()
        for place in plan.template.look().comparisons():
            found = edited.get(place.parameter)
            target = found.values.get(place.value) if found is not None else None
            if target is None or (place.path, place.start) in seen:
                continue
            seen.add((place.path, place.start))
            yield Finding(
                RULE,
                SEVERITY,
                f"{place.address} compares {place.parameter} with '{place.value}', which {target} replaces",
                "bind the image field by 'field' instead of 'image', or compare with something else",
                plan.template.sources[place.path].location(place.start, place.end),
            )
