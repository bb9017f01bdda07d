"""The cloud client: where it calls, how it signs, what it retries, and the emulator it is tested against."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from preprocessor.distribution.client import Account, CallError, flatten
from preprocessor.distribution.endpoints import Endpoint, endpoint_of, site_region
from preprocessor.distribution.pace import Pace
from tests.cloud import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.distribution.conftest import Lab


def call(
    lab: Lab, action: str, parameters: Mapping[str, object], *, product: str = "ecs", **pace: Any
) -> dict[str, Any]:
    """Call as the owner, in virtual time."""
    assert lab.loop is not None
    account = Account(None, Pace(**pace))
    region = str(parameters.get("RegionId", "cn-hangzhou"))
    return lab.loop.run(account.call(product, action, region, parameters))


def refusal(lab: Lab, action: str, parameters: Mapping[str, object], **more: Any) -> str:
    """Return the code that a call is refused with."""
    with pytest.raises(CallError) as error:
        call(lab, action, parameters, attempts=1, **more)
    return error.value.code


class TestEndpoints:
    @pytest.mark.parametrize(
        ("product", "region", "host"),
        [
            ("ecs", "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
            ("ecs", "cn-beijing", "ecs.cn-beijing.aliyuncs.com"),
            ("ecs", "xx-newland-1", "ecs.xx-newland-1.aliyuncs.com"),
            ("ecs", "cn-north-2-gov-1", "ecs.aliyuncs.com"),
            ("market", "cn-wulanchabu", "market.aliyuncs.com"),
            ("market", "ap-southeast-1", "market.ap-southeast-1.aliyuncs.com"),
            ("computenestsupplier", "cn-beijing", "computenestsupplier.cn-hangzhou.aliyuncs.com"),
            ("computenestsupplier", "ap-southeast-1", "computenestsupplier.ap-southeast-1.aliyuncs.com"),
        ],
    )
    def test_hosts(self, product: str, region: str, host: str) -> None:
        found = endpoint_of(product, region, {})
        assert (found.scheme, found.host) == ("https", host)

    def test_sites(self) -> None:
        assert (site_region("china"), site_region("international")) == ("cn-hangzhou", "ap-southeast-1")

    @pytest.mark.parametrize(
        ("value", "scheme", "host"),
        [
            ("http://127.0.0.1:8080", "http", "127.0.0.1:8080"),
            ("https://proxy.example.com/", "https", "proxy.example.com"),
            ("http://[::1]:80", "http", "[::1]:80"),
        ],
    )
    def test_an_environment_variable_replaces_them_all(self, value: str, scheme: str, host: str) -> None:
        for region in ("cn-hangzhou", "us-west-1"):
            found = endpoint_of("ecs", region, {"REGION_IMAGE_ENDPOINT_ECS": value})
            assert found == Endpoint("Ecs", "2014-05-26", scheme, host)


def test_parameters_are_flattened() -> None:
    assert flatten(
        {"A": None, "B": True, "C": 5, "D": ["x", "y"], "Tag": [{"Key": "k", "Value": "v"}, {"Key": "l"}]}
    ) == {
        "B": "true",
        "C": "5",
        "D.1": "x",
        "D.2": "y",
        "Tag.1.Key": "k",
        "Tag.1.Value": "v",
        "Tag.2.Key": "l",
    }


class TestRetries:
    @pytest.mark.parametrize(
        ("code", "status", "tries"),
        [
            ("Throttling", 400, 4),
            ("Throttling.User", 429, 4),
            ("ServiceUnavailable", 503, 4),
            ("InternalError", 500, 4),
            ("Whatever", 502, 4),
            ("InvalidImageId.NotFound", 404, 1),
            ("Forbidden.RAM", 403, 1),
            ("QuotaExceed.Image", 403, 1),
            ("OperationDenied.ImageCopying", 403, 1),
        ],
    )
    def test_which_codes(self, lab: Lab, code: str, status: int, tries: int) -> None:
        lab.cloud.faults.append(Fault("DescribeImages", "error", code=code, status=status, times=-1))
        with pytest.raises(CallError) as error:
            call(lab, "DescribeImages", {"RegionId": "cn-beijing"}, attempts=4)
        assert (error.value.code, len(lab.cloud.calls)) == (code, tries)

    def test_the_wait_grows(self, lab: Lab) -> None:
        lab.cloud.faults.append(Fault("DescribeImages", "error", code="Throttling", times=-1))
        with pytest.raises(CallError):
            call(
                lab,
                "DescribeImages",
                {"RegionId": "cn-beijing"},
                attempts=6,
                retry_first=1.0,
                retry_most=10.0,
            )
        times = [made.at for made in lab.cloud.calls]
        assert all(0.5 <= later - earlier <= 10 for earlier, later in itertools.pairwise(times))

    def test_the_time_for_an_answer_is_kept(self, lab: Lab) -> None:
        lab.cloud.faults.append(Fault("DescribeImages", "slow", seconds=2.0))
        with pytest.raises(CallError) as error:
            call(lab, "DescribeImages", {"RegionId": "cn-beijing"}, attempts=1, read_timeout=0.05)
        assert error.value.code == "Timeout"
        assert error.value.reason.endswith("within 50ms")


class TestTheEmulator:
    """It refuses what the service refuses, so that a test against it means something."""

    def test_wrong_names(self, lab: Lab) -> None:
        assert (
            refusal(lab, "DescribeImages", {"RegionId": "cn-beijing", "ImageIds": "m-1"})
            == "InvalidParameter"
        )
        assert refusal(lab, "CopyImage", {"RegionId": "cn-beijing"}) == "MissingImageId"
        assert refusal(lab, "CopyImages", {"RegionId": "cn-beijing"}) == "InvalidAction.NotFound"
        assert refusal(lab, "DescribeProduct", {"ProductCode": "x"}, product="market") == "InvalidParameter"
        assert (
            refusal(lab, "DescribeImages", {"RegionId": "cn-beijing"}, product="sts")
            == "InvalidAction.NotFound"
        )

    def test_signatures(self, lab: Lab) -> None:
        lab.owner.secret = "changed"
        assert refusal(lab, "DescribeImages", {"RegionId": "cn-beijing"}) == "SignatureDoesNotMatch"

    def test_a_request_without_a_signature(self, lab: Lab) -> None:
        import urllib.error
        import urllib.request

        request = urllib.request.Request(lab.cloud.url + "/?RegionId=cn-beijing", method="POST")
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request, timeout=5)
        assert error.value.code == 400
        error.value.close()

    def test_only_available_images_are_listed_unless_asked(self, lab: Lab) -> None:
        lab.source.status = "Creating"
        ask = {"RegionId": "cn-hangzhou"}
        assert call(lab, "DescribeImages", ask)["TotalCount"] == 0
        assert call(lab, "DescribeImages", {**ask, "Status": "Creating,Waiting"})["TotalCount"] == 1
        assert call(lab, "DescribeImages", {**ask, "Status": "ALL"})["TotalCount"] == 1

    def test_pages_and_many_ids(self, lab: Lab) -> None:
        made = [lab.cloud.world.image("cn-hangzhou", lab.owner).id for _ in range(25)]
        ask = {"RegionId": "cn-hangzhou", "PageSize": 20, "PageNumber": 2}
        answer = call(lab, "DescribeImages", ask)
        assert (answer["TotalCount"], len(answer["Images"]["Image"])) == (26, 6)
        answer = call(
            lab, "DescribeImages", {"RegionId": "cn-hangzhou", "ImageId": ",".join([*made[:3], "m-none"])}
        )
        assert answer["TotalCount"] == 3
        assert (
            refusal(lab, "DescribeImages", {"RegionId": "cn-hangzhou", "PageSize": 101}) == "InvalidParameter"
        )

    def test_client_tokens(self, lab: Lab) -> None:
        copy = {
            "RegionId": "cn-hangzhou",
            "ImageId": lab.source.id,
            "DestinationRegionId": "cn-beijing",
            "DestinationImageName": "copy",
            "ClientToken": "token",
        }
        first, second = call(lab, "CopyImage", copy), call(lab, "CopyImage", copy)
        assert first["ImageId"] == second["ImageId"]
        assert (
            refusal(lab, "CopyImage", {**copy, "DestinationImageName": "other"})
            == "IdempotentParameterMismatch"
        )
        same = {**copy, "ClientToken": "another"}
        assert refusal(lab, "CopyImage", same) == "OperationDenied.ImageCopyConflict"
        assert lab.loop is not None
        lab.loop.run(asyncio.sleep(4000))
        assert refusal(lab, "CopyImage", same) == "InvalidImageName.Duplicated"

    def test_accounts_beyond_the_tenth_are_left_out(self, lab: Lab) -> None:
        accounts = [f"20000000000000{number:02}" for number in range(12)]
        share = {"RegionId": "cn-hangzhou", "ImageId": lab.source.id}
        refused = refusal(lab, "ModifyImageSharePermission", {**share, "AddAccount": [lab.owner.id]})
        assert refused == "InvalidAccount.Forbbiden"
        call(lab, "ModifyImageSharePermission", {**share, "AddAccount": accounts})
        assert lab.source.shared == accounts[:10]

    def test_the_rules_of_copying(self, lab: Lab) -> None:
        copy = {"RegionId": "cn-hangzhou", "ImageId": lab.source.id, "DestinationRegionId": "cn-beijing"}
        assert (
            refusal(lab, "CopyImage", {**copy, "DestinationRegionId": "cn-hangzhou"})
            == "IncorrectDestinationRegion"
        )
        assert (
            refusal(lab, "CopyImage", {**copy, "DestinationRegionId": "xx-1"}) == "DestinationRegion.NotFound"
        )
        assert (
            refusal(lab, "CopyImage", {**copy, "DestinationImageName": "1"}) == "InvalidImageName.Malformed"
        )
        assert refusal(lab, "CopyImage", {**copy, "Tag": [{"Key": "acs:x"}]}) == "InvalidTag.Mismatch"
        lab.source.public = True
        assert refusal(lab, "CopyImage", copy) == "OperationDenied.CommunityImage"
        lab.source.public = False
        lab.source.owner, lab.source.shared = lab.publisher.id, [lab.owner.id]
        assert refusal(lab, "CopyImage", copy) == "OperationDenied.SameRegionOnly"
        lab.source.shared = []
        assert refusal(lab, "CopyImage", copy) == "InvalidImageId.NotFound"
