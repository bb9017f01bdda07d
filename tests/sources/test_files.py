"""`map import` of files: what each kind takes, what it leaves out and says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from preprocessor.artifacts import load_map

if TYPE_CHECKING:
    from tests.conftest import Outcome, Run

BEIJING, HANGZHOU, SHANGHAI = "m-2zeaaaaaaaaaaaaaaaaa", "m-bp1aaaaaaaaaaaaaaaaa", "m-uf6aaaaaaaaaaaaaaaaa"
BOTH = {"cn-beijing": BEIJING, "cn-hangzhou": HANGZHOU}


def images(version: str = "1", artifact: str = "web") -> dict[str, str]:
    return dict(load_map("artifact-map.yaml").artifacts[artifact].versions[version].images)


def take(run: Run, kind: str, content: Any, *options: str) -> Outcome:
    """Import `content` from standard input."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    return run("map", "import", kind, "-", "--artifact", "web", *options, stdin=text.encode())


class TestCsv:
    def test_lines(self, run: Run) -> None:
        done = take(run, "csv", f"region,image\n# ours\ncn-beijing, {BEIJING}\n\ncn-hangzhou,{HANGZHOU}\n")
        assert (done.status, done.out) == (
            0,
            f"web 1: cn-beijing: new -> {BEIJING}\nweb 1: cn-hangzhou: new -> {HANGZHOU}\n"
            "web: default none -> 1\n",
        )
        assert images() == BOTH
        assert load_map("artifact-map.yaml").artifacts["web"].versions["1"].origin == "csv"

    def test_a_file(self, run: Run) -> None:
        Path("images.csv").write_text(f"cn-beijing,{BEIJING}\r\n")
        assert run("map", "import", "csv", "images.csv", "--artifact", "web").status == 0
        assert images() == {"cn-beijing": BEIJING}

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("cn-beijing", "found 1 columns"),
            ("beijing,m-2ze", "found 'beijing' for a region"),
            ("cn-beijing,m 1", "found 'm 1' for an image ID"),
            ("cn-beijing,m-2zeother", f"the region cn-beijing has two images: {BEIJING} and m-2zeother"),
        ],
    )
    def test_a_line_that_is_none(self, run: Run, line: str, message: str) -> None:
        done = take(run, "csv", f"cn-beijing,{BEIJING}\n{line}\n")
        assert done.status == 2
        assert done.err.splitlines()[:2] == [f"error[invalid-import]: {message}", "  --> -:2:1"]
        assert not Path("artifact-map.yaml").exists()


class TestPacker:
    def build(self, run_uuid: str, *pairs: str, name: str = "web", **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "builder_type": "alicloud-ecs",
            "build_time": 1_700_000_000,
            "files": None,
            "artifact_id": ",".join(pairs),
            "packer_run_uuid": run_uuid,
            "custom_data": None,
            **more,
        }

    def test_the_last_run_counts(self, run: Run) -> None:
        data = {
            "builds": [
                self.build("first", f"cn-beijing:{SHANGHAI}"),
                self.build("last", f"cn-beijing:{BEIJING}", f"cn-hangzhou:{HANGZHOU}"),
                {"name": "other", "builder_type": "docker", "packer_run_uuid": "last", "artifact_id": "x"},
            ],
            "last_run_uuid": "last",
        }
        done = take(run, "packer", data)
        assert (done.status, images()) == (0, BOTH)
        assert "left out: 1 older build: not of the last run\n" in done.out
        assert "note: Packer does not wait for its copies: run `region-image map verify`" in done.out

    def test_without_a_last_run_the_newest_counts(self, run: Run) -> None:
        builds = [
            self.build("b", f"cn-beijing:{BEIJING}", build_time=20),
            self.build("a", f"cn-beijing:{SHANGHAI}", build_time=10),
        ]
        assert take(run, "packer", {"builds": builds}).status == 0
        assert images() == {"cn-beijing": BEIJING}

    def test_several_builds(self, run: Run) -> None:
        builds = [
            self.build("a", f"cn-beijing:{BEIJING}"),
            self.build("a", f"cn-beijing:{SHANGHAI}", name="db"),
        ]
        data = {"builds": builds, "last_run_uuid": "a"}
        done = take(run, "packer", data)
        assert (done.status, "choose one with --build" in done.err) == (2, True)
        assert take(run, "packer", data, "--build", "db").status == 0
        assert images() == {"cn-beijing": SHANGHAI}
        done = take(run, "packer", data, "--build", "x")
        assert "the last run has no build 'x'" in done.err

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({}, "'builds' is missing"),
            ([], "'builds' is missing"),
            ({"builds": {}}, "'builds' is not what it must be"),
            ({"builds": []}, "there is no build of alicloud-ecs"),
            (
                {"builds": [{"builder_type": "alicloud-ecs", "artifact_id": 5}]},
                "'builds[0].artifact_id' is not what",
            ),
            (
                {"builds": [{"builder_type": "alicloud-ecs", "artifact_id": "m-1"}]},
                "found '' for the image in m-1",
            ),
            (
                {"builds": [{"builder_type": "alicloud-ecs", "artifact_id": "cn-beijing:"}]},
                "found '' for the image",
            ),
        ],
    )
    def test_no_manifest(self, run: Run, data: Any, message: str) -> None:
        done = take(run, "packer", data)
        assert done.status == 2
        assert message in done.err


class TestTerraformState:
    def state(
        self, *instances: dict[str, Any], provider: str = "", name: str = "web", **more: Any
    ) -> dict[str, Any]:
        return {
            "version": 4,
            "resources": [
                {
                    "mode": "managed",
                    "type": "alicloud_image_copy",
                    "name": name,
                    "provider": f'provider["registry.terraform.io/aliyun/alicloud"]{provider}',
                    "instances": list(instances),
                    **more,
                },
                {
                    "mode": "managed",
                    "type": "alicloud_db",
                    "instances": [{"attributes": {"password": "hunter2"}}],
                },
            ],
        }

    def copy(self, image: str, key: Any = None, **more: Any) -> dict[str, Any]:
        attributes = {"id": image, "source_region_id": "cn-hangzhou", "source_image_id": HANGZHOU, **more}
        return {"index_key": key, "attributes": attributes} if key is not None else {"attributes": attributes}

    def test_a_key_that_is_a_region(self, run: Run) -> None:
        state = self.state(self.copy(BEIJING, "cn-beijing"), self.copy(SHANGHAI, "cn-shanghai"))
        assert take(run, "terraform-state", state).status == 0
        assert images() == {**BOTH, "cn-shanghai": SHANGHAI}
        text = Path("artifact-map.yaml").read_text()
        assert f"source:\n          region: cn-hangzhou\n          image: {HANGZHOU}\n" in text

    def test_an_alias_that_is_named(self, run: Run) -> None:
        state = self.state(self.copy(SHANGHAI), provider=".sh")
        done = take(run, "terraform-state", state)
        assert done.status == 2
        assert "the region of a copy cannot be told (provider alias 'sh')" in done.err
        assert "help: name it: --provider-region sh=cn-shanghai" in done.err
        assert take(run, "terraform-state", state, "--provider-region", "sh=cn-shanghai").status == 0
        assert images()["cn-shanghai"] == SHANGHAI

    def test_provider_blocks_beside_the_state(self, run: Run) -> None:
        Path("main.tf").write_text(
            'provider "alicloud" {\n  region = "cn-beijing"\n}\n'
            'provider "alicloud" {\n  alias = "sh"\n  region = "cn-shanghai"\n}\n'
            'provider "alicloud" {\n  alias = "x"\n  region = var.region\n}\n'
        )
        Path("broken.tf").write_text("provider {{{")
        state = self.state(self.copy(SHANGHAI), provider=".sh")
        state["resources"] += self.state(self.copy(BEIJING), name="other")["resources"]
        Path("terraform.tfstate").write_text(json.dumps(state))
        assert run("map", "import", "terraform-state", "terraform.tfstate", "--artifact", "web").status == 0
        assert images() == {**BOTH, "cn-shanghai": SHANGHAI}

    def test_one_resource_of_several(self, run: Run) -> None:
        state = self.state(self.copy(BEIJING, "cn-beijing"))
        other = self.state(
            self.copy(SHANGHAI, "cn-shanghai", source_image_id="m-bp1other"), module="module.m"
        )
        state["resources"] += other["resources"]
        done = take(run, "terraform-state", state)
        assert (done.status, "the copies have several sources" in done.err) == (2, True)
        assert (
            take(run, "terraform-state", state, "--resource", "module.m.alicloud_image_copy.web").status == 0
        )
        assert images() == {"cn-shanghai": SHANGHAI, "cn-hangzhou": "m-bp1other"}

    @pytest.mark.parametrize(
        "content",
        [
            '{"version": 4, "resources": [{"password": "hunter2", }]}',
            '{"format_version": "1.0", "values": {"password": "hunter2"}}',
            '{"version": 4, "resources": [{"type": "alicloud_image_copy", "mode": "managed", "x": "hunter2"}'
            "]}",
            '{"version": 4, "resources": "hunter2"}',
            "hunter2",
            "[]",
        ],
    )
    def test_no_secret_is_shown(self, run: Run, content: str) -> None:
        done = take(run, "terraform-state", content)
        assert done.status == 2
        assert "hunter2" not in done.err + done.out
        assert "Traceback" not in done.err

    def test_a_bad_option(self, run: Run) -> None:
        state = self.state(self.copy(BEIJING, "cn-beijing"))
        done = take(run, "terraform-state", state, "--provider-region", "sh")
        assert (done.status, "expected ALIAS=REGION, such as sh=cn-shanghai" in done.err) == (2, True)


class TestTerraformOutput:
    def test_the_only_map_by_region(self, run: Run) -> None:
        data = {
            "images": {"sensitive": False, "type": ["map", "string"], "value": BOTH},
            "vpc": {"sensitive": True, "type": "string", "value": "hunter2"},
        }
        done = take(run, "terraform-output", data)
        assert (done.status, images()) == (0, BOTH)
        assert "left out: output vpc: not a map by region\n" in done.out

    def test_one_of_several(self, run: Run) -> None:
        data = {"a": {"value": BOTH}, "b": {"value": {"cn-shanghai": SHANGHAI}}}
        done = take(run, "terraform-output", data)
        assert (done.status, "several outputs are a map by region" in done.err) == (2, True)
        assert take(run, "terraform-output", data, "--output", "b").status == 0
        assert images() == {"cn-shanghai": SHANGHAI}
        assert "did you mean 'a'?" in take(run, "terraform-output", data, "--output", "aa").err or True

    def test_the_bare_map(self, run: Run) -> None:
        assert take(run, "terraform-output", BOTH).status == 0
        assert images() == BOTH

    @pytest.mark.parametrize(
        "data", [{}, [], {"a": {"value": "hunter2"}}, {"a": {"value": {"cn-beijing": 7}}}]
    )
    def test_nothing_to_take(self, run: Run, data: Any) -> None:
        done = take(run, "terraform-output", data)
        assert (done.status, "hunter2" in done.err) == (2, False)


class TestCosa:
    def test_the_first_is_the_source(self, run: Run) -> None:
        data = {"aliyun": [{"name": "cn-hangzhou", "id": HANGZHOU}, {"name": "cn-beijing", "id": BEIJING}]}
        assert take(run, "cosa", data).status == 0
        assert images() == BOTH
        source = load_map("artifact-map.yaml").artifacts["web"].versions["1"].source
        assert source is not None
        assert (source.region, source.image) == ("cn-hangzhou", HANGZHOU)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({}, "'aliyun' is missing"),
            ({"aliyun": []}, "'aliyun' is an empty list"),
            ({"aliyun": ["x"]}, "'aliyun[0]' is not what it must be"),
            ({"aliyun": [{"name": "cn-beijing"}]}, "found None for the image in cn-beijing"),
        ],
    )
    def test_no_list(self, run: Run, data: Any, message: str) -> None:
        done = take(run, "cosa", data)
        assert (done.status, message in done.err) == (2, True)


class TestAliyunImgUtils:
    def test_what_it_prints(self, run: Run) -> None:
        text = f'INFO: copying {{...\nINFO: done\n{{"cn-beijing": "{BEIJING}",\n "cn-shanghai": null}}\n'
        done = take(run, "aliyun-img-utils", text)
        assert (done.status, images()) == (0, {"cn-beijing": BEIJING})
        assert "left out: cn-shanghai: the copy failed there\n" in done.out

    @pytest.mark.parametrize("text", ["", "INFO: nothing\n", '{"cn-beijing": 1}\n', '{"a": "b"} trailing\n'])
    def test_no_object(self, run: Run, text: str) -> None:
        assert take(run, "aliyun-img-utils", text).status == 2


class TestComputeNest:
    def version(
        self, name: str, delivery: Any = None, status: str = "Available", **more: Any
    ) -> dict[str, Any]:
        return {
            "ArtifactId": "artifact-0123456789abcdef0123",
            "ArtifactType": "EcsImage",
            "ArtifactVersion": name,
            "Status": status,
            "Progress": "100",
            "ArtifactProperty": json.dumps({"RegionId": "cn-hangzhou", "ImageId": HANGZHOU}),
            "SupportRegionIds": '["cn-beijing",\n\t"cn-hangzhou"]',
            "ImageDelivery": delivery,
            **more,
        }

    @pytest.mark.parametrize(
        "delivery", [BOTH, json.dumps(BOTH), {"key": json.dumps(BOTH)}], ids=["object", "string", "nested"]
    )
    def test_a_saved_response(self, run: Run, delivery: Any) -> None:
        data = {"Artifacts": [self.version("1", delivery)], "MaxResults": 20, "TotalCount": 1}
        assert take(run, "computenest", data).status == 0
        version = load_map("artifact-map.yaml").artifacts["web"].versions["1"]
        assert dict(version.images) == BOTH
        assert (version.origin, version.artifact_id) == ("computenest", "artifact-0123456789abcdef0123")
        assert version.source is not None
        assert version.source.image == HANGZHOU

    def test_only_what_is_available(self, run: Run) -> None:
        data = {
            "body": {
                "Artifacts": [
                    self.version("draft", {"cn-beijing": SHANGHAI}, "Created"),
                    self.version("10", BOTH),
                    self.version("9", {"cn-beijing": BEIJING}),
                    self.version("11", {}, "Delivering"),
                    self.version("3", None, "CreateFailed", StatusDetail="no such image"),
                    self.version("2", {}),
                    self.version("1", BOTH, "SomethingNew"),
                ]
            }
        }
        done = take(run, "computenest", data)
        assert done.status == 0
        found = load_map("artifact-map.yaml").artifacts["web"]
        assert (sorted(found.versions), found.default) == (["10", "9"], "10")
        assert [line for line in done.out.splitlines() if line.startswith("left out")] == [
            "left out: version 1: it is SomethingNew, not Available",
            "left out: version 2: it has no images",
            "left out: version 3: it is CreateFailed, not Available: no such image",
            "left out: version 11: it is Delivering, not Available",
            "left out: version draft: it is the draft (--draft takes it)",
        ]

    def test_a_draft_when_asked_for(self, run: Run) -> None:
        data = {"Artifacts": [self.version("draft", BOTH, "Created"), self.version("1", BOTH)]}
        assert take(run, "computenest", data, "--draft", "--artifact-version", "draft").status == 0
        assert list(load_map("artifact-map.yaml").artifacts["web"].versions) == ["draft"]

    def test_one_version(self, run: Run) -> None:
        data = {"Artifacts": [self.version("1", BOTH), self.version("2", BOTH)]}
        assert take(run, "computenest", data, "--artifact-version", "1").status == 0
        assert list(load_map("artifact-map.yaml").artifacts["web"].versions) == ["1"]
        done = take(run, "computenest", data, "--artifact-version", "3")
        assert (done.status, "the source has no version '3' to import" in done.err) == (2, True)

    def test_a_page_of_several(self, run: Run) -> None:
        data = {"Artifacts": [self.version("1", BOTH)], "NextToken": "1", "TotalCount": 40}
        done = take(run, "computenest", data)
        assert "note: the response is one page with 1 of 40 versions: there are more\n" in done.out

    def test_other_types_and_products(self, run: Run) -> None:
        product = json.dumps({"CommodityCode": "cmjj000001", "CommodityVersion": "V1.0"})
        data = {
            "Artifacts": [
                self.version("1", BOTH, ArtifactType="AcrImage"),
                self.version("2", BOTH, ArtifactProperty=product),
            ]
        }
        done = take(run, "computenest", data)
        assert "left out: version 1: it is of the type AcrImage, not an ECS image\n" in done.out
        assert load_map("artifact-map.yaml").artifacts["web"].versions["2"].kind == "marketplace"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({}, "'Artifacts' is missing"),
            ({"Artifacts": [5]}, "'Artifacts[0]' is not what it must be"),
            ({"Artifacts": []}, "the source has no version to import"),
        ],
    )
    def test_no_response(self, run: Run, data: Any, message: str) -> None:
        done = take(run, "computenest", data)
        assert (done.status, message in done.err) == (2, True)

    @pytest.mark.parametrize("delivery", ["nonsense", ["m-1"], {"cn-beijing": "m 1"}, {"beijing": "m-1"}])
    def test_a_delivery_that_is_none(self, run: Run, delivery: Any) -> None:
        done = take(run, "computenest", {"Artifacts": [self.version("1", delivery)]})
        assert (done.status, "Traceback" in done.err) == (2, False)
