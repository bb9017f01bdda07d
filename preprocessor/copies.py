"""Files of a module that go into every variant as they are: copies, and symbolic links that stay links."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preprocessor.files import read_bytes

if TYPE_CHECKING:
    from preprocessor.compile import Images


@dataclass(frozen=True)
class CopiedFile:
    """A file that is the same in every variant; its bytes are read when they are written."""

    path: str
    sha256: str

    def content(self, images: Images) -> bytes:
        """Return the bytes of the file."""
        return read_bytes(self.path)

    def digest(self, images: Images) -> str:
        """Return the digest that the file had when it was looked at."""
        return self.sha256


@dataclass(frozen=True)
class KeptLink:
    """A symbolic link that stays one; its bytes are where it points."""

    target: str

    def content(self, images: Images) -> bytes:
        """Return where the link points."""
        return self.target.encode("utf-8", "surrogateescape")

    def digest(self, images: Images) -> str:
        """Return the digest of a link to this target, which no file has."""
        return link_digest(self.target)


def link_digest(target: str) -> str:
    """Return what stands for the digest of a symbolic link to `target`."""
    return hashlib.sha256(b"symbolic link\0" + target.encode("utf-8", "surrogateescape")).hexdigest()
