"""What goes wrong with copies: one region never stops the others, and running again goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preprocessor.distribution.events import State
from preprocessor.errors import CloudError, RefusedError
from tests.cloud import Fault
from tests.distribution.conftest import OWNER, Lab

TO_BEIJING = {"DestinationRegionId": "cn-beijing"}


def states(lab: Lab, **pace: Any) -> dict[str, tuple[State, str]]:
    """Run, and return the state and code of each region."""
    return {row.region: (row.state, row.code) for row in lab.run(**pace).rows}


@pytest.mark.parametrize(
    "code",
    [
        "QuotaExceed.Image",
        "QuotaExceed.Snapshot",
        "RegionNotSupportCopy",
        "UserNotInTheWhiteList",
        "OperationDeined.EncryptedSnapshot",
        "Account.Arrearage",
        "SomethingNew",
    ],
)
def test_a_refused_region_does_not_stop_the_others(lab: Lab, code: str) -> None:
    lab.spec()
    lab.cloud.faults.append(Fault("CopyImage", "error", code=code, status=403, where=TO_BEIJING))
    assert states(lab) == {"cn-beijing": (State.FAILED, code), "cn-shanghai": (State.DONE, "")}
    assert list(lab.images()) == ["cn-shanghai"]
    # A code that is not retryable is not tried again.
    asked = [call for call in lab.cloud.calls if call.parameters.get("DestinationRegionId") == "cn-beijing"]
    assert len(asked) == 1
    assert lab.run().complete
    assert len(lab.copies()) == 2


def test_an_unknown_region_fails_alone(lab: Lab) -> None:
    lab.spec("cn-beijing, cn-atlantis-1")
    assert states(lab) == {
        "cn-beijing": (State.DONE, ""),
        "cn-atlantis-1": (State.FAILED, "InvalidRegionId.NotFound"),
    }


def test_a_full_quota(lab: Lab) -> None:
    lab.cloud.world.image_quota[OWNER, "cn-beijing"] = 0
    lab.spec()
    assert states(lab)["cn-beijing"] == (State.FAILED, "QuotaExceed.Image")
    lab.cloud.world.image_quota.clear()
    assert lab.run().complete


@pytest.mark.parametrize("code", ["Throttling", "Throttling.User", "InternalError", "ServiceUnavailable"])
def test_a_busy_service_is_asked_again(lab: Lab, code: str) -> None:
    lab.spec()
    lab.cloud.faults.append(Fault("CopyImage", "error", code=code, status=503, times=3))
    lab.cloud.faults.append(Fault("DescribeImages", "error", code=code, status=503, times=3))
    assert lab.run().complete
    assert len(lab.copies()) == 2


def test_retries_end(lab: Lab) -> None:
    lab.spec()
    lab.cloud.faults.append(Fault("CopyImage", "error", code="Throttling.User", times=-1, where=TO_BEIJING))
    assert states(lab, attempts=4)["cn-beijing"] == (State.FAILED, "Throttling.User")
    assert lab.cloud.count()["CopyImage"] == 5


def test_the_service_says_how_long_to_wait(lab: Lab) -> None:
    assert lab.loop is not None
    lab.spec("cn-beijing")
    lab.cloud.faults.append(
        Fault("DescribeImages", "error", code="Throttling.User", status=429, retry_after=40_000)
    )
    assert lab.run().complete
    assert lab.cloud.calls[1].at >= 40


def test_the_whole_run_within_a_small_rate_of_calls(lab: Lab) -> None:
    lab.cloud.calls_per_minute = 10
    lab.spec("cn-beijing, cn-shanghai, cn-shenzhen, us-west-1", "share: {accounts: ['2000000000000001']}")
    assert lab.run().complete
    assert len(lab.copies()) == 4


def test_a_source_that_is_being_copied_is_waited_for(lab: Lab) -> None:
    """The own copy of a distributor is refused as a source for a while after it is Available."""
    lab.cloud.world.settle = 300
    lab.spec("cn-beijing, cn-shanghai", "distributor: {profile: publisher}")
    assert lab.run().complete
    assert "OperationDenied.ImageCopying" in {call.code for call in lab.cloud.calls}
    assert len(lab.copies()) == 3


def test_a_source_that_stays_busy_ends_with_the_timeout(lab: Lab) -> None:
    assert lab.loop is not None
    lab.spec("cn-beijing")
    lab.cloud.faults.append(
        Fault("CopyImage", "error", code="OperationDenied.ImageCopying", status=403, times=-1)
    )
    assert states(lab, timeout=3600.0)["cn-beijing"] == (State.FAILED, "OperationDenied.ImageCopying")
    assert 3500 <= lab.loop.now <= 3700


def test_two_copies_of_one_image_to_one_region_take_turns(lab: Lab) -> None:
    text = lab.spec("cn-beijing") + lab.spec("cn-beijing", name="api").split("artifacts:\n")[1]
    assert lab.run(text).complete
    assert "OperationDenied.ImageCopyConflict" in {call.code for call in lab.cloud.calls}
    assert len(lab.copies()) == 2


class TestNames:
    def test_a_copy_without_its_tags_is_found_by_its_name(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.run()
        lab.cloud.world.created[0].tags.clear()
        Path("artifact-map.yaml").unlink()
        Path("artifact-map.journal.jsonl").unlink()
        lab.cloud.world.tokens.clear()
        assert lab.run().complete
        assert len(lab.copies()) == 1
        assert lab.images() == dict(lab.copies())

    def test_another_image_of_that_name_is_not_taken(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.run()
        taken = lab.cloud.world.created[0]
        taken.tags.clear()
        taken.copied = False
        Path("artifact-map.yaml").unlink()
        Path("artifact-map.journal.jsonl").unlink()
        lab.cloud.world.tokens.clear()
        assert states(lab) == {"cn-beijing": (State.FAILED, "InvalidImageName.Duplicated")}
        assert lab.images() == {}


class TestCopyFails:
    def test_it_stays_out_of_the_map_and_the_next_run_tries_again(self, lab: Lab) -> None:
        lab.spec()
        lab.cloud.faults.append(Fault("CopyImage", "copy-fails", where=TO_BEIJING))
        outcome = lab.run()
        row = next(row for row in outcome.rows if row.region == "cn-beijing")
        failed = next(id_ for region, id_ in lab.copies() if region == "cn-beijing")
        assert (row.state, row.detail) == (State.FAILED, f"the copy {failed} ended in the state CreateFailed")
        assert list(lab.images()) == ["cn-shanghai"]
        assert lab.run().complete
        assert len(lab.copies()) == 3
        assert lab.images()["cn-beijing"] == lab.copies()[-1][1]
        assert lab.proved()

    def test_also_without_the_journal(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.cloud.faults.append(Fault("CopyImage", "copy-fails"))
        lab.run()
        Path("artifact-map.journal.jsonl").unlink()
        assert lab.run().complete
        assert [image.name[-5:] for image in lab.cloud.world.created][1] == "-try2"

    def test_also_when_the_failed_copy_was_deleted(self, lab: Lab) -> None:
        """The client token of the first try would bring the deleted image back."""
        lab.spec("cn-beijing")
        lab.cloud.faults.append(Fault("CopyImage", "copy-fails"))
        lab.run()
        (failed,) = lab.cloud.world.created
        del lab.cloud.world.images["cn-beijing", failed.id]
        assert lab.run().complete
        assert lab.proved()


def test_a_copy_that_vanishes(lab: Lab) -> None:
    lab.spec()

    def remove(number: int, moment: str) -> None:
        for image in lab.cloud.world.created:
            if image.region == "cn-beijing" and moment == "received":
                lab.cloud.world.images.pop((image.region, image.id), None)

    lab.cloud.on_request = remove
    assert states(lab)["cn-beijing"] == (State.FAILED, "ImageNotFound")
    lab.cloud.on_request = None
    assert lab.run().complete
    assert lab.proved()


def test_an_unknown_state_is_told(lab: Lab) -> None:
    lab.spec("cn-beijing")

    def freeze(number: int, moment: str) -> None:
        for image in lab.cloud.world.created:
            image.status = "Frozen"
            lab.cloud.world.running.clear()

    lab.cloud.on_request = freeze
    (row,) = lab.run().rows
    assert row.state is State.FAILED
    assert row.detail.endswith("ended in the state Frozen")
    (row,) = lab.run().rows
    assert row.detail.endswith("is in the state Frozen")
    assert len(lab.copies()) == 1


class TestTimeout:
    def test_a_slow_copy_goes_on_and_the_next_run_takes_it(self, lab: Lab) -> None:
        assert lab.loop is not None
        lab.spec()
        lab.cloud.world.far_seconds = lab.cloud.world.near_seconds = 6 * 3600
        outcome = lab.run(timeout=3600.0)
        assert {row.state for row in outcome.rows} == {State.RUNNING}
        assert outcome.rows[0].detail == "not done within 1h; the copy goes on in the cloud"
        assert lab.images() == {}
        assert lab.cloud.count()["CancelCopyImage"] == 0
        assert 3600 <= lab.loop.now < 3700
        assert lab.run(timeout=24 * 3600.0).complete
        assert len(lab.copies()) == 2

    def test_the_time_can_be_set_for_one_region(self, lab: Lab) -> None:
        lab.spec()
        lab.cloud.faults.append(Fault("CopyImage", "copy-hangs", times=2))
        lab.run(timeout=600.0, timeouts={"cn-shanghai": 7200.0})
        ended = [row for row in lab.rows if row.state is State.RUNNING]
        assert [row.region for row in ended] == ["cn-beijing", "cn-shanghai"]
        assert [row.detail.split(";")[0] for row in ended] == ["not done within 10m", "not done within 2h"]

    def test_a_hanging_copy_does_not_hold_the_others_up(self, lab: Lab) -> None:
        lab.spec("cn-beijing, cn-shanghai, cn-shenzhen")
        lab.cloud.faults.append(Fault("CopyImage", "copy-hangs", where=TO_BEIJING))
        found = states(lab, copies=1, timeout=3600.0)
        assert [state for state, _ in found.values()] == [State.RUNNING, State.DONE, State.DONE]


class TestNetwork:
    @pytest.mark.parametrize("kind", ["lost", "cut", "garbage"])
    def test_a_copy_whose_answer_is_lost_is_not_made_twice(self, lab: Lab, kind: str) -> None:
        lab.spec()
        lab.cloud.faults.append(Fault("CopyImage", kind, times=3))
        lab.cloud.faults.append(Fault("DescribeImages", kind, times=3))
        assert lab.run().complete
        assert len(lab.copies()) == 2
        assert lab.proved()

    def test_answers_that_say_nothing(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        lab.cloud.faults.append(Fault("CopyImage", "empty", times=2))
        lab.cloud.faults.append(Fault("DescribeImageSharePermission", "empty"))
        assert lab.run().complete
        assert len(lab.copies()) == 2

    def test_a_copy_that_is_not_listed_for_a_moment(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        where = {"RegionId": "cn-beijing"}
        lab.cloud.faults.append(Fault("DescribeImages", "empty", skip=1, times=3, where=where))
        assert lab.run().complete
        assert len(lab.copies()) == 1

    def test_an_answer_that_takes_too_long(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.cloud.faults.append(Fault("CopyImage", "slow", seconds=0.5))
        assert lab.run(read_timeout=0.1).complete
        assert len(lab.copies()) == 1

    def test_every_answer_of_one_region_takes_too_long(self, lab: Lab) -> None:
        lab.spec()
        lab.cloud.faults.append(
            Fault("DescribeImages", "slow", seconds=0.3, times=-1, where={"RegionId": "cn-beijing"})
        )
        outcome = lab.run(read_timeout=0.05, attempts=2)
        assert [(row.region, row.code) for row in outcome.rows] == [
            ("cn-beijing", "Timeout"),
            ("cn-shanghai", ""),
        ]
        assert outcome.rows[0].detail.startswith("DescribeImages in cn-beijing: no answer from 127.0.0.1:")

    def test_a_region_that_never_answers_does_not_hold_the_others_up(self, lab: Lab) -> None:
        lab.spec()
        lab.cloud.faults.append(Fault("DescribeImages", "cut", times=-1, where={"RegionId": "cn-beijing"}))
        outcome = lab.run(attempts=1000)
        assert [(row.region, row.state, row.code) for row in outcome.rows] == [
            ("cn-beijing", State.FAILED, "Timeout"),
            ("cn-shanghai", State.DONE, ""),
        ]
        assert outcome.rows[0].detail == "DescribeImages in cn-beijing: no answer within 1m30s"
        assert next(call.at for call in lab.cloud.calls if call.action == "CopyImage") < 100

    def test_polling_goes_on_after_the_network_failed_for_a_while(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.cloud.faults.append(
            Fault("DescribeImages", "cut", times=4, skip=1, where={"RegionId": "cn-beijing"})
        )
        assert lab.run(attempts=2).complete
        assert len(lab.copies()) == 1


class TestSource:
    def test_it_is_waited_for(self, lab: Lab) -> None:
        lab.source.status = "Creating"
        lab.spec()

        def finish(number: int, moment: str) -> None:
            if number == 6:
                lab.source.status = "Available"

        lab.cloud.on_request = finish
        assert lab.run().complete

    def test_it_is_not_there(self, lab: Lab) -> None:
        del lab.cloud.world.images["cn-hangzhou", lab.source.id]
        lab.spec()
        rows = lab.run().rows
        assert {(row.state, row.code) for row in rows} == {(State.FAILED, "InvalidImageId.NotFound")}
        assert (
            rows[0].detail == f"the source image {lab.source.id} is not there in cn-hangzhou, or not visible"
        )

    def test_copies_that_are_there_need_it_no_longer(self, lab: Lab) -> None:
        lab.spec()
        lab.run()
        del lab.cloud.world.images["cn-hangzhou", lab.source.id]
        assert lab.run().complete

    @pytest.mark.parametrize("status", ["Deprecated", "UnAvailable", "CreateFailed"])
    def test_it_cannot_be_copied(self, lab: Lab, status: str) -> None:
        lab.source.status = status
        lab.spec("cn-beijing")
        (row,) = lab.run().rows
        assert row.detail == f"the source image {lab.source.id} is in the state {status}"
        assert lab.copies() == []

    def test_it_is_made_for_other_machines(self, lab: Lab) -> None:
        lab.source.architecture = "arm64"
        lab.spec("cn-beijing", "architecture: x86_64")
        (row,) = lab.run().rows
        assert row.detail == f"the source image {lab.source.id} is made for arm64, not x86_64"
        assert lab.copies() == []


def test_the_own_copy_of_a_distributor_fails(lab: Lab) -> None:
    lab.spec("cn-beijing, cn-shanghai", "distributor: {profile: publisher}")
    lab.cloud.faults.append(Fault("CopyImage", "copy-fails"))
    rows = lab.run().rows
    assert [row.state for row in rows] == [State.FAILED] * 3
    assert rows[0].base
    assert lab.images() == {}
    assert lab.run().complete


def test_the_own_copy_of_a_distributor_takes_too_long(lab: Lab) -> None:
    lab.spec("cn-beijing", "distributor: {profile: publisher}")
    lab.cloud.faults.append(Fault("CopyImage", "slow"))
    rows = lab.run(timeout=60.0).rows
    assert [(row.base, row.state) for row in rows] == [(True, State.RUNNING), (False, State.FAILED)]
    assert rows[1].detail == "CopyImage: the copy of the source in cn-hangzhou is not done yet"
    assert lab.run().complete
    assert len(lab.copies()) == 2


class TestRefusedAsAWhole:
    def test_a_wrong_key(self, lab: Lab) -> None:
        lab.spec()
        lab.cloud.world.accounts.clear()
        with pytest.raises(CloudError) as error:
            lab.run()
        assert error.value.findings[0].message == (
            "DescribeImages in cn-hangzhou: Specified access key is not found (InvalidAccessKeyId.NotFound)"
        )
        assert not Path("artifact-map.yaml").exists()

    def test_another_source_under_the_same_version(self, lab: Lab) -> None:
        lab.spec("cn-beijing")
        lab.run()
        before = Path("artifact-map.yaml").read_text()
        lab.source = lab.cloud.world.image("cn-hangzhou", lab.owner, "web-2025")
        lab.spec("cn-beijing, cn-shanghai")
        with pytest.raises(RefusedError) as error:
            lab.run()
        assert error.value.findings[0].rule == "other-source"
        assert error.value.findings[0].location.line == 3
        assert Path("artifact-map.yaml").read_text() == before
        assert len(lab.copies()) == 1


def test_the_journal_tells_the_story(lab: Lab) -> None:
    lab.spec("cn-beijing", "share: {accounts: ['2000000000000001']}")
    lab.cloud.faults.append(Fault("CopyImage", "copy-fails"))
    lab.run()
    lab.run()
    steps = [json.loads(line) for line in Path("artifact-map.journal.jsonl").read_text().splitlines()]
    assert [(step["step"], step.get("attempt")) for step in steps] == [
        ("copy-requested", 1),
        ("copying", 1),
        ("failed", None),
        ("copy-requested", 2),
        ("copying", 2),
        ("available", None),
        ("shared", None),
        ("done", None),
    ]
    assert steps[2]["code"] == "CopyFailed"
    assert steps[6]["accounts"] == ["2000000000000001"]
