"""Write region-specific ROS and Terraform templates from an artifact map of images.

The library: `scan`, `render`, `check`, `explain` and `init` do what the commands of these names do, without
printing. They are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preprocessor.engine import check, explain, init, render, scan

__version__ = "0.1.0"

__all__ = ["__version__", "check", "explain", "init", "render", "scan"]


def __getattr__(name: str) -> Any:
    if name in ("check", "explain", "init", "render", "scan"):
        from preprocessor import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
