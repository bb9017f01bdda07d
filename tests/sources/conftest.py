"""The emulated cloud for live sources."""

from tests.distribution.conftest import lab, live, shell

__all__ = ["lab", "live", "shell"]
