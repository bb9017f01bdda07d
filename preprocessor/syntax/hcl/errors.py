"""The one failure of reading HCL."""

from __future__ import annotations


class HclError(Exception):
    """The text is not HCL; `offset` is the place in the text that was read, `help` what to do."""

    def __init__(self, message: str, offset: int, help_: str = "correct the text at this place") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.help = help_
