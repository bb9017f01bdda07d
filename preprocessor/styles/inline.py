"""The style `inline`: one variant per region, with the region's image ID written into the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.compile import Edit

if TYPE_CHECKING:
    from preprocessor.plan import Plan


def edits(plan: Plan) -> tuple[Edit, ...]:
    """Return one edit for each replacement: the slot takes the image ID."""
    return tuple(Edit(found.slot, found.target, found.old) for found in plan.replacements)
