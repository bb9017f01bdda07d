"""What a source is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from preprocessor.artifacts import ImageSource
    from preprocessor.distribution.client import Cloud
    from preprocessor.model import Source as Text

RULE = "invalid-import"


@dataclass(frozen=True)
class Request:
    """One import."""

    file: Text | None = None
    """The file to read, or None for a live source."""
    regions: Sequence[str] = ()
    """The regions that are wanted; none: all that the source has."""
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The source's own options that were given, by name."""
    cloud: Callable[[str | None], Cloud] | None = None
    """Gives the client of an account by profile (None: the official chain), for a live source."""


@dataclass(frozen=True)
class FoundVersion:
    """One version of an artifact as the source has it."""

    images: Mapping[str, str]
    """Region -> image ID."""
    name: str | None = None
    """The version's name, where the source has names for versions."""
    kind: str = "custom"
    artifact_id: str | None = None
    source: ImageSource | None = None
    query: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Found:
    """The answer of a source."""

    versions: tuple[FoundVersion, ...]
    """In the order of age, the newest last."""
    skipped: tuple[str, ...] = ()
    """What was left out, and why, a line each."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""


class Source(Protocol):
    """A kind of `map import`. A module with these names is one."""

    @property
    def LIVE(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether it can ask the cloud; then a file is not needed."""

    @property
    def FILE(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether it can read a file."""

    @property
    def OPTIONS(self) -> Mapping[str, str]:  # noqa: N802 - a constant of the module
        """The names of the options it takes, each with a line of help."""

    def read(self, request: Request) -> Found:
        """Return what the source has.

        Raises:
            InputError: the file or the options are not what they must be.
            CloudError: the cloud refused or failed.
        """
