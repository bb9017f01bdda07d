"""The rules of `check`, one generator each. Pure: plans in, findings out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preprocessor.artifacts import ArtifactMap
    from preprocessor.model import Finding
    from preprocessor.plan import ArtifactVersion, Plan


@dataclass(frozen=True, eq=False)
class Subject:
    """What the rules look at."""

    plans: tuple[Plan, ...]
    """The plans of the templates concerned."""
    artifact_map: ArtifactMap | None = None
    targets: tuple[ArtifactVersion, ...] = ()
    """The artifact versions that the templates concerned take images from, sorted."""


class Rule(Protocol):
    """One rule: a module whose docstring is its manual."""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is wrong by this rule."""
        ...


def rules() -> Mapping[str, Rule]:
    """Return the rules by name."""
    from preprocessor.checks import region_mismatch, unbound_image

    return {"region-mismatch": region_mismatch, "unbound-image": unbound_image}
