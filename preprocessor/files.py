"""Bytes in and out: the only module that opens files.

Text is UTF-8. A byte order mark is taken off and remembered, line breaks stay as they are, and a
write goes to a temporary name beside its target and is renamed, so that a kill leaves the file old
or new.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from preprocessor.errors import InputError
from preprocessor.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Largest file that is parsed. ROS takes templates of 512 KiB at most; a larger file is a mistake."""

TEMPORARY_SUFFIX = ".region-image-tmp"
"""Ends the name of a file that is being written; a leftover of a killed run is overwritten."""

_UTF8_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_WRITE_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_WHY = {
    errno.ENOENT: "no such file",
    errno.EISDIR: "a directory, where a file was expected",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.ELOOP: "a loop of symbolic links",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOSPC: "no space left on the device",
    errno.EROFS: "the file system is read-only",
}


def reason(error: OSError) -> str:
    """Return what an operating system error means, in a few words."""
    return _WHY.get(error.errno or 0, (error.strerror or str(error)).lower())


def posix(path: str) -> str:
    """Return `path` normalised, with forward slashes, as it is shown and stored."""
    return os.path.normpath(path).replace(os.sep, "/")


def read_bytes(path: str, *, limit: int | None = None) -> bytes:
    """Return the bytes of the regular file at `path`.

    Raises:
        InputError: it cannot be read, is no regular file, or is larger than `limit` bytes.
    """
    try:
        # O_NONBLOCK: opening a named pipe that nobody writes to would hang for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb", buffering=0) as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
                raise InputError.of("file-error", f"cannot read: {what}", "name a regular file", path)
            if limit is not None and status.st_size > limit:
                raise InputError.of(
                    "file-error",
                    f"cannot read: {status.st_size:,} bytes, more than the limit of {limit:,}",
                    "a file of this kind is small; is it the right one?",
                    path,
                )
            return stream.readall() or b""
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot read: {reason(error)}", "check the path and its permissions", path
        ) from error


def decode(path: str, data: bytes) -> Source:
    """Return the text of `data`, read from `path`.

    Raises:
        InputError: the bytes are not UTF-8 text; the message names the place.
    """
    for mark, name in _OTHER_BOMS.items():
        if data.startswith(mark):
            raise InputError.of("file-error", f"the text is {name}", "save the file as UTF-8", path)
    bom = data.startswith(_UTF8_BOM)
    body = data[len(_UTF8_BOM) :] if bom else data
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Source(path, body[: error.start].decode("utf-8"))
        raise InputError.of(
            "file-error",
            f"not UTF-8 text: byte 0x{body[error.start]:02x}",
            "save the file as UTF-8, or leave it out if it is no text file",
            before.location(len(before.text)),
        ) from error
    if "\0" in text:
        raise InputError.of(
            "file-error",
            "not a text file: it holds a NUL byte",
            "leave the file out, or save it as UTF-8 text",
            Source(path, text).location(text.index("\0")),
        )
    return Source(path, text, bom)


def read_source(path: str) -> Source:
    """Read the text file at `path`.

    Raises:
        InputError: it cannot be read, is too large, or is not UTF-8 text.
    """
    return decode(path, read_bytes(path, limit=MAX_TEXT_BYTES))


def read_stdin(path: str) -> Source:
    """Read standard input as the text of `path`.

    Raises:
        InputError: it is not UTF-8 text.
    """
    return decode(path, sys.stdin.buffer.read())


def write_atomic(path: str, data: bytes, *, durable: bool = False, mode: int | None = None) -> None:
    """Write `data` to a temporary name beside `path` and rename it; with `durable`, sync it first.

    `mode` gives the file's permissions; None leaves them to the process's mask. A symbolic link at `path`
    is replaced by a file.

    Raises:
        OSError: the file could not be written; what stood at `path` is as it was.
    """
    folder, mark, name = path.rpartition("/")
    temporary = f"{folder}{mark}.{name}{TEMPORARY_SUFFIX}"
    handle = os.open(temporary, _WRITE_FLAGS, 0o666)
    try:
        try:
            if mode is not None:
                os.fchmod(handle, mode)
            done = os.write(handle, data)
            while done < len(data):
                done += os.write(handle, data[done:])
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync_folder(folder or ".")


def link_atomic(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`, in one step where something stands there already.

    Raises:
        OSError: the link could not be made; what stood at `path` is as it was.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}{TEMPORARY_SUFFIX}")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def mode_of(path: str) -> int | None:
    """Return the permissions of the file at `path`, None where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


def write_new(path: str, data: bytes) -> None:
    """Write `data` to `path`, where nothing may stand; the folder is made where it is missing.

    Raises:
        OSError: something stands there, or the file could not be written.
    """
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, "xb") as stream:
        stream.write(data)


def sync_folder(folder: str) -> None:
    """Make the renames in `folder` durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Hold an exclusive lock on `folder`, which must exist, so that two runs do not write it at once.

    It waits for the other run. Systems without such locks go on without one.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a network file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
