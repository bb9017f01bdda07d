"""The library's face: composes reading, planning and writing.

Paths are relative to the current directory and have forward slashes. Nothing here prints, exits or
reaches the network.
"""

from preprocessor.engine.explain import Explanation, explain
from preprocessor.engine.render import RenderResult, diff, prepare, render, render_text
from preprocessor.engine.scan import ScannedField, ScanResult, scan

__all__ = [
    "Explanation",
    "RenderResult",
    "ScanResult",
    "ScannedField",
    "diff",
    "explain",
    "prepare",
    "render",
    "render_text",
    "scan",
]
