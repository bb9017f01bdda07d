"""The journal beside the map: every step of a distribution as it happens, one JSON object a line.

A line is on the disk before the next step begins, so that a killed run is resumed where it stopped. The
journal makes a resumed run cheaper and better informed; nothing depends on it alone, since copies are also
found by their tags.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from preprocessor.errors import InputError, RefusedError
from preprocessor.files import AppendLog, reason
from preprocessor.model import Location
from preprocessor.schema import validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from preprocessor.distribution.spec import CustomEntry

RULE = "invalid-journal"
SUFFIX = ".journal.jsonl"


@dataclass
class Known:
    """What the journal knows about one version of an artifact in one region."""

    images: list[str] = field(default_factory=list)
    """Every copy that was ever started or adopted there, in order."""
    failed: set[str] = field(default_factory=set)
    """Those of them that failed."""
    done: str | None = None
    """The copy that completed the region."""
    accounts: frozenset[str] = frozenset()
    """Whom the copy was shared with."""
    public: bool = False


Key = tuple[str, str, str, str, str]
"""Artifact, version, source region, source image, region."""


def journal_path(map_path: str) -> str:
    """Return where the journal of the map at `map_path` is: `artifact-map.journal.jsonl`."""
    return os.path.splitext(map_path)[0] + SUFFIX


class Journal:
    """The journal of one map. `path` None keeps it in memory, for a run that only plans."""

    def __init__(self, path: str | None, data: bytes = b"", log: AppendLog | None = None) -> None:
        self.path = path
        self._log = log
        self._known: dict[Key, Known] = {}
        for number, line in enumerate(data.splitlines(), 1):
            self._take(self._read(line, number))

    @classmethod
    def open(cls, path: str) -> Self:
        """Open or make the journal at `path`, for this process alone.

        Raises:
            RefusedError: another run has it open.
            InputError: it cannot be opened, or a line of it is no record.
        """
        try:
            log = AppendLog(path)
        except BlockingIOError:
            raise RefusedError.of(
                "busy",
                "another run is distributing to this artifact map",
                "wait until it ends; two runs at once would get in each other's way",
                path,
            ) from None
        except OSError as error:
            raise InputError.of(
                "file-error", f"cannot open: {reason(error)}", "check the path and its permissions", path
            ) from error
        try:
            return cls(path, log.data, log)
        except InputError:
            log.close()
            raise

    @classmethod
    def read(cls, path: str) -> Self:
        """Read the journal at `path`, which need not exist, without opening it for writing.

        Raises:
            InputError: it cannot be read, or a line of it is no record.
        """
        from preprocessor.files import read_bytes

        if not os.path.exists(path):
            return cls(None)
        data = read_bytes(path)
        journal = cls(path, data[: data.rfind(b"\n") + 1])
        journal.path = None
        return journal

    def _read(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict) or not validator("distribution-journal").is_valid(record):
            text = line.decode("utf-8", "replace")
            raise InputError.of(
                RULE,
                "this line is no record of a distribution",
                "move the journal away: the copies are found again by their tags",
                Location(self.path or "", number, 1, text, max(1, len(text))),
            )
        return record

    def known(self, entry: CustomEntry, region: str) -> Known:
        """Return what is known about `entry` in `region`; it changes as steps are written."""
        key = (entry.key, entry.version, entry.source.region, entry.source.image, region)
        return self._known.setdefault(key, Known())

    def write(self, entry: CustomEntry, region: str, step: str, **facts: object) -> None:
        """Write down a step, with `image`, `attempt`, `code`, `message` or `accounts`; None is left out.

        Raises:
            InputError: it could not be written; then nothing further may be done.
        """
        record = {
            "version": 1,
            "at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "artifact": entry.key,
            "artifact_version": entry.version,
            "source": {"region": entry.source.region, "image": entry.source.image},
            "region": region,
            "step": step,
            **{name: value for name, value in facts.items() if value is not None},
        }
        self._take(record)
        if self._log is None:
            return
        try:
            self._log.append(json.dumps(record, ensure_ascii=False, separators=(", ", ": ")).encode())
        except OSError as error:
            raise InputError.of(
                "file-error",
                f"cannot write: {reason(error)}",
                "make room or correct the permissions, then run the same command again",
                self.path or "",
            ) from error

    def _take(self, record: Mapping[str, Any]) -> None:
        source = record["source"]
        known = self._known.setdefault(
            (
                record["artifact"],
                record["artifact_version"],
                source["region"],
                source["image"],
                record["region"],
            ),
            Known(),
        )
        image = record.get("image")
        if image and image not in known.images and record["step"] != "source-shared":
            known.images.append(image)
            known.accounts, known.public = frozenset(), False  # they were those of the copy before it
        match record["step"]:
            case "failed" if image:
                known.failed.add(image)
                known.done = None if known.done == image else known.done
            case "done":
                known.done = image
            case "shared":
                known.accounts = known.accounts | frozenset(record.get("accounts", ()))
                known.public = known.public or "accounts" not in record

    def close(self) -> None:
        """Let others have the journal."""
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
