"""A bound value stands in a form that cannot be replaced without changing something else.

A variant may differ from its template in nothing but the image IDs. Where a value has no place of its
own, such as one that a function computes, there is nothing to replace exactly.

Bad::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: main.tf
        bind:
          - {field: "alicloud_ehpc_queue.main.compute_nodes[0].image_id", artifact: web}
    # main.tf
    variable "nodes" {
      default = [{ image_id = "my-app" }]
    }
    resource "alicloud_ehpc_queue" "main" {
      compute_nodes = var.nodes
    }

Good::

    # image-bindings.yaml
    version: 1
    artifact_map: artifact-map.yaml
    templates:
      - path: main.tf
        bind:
          - {image: my-app, artifact: web}

What to do: bind the literal itself by `image`; or write the value as a string of its own, at the image field,
in a parameter's `Default`, or in a mapping; or leave it unbound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.checks import Subject
    from preprocessor.model import Finding

RULE = "unsafe-edit"
SEVERITY = Severity.ERROR


def check(subject: Subject) -> Iterator[Finding]:
    """Yield the bound values that cannot be replaced exactly."""
    yield from subject.reported(RULE)
