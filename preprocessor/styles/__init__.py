"""How a variant carries its images, one module each: a plan in, edits out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from preprocessor.styles import inline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preprocessor.compile import Edit
    from preprocessor.plan import Plan


class Style(Protocol):
    """A way for a variant to carry its images."""

    def edits(self, plan: Plan) -> tuple[Edit, ...]:
        """Return what changes in the texts of the plan's template, sorted by place."""
        ...


STYLES: Mapping[str, Style] = {"inline": inline}
"""Style by the name it has in the binding file."""
