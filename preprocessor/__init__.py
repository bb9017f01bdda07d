"""Write region-specific ROS and Terraform templates from an artifact map of images.

The library: `scan`, `render` and `explain` do what the commands of these names do, without printing.
They are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preprocessor.engine import explain, render, scan

__version__ = "0.1.0"

__all__ = ["__version__", "explain", "render", "scan"]


def __getattr__(name: str) -> Any:
    if name in ("explain", "render", "scan"):
        from preprocessor import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
