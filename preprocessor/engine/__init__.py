"""The library's face: composes reading, planning and writing.

Paths are relative to the current directory and have forward slashes. Nothing here prints, exits or
reaches the network. What is named here is imported when it is first used, so that a command pays for
nothing but its own work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preprocessor.engine.checking import CheckResult, check
    from preprocessor.engine.effects import FieldEffect, effect
    from preprocessor.engine.explaining import Explanation, explain
    from preprocessor.engine.initializing import InitResult, init
    from preprocessor.engine.rendering import RenderResult, diff, prepare, render, render_text
    from preprocessor.engine.scanning import ScannedField, ScanResult, scan

__all__ = [
    "CheckResult",
    "Explanation",
    "FieldEffect",
    "InitResult",
    "RenderResult",
    "ScanResult",
    "ScannedField",
    "check",
    "diff",
    "effect",
    "explain",
    "init",
    "prepare",
    "render",
    "render_text",
    "scan",
]

_MODULES = {
    "CheckResult": "checking",
    "Explanation": "explaining",
    "FieldEffect": "effects",
    "InitResult": "initializing",
    "RenderResult": "rendering",
    "ScanResult": "scanning",
    "ScannedField": "scanning",
    "check": "checking",
    "diff": "rendering",
    "effect": "effects",
    "explain": "explaining",
    "init": "initializing",
    "prepare": "rendering",
    "render": "rendering",
    "render_text": "rendering",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"preprocessor.engine.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
