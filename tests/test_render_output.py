"""The output tree: all or nothing, nothing lost, nothing outside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import BEIJING, HANGZHOU, MAP, bindings, instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Run, Write

OLD = "m-bp1ooooooooooooooooo"
MANIFEST = Path("dist/.region-image-manifest.json")
VARIANTS = {"cn-beijing": Path("dist/cn-beijing/web.yaml"), "cn-hangzhou": Path("dist/cn-hangzhou/web.yaml")}

PROJECT: Mapping[str, str] = {
    "web.yaml": instance(OLD),
    "artifact-map.yaml": MAP,
    "image-bindings.yaml": bindings(f"{{image: {OLD}, artifact: web}}"),
}


def tree() -> dict[str, bytes]:
    """Return every file below dist."""
    return {str(path): path.read_bytes() for path in sorted(Path("dist").rglob("*")) if path.is_file()}


@pytest.fixture
def project(write: Write) -> None:
    write(PROJECT)


@pytest.mark.usefixtures("project")
def test_one_variant_per_region_and_a_manifest(run: Run) -> None:
    done = run("render")
    assert (done.status, done.out, done.err) == (
        0,
        "dist: 2 written, 0 unchanged (1 template, 2 regions)\n",
        "",
    )
    assert VARIANTS["cn-beijing"].read_text() == instance(BEIJING)
    assert VARIANTS["cn-hangzhou"].read_text() == instance(HANGZHOU)
    manifest = json.loads(MANIFEST.read_text())
    assert manifest["version"] == 1
    assert sorted(manifest["inputs"]) == ["artifact-map.yaml", "image-bindings.yaml", "web.yaml"]
    assert {path: (entry["region"], entry["template"]) for path, entry in manifest["files"].items()} == {
        "cn-beijing/web.yaml": ("cn-beijing", "web.yaml"),
        "cn-hangzhou/web.yaml": ("cn-hangzhou", "web.yaml"),
    }
    assert {len(entry["digests"]) for entry in manifest["files"].values()} == {1}


@pytest.mark.usefixtures("project")
def test_a_second_run_writes_nothing(run: Run) -> None:
    run("render")
    before = {path: (Path(path).stat().st_ino, Path(path).stat().st_mtime_ns) for path in tree()}
    done = run("render")
    assert done.out == "dist: 0 written, 2 unchanged (1 template, 2 regions)\n"
    assert {path: (Path(path).stat().st_ino, Path(path).stat().st_mtime_ns) for path in tree()} == before


@pytest.mark.usefixtures("project")
def test_only_what_changed_is_rewritten(run: Run) -> None:
    run("render")
    inode = VARIANTS["cn-hangzhou"].stat().st_ino
    run("map", "set", "web", "cn-beijing=m-2zennnnnnnnnnnnnnnnn")
    done = run("render", "-v")
    assert done.out == (
        "wrote dist/cn-beijing/web.yaml\ndist: 1 written, 1 unchanged (1 template, 2 regions)\n"
    )
    assert VARIANTS["cn-hangzhou"].stat().st_ino == inode


@pytest.mark.usefixtures("project")
def test_one_region_leaves_the_others_alone(run: Run) -> None:
    run("render")
    run("map", "set", "web", "cn-beijing=m-2zennnnnnnnnnnnnnnnn", "cn-hangzhou=m-bp1nnnnnnnnnnnnnnnnn")
    done = run("render", "-r", "cn-beijing")
    assert done.out == "dist: 1 written, 0 unchanged (1 template, 1 region)\n"
    assert VARIANTS["cn-hangzhou"].read_text() == instance(HANGZHOU)
    assert len(json.loads(MANIFEST.read_text())["files"]) == 2


def test_files_no_longer_produced_are_removed(run: Run, write: Write) -> None:
    write({**PROJECT, "db/db.yaml": instance(OLD)})
    write({"image-bindings.yaml": PROJECT["image-bindings.yaml"] + "  - path: db/db.yaml\n"})
    run("render")
    assert Path("dist/cn-beijing/db/db.yaml").exists()
    write({"image-bindings.yaml": "regions: [cn-beijing]\n" + PROJECT["image-bindings.yaml"]})
    done = run("render", "-v")
    assert done.out == (
        "removed dist/cn-beijing/db/db.yaml\n"
        "removed dist/cn-hangzhou/db/db.yaml\n"
        "removed dist/cn-hangzhou/web.yaml\n"
        "dist: 0 written, 1 unchanged, 3 removed (1 template, 1 region)\n"
    )
    assert sorted(tree()) == ["dist/.region-image-manifest.json", "dist/cn-beijing/web.yaml"]
    assert not Path("dist/cn-hangzhou").exists()


@pytest.mark.usefixtures("project")
def test_a_file_edited_by_hand_is_kept(run: Run) -> None:
    run("render")
    VARIANTS["cn-beijing"].write_text("mine")
    run("map", "set", "web", "cn-beijing=m-2zennnnnnnnnnnnnnnnn")
    before = tree()
    done = run("render")
    assert done.status == 1
    assert done.err == (
        "error[edited-output]: this generated file was edited by hand\n"
        "  --> dist/cn-beijing/web.yaml\n"
        "  = help: move the change into the template, or run again with --force to lose it\n"
    )
    assert tree() == before
    assert run("render", "--force").status == 0
    assert VARIANTS["cn-beijing"].read_text() == instance("m-2zennnnnnnnnnnnnnnnn")


@pytest.mark.usefixtures("project")
def test_an_edited_file_is_not_removed_without_force(run: Run, write: Write) -> None:
    run("render")
    VARIANTS["cn-hangzhou"].write_text("mine")
    write({"image-bindings.yaml": "regions: [cn-beijing]\n" + PROJECT["image-bindings.yaml"]})
    assert run("render").status == 1
    assert VARIANTS["cn-hangzhou"].read_text() == "mine"
    assert run("render", "--force").status == 0
    assert not VARIANTS["cn-hangzhou"].exists()


@pytest.mark.usefixtures("project")
def test_a_file_of_another_tool_is_never_overwritten(run: Run, write: Write) -> None:
    write({"dist/cn-beijing/web.yaml": "not ours", "dist/notes.txt": "not ours"})
    for arguments in (["render"], ["render", "--force"]):
        done = run(*arguments)
        assert done.status == 1
        assert "error[foreign-output]: this file was not written by region-image" in done.err
        assert sorted(tree()) == ["dist/cn-beijing/web.yaml", "dist/notes.txt"]
        assert VARIANTS["cn-beijing"].read_text() == "not ours"


@pytest.mark.usefixtures("project")
def test_an_equal_file_of_another_tool_is_not_taken_over(run: Run, write: Write) -> None:
    write({"dist/cn-beijing/web.yaml": instance(BEIJING)})
    done = run("render")
    assert (done.status, "error[foreign-output]" in done.err) == (1, True)
    assert sorted(tree()) == ["dist/cn-beijing/web.yaml"]


def test_a_template_is_never_taken_for_its_own_variant(run: Run, write: Write) -> None:
    write({**PROJECT, "web.yaml": instance(BEIJING)})
    text = PROJECT["image-bindings.yaml"].replace(OLD, BEIJING)
    write({"image-bindings.yaml": "output: '{{ path }}'\nregions: [cn-beijing]\n" + text})
    for _ in range(2):
        done = run("render")
        assert (done.status, "error[foreign-output]" in done.err) == (1, True)
        assert Path("web.yaml").read_text() == instance(BEIJING)


@pytest.mark.parametrize("name", ["../notes.txt", "/tmp/notes.txt", "a/../../notes.txt", "", ".", "a\u0000b"])
@pytest.mark.usefixtures("project")
def test_a_manifest_cannot_reach_outside_the_root(run: Run, write: Write, name: str) -> None:
    import hashlib

    run("render")
    write({"notes.txt": "mine"})
    manifest = json.loads(MANIFEST.read_text())
    digest = hashlib.sha256(b"mine").hexdigest()
    manifest["files"][name] = {"digests": [digest], "region": "cn-beijing", "template": "gone.yaml"}
    MANIFEST.write_text(json.dumps(manifest))
    done = run("render", "--force")
    assert (done.status, "the manifest is damaged" in done.err) == (2, True)
    assert Path("notes.txt").read_text() == "mine"


@pytest.mark.usefixtures("project")
def test_a_variant_is_no_folder_of_another(run: Run, write: Write) -> None:
    output = "dist/{{ stem }}{% if region == 'cn-beijing' %}/x{% endif %}"
    write({"image-bindings.yaml": f'output: "{output}"\n' + PROJECT["image-bindings.yaml"]})
    done = run("render")
    assert (done.status, "which is the folder of another" in done.err) == (2, True)
    assert not Path("dist").exists()


@pytest.mark.usefixtures("project")
def test_a_narrowed_run_keeps_the_inputs_of_the_others(run: Run, write: Write) -> None:
    write(
        {
            "b.yaml": instance(OLD),
            "image-bindings.yaml": PROJECT["image-bindings.yaml"] + "  - path: b.yaml\n",
        }
    )
    run("render")
    before = MANIFEST.read_text()
    assert run("render", "b.yaml", "-r", "cn-beijing").status == 0
    assert MANIFEST.read_text() == before


@pytest.mark.parametrize("region", ["a b/c", "$(x)", "CN", "x"])
@pytest.mark.usefixtures("project")
def test_a_region_is_checked_before_it_names_a_folder(run: Run, region: str) -> None:
    for arguments in (["render", "-r", region], ["render", "-r", region, "-"]):
        done = run(*arguments, stdin=instance(OLD).encode())
        assert (done.status, f"found the region {region!r}" in done.err) == (2, True)


def test_a_filter_keeps_to_the_regions_of_the_file(run: Run, write: Write) -> None:
    write({**PROJECT, "image-bindings.yaml": "regions: [cn-hangzhou]\n" + PROJECT["image-bindings.yaml"]})
    done = run("render", "-r", "cn-beijing", "-", stdin=instance(OLD).encode())
    assert (done.status, done.out) == (2, "")
    assert run("render", "-r", "cn-hangzhou", "--diff", "-", stdin=b"").status == 2


@pytest.mark.usefixtures("project")
def test_a_loop_of_links_is_walked_once(run: Run, write: Write) -> None:
    write({"t/a.yaml": instance(OLD)})
    Path("t/loop").symlink_to(".")
    write({"image-bindings.yaml": PROJECT["image-bindings.yaml"].replace("web.yaml", '"t/**/*.yaml"')})
    assert run("render").out == "dist: 2 written, 0 unchanged (1 template, 2 regions)\n"


@pytest.mark.usefixtures("project")
def test_a_full_or_closed_output_is_told() -> None:
    for redirect, message in ((">/dev/full", "cannot write the output: no space left"), (">&-", "")):
        command = f'"{sys.executable}" -m preprocessor render --stdout -r cn-beijing {redirect}'
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert message in done.stderr
        assert done.returncode in (0, 1)


@pytest.mark.parametrize("what", ["file-for-folder", "folder-for-file", "link-for-file", "pipe-for-file"])
@pytest.mark.usefixtures("project")
def test_what_stands_in_the_way_stays(run: Run, what: str) -> None:
    Path("dist/cn-beijing").mkdir(parents=True)
    if what == "file-for-folder":
        Path("dist/cn-beijing").rmdir()
        Path("dist/cn-beijing").write_text("x")
    elif what == "folder-for-file":
        VARIANTS["cn-beijing"].mkdir()
    elif what == "link-for-file":
        Path("target").write_text("x")
        VARIANTS["cn-beijing"].symlink_to(Path("target").absolute())
    else:
        os.mkfifo(VARIANTS["cn-beijing"])
    done = run("render", "--force")
    assert done.status == 1
    assert "foreign-output" in done.err
    assert not VARIANTS["cn-hangzhou"].exists()
    if what == "link-for-file":
        assert Path("target").read_text() == "x"


@pytest.mark.usefixtures("project")
def test_a_link_that_leaves_the_output_root_is_refused(run: Run) -> None:
    Path("elsewhere").mkdir()
    Path("dist").mkdir()
    Path("dist/cn-beijing").symlink_to("../elsewhere")
    done = run("render")
    assert done.status == 1
    assert "is a link that leads out of the output root" in done.err
    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.usefixtures("project")
def test_the_output_root_itself_may_be_a_link(run: Run) -> None:
    Path("elsewhere").mkdir()
    Path("dist").symlink_to("elsewhere")
    assert run("render").status == 0
    assert Path("elsewhere/cn-beijing/web.yaml").read_text() == instance(BEIJING)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("/tmp/{{ region }}/{{ path }}", "found the absolute path"),
        ("../{{ region }}/{{ path }}", "found '..' in"),
        ("dist/{{ region }}/../../../{{ path }}", "outside the output root"),
        ("dist/{{ path }}", "two variants would be written to one path"),
        ("dist/{{ regio }}/{{ path }}", "the expression failed: 'regio' is undefined"),
        ("dist/{{ region", "not a Jinja2 template"),
        ("dist/{{ ''.__class__.__mro__ }}", "the expression failed"),
        ("dist/{{ '/etc/' ~ region }}", "would be written to '/etc/cn-beijing'"),
        ("dist/{{ 'a\\\\b' ~ region }}", "would be written to"),
    ],
)
def test_paths_stay_inside_the_root(run: Run, write: Write, output: str, message: str) -> None:
    write({**PROJECT, "image-bindings.yaml": f'output: "{output}"\n' + PROJECT["image-bindings.yaml"]})
    done = run("render")
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert "error[invalid-bindings]" in done.err
    assert sorted(path.name for path in Path().iterdir()) == [
        "artifact-map.yaml",
        "image-bindings.yaml",
        "web.yaml",
    ]


@pytest.mark.parametrize(
    ("output", "path"),
    [
        ("out/{{ stem }}.{{ region }}{{ ext }}", "out/web.cn-beijing.yaml"),
        ("{{ region }}/{{ name }}", "cn-beijing/web.yaml"),
        ("a/b/{{ region | upper }}/{{ path }}", "a/b/CN-BEIJING/web.yaml"),
        ("{% if region == 'cn-beijing' %}main{% else %}{{ region }}{% endif %}/{{ name }}", "main/web.yaml"),
    ],
)
def test_the_output_pattern_is_jinja(run: Run, write: Write, output: str, path: str) -> None:
    write({**PROJECT, "image-bindings.yaml": f'output: "{output}"\n' + PROJECT["image-bindings.yaml"]})
    assert run("render").status == 0
    assert Path(path).read_text() == instance(BEIJING)
    assert "0 written" in run("render").out


def test_a_template_outside_needs_another_pattern(run: Run, write: Write) -> None:
    write(
        {
            "t/web.yaml": instance(OLD),
            "p/artifact-map.yaml": MAP,
            "p/image-bindings.yaml": bindings(f"{{image: {OLD}, artifact: web}}", path="../t/web.yaml"),
        }
    )
    done = run("-C", "p", "render")
    assert done.status == 2
    assert "use {{ name }} instead of {{ path }}" in done.err
    text = Path("p/image-bindings.yaml").read_text()
    write({"p/image-bindings.yaml": 'output: "dist/{{ region }}/{{ name }}"\n' + text})
    assert run("render", "-b", "p/image-bindings.yaml").status == 0
    assert Path("p/dist/cn-beijing/web.yaml").read_text() == instance(BEIJING)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.usefixtures("project")
def test_a_read_only_folder_is_told(run: Run) -> None:  # pragma: no cover - not as root
    Path("dist").mkdir()
    Path("dist").chmod(0o500)
    done = run("render")
    Path("dist").chmod(0o700)
    assert done.status == 1
    assert "permission denied" in done.err
    assert list(Path("dist").iterdir()) == []


@pytest.mark.usefixtures("project")
def test_a_damaged_manifest_is_told(run: Run) -> None:
    run("render")
    MANIFEST.write_text("{")
    done = run("render")
    assert done.status == 2
    assert "error[file-error]: the manifest is damaged" in done.err


@pytest.mark.usefixtures("project")
def test_check_tells_whether_the_output_is_current(run: Run) -> None:
    done = run("render", "--check")
    assert (done.status, done.out.splitlines()[0]) == (1, "would write dist/cn-beijing/web.yaml")
    assert not Path("dist").exists()
    run("render")
    assert run("render", "--check").status == 0


@pytest.mark.usefixtures("project")
def test_dry_run_writes_nothing(run: Run) -> None:
    done = run("render", "--dry-run")
    assert done.status == 0
    assert done.out == (
        "would write dist/cn-beijing/web.yaml\n"
        "would write dist/cn-hangzhou/web.yaml\n"
        "dist: 2 to write, 0 unchanged (1 template, 2 regions)\n"
    )
    assert not Path("dist").exists()


@pytest.mark.usefixtures("project")
def test_diff_of_a_new_variant_is_against_its_template(run: Run) -> None:
    done = run("render", "--diff", "-r", "cn-beijing")
    assert done.status == 0
    assert done.out == (
        "--- web.yaml\n"
        "+++ dist/cn-beijing/web.yaml\n"
        "@@ -3,4 +3,4 @@\n"
        "   Web:\n"
        "     Type: ALIYUN::ECS::Instance\n"
        "     Properties:\n"
        f"-      ImageId: {OLD}\n"
        f"+      ImageId: {BEIJING}\n"
    )
    assert not Path("dist").exists()
    run("render")
    assert run("render", "--diff", "--check").out == ""


@pytest.mark.usefixtures("project")
def test_diff_of_a_known_variant_is_against_what_stands(run: Run) -> None:
    run("render")
    run("map", "set", "web", "cn-beijing=m-2zennnnnnnnnnnnnnnnn")
    done = run("render", "--diff", "--check")
    assert done.status == 1
    assert [line for line in done.out.splitlines() if line[0] in "+-"] == [
        "--- dist/cn-beijing/web.yaml",
        "+++ dist/cn-beijing/web.yaml",
        f"-      ImageId: {BEIJING}",
        "+      ImageId: m-2zennnnnnnnnnnnnnnnn",
    ]


@pytest.mark.usefixtures("project")
def test_stdout_prints_the_one_variant(run: Run) -> None:
    done = run("render", "--stdout", "-r", "cn-beijing", "web.yaml")
    assert (done.status, done.out, done.err) == (0, instance(BEIJING), "")
    assert not Path("dist").exists()
    done = run("render", "--stdout")
    assert done.status == 2
    assert "standard output takes one variant, and this makes 2" in done.err


@pytest.mark.usefixtures("project")
def test_a_filter_reads_standard_input(run: Run) -> None:
    text = b"\xef\xbb\xbf" + instance(OLD).replace("\n", "\r\n").encode()
    done = run("render", "-r", "cn-beijing", "-", stdin=text)
    assert (done.status, done.raw, done.err) == (0, text.replace(OLD.encode(), BEIJING.encode()), "")
    assert run("render", "-", stdin=text).status == 2
    done = run("render", "-r", "cn-beijing", "-", stdin=instance("m-bp1uuuuuuuuuuuuuuuuu").encode())
    assert (done.status, done.out) == (0, instance("m-bp1uuuuuuuuuuuuuuuuu"))
    assert done.err.startswith(
        "warning[unbound-image]: Resources.Web.Properties.ImageId boots the custom image"
    )
    assert run("render", "-r", "cn-beijing", "-", stdin=b"plain text").err.startswith(
        "error[file-error]: not a template: neither ROS nor Terraform\n  --> -\n"
    )


def test_a_filter_can_take_the_bindings_of_a_listed_template(run: Run, write: Write) -> None:
    entry = "    bind: [{field: Resources.Web.Properties.ImageId, artifact: db}]\n"
    write({**PROJECT, "image-bindings.yaml": PROJECT["image-bindings.yaml"] + entry})
    text = instance("anything").encode()
    done = run("render", "-r", "cn-beijing", "--stdin-filename", "web.yaml", "-", stdin=text)
    assert done.out == instance("m-2zeddddddddddddddddd")


@pytest.mark.usefixtures("project")
def test_json_lists_what_was_done(run: Run) -> None:
    run("render", "-r", "cn-hangzhou")
    report = json.loads(run("render", "--format", "json").out)
    assert report == {
        "version": 1,
        "written": ["dist/cn-beijing/web.yaml"],
        "unchanged": ["dist/cn-hangzhou/web.yaml"],
        "removed": [],
        "findings": [],
    }


@pytest.mark.usefixtures("project")
def test_many_processes_write_the_same(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from preprocessor.engine import rendering
    from preprocessor.output import plan
    from preprocessor.output import write as writing

    regions = " ".join(f"cn-r{number}=m-{number:020d}" for number in range(40)).split()
    run("map", "set", "web", *regions)
    write({f"t/{number}.yaml": instance(OLD) for number in range(40)})
    write({"image-bindings.yaml": PROJECT["image-bindings.yaml"] + '  - path: "t/*.yaml"\n'})
    assert run("render", "--jobs", "1").status == 0
    alone = tree()
    for path in alone:
        Path(path).unlink()
    monkeypatch.setattr(plan, "LEAST_FILES", 10)
    monkeypatch.setattr(writing, "LEAST_FILES", 10)
    monkeypatch.setattr(rendering, "_LEAST_TEMPLATES", 4)
    assert run("render", "--jobs", "4").status == 0
    assert len(alone) == 41 * 42 + 1
    assert tree() == alone


@pytest.mark.usefixtures("project")
def test_no_temporary_file_is_left(run: Run) -> None:
    run("render")
    assert [path for path in tree() if re.search(r"tmp", path.rsplit("/", 1)[1])] == []
