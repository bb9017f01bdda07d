"""A property looks like an image field, but the catalog does not know it as one.

It is neither replaced nor checked. New resource types and modules of your own appear faster than any
catalog, so the binding file can name more fields. Properties of other products, such as the images of edge
nodes or of cloud desktops, are known to be none and are not told.

Bad::

    # web.yaml
    Resources:
      Web:
        Type: MODULE::ACME::Web
        Properties:
          ImageId: m-2zexxxxxxxxxxxxxxxxx

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: web.yaml
        bind:
          - {image: m-2zexxxxxxxxxxxxxxxxx, artifact: web}
    fields:
      ros: {"MODULE::ACME::Web": [ImageId]}

What to do: add it under `fields` in the binding file; if it belongs to a public resource type, please
report it, so that the catalog learns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject

RULE = "unknown-image-field"
SEVERITY = Severity.INFO


def check(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each look-alike of the templates."""
    for plan in subject.plans:
        template = plan.template
        if template.look is None:
            continue
        section = "terraform" if template.format == "terraform" else "ros"
        for found in template.look().lookalikes():
            value = f", with the value '{found.value}'" if found.value else ""
            language = "terraform" if "::" not in found.resource_type else section
            yield Finding(
                RULE,
                SEVERITY,
                f"{found.address} of {found.resource_type or 'a resource without a type'} looks like an "
                f"image field{value}, but is not known as one",
                f'if it is one, add to the binding file: fields: {{{language}: {{"{found.resource_type}": '
                f"[{found.property}]}}}}",
                template.sources[found.path].location(found.start, found.end),
            )
