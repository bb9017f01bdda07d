"""The one error root. Every failure a user can cause is one of these and carries findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self


class PreprocessorError(Exception):
    """A failure with one or more findings; `exit_status` is what the command ends with."""

    exit_status = 2

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(findings, key=lambda f: f.sort_key))
        super().__init__("\n".join(f"{f.location}: {f.message}" for f in self.findings))

    def __reduce__(self) -> tuple[type[PreprocessorError], tuple[tuple[Finding, ...]]]:
        """Let the error travel from a worker process with its findings."""
        return type(self), (self.findings,)

    @classmethod
    def of(cls, rule: str, message: str, help_: str = "", location: Location | str = "") -> Self:
        """Return an error of this class with a single finding."""
        where = Location(location) if isinstance(location, str) else location
        return cls([Finding(rule, Severity.ERROR, message, help_, where)])


class InputError(PreprocessorError):
    """A file, an option or a combination of them that cannot be used; nothing was changed."""

    exit_status = 2


class RefusedError(PreprocessorError):
    """A write that would lose something that is not the tool's; nothing was changed."""

    exit_status = 1


class CloudError(PreprocessorError):
    """The cloud refused or failed."""

    exit_status = 3
