"""Nothing lost, nothing twice: runs that were killed at any moment, with and without their journal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from preprocessor.errors import InputError
from tests.cloud import Fault
from tests.distribution.conftest import QUICK, Environment, Lab

JOURNAL = "artifact-map.journal.jsonl"
MAP = "artifact-map.yaml"
KILLS = int(os.environ.get("REGION_IMAGE_KILLS", "50"))


def start_over(lab: Lab, journal: bytes | None, artifact_map: bytes | None) -> None:
    """Put the files of an earlier moment in place."""
    for name, data in ((JOURNAL, journal), (MAP, artifact_map)):
        Path(name).unlink(missing_ok=True)
        if data is not None:
            Path(name).write_bytes(data)


@pytest.mark.parametrize("more", [(), ("distributor: {profile: publisher}",)], ids=["one", "two-accounts"])
def test_any_beginning_of_the_journal_is_enough(lab: Lab, more: tuple[str, ...]) -> None:
    """Whatever a kill left of the journal, and with no map at all, no copy is made twice."""
    lab.spec("cn-beijing, us-west-1", "share: {accounts: ['2000000000000001']}", *more)
    lab.run()
    whole, copies, images = Path(JOURNAL).read_bytes(), lab.copies(), lab.images()
    lines = whole.splitlines(keepends=True)
    for number in range(len(lines) + 1):
        torn = lines[number][: len(lines[number]) // 2] if number < len(lines) else b""
        start_over(lab, b"".join(lines[:number]) + torn, None)
        assert lab.run().complete, number
        assert (lab.copies(), lab.images()) == (copies, images), number


@pytest.mark.parametrize("lost", [(JOURNAL,), (MAP,), (JOURNAL, MAP)], ids=["journal", "map", "both"])
def test_copies_on_their_way_are_found_by_their_tags(lab: Lab, lost: tuple[str, ...]) -> None:
    lab.spec("cn-beijing, cn-shanghai, us-west-1")
    assert not lab.run(timeout=60.0).complete
    for name in lost:
        Path(name).unlink(missing_ok=True)
    assert lab.run().complete
    assert len(lab.copies()) == 3
    assert lab.images() == dict(lab.copies())


def test_a_copy_that_shows_up_late_is_not_made_again(lab: Lab) -> None:
    """Right after CopyImage an image may not be listed yet: the client token finds it."""
    lab.spec("cn-beijing")
    lab.run(timeout=30.0)
    (image,) = lab.cloud.world.created
    del lab.cloud.world.images["cn-beijing", image.id]
    Path(JOURNAL).unlink()

    def show(number: int, moment: str) -> None:
        if any(call.action == "CopyImage" for call in lab.cloud.calls[before:]):
            lab.cloud.world.images["cn-beijing", image.id] = image

    before = len(lab.cloud.calls)
    lab.cloud.on_request = show
    assert lab.run().complete
    assert lab.copies() == [("cn-beijing", image.id)]


def test_two_copies_are_one_too_many_and_told(lab: Lab) -> None:
    lab.spec("cn-beijing")
    lab.run()
    (first,) = lab.cloud.world.created
    second = lab.cloud.world.image("cn-beijing", lab.owner, "again", copied=True, tags=dict(first.tags))
    (row,) = lab.run().rows
    assert (row.image, row.detail) == (first.id, f"also there: {second.id}")


def test_a_full_disk_stops_the_run_before_anything_is_lost(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from preprocessor.files import AppendLog

    lab.spec("cn-beijing, cn-shanghai")
    append, count = AppendLog.append, 0

    def full(self: AppendLog, line: bytes) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise OSError(28, "No space left on device")
        append(self, line)

    monkeypatch.setattr(AppendLog, "append", full)
    with pytest.raises(InputError) as error:
        lab.run()
    assert error.value.findings[0].message == "cannot write: no space left on the device"
    monkeypatch.setattr(AppendLog, "append", append)
    assert lab.run().complete
    assert len(lab.copies()) == 2


def test_a_map_that_cannot_be_written_costs_nothing_but_another_run(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from preprocessor import artifacts

    def full(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    lab.spec("cn-beijing")
    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "write_atomic", full)
        with pytest.raises(InputError) as error:
            lab.run()
    assert error.value.findings[0].message == "cannot write: the file system is read-only"
    lab.cloud.calls.clear()
    assert lab.run().complete
    assert lab.cloud.count()["CopyImage"] == 0
    assert lab.images() == dict(lab.copies())


@pytest.mark.slow
@pytest.mark.parametrize("what", ["killed", "journal-deleted", "lost-replies"])
def test_kill_9_at_random_moments(live: Lab, shell: Environment, what: str) -> None:
    """A run is killed again and again until one is done; every copy was made once."""
    chance = random.Random(what)
    command = [sys.executable, "-m", "preprocessor", "distribute", "-q", *QUICK]
    kills: Counter[str] = Counter()
    rounds = 0
    while sum(kills.values()) < KILLS:
        rounds += 1
        source = live.cloud.world.image("cn-hangzhou", live.owner, f"web-{rounds}")
        live.source = source
        version = str(rounds)
        text = live.spec(
            "cn-hangzhou, cn-beijing, cn-shanghai, us-west-1, eu-central-1, cn-shenzhen, cn-chengdu",
            "share: {accounts: ['2000000000000001']}",
        ).replace('version: "2"', f'version: "{version}"')
        Path("artifacts.yaml").write_text(text)
        made = len(live.cloud.world.created)
        while True:
            status = _run_and_kill(live, command, shell, chance, kills, what)
            if status == 0:
                break
            assert status == -signal.SIGKILL
        new = [(image.region, image.id) for image in live.cloud.world.created[made:]]
        assert len(new) == 6
        assert live.images(version=version) == {**dict(new), "cn-hangzhou": source.id}
        assert live.proved(version=version)
    print(f"\n{what}: {sum(kills.values())} kills {dict(kills)} over {rounds} distributions")


def _run_and_kill(
    live: Lab,
    command: list[str],
    shell: Environment,
    chance: random.Random,
    kills: Counter[str],
    what: str,
) -> int:
    """Run the command and kill it at a random request, before or after it took effect; return its status."""
    if what == "lost-replies":
        live.cloud.faults[:] = [Fault("CopyImage", "lost", skip=chance.randrange(4)) for _ in range(2)]
        live.cloud.faults.append(Fault("ModifyImageSharePermission", "lost", skip=chance.randrange(4)))
    at = len(live.cloud.calls) + chance.randrange(1, 40)
    when = chance.choice(["received", "done", "answered"])
    process: subprocess.Popen[bytes] | None = None
    started = threading.Event()

    def strike(number: int, moment: str) -> None:
        if number == at and moment == when:
            started.wait(10)
            assert process is not None
            if process.poll() is None:
                kills[when] += 1
                process.kill()

    live.cloud.on_request = strike
    process = subprocess.Popen(command, env=shell(live), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    started.set()
    _, err = process.communicate(timeout=120)
    live.cloud.on_request = None
    assert b"Traceback" not in err, err.decode()
    if what == "journal-deleted":
        Path(JOURNAL).unlink(missing_ok=True)
    return process.returncode


def test_the_records_are_what_the_schema_says(lab: Lab) -> None:
    from preprocessor.schema import validator

    lab.spec("cn-beijing, cn-shanghai", "distributor: {profile: publisher}", "share: {public: true}")
    lab.cloud.faults.append(Fault("CopyImage", "copy-fails", where={"DestinationRegionId": "cn-beijing"}))
    lab.run()
    records = [json.loads(line) for line in Path(JOURNAL).read_text().splitlines()]
    assert {record["step"] for record in records} >= {"source-shared", "copying", "failed", "shared", "done"}
    assert all(validator("distribution-journal").is_valid(record) for record in records)
