"""How fast and how long a run works: poll interval, limits, timeouts, retries. All times in seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COPIES_AT_ONCE = 5
"""How many copies run at once from one source region of one account; ECS queues the rest itself."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}


@dataclass(frozen=True)
class Pace:
    """The limits of one run."""

    poll: float = 15.0
    """Shortest time between two questions about the same copy."""
    poll_most: float = 180.0
    """Longest time between them; a copy far from done is asked about less often."""
    timeout: float = 4 * 3600.0
    """How long one copy is waited for, from the moment it was asked for."""
    timeouts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The same for single regions."""
    copies: int = COPIES_AT_ONCE
    """Copies at once from one source region of one account."""
    patience: float = 90.0
    """How long the look at a region before a run may take; a region that does not answer is left out then."""
    attempts: int = 6
    """How often a call is tried when the service is busy or the network fails."""
    retry_first: float = 1.0
    """Wait before the second try; it doubles from try to try, with jitter."""
    retry_most: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0

    def timeout_of(self, region: str) -> float:
        """Return how long a copy to `region` is waited for."""
        return self.timeouts.get(region, self.timeout)


def parse_duration(text: str) -> float | None:
    """Return the seconds that `text` means, such as `90s`, `30m` or `1.5h`; None where it is no duration."""
    match = _DURATION.fullmatch(text.strip())
    return float(match[1]) * _UNITS[match[2]] if match else None


def duration_text(seconds: float) -> str:
    """Return a duration for a person: `45s`, `12m`, `4h`, `1h30m`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m" if minutes else f"{hours}h"
