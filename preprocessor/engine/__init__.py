"""The library's face: composes reading, planning and writing.

Paths are relative to the current directory and have forward slashes. Nothing here prints, exits or
reaches the network.
"""

from preprocessor.engine.effects import FieldEffect, effect
from preprocessor.engine.explaining import Explanation, explain
from preprocessor.engine.rendering import RenderResult, diff, prepare, render, render_text
from preprocessor.engine.scanning import ScannedField, ScanResult, scan

__all__ = [
    "Explanation",
    "FieldEffect",
    "RenderResult",
    "ScanResult",
    "ScannedField",
    "diff",
    "effect",
    "explain",
    "prepare",
    "render",
    "render_text",
    "scan",
]
