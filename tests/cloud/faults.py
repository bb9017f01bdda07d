"""Faults on request: what goes wrong with which call, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Fault:
    """What happens to calls of `action` whose parameters contain `where`."""

    action: str
    kind: str
    """`error`: refused with `code`. `lost`: it takes effect, but the reply never arrives. `cut`: the
    connection ends before it takes effect. `slow`: the reply takes `seconds` of real time. `garbage`: the
    reply is a proxy's page. `empty`: it takes effect, and the reply says nothing. `copy-fails`,
    `copy-hangs`: the copy that the call starts does so."""
    code: str = "InternalError"
    status: int = 400
    message: str = "The request processing has failed."
    seconds: float = 0.0
    retry_after: int = 0
    """Milliseconds, as the header x-acs-retry-after says."""
    times: int = 1
    """How often it happens; -1 for ever."""
    skip: int = 0
    """How many matching calls go well first."""
    where: Mapping[str, str] = field(default_factory=dict)

    def strikes(self, action: str, parameters: Mapping[str, str]) -> bool:
        """Return whether this call is hit, and count it."""
        if action != self.action or self.times == 0:
            return False
        if any(parameters.get(name) != value for name, value in self.where.items()):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= self.times > 0
        return True
