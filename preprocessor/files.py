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

    from typing_extensions import Self

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


def relative(path: str) -> str:
    """Return `path` as :func:`posix` does; an absolute one below the current folder relative to it."""
    if os.path.isabs(path):
        inside = os.path.relpath(path)
        if inside != ".." and not inside.startswith(".." + os.sep):
            path = inside
    return posix(path)


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

    Raises:
        InputError: there is no such folder, or it cannot be opened.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError.of(
            "file-error", f"cannot open the folder: {reason(error)}", "make it, or correct the path", folder
        ) from error
    try:
        with contextlib.suppress(OSError):  # a network file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class AppendLog:
    """A file of lines that is only ever appended to, each line made durable before `append` returns.

    One process at a time has it open. What a killed process left half written at the end is no line: it
    is not read, and goes away when the log is opened.
    """

    def __init__(self, path: str) -> None:
        """Open or make the log at `path`.

        Raises:
            BlockingIOError: another process has it open.
            OSError: it cannot be opened.
        """
        self.path = path
        made = not os.path.exists(path)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            _lock_now(self._handle)
            data = b"".join(iter(lambda: os.read(self._handle, 1 << 20), b""))
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                os.ftruncate(self._handle, len(whole))
            os.lseek(self._handle, 0, os.SEEK_END)
        except BaseException:
            os.close(self._handle)
            raise
        self.data = whole
        """The lines that were there when it was opened."""
        if made:
            sync_folder(os.path.dirname(path) or ".")

    def append(self, line: bytes) -> None:
        """Append `line`, which holds no line break.

        Raises:
            OSError: it could not be written.
        """
        view = memoryview(line + b"\n")
        while view:
            view = view[os.write(self._handle, view) :]
        os.fsync(self._handle)

    def close(self) -> None:
        """Close the log and let others have it."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock_now(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a network file system without locks
        return
