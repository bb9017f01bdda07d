"""Distribution of custom images when nothing goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preprocessor.distribution.events import State
from tests.benchmarks.distribution import targets
from tests.cloud import Fault
from tests.distribution.conftest import OWNER, PUBLISHER, Lab

ALL = (
    "cn-qingdao, cn-beijing, cn-zhangjiakou, cn-huhehaote, cn-wulanchabu, cn-shanghai, cn-shenzhen, "
    "cn-heyuan, cn-guangzhou, cn-chengdu, cn-hongkong, ap-southeast-1, us-west-1, eu-central-1"
)


def test_the_map_holds_every_region(lab: Lab) -> None:
    lab.spec()
    outcome = lab.run()
    assert outcome.complete
    copies = dict(lab.copies())
    assert Path("artifact-map.yaml").read_text() == (
        "version: 1\n"
        "artifacts:\n"
        "  web:\n"
        '    default: "2"\n'
        "    versions:\n"
        '      "2":\n'
        "        kind: custom\n"
        "        origin: distribute\n"
        "        source:\n"
        "          region: cn-hangzhou\n"
        f"          image: {lab.source.id}\n"
        "        images:\n"
        f"          cn-beijing: {copies['cn-beijing']}\n"
        f"          cn-shanghai: {copies['cn-shanghai']}\n"
    )
    assert lab.proved()


def test_a_copy_can_be_found_again(lab: Lab) -> None:
    lab.spec("cn-beijing", "tags: {team: platform}")
    lab.run()
    (image,) = lab.cloud.world.created
    assert image.name.startswith("ri-web-2-")
    assert image.tags == {
        "region-image:artifact": "web",
        "region-image:version": "2",
        "region-image:source": f"cn-hangzhou/{lab.source.id}",
        "team": "platform",
    }


def test_the_second_run_only_looks(lab: Lab) -> None:
    lab.spec("cn-beijing, cn-shanghai, ap-southeast-1", "share: {accounts: ['2000000000000001']}")
    lab.run()
    before = Path("artifact-map.yaml").read_bytes(), Path("artifact-map.journal.jsonl").read_bytes()
    lab.cloud.calls.clear()
    assert lab.run().complete
    assert lab.cloud.count() == {"DescribeImages": 4}
    after = Path("artifact-map.yaml").read_bytes(), Path("artifact-map.journal.jsonl").read_bytes()
    assert after[0] == before[0]
    assert [json.loads(line)["step"] for line in after[1].removeprefix(before[1]).splitlines()] == [
        "done"
    ] * 3


def test_the_sources_own_region_needs_no_copy(lab: Lab) -> None:
    lab.spec("cn-hangzhou, cn-beijing")
    assert lab.run().complete
    assert lab.images()["cn-hangzhou"] == lab.source.id
    assert [region for region, _ in lab.copies()] == ["cn-beijing"]


def test_at_most_five_copies_at_once(lab: Lab) -> None:
    lab.spec(ALL)
    assert lab.run().complete
    assert lab.cloud.world.most_running == 5
    assert len(lab.images()) == 14


def test_one_artifact_to_29_regions(lab: Lab) -> None:
    regions = targets()
    lab.spec(", ".join(regions))
    assert lab.run().complete
    assert set(lab.images()) == set(regions)
    assert lab.images() == dict(lab.copies())
    assert lab.proved()


@pytest.mark.slow
def test_ten_artifacts_to_29_regions(lab: Lab) -> None:
    regions = targets()
    lab.cloud.world.image_quota = {(OWNER, region): 1000 for region in regions}
    assert lab.run(lab.many(10, ", ".join(regions)), timeout=1e6).complete
    assert len(lab.copies()) == 290
    for number in range(10):
        assert set(lab.images(f"web{number}")) == set(regions)
        assert lab.proved(f"web{number}")
    assert lab.cloud.world.most_running == 5


def test_the_limit_can_be_set(lab: Lab) -> None:
    lab.spec(ALL)
    assert lab.run(copies=2).complete
    assert lab.cloud.world.most_running == 2


def test_one_question_serves_all_copies_of_a_region(lab: Lab) -> None:
    assert lab.run(lab.many(5, "cn-beijing")).complete
    polls = [call for call in lab.cloud.calls if "," in call.parameters.get("ImageId", "")]
    assert max(call.parameters["ImageId"].count(",") for call in polls) == 4
    assert lab.cloud.count()["DescribeImages"] < 20


def test_far_regions_start_first(lab: Lab) -> None:
    lab.spec("cn-beijing, cn-shanghai, us-west-1, cn-shenzhen, eu-central-1, cn-chengdu, cn-qingdao")
    lab.run()
    order = [region for region, _ in lab.copies()]
    assert {"us-west-1", "eu-central-1"} < set(order[:5])


class TestDistributor:
    def test_copies_belong_to_the_second_account(self, lab: Lab) -> None:
        lab.spec("cn-beijing, cn-hangzhou", "distributor: {profile: publisher}")
        assert lab.run().complete
        assert lab.source.shared == [PUBLISHER]
        base, copy = lab.cloud.world.created
        assert (base.region, base.owner, base.source) == (
            "cn-hangzhou",
            PUBLISHER,
            ("cn-hangzhou", lab.source.id),
        )
        assert (copy.region, copy.owner, copy.source) == ("cn-beijing", PUBLISHER, ("cn-hangzhou", base.id))
        assert lab.images() == {"cn-beijing": copy.id, "cn-hangzhou": base.id}
        assert lab.cloud.count()["GetCallerIdentity"] == 1

    def test_the_own_copy_is_no_part_of_the_map(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        assert lab.run().complete
        assert list(lab.images()) == ["cn-beijing"]

    def test_an_account_in_the_spec_is_not_asked_for(self, lab: Lab) -> None:
        lab.spec("cn-beijing", f'distributor: {{profile: publisher, account: "{PUBLISHER}"}}')
        assert lab.run().complete
        assert lab.cloud.count()["GetCallerIdentity"] == 0

    def test_an_image_of_the_account_tells_its_id(self, lab: Lab) -> None:
        lab.cloud.world.image("cn-hangzhou", lab.publisher)
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        assert lab.run().complete
        assert lab.cloud.count()["GetCallerIdentity"] == 0

    def test_an_account_whose_id_nobody_tells(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        lab.cloud.faults.append(Fault("GetCallerIdentity", "error", code="NoPermission", status=403))
        row = lab.run().rows[-1]
        assert (row.state, row.code) == (State.FAILED, "UnknownAccount")
        assert row.help == "write it into the spec: distributor: {profile: NAME, account: ID}"
        assert lab.copies() == []

    def test_a_second_run_needs_neither_source_nor_base(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        lab.run()
        lab.cloud.calls.clear()
        assert lab.run().complete
        assert set(lab.cloud.count()) == {"DescribeImages"}

    def test_a_profile_of_the_same_account_skips_both_steps(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: owner}")
        assert lab.run().complete
        assert lab.source.shared == []
        assert [region for region, _ in lab.copies()] == ["cn-beijing"]

    def test_a_source_that_was_shared_with_us_is_copied_in_its_region_first(self, lab: Lab) -> None:
        lab.source.owner = PUBLISHER
        lab.source.shared = [OWNER]
        lab.spec("cn-beijing")
        assert lab.run().complete
        assert [image.region for image in lab.cloud.world.created] == ["cn-hangzhou", "cn-beijing"]

    def test_a_lost_reply_of_the_share_is_not_the_end(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "distributor: {profile: publisher}")
        lab.cloud.faults.append(Fault("ModifyImageSharePermission", "lost"))
        assert lab.run().complete
        assert lab.source.shared == [PUBLISHER]


class TestShare:
    def test_ten_accounts_a_call(self, lab: Lab) -> None:
        accounts = [f"20000000000000{number:02}" for number in range(23)]
        lab.spec("cn-beijing", f"share: {{accounts: {json.dumps(accounts)}}}")
        assert lab.run().complete
        assert lab.cloud.world.created[0].shared == accounts
        assert lab.cloud.count()["ModifyImageSharePermission"] == 3

    def test_accounts_are_never_taken_away(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "share: {accounts: ['2000000000000001']}")
        lab.run()
        lab.spec("cn-beijing", "share: {accounts: ['2000000000000002']}")
        assert lab.run().complete
        assert lab.cloud.world.created[0].shared == ["2000000000000001", "2000000000000002"]

    def test_public(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "share: {public: true}")
        assert lab.run().complete
        assert lab.cloud.world.created[0].public
        lab.cloud.calls.clear()
        assert lab.run().complete
        assert lab.cloud.count()["ModifyImageSharePermission"] == 0

    def test_a_lost_reply_is_looked_into(self, lab: Lab) -> None:
        lab.spec("cn-beijing", "share: {accounts: ['2000000000000001']}")
        lab.cloud.faults.append(Fault("ModifyImageSharePermission", "lost"))
        assert lab.run().complete
        assert lab.cloud.count()["ModifyImageSharePermission"] == 1
        assert lab.cloud.world.created[0].shared == ["2000000000000001"]

    def test_too_many_accounts_keep_the_region_out(self, lab: Lab) -> None:
        lab.cloud.world.share_quota = 1
        lab.spec("cn-beijing", "share: {accounts: ['2000000000000001', '2000000000000002']}")
        outcome = lab.run()
        (row,) = outcome.rows
        assert (row.state, row.code) == (State.FAILED, "QuotaExceed.ShareImageUser")
        assert lab.images() == {}
        lab.cloud.world.share_quota = 50
        assert lab.run().complete
        assert len(lab.copies()) == 1


def test_a_skipped_region_is_shown_and_does_not_count(lab: Lab) -> None:
    lab.spec("cn-beijing, ap-south-1", "skip: [{region: ap-south-1, reason: closed}]")
    outcome = lab.run()
    assert outcome.complete
    assert [(row.region, row.state, row.detail) for row in outcome.rows] == [
        ("ap-south-1", State.SKIPPED, "closed"),
        ("cn-beijing", State.DONE, ""),
    ]


def test_a_later_version_becomes_the_default_only_when_asked_and_complete(lab: Lab) -> None:
    from preprocessor.artifacts import load_map

    lab.spec("cn-beijing")
    lab.run()
    text = lab.spec("cn-beijing, cn-shanghai").replace('"2"', '"3"')
    lab.cloud.faults.append(Fault("CopyImage", "error", code="Forbidden.RAM", status=403))
    assert not lab.run(text, make_default=True).complete
    assert load_map("artifact-map.yaml").artifacts["web"].default == "2"
    assert lab.run(text).complete
    assert load_map("artifact-map.yaml").artifacts["web"].default == "2"
    assert lab.run(text, make_default=True).complete
    assert load_map("artifact-map.yaml").artifacts["web"].default == "3"


def test_a_change_of_the_map_by_somebody_else_stays(lab: Lab) -> None:
    """A run takes hours; what `map set` writes meanwhile must not be lost."""
    from preprocessor.artifacts import Version, open_map, save_map

    lab.spec("cn-beijing, us-west-1")

    def meddle(number: int, moment: str) -> None:
        if number == 8 and moment == "received":
            other = open_map("artifact-map.yaml").with_version(
                "db", "1", Version({"cn-beijing": "m-2zeother"})
            )
            save_map(other)

    lab.cloud.on_request = meddle
    assert lab.run().complete
    assert lab.images("db", "1") == {"cn-beijing": "m-2zeother"}
    assert set(lab.images()) == {"cn-beijing", "us-west-1"}
