"""A text with edits, compiled to fixed bytes and gaps; a region's variant is then one join. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable, Iterable

    from preprocessor.model import Slot, Source
    from preprocessor.plan import ArtifactVersion

    Images = Callable[[ArtifactVersion], str]
    """Gives the image ID of an artifact version in one region."""


@dataclass(frozen=True)
class Edit:
    """A slot that takes the image ID of `target`; `old` is the text that stands there."""

    slot: Slot
    target: ArtifactVersion
    old: str


class Content(Protocol):
    """What a file of a variant holds."""

    def content(self, images: Images) -> bytes:
        """Return the bytes with these images."""
        ...

    def digest(self, images: Images) -> str:
        """Return the SHA-256 digest of the bytes with these images, in hexadecimal."""
        ...


@dataclass(frozen=True, eq=False)
class CompiledText:
    """Fixed bytes and, between each two of them, an artifact version whose image ID goes there."""

    pieces: tuple[bytes, ...]
    targets: tuple[ArtifactVersion, ...]

    def content(self, images: Images) -> bytes:
        """Return the bytes of the variant with these images."""
        if not self.targets:
            return self.pieces[0]
        parts = [self.pieces[0]]
        for target, piece in zip(self.targets, self.pieces[1:], strict=True):
            parts.append(images(target).encode("ascii"))
            parts.append(piece)
        return b"".join(parts)

    def digest(self, images: Images) -> str:
        """Return the SHA-256 digest of the variant with these images, in hexadecimal."""
        digest = self._start.copy()
        for target, piece in zip(self.targets, self.pieces[1:], strict=True):
            digest.update(images(target).encode("ascii"))
            digest.update(piece)
        return digest.hexdigest()

    @cached_property
    def _start(self) -> hashlib._Hash:
        """The digest of the first piece, which every region shares."""
        import hashlib

        return hashlib.sha256(self.pieces[0])


def compile_text(source: Source, edits: Iterable[Edit]) -> CompiledText:
    """Compile `source` with its edits, which must be sorted and must not overlap.

    Raises:
        ValueError: an edit does not fit the text: a fault of the reader of this format.
    """
    pieces: list[bytes] = []
    targets: list[ArtifactVersion] = []
    text, done, fixed = source.text, 0, ""
    for edit in edits:
        slot = edit.slot
        if slot.start < done or text[slot.start : slot.end] != edit.old:
            raise ValueError(f"{source.path}: the text at {slot.start}..{slot.end} is not {edit.old!r}")
        pieces.append((fixed + text[done : slot.start] + slot.before).encode("utf-8"))
        targets.append(edit.target)
        done, fixed = slot.end, slot.after
    pieces.append((fixed + text[done:]).encode("utf-8"))
    if source.bom:
        pieces[0] = b"\xef\xbb\xbf" + pieces[0]
    return CompiledText(tuple(pieces), tuple(targets))
