"""A plan compiled to texts with gaps for image IDs, and verified. Nothing is read from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.compile import compile_text
from preprocessor.engine.verify import verify
from preprocessor.errors import InputError
from preprocessor.styles import STYLES

if TYPE_CHECKING:
    from preprocessor.compile import CompiledText
    from preprocessor.engine.project import Project
    from preprocessor.plan import Plan


def compile_plan(plan: Plan, project: Project) -> dict[str, CompiledText]:
    """Compile the texts of a plan and read the result again: only the bound fields may have changed.

    Raises:
        InputError: the style is not known, or the result reads differently than planned.
    """
    style_name = plan.entry.style if plan.entry is not None else "inline"
    style = STYLES.get(style_name)
    if style is None:
        raise InputError.of(
            "invalid-bindings",
            f"the style '{style_name}' cannot be written by this version",
            f"known: {', '.join(STYLES)}",
            plan.entry.location if plan.entry is not None else plan.template.path,
        )
    edits = style.edits(plan)
    texts = {
        path: compile_text(source, [edit for edit in edits if edit.slot.path == path])
        for path, source in plan.template.sources.items()
    }
    if edits:
        verify(plan, texts, project.catalog)
    return texts
