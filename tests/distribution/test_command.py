"""`region-image distribute` as a person runs it: what is shown, what is written, the exit status."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cloud import Fault
from tests.cloud.services import product
from tests.distribution.conftest import QUICK, Environment, Lab, use_account

if TYPE_CHECKING:
    from tests.conftest import Run

REGIONS = "cn-beijing, cn-shanghai"


def test_everything_is_there(live: Lab, run: Run) -> None:
    live.spec()
    done = run("distribute", *QUICK)
    assert (done.status, done.out) == (0, "web 2: 2 of 2 regions\nartifact-map.yaml: 2 done\n")
    assert set(live.images().items()) == set(live.copies())


def test_progress_is_told_line_by_line(live: Lab, run: Run) -> None:
    live.spec("cn-beijing", "share: {accounts: ['2000000000000001']}")
    done = run("distribute", *QUICK)
    ((_, image),) = live.copies()
    assert done.err.splitlines() == [
        "web 2  cn-beijing  copying 0%",
        f"web 2  cn-beijing  sharing        {image}",
        f"web 2  cn-beijing  done           {image}",
    ]


def test_quiet_tells_only_the_result(live: Lab, run: Run) -> None:
    live.spec()
    done = run("distribute", *QUICK, "-q")
    assert (done.err, done.out.splitlines()[-1]) == ("", "artifact-map.yaml: 2 done")


def test_verbose_lists_every_region(live: Lab, run: Run) -> None:
    live.spec("cn-beijing")
    done = run("distribute", *QUICK, "-v")
    ((_, image),) = live.copies()
    assert done.out == (
        f"web 2: 1 of 1 regions\n  cn-beijing  done           {image}\nartifact-map.yaml: 1 done\n"
    )


def test_one_region_is_missing(live: Lab, run: Run) -> None:
    live.spec()
    where = {"DestinationRegionId": "cn-beijing"}
    live.cloud.faults.append(
        Fault(
            "CopyImage",
            "error",
            code="QuotaExceed.Image",
            status=403,
            message="Too many images.",
            where=where,
        )
    )
    done = run("distribute", *QUICK)
    assert (done.status, done.out) == (
        1,
        "web 2: 1 of 2 regions\n"
        "  cn-beijing   failed         CopyImage in cn-hangzhou: Too many images (QuotaExceed.Image)\n"
        "               help: raise the quota of images in this region, or delete images that nobody uses\n"
        "artifact-map.yaml: 1 done, 1 failed\n",
    )
    assert list(live.images()) == ["cn-shanghai"]


def test_json(live: Lab, run: Run) -> None:
    live.spec("cn-beijing, cn-shanghai, ap-south-1", "skip: [{region: ap-south-1, reason: closed}]")
    where = {"DestinationRegionId": "cn-beijing"}
    live.cloud.faults.append(
        Fault("CopyImage", "error", code="RegionNotSupportCopy", status=403, where=where)
    )
    done = run("distribute", *QUICK, "--format", "json")
    data = json.loads(done.out)
    assert done.status == 1
    assert (data["version"], data["complete"], data["map"]) == (1, False, "artifact-map.yaml")
    (artifact,) = data["artifacts"]
    assert {row["region"]: (row["state"], row["code"]) for row in artifact["regions"]} == {
        "ap-south-1": ("skipped", ""),
        "cn-beijing": ("failed", "RegionNotSupportCopy"),
        "cn-shanghai": ("done", ""),
    }
    (finding,) = data["findings"]
    assert (finding["rule"], finding["path"], finding["line"]) == ("not-distributed", "artifacts.yaml", 3)


def test_a_copy_that_takes_too_long(live: Lab, run: Run) -> None:
    live.spec("cn-beijing")
    live.cloud.faults.append(Fault("CopyImage", "copy-hangs"))
    done = run("distribute", *QUICK, "--timeout", "60ms")
    assert done.status == 1
    assert "not done within 60ms; the copy goes on in the cloud" in done.out
    assert "help: run the same command again later: it waits for this copy and makes no other" in done.out
    assert live.images() == {}


def test_only_some(live: Lab, run: Run) -> None:
    text = live.spec() + live.spec(name="api").split("artifacts:\n")[1]
    Path("artifacts.yaml").write_text(text)
    assert run("distribute", "api", "-r", "cn-shanghai", *QUICK).status == 0
    assert list(live.images("api")) == ["cn-shanghai"]
    assert live.images("web") == {}


class TestPlan:
    def test_it_changes_nothing(self, live: Lab, run: Run) -> None:
        live.spec("cn-hangzhou, cn-beijing", "share: {accounts: ['2000000000000001']}")
        done = run("distribute", "--plan")
        assert done.status == 0
        name = done.out.split("copy as ")[1].splitlines()[0]
        assert done.out == (
            f"web 2: from cn-hangzhou/{live.source.id}\n"
            f"  cn-hangzhou  use the source {live.source.id}\n"
            f"  cn-beijing   copy as {name}\n"
            "  share every copy with 2000000000000001\n"
            "calls that change something, at most: 1 CopyImage, 2 ModifyImageSharePermission\n"
        )
        assert set(live.cloud.count()) == {"DescribeImages"}
        assert sorted(os.listdir(".")) == ["artifacts.yaml"]

    def test_it_says_what_a_run_then_does(self, live: Lab, run: Run) -> None:
        live.spec(
            "cn-beijing, cn-shanghai",
            "share: {accounts: ['2000000000000001']}",
            "distributor: {profile: publisher}",
        )
        planned = json.loads(run("distribute", "--plan", "--format", "json").out)
        assert live.copies() == []
        assert run("distribute", *QUICK).status == 0
        calls = live.cloud.count()
        assert planned["calls"] == {name: calls[name] for name in ("CopyImage", "ModifyImageSharePermission")}
        (artifact,) = planned["artifacts"]
        assert (artifact["share_source"], artifact["base"]) == (True, "copy")
        assert {image.name for image in live.cloud.world.created} == {
            row["name"] for row in artifact["regions"]
        }
        again = run("distribute", "--plan")
        assert again.out.splitlines()[-1] == "calls that change something, at most: none"

    def test_it_shows_what_cannot_be_done(self, live: Lab, run: Run) -> None:
        live.spec("cn-beijing", "architecture: arm64")
        done = run("distribute", "--plan")
        assert done.status == 1
        assert "cannot: the source image" in done.out


class TestMarketplace:
    SPEC = (
        "version: 1\nartifacts:\n  db:\n    kind: marketplace\n    product: cmjj000001\n"
        "    version: V1.0\n    regions: [cn-beijing, cn-hangzhou]\n"
    )

    def sell(self, live: Lab, *regions: str, label: str = "V1.0", version: str = "") -> dict[str, str]:
        """Sell a product in some regions; return its images."""
        images = {
            region: live.cloud.world.image(
                region, "market", alias="marketplace", product="cmjj000001", version=version
            ).id
            for region in regions
        }
        labels = dict.fromkeys(images.values(), label)
        live.cloud.world.products["cmjj000001"] = product("cmjj000001", labels)
        return images

    def test_its_images_are_looked_up(self, live: Lab, run: Run) -> None:
        # Neither the regions nor their codes need to be known.
        live.cloud.world.regions.add("cn-newregion-1")
        images = self.sell(live, "cn-beijing", "cn-hangzhou", "us-west-1", "cn-newregion-1")
        spec = self.SPEC.replace("cn-hangzhou]", "cn-hangzhou, cn-newregion-1]")
        Path("artifacts.yaml").write_text(spec)
        assert run("distribute").status == 0
        del images["us-west-1"]
        assert live.images("db", "V1.0") == images
        assert "kind: marketplace" in Path("artifact-map.yaml").read_text()

    def test_a_region_where_it_is_not_sold_stops_everything(self, live: Lab, run: Run) -> None:
        self.sell(live, "cn-hangzhou", "us-west-1")
        Path("artifacts.yaml").write_text(self.SPEC + live.spec().split("artifacts:\n")[1])
        Path("artifacts.yaml").write_text(self.SPEC + live.spec().split("artifacts:\n")[1])
        done = run("distribute")
        assert (done.status, done.out) == (1, "")
        assert done.err == (
            "error[not-sold]: artifact 'db': the product cmjj000001 is not sold in cn-beijing\n"
            "  --> artifacts.yaml:3:3\n"
            "    |\n"
            "  3 |   db:\n"
            "    |   ^^\n"
            "  = help: it is sold in cn-hangzhou, us-west-1: change the regions, or leave cn-beijing out "
            "under skip with the reason\n"
        )
        assert live.images("db", "V1.0") == {}
        assert live.copies() == []
        assert not Path("artifact-map.yaml").exists()

    @pytest.mark.parametrize(
        ("label", "version"), [("V1.0", ""), ("release V1.0 (CentOS)", ""), ("latest", "V1.0")]
    )
    def test_the_version_is_recognised(self, live: Lab, run: Run, label: str, version: str) -> None:
        self.sell(live, "cn-beijing", "cn-hangzhou", label=label, version=version)
        Path("artifacts.yaml").write_text(self.SPEC)
        assert run("distribute").status == 0

    @pytest.mark.parametrize("label", ["V1.0.1", "V11.0", "V2.0", ""])
    def test_another_version_is_refused(self, live: Lab, run: Run, label: str) -> None:
        self.sell(live, "cn-beijing", "cn-hangzhou", label=label)
        Path("artifacts.yaml").write_text(self.SPEC)
        done = run("distribute")
        assert done.status == 1
        assert "the product cmjj000001 has no image of version V1.0 in cn-beijing" in done.err

    def test_several_images_of_a_version_are_told_apart_by_the_architecture(
        self, live: Lab, run: Run
    ) -> None:
        world = live.cloud.world
        arm = world.image(
            "cn-beijing", "market", alias="marketplace", product="cmjj000001", architecture="arm64"
        )
        x86 = world.image("cn-beijing", "market", alias="marketplace", product="cmjj000001")
        world.products["cmjj000001"] = product("cmjj000001", {arm.id: "V1.0", x86.id: "V1.0"})
        spec = self.SPEC.replace(", cn-hangzhou", "")
        Path("artifacts.yaml").write_text(spec)
        done = run("distribute")
        assert (done.status, "several images" in done.err) == (1, True)
        Path("artifacts.yaml").write_text(spec + "    architecture: arm64\n")
        assert run("distribute").status == 0
        assert live.images("db", "V1.0") == {"cn-beijing": arm.id}

    def test_an_image_of_the_list_that_is_not_there_proves_nothing(self, live: Lab, run: Run) -> None:
        images = self.sell(live, "cn-beijing", "cn-hangzhou")
        del live.cloud.world.images["cn-beijing", images["cn-beijing"]]
        Path("artifacts.yaml").write_text(self.SPEC)
        done = run("distribute")
        assert (done.status, "is not sold in cn-beijing" in done.err) == (1, True)

    def test_an_unknown_product(self, live: Lab, run: Run) -> None:
        Path("artifacts.yaml").write_text(self.SPEC)
        done = run("distribute")
        assert done.status == 3
        assert (
            "DescribeProduct in cn-hangzhou: The product does not exist (InvalidProduct.NotFound)" in done.err
        )


class TestNothingIsDone:
    def test_no_spec(self, live: Lab, run: Run) -> None:
        done = run("distribute")
        assert (done.status, done.err) == (
            2,
            "error[file-error]: cannot read: no such file\n  --> artifacts.yaml\n"
            "  = help: check the path and its permissions\n",
        )

    def test_an_unknown_artifact(self, live: Lab, run: Run) -> None:
        live.spec()
        done = run("distribute", "wbe")
        assert (done.status, "did you mean 'web'?" in done.err) == (2, True)

    def test_an_unknown_region_to_narrow_to(self, live: Lab, run: Run) -> None:
        live.spec()
        done = run("distribute", "-r", "cn-beijng")
        assert (done.status, "did you mean 'cn-beijing'?" in done.err) == (2, True)

    @pytest.mark.parametrize("option", ["--timeout", "--poll", "--call-timeout"])
    def test_a_time_that_is_none(self, live: Lab, run: Run, option: str) -> None:
        live.spec()
        done = run("distribute", option, "soon")
        assert (done.status, "expected a time such as 45s, 30m or 4h" in done.err) == (2, True)

    def test_no_credentials(self, live: Lab, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        live.spec()
        use_account(monkeypatch, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""})
        Path(os.environ["HOME"], ".aliyun", "config.json").unlink()
        done = run("distribute")
        assert (
            done.status,
            "error[no-credentials]: no Alibaba Cloud credentials were found" in done.err,
        ) == (3, True)

    def test_an_unknown_profile(self, live: Lab, run: Run) -> None:
        live.spec(REGIONS, "distributor: {profile: nobody}")
        done = run("distribute")
        assert (done.status, "there is no usable credentials profile 'nobody'" in done.err) == (3, True)
        assert live.copies() == []

    def test_a_wrong_secret(self, live: Lab, run: Run) -> None:
        live.spec()
        live.owner.secret = "changed"
        done = run("distribute")
        assert done.status == 3
        assert "(SignatureDoesNotMatch)" in done.err
        assert "help: the access key's secret is wrong, or a proxy changes the requests" in done.err
        assert live.images() == {}

    @pytest.mark.parametrize(
        "module",
        [
            "alibabacloud_credentials.client",
            "alibabacloud_credentials.provider",
            "alibabacloud_tea_openapi.client",
        ],
    )
    def test_the_client_is_not_installed(
        self, live: Lab, run: Run, monkeypatch: pytest.MonkeyPatch, module: str
    ) -> None:
        live.spec()
        monkeypatch.setitem(sys.modules, module, None)
        done = run("distribute")
        assert (done.status, done.err) == (
            3,
            "error[no-cloud-client]: the Alibaba Cloud client is not installed\n"
            "  = help: install the cloud client: pip install 'region-image-preprocessor[aliyun]'\n",
        )

    @pytest.mark.parametrize("address", ["127.0.0.1:80", "ftp://host", "http://host/path", "http://"])
    def test_an_endpoint_that_is_none(
        self, live: Lab, run: Run, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        live.spec()
        monkeypatch.setenv("REGION_IMAGE_ENDPOINT_ECS", address)
        done = run("distribute")
        assert done.status == 2
        assert "the environment variable REGION_IMAGE_ENDPOINT_ECS holds no address of a server" in done.err

    def test_nobody_answers(self, live: Lab, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        live.spec()
        monkeypatch.setenv("REGION_IMAGE_ENDPOINT_ECS", "http://127.0.0.1:9")
        done = run("distribute", *QUICK)
        assert done.status == 3
        assert "DescribeImages in cn-hangzhou: 127.0.0.1:9 cannot be reached" in done.err

    def test_an_invalid_map(self, live: Lab, run: Run) -> None:
        live.spec()
        Path("artifact-map.yaml").write_text("version: 1\nartifacts: []\n")
        done = run("distribute")
        assert (done.status, "error[invalid-map]" in done.err) == (2, True)
        assert live.copies() == []

    def test_a_folder_that_is_not_there(self, live: Lab, run: Run) -> None:
        live.spec()
        done = run("distribute", "--map", "nowhere/map.yaml")
        assert (done.status, done.err.splitlines()[0]) == (2, "error[file-error]: cannot open: no such file")
        assert live.copies() == []

    def test_another_run_is_at_work(self, live: Lab, run: Run) -> None:
        from preprocessor.distribution.journal import Journal

        live.spec()
        with Journal.open("artifact-map.journal.jsonl"):
            done = run("distribute")
        assert (done.status, "error[busy]: another run is distributing to this artifact map" in done.err) == (
            1,
            True,
        )
        assert live.copies() == []

    def test_a_journal_that_is_none(self, live: Lab, run: Run) -> None:
        live.spec()
        Path("artifact-map.journal.jsonl").write_text('{"version": 1}\n')
        done = run("distribute")
        assert (done.status, done.err) == (
            2,
            "error[invalid-journal]: this line is no record of a distribution\n"
            "  --> artifact-map.journal.jsonl:1:1\n"
            "    |\n"
            '  1 | {"version": 1}\n'
            "    | ^^^^^^^^^^^^^^\n"
            "  = help: move the journal away: the copies are found again by their tags\n",
        )


@pytest.mark.parametrize("named", [False, True], ids=["at-home", "named"])
def test_a_profile_in_the_sdks_own_file(
    live: Lab, run: Run, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    Path(os.environ["HOME"], ".aliyun", "config.json").unlink()
    path = Path("keys.ini") if named else Path(os.environ["HOME"], ".alibabacloud", "credentials.ini")
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "[publisher]\ntype = access_key\n"
        f"access_key_id = {live.publisher.key}\naccess_key_secret = {live.publisher.secret}\n"
    )
    if named:
        monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", "keys.ini")
    live.spec("cn-beijing", "distributor: {profile: publisher}")
    assert run("distribute", *QUICK).status == 0
    assert {image.owner for image in live.cloud.world.created} == {live.publisher.id}


def test_the_map_that_the_binding_file_names_is_written(live: Lab, run: Run) -> None:
    live.spec("cn-beijing")
    Path("maps").mkdir()
    Path("image-bindings.yaml").write_text("version: 1\nartifact_map: maps/images.json\ntemplates: []\n")
    assert run("distribute", *QUICK).status == 0
    assert json.loads(Path("maps/images.json").read_text())["artifacts"]["web"]["default"] == "2"
    assert Path("maps/images.journal.jsonl").exists()


def test_an_unknown_region_is_warned_of(live: Lab, run: Run) -> None:
    live.cloud.world.regions.add("cn-beijng")
    live.spec("cn-beijng")
    done = run("distribute", *QUICK)
    assert done.status == 0
    assert "warning[unknown-region]: the region 'cn-beijng' is not one that the tool knows" in done.err
    assert "did you mean 'cn-beijing'? A new region can be used all the same" in done.err


def test_a_table_on_a_terminal(live: Lab, shell: Environment) -> None:
    live.spec()
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "preprocessor", "distribute", *QUICK]
    environment = {**shell(live), "TERM": "xterm", "COLUMNS": "120", "LINES": "30"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    out, _ = process.communicate()
    assert (process.returncode, out.decode()) == (0, "web 2: 2 of 2 regions\nartifact-map.yaml: 2 done\n")
    last = shown.decode().split("artifact")[-1]
    assert "cn-beijing" in last
    assert "2 done" in last


def test_an_interrupted_run_goes_on_later(live: Lab, shell: Environment, run: Run) -> None:
    live.spec("cn-beijing, cn-shanghai, us-west-1")
    live.cloud.faults.append(Fault("CopyImage", "copy-hangs", where={"DestinationRegionId": "cn-beijing"}))
    command = [sys.executable, "-m", "preprocessor", "distribute", *QUICK]
    process = subprocess.Popen(command, env=shell(live), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while len(live.images()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"Run the same command again to go on." in err
    assert b"Traceback" not in err
    assert set(live.images()) == {"cn-shanghai", "us-west-1"}
    for running in live.cloud.world.running.values():
        for copy in running:
            copy.outcome = "done"
    assert run("distribute", *QUICK).status == 0
    assert len(live.copies()) == 3
