"""The map as a run writes it: each region as it is done, beside whoever else changes the map meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from preprocessor.artifacts import Version, open_map, save_map
from preprocessor.errors import PreprocessorError
from preprocessor.files import locked

if TYPE_CHECKING:
    from preprocessor.artifacts import ArtifactMap, ImageSource

ORIGIN = "distribute"
_REST = 4
"""After a save that took so long, the next waits this many times as long: a map may be large."""


class MapStore:
    """Collects the regions that are done and saves them into the map, which is read anew each time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._waiting: dict[tuple[str, str], Version] = {}
        self._defaults: set[tuple[str, str]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rest = 0.0

    def put(
        self, artifact: str, version: str, kind: str, source: ImageSource | None, region: str, image: str
    ) -> None:
        """Add one region; it is on the disk soon after, and at the latest after :meth:`flush`."""
        old = self._waiting.get((artifact, version)) or Version({}, kind, ORIGIN, None, source)
        self._waiting[artifact, version] = replace(old, images={**old.images, region: image})
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._rest, self._on_time)

    def make_default(self, artifact: str, version: str) -> None:
        """Make `version` the default of `artifact`."""
        self._defaults.add((artifact, version))

    def _on_time(self) -> None:
        self._timer = None
        # A timer has nobody to tell; the run's end tries again and does.
        with contextlib.suppress(PreprocessorError):
            self.flush()

    def flush(self) -> None:
        """Save what was added since the last time.

        Raises:
            InputError: the map cannot be read or written; what was added is kept for another try.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting and not self._defaults:
            return
        began = time.perf_counter()
        with locked(os.path.dirname(self.path) or "."):
            current = open_map(self.path)
            for (artifact, name), new in self._waiting.items():
                current = current.with_version(artifact, name, _merged(current, artifact, name, new))
            for artifact, name in self._defaults:
                stored = current.artifacts[artifact].versions[name]
                current = current.with_version(artifact, name, stored, default=True)
            save_map(current)
        self._waiting.clear()
        self._defaults.clear()
        self._rest = (time.perf_counter() - began) * _REST


def _merged(current: ArtifactMap, artifact: str, name: str, new: Version) -> Version:
    """Return `new` with what the map has for the version already: other regions, and its own origin."""
    known = current.artifacts.get(artifact)
    old = known.versions.get(name) if known else None
    if old is None:
        return new
    return replace(old, images={**old.images, **new.images}, kind=new.kind, source=new.source or old.source)
