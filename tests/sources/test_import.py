"""`map import` itself: merging, defaults, dry runs, live sources, plugins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocessor.artifacts import load_map
from preprocessor.cli.map_import import command
from preprocessor.sources.table import SOURCES

if TYPE_CHECKING:
    from tests.conftest import Run
    from tests.distribution.conftest import Lab

BEIJING, HANGZHOU, OTHER = "m-2zeaaaaaaaaaaaaaaaaa", "m-bp1aaaaaaaaaaaaaaaaa", "m-2zebbbbbbbbbbbbbbbbb"
MAP = (
    '# ours\nversion: 1\nartifacts:\n  web:\n    default: "1"\n    versions:\n      "1":\n'
    "        kind: custom\n"
    f"        images:\n          cn-beijing: {BEIJING}\n          cn-hangzhou: {HANGZHOU} # the source\n"
)


def csv(run: Run, *options: str, lines: str = f"cn-beijing,{OTHER}\n") -> tuple[int, str, str]:
    Path("artifact-map.yaml").exists() or Path("artifact-map.yaml").write_text(MAP)
    done = run("map", "import", "csv", "-", "--artifact", "web", *options, stdin=lines.encode())
    return done.status, done.out, done.err


@pytest.mark.parametrize("option", [(), ("--merge",)])
def test_merging_keeps_other_regions_and_comments(run: Run, option: tuple[str, ...]) -> None:
    assert csv(run, *option) == (
        0,
        f"web 1: cn-beijing: {BEIJING} -> {OTHER}\n"
        f"web 1: cn-hangzhou: {HANGZHOU} stays: the source has no image there (--replace removes it)\n",
        "",
    )
    assert Path("artifact-map.yaml").read_text() == MAP.replace(BEIJING, OTHER)


def test_replacing_removes_them(run: Run) -> None:
    assert csv(run, "--replace")[1] == (
        f"web 1: cn-beijing: {BEIJING} -> {OTHER}\n"
        f"web 1: cn-hangzhou: {HANGZHOU} -> removed (the source has no image there)\n"
    )
    assert dict(load_map("artifact-map.yaml").artifacts["web"].versions["1"].images) == {"cn-beijing": OTHER}


def test_nothing_to_change(run: Run) -> None:
    same = f"cn-beijing,{BEIJING}\ncn-hangzhou,{HANGZHOU}\n"
    assert csv(run, lines=same) == (
        0,
        "web 1: 2 regions as before\n",
        "artifact-map.yaml: nothing to change\n",
    )
    assert Path("artifact-map.yaml").read_text() == MAP


def test_a_dry_run_writes_nothing(run: Run) -> None:
    status, out, err = csv(run, "--dry-run")
    assert (status, out.splitlines()[0]) == (0, f"web 1: cn-beijing: {BEIJING} -> {OTHER}")
    assert err == "artifact-map.yaml: not written (--dry-run)\n"
    assert Path("artifact-map.yaml").read_text() == MAP


def test_a_new_version_is_not_the_default_unless_asked(run: Run) -> None:
    assert csv(run, "--artifact-version", "2")[1] == (
        f"web 2: cn-beijing: new -> {OTHER}\nweb: the default stays 1 (--default changes it)\n"
    )
    assert csv(run, "--artifact-version", "2", "--default")[1] == (
        "web 2: 1 region as before\nweb: default 1 -> 2\n"
    )
    assert load_map("artifact-map.yaml").artifacts["web"].default == "2"


def test_only_some_regions(run: Run) -> None:
    lines = f"cn-beijing,{OTHER}\ncn-shanghai,m-uf6\n"
    assert csv(run, "-r", "cn-beijing", "--replace", lines=lines)[0] == 0
    assert list(load_map("artifact-map.yaml").artifacts["web"].versions["1"].images) == ["cn-beijing"]
    status, _, err = csv(run, "-r", "us-west-1", lines=lines)
    assert (status, "version '1' of the source has no image in us-west-1" in err) == (2, True)


def test_an_id_of_another_region_is_told(run: Run) -> None:
    status, out, _ = csv(run, lines=f"cn-shanghai,{BEIJING}\nxx-newland-1,m-zzz{'0' * 17}\n")
    assert (status, out.splitlines()[-2:]) == (
        0,
        [
            f"note: cn-shanghai: {BEIJING} looks like an image of cn-beijing; `region-image map verify` tells "
            "whether it is there",
            f"note: cn-shanghai: {BEIJING} is the image of cn-beijing too",
        ],
    )


def test_json(run: Run) -> None:
    data = json.loads(csv(run, "--format", "json")[1])
    assert data["written"] is True
    assert data["regions"] == [
        {"artifact_version": "1", "region": "cn-beijing", "before": BEIJING, "after": OTHER},
        {"artifact_version": "1", "region": "cn-hangzhou", "before": HANGZHOU, "after": HANGZHOU},
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--merge", "--replace"), "--merge and --replace contradict each other"),
        (("--family", "web"), "the source csv takes no --family; it takes no options"),
        (("--option", "x"), "expected NAME=VALUE"),
        (("--option", "colour=red"), "the source csv takes no --colour"),
    ],
)
def test_wrong_usage(run: Run, options: tuple[str, ...], message: str) -> None:
    status, _, err = csv(run, *options)
    assert (status, message in err) == (2, True)
    assert Path("artifact-map.yaml").read_text() == MAP


def test_unknown_kinds_and_missing_files(run: Run) -> None:
    done = run("map", "import", "paker", "x.json", "--artifact", "web")
    assert (done.status, "did you mean 'packer'?" in done.err) == (2, True)
    done = run("map", "import", "packer", "--artifact", "web")
    assert (done.status, "the source packer reads a file: name it, or - for standard input" in done.err) == (
        2,
        True,
    )
    done = run("map", "import", "ecs", "x", "--artifact", "web")
    assert (done.status, "the source ecs is asked live and reads no file" in done.err) == (2, True)
    done = run("map", "import", "computenest", "--artifact", "web")
    assert (done.status, "the source 'computenest' reads a file" in done.err) == (2, True)
    done = run("map", "import", "csv", "missing.csv", "--artifact", "a b")
    assert (done.status, "no such file" in done.err) == (2, True)


@pytest.mark.parametrize("where", ["nowhere/map.yaml", "a-file/map.yaml", "a-folder"])
def test_a_map_that_cannot_be(run: Run, where: str) -> None:
    Path("a-folder").mkdir()
    Path("a-file").write_text("")
    status, _, err = csv(run, "--map", where)
    assert (status, "error[file-error]" in err, "Traceback" in err) == (2, True, False)


def test_an_artifact_name_that_is_none(run: Run) -> None:
    done = run("map", "import", "csv", "-", "--artifact", "a b", stdin=f"cn-beijing,{BEIJING}\n".encode())
    assert (done.status, "found the artifact name 'a b'" in done.err) == (2, True)


def test_every_source_is_one_and_its_options_are_the_commands() -> None:
    known = {parameter.name for parameter in command.params}
    for kind, source in SOURCES.items():
        assert source.LIVE or source.FILE, kind
        assert callable(source.read)
        assert set(source.OPTIONS) <= known, kind
        assert all(source.OPTIONS.values())


class TestComputeNestLive:
    ID = "artifact-0123456789abcdef0123"

    def release(self, live: Lab, count: int) -> None:
        live.cloud.world.artifacts[self.ID] = [
            {
                "ArtifactId": self.ID,
                "ArtifactType": "EcsImage",
                "ArtifactVersion": str(number),
                "Status": "Available",
                "ImageDelivery": {"cn-beijing": f"m-2ze{number:017}"},
            }
            for number in range(count, 0, -1)
        ]

    def test_all_pages(self, live: Lab, run: Run) -> None:
        self.release(live, 230)
        done = run("map", "import", "computenest", "--artifact", "web", "--artifact-id", self.ID)
        assert done.status == 0
        found = load_map("artifact-map.yaml").artifacts["web"]
        assert (len(found.versions), found.default) == (230, "230")
        assert live.cloud.count() == {"ListArtifactVersions": 3}

    def test_an_unknown_artifact(self, live: Lab, run: Run) -> None:
        done = run("map", "import", "computenest", "--artifact", "web", "--artifact-id", self.ID)
        assert (done.status, "(EntityNotExist.Artifact)" in done.err) == (3, True)
        assert not Path("artifact-map.yaml").exists()


class TestEcs:
    def test_the_newest_of_a_family_is_pinned(self, live: Lab, run: Run) -> None:
        world = live.cloud.world
        for region in ("cn-beijing", "cn-hangzhou"):
            world.image(region, live.owner, "web-2", family="web", id=f"m-new-{region}").created = 5e6
            world.image(region, live.owner, "web-1", family="web")
            world.image(region, live.owner, "web-3", family="web", status="Creating").created = 6e6
            world.image(region, live.owner, "web-4", family="web", architecture="arm64").created = 7e6
        done = run(
            "map",
            "import",
            "ecs",
            "--family",
            "web",
            "-r",
            "cn-beijing",
            "-r",
            "cn-hangzhou",
            "--artifact",
            "web",
        )
        assert done.status == 0
        assert (
            "note: cn-beijing: m-new-cn-beijing web-2, made 2024-07-24T20:53:20Z, owner 1000000000000001"
            in done.out
        )
        text = Path("artifact-map.yaml").read_text()
        assert "origin: ecs" in text
        assert (
            "        query:\n          architecture: x86_64\n          family: web\n          owner: self\n"
            in text
        )
        assert "cn-hangzhou: m-new-cn-hangzhou" in text

    def test_a_name_means_the_whole_name(self, live: Lab, run: Run) -> None:
        world = live.cloud.world
        world.image("cn-beijing", live.owner, "my-web-1")
        world.image("cn-beijing", live.owner, "web-1", id=BEIJING)
        ecs = ("map", "import", "ecs", "-r", "cn-beijing", "--artifact", "web", "--name")
        assert run(*ecs, "web-*").status == 0
        assert dict(load_map("artifact-map.yaml").artifacts["web"].versions["1"].images) == {
            "cn-beijing": BEIJING
        }
        assert run(*ecs, "web").status == 1

    def test_a_region_without_such_an_image_refuses_all(self, live: Lab, run: Run) -> None:
        live.cloud.world.image("cn-beijing", live.owner, "web", family="web")
        regions = ("-r", "cn-beijing", "-r", "us-west-1")
        done = run("map", "import", "ecs", "--family", "web", *regions, "--artifact", "web")
        assert done.status == 1
        assert "error[missing-image]: there is no Available image in us-west-1 with architecture" in done.err
        assert not Path("artifact-map.yaml").exists()

    @pytest.mark.parametrize(
        ("options", "message"),
        [(("-r", "cn-beijing"), "give --family or --name"), (("--name", "x"), "give -r REGION")],
    )
    def test_what_is_missing(self, live: Lab, run: Run, options: tuple[str, ...], message: str) -> None:
        done = run("map", "import", "ecs", "--artifact", "web", *options)
        assert (done.status, message in done.err) == (2, True)


PLUGIN = Path(__file__).parents[2] / "samples" / "source-plugin"


@pytest.mark.slow
def test_an_installed_package_adds_a_source(tmp_path: Path) -> None:
    """The sample plugin, installed as a user installs it, and used in a process of its own."""
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
    ]
    subprocess.run([*pip, "--target", str(site), str(PLUGIN)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(PLUGIN.parents[1])])}
    Path("images.toml").write_text(f'[images]\ncn-beijing = "{BEIJING}"\n')

    def command_line(*arguments: str) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-m", "preprocessor", "map", "import"]
        return subprocess.run(
            [*start, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    done = command_line("toml", "images.toml", "--artifact", "web", "--option", "table=images")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"web 1: cn-beijing: new -> {BEIJING}\nweb: default none -> 1\n",
        "",
    )
    done = command_line("toml", "images.toml", "--artifact", "web", "--option", "table=none")
    assert (done.returncode, "there is no table [none]" in done.stderr) == (2, True)
    done = command_line("tmol", "images.toml", "--artifact", "web")
    assert (done.returncode, "did you mean 'toml'?" in done.stderr) == (2, True)
