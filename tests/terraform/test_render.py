"""The variants of modules: everything that Terraform needs is there, and only image IDs differ."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import BEIJING, HANGZHOU, MAP
from tests.terraform.helpers import instance

if TYPE_CHECKING:
    from tests.conftest import Run, Write

OLD = "m-bp1ooooooooooooooooo"
MANIFEST = ".region-image-manifest.json"


def project(entry: str, *, output: str = "", top: str = "") -> dict[str, str]:
    """Return the binding file with this list of templates, and the map."""
    return {
        "artifact-map.yaml": MAP,
        "image-bindings.yaml": f"version: 1\nartifact_map: artifact-map.yaml\n{output}{top}"
        f"bind:\n  - {{image: {OLD}, artifact: web}}\ntemplates:\n{entry}",
    }


def tree(folder: str) -> dict[str, str]:
    """Return what is below `folder`: contents of files, and where links point."""
    found: dict[str, str] = {}
    for path in sorted(Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file() and path.name != MANIFEST:
            found[name] = path.read_bytes().decode()
    return found


MODULE = {
    "infra/main.tf": f'# {OLD} 中文 😀\r\nmodule "app" {{\r\n  source = "./modules/app"\r\n'
    '  image = var.image\r\n}\r\nmodule "net" {\n  source = "../shared/net"\n}\n',
    "infra/variables.tf": f'variable "image" {{\n  default = "{OLD}" # {OLD}\n}}\n',
    "infra/terraform.tfvars": f'image = "{OLD}"\n',
    "infra/modules/app/main.tf": 'variable "image" {}\n' + instance("var.image"),
    "infra/modules/app/templates/init.sh.tftpl": f"echo {OLD}\n",
    "infra/scripts/run.sh": "#!/bin/sh\n",
    "infra/.terraform.lock.hcl": "# lock\n",
    "infra/.terraform/modules/x/main.tf": "x",
    "infra/terraform.tfstate": "{}",
    "infra/terraform.tfstate.backup": "{}",
    "infra/.git/config": "x",
    "shared/net/main.tf": instance(f'"{OLD}"', "gateway"),
    "shared/net/files/motd": "hello\n",
    "shared/net/examples/other/main.tf": instance('"m-other"'),
}

VARIANT = {
    name: text.replace(f'"{OLD}"', f'"{BEIJING}"')
    for name, text in MODULE.items()
    if not any(part in name for part in (".terraform/", "tfstate", ".git/", "examples/"))
}


def test_a_variant_of_a_module_has_every_file_that_it_needs(write: Write, run: Run) -> None:
    write({**MODULE, **project("  - path: infra\n")})
    Path("infra/scripts/run.sh").chmod(0o750)
    done = run("render", "-r", "cn-beijing")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"dist: {len(VARIANT)} written, 0 unchanged (1 template, 1 region)\n"
    assert tree("dist/cn-beijing") == VARIANT
    assert Path("dist/cn-beijing/infra/scripts/run.sh").stat().st_mode & 0o777 == 0o750
    manifest = json.loads(Path("dist", MANIFEST).read_text())
    assert {f"dist/{name}" for name in manifest["files"]} == {f"dist/cn-beijing/{name}" for name in VARIANT}
    assert set(manifest["inputs"]) == {*VARIANT, "artifact-map.yaml", "image-bindings.yaml"}
    again = run("render", "-r", "cn-beijing", "--check")
    assert (again.status, again.out) == (
        0,
        f"dist: 0 to write, {len(VARIANT)} unchanged (1 template, 1 region)\n",
    )


def test_permissions_are_brought_back_and_files_that_went_are_removed(write: Write, run: Run) -> None:
    write({**MODULE, **project("  - path: infra\n")})
    run("render", "-r", "cn-beijing")
    Path("dist/cn-beijing/infra/scripts/run.sh").chmod(0o600)
    Path("shared/net/files/motd").unlink()
    done = run("render", "-r", "cn-beijing", "--format", "json")
    report = json.loads(done.out)
    assert report["written"] == ["dist/cn-beijing/infra/scripts/run.sh"]
    assert report["removed"] == ["dist/cn-beijing/shared/net/files/motd"]
    assert not Path("dist/cn-beijing/shared/net/files").exists()


def test_links_stay_links_where_what_they_point_to_goes_along(write: Write, run: Run) -> None:
    write(
        {
            "m/main.tf": instance(f'"{OLD}"'),
            "m/files/a.sh": "a\n",
            "m/x/plain.txt": "p\n",
            "common/versions.tf": "terraform {}\n",
            "common/images.tf": f'locals {{\n  x = "{OLD}"\n}}\n',
            **project("  - path: m\n"),
        }
    )
    os.symlink("a.sh", "m/files/inside.sh")
    os.symlink("files", "m/folder")
    os.symlink("../../common/versions.tf", "m/files/outside.tf")
    os.symlink("../common/versions.tf", "m/versions.tf")
    os.symlink("../common/images.tf", "m/images.tf")
    os.symlink(str(Path("m/files/a.sh").resolve()), "m/absolute.sh")
    os.symlink("../common", "m/linked")
    os.symlink(".", "m/loop")
    Path("m/second.tf").write_text(instance("local.x", "second"))
    assert run("render", "-r", "cn-beijing").status == 0
    assert tree("dist/cn-beijing/m") == {
        "main.tf": instance(f'"{BEIJING}"'),
        "second.tf": instance("local.x", "second"),
        "files/a.sh": "a\n",
        "files/inside.sh": "-> a.sh",
        "files/outside.tf": "terraform {}\n",
        "folder": "-> files",
        "loop": "-> .",
        "versions.tf": "terraform {}\n",
        "images.tf": f'locals {{\n  x = "{BEIJING}"\n}}\n',
        "absolute.sh": "a\n",
        "linked/versions.tf": "terraform {}\n",
        "linked/images.tf": f'locals {{\n  x = "{OLD}"\n}}\n',
        "x/plain.txt": "p\n",
    }
    assert run("render", "-r", "cn-beijing", "--check").status == 0
    Path("m/files/inside.sh").unlink()
    assert (
        run("render", "-r", "cn-beijing").out
        == "dist: 0 written, 12 unchanged, 1 removed (1 template, 1 region)\n"
    )
    assert not os.path.lexists("dist/cn-beijing/m/files/inside.sh")


def test_a_module_that_is_called_by_a_link_is_written_as_a_folder(write: Write, run: Run) -> None:
    call = 'module "a" {\n  source = "./linked"\n}\n'
    write({"m/main.tf": call, "m/real/main.tf": instance(f'"{OLD}"'), **project("  - path: m\n")})
    os.symlink("real", "m/linked")
    os.symlink("real/main.tf", "m/real.tf.txt")
    assert run("render", "-r", "cn-beijing").status == 0
    assert tree("dist/cn-beijing/m") == {
        "main.tf": call,
        "linked/main.tf": instance(f'"{BEIJING}"'),
        "real/main.tf": instance(f'"{OLD}"'),
        "real.tf.txt": "-> real/main.tf",
    }


def test_an_unedited_text_of_the_module_that_is_a_link_stays_one(write: Write, run: Run) -> None:
    write({"m/main.tf": instance(f'"{OLD}"'), "m/files/v.tf": "locals {}\n", **project("  - path: m\n")})
    os.symlink("files/v.tf", "m/versions.tf")
    assert run("render", "-r", "cn-beijing").status == 0
    assert tree("dist/cn-beijing/m")["versions.tf"] == "-> files/v.tf"


def test_a_link_of_the_module_whose_text_is_edited_becomes_a_file(write: Write, run: Run) -> None:
    write({"m/files/real.tf": instance(f'"{OLD}"'), **project("  - path: m\n")})
    os.symlink("files/real.tf", "m/main.tf")
    assert run("render", "-r", "cn-beijing").status == 0
    assert tree("dist/cn-beijing/m") == {
        "main.tf": instance(f'"{BEIJING}"'),
        "files/real.tf": instance(f'"{OLD}"'),
    }


def test_a_module_in_the_folder_of_the_binding_file_leaves_the_output_and_the_bindings_behind(
    write: Write, run: Run
) -> None:
    write({"main.tf": instance(f'"{OLD}"'), "sub/x.txt": "x", **project("  - path: .\n")})
    for _ in range(2):
        assert run("render").status == 0
        assert tree("dist") == {
            f"{region}/{name}": text.replace(OLD, image)
            for region, image in (("cn-beijing", BEIJING), ("cn-hangzhou", HANGZHOU))
            for name, text in {"main.tf": instance(f'"{OLD}"'), "sub/x.txt": "x"}.items()
        }


def test_a_project_may_mix_a_module_and_other_templates_inside_it(write: Write, run: Run) -> None:
    ros = f"Resources: {{A: {{Type: 'ALIYUN::ECS::Instance', Properties: {{ImageId: {OLD}}}}}}}\n"
    call = 'module "a" {\n  source = "./a"\n}\n'
    files = {
        "main.tf": instance(f'"{OLD}"') + call,
        "a/main.tf": instance(f'"{OLD}"'),
        "b/main.tf": instance(f'"{OLD}"'),
        "ros/web.yaml": ros,
        "ros/notes.txt": OLD,
    }
    write({**files, **project("  - path: .\n  - path: b\n  - path: ros/*.yaml\n")})
    Path("dist").mkdir()
    Path("dist/mine.txt").write_text("not generated, and no part of the module")
    done = run("render", "-r", "cn-beijing")
    assert (done.status, done.out) == (0, "dist: 5 written, 0 unchanged (3 templates, 1 region)\n")
    assert tree("dist/cn-beijing") == {
        name: text if name.endswith(".txt") else text.replace(OLD, BEIJING) for name, text in files.items()
    }


def test_two_modules_that_call_one_module_write_it_once(write: Write, run: Run) -> None:
    call = 'module "net" {\n  source = "../net"\n}\n'
    files = {"a/main.tf": call, "b/main.tf": call, "net/main.tf": instance(f'"{OLD}"')}
    write({**files, **project("  - path: '[ab]'\n")})
    done = run("render", "-r", "cn-beijing")
    assert (done.status, done.out) == (0, "dist: 3 written, 0 unchanged (2 templates, 1 region)\n")
    assert tree("dist/cn-beijing") == {name: text.replace(OLD, BEIJING) for name, text in files.items()}


def test_a_file_that_two_modules_need_stays_until_neither_does(write: Write, run: Run) -> None:
    call = 'module "net" {\n  source = "../net"\n}\n'
    files = {"a/main.tf": call, "b/main.tf": call, "net/main.tf": instance(f'"{OLD}"')}
    write({**files, **project("  - path: a\n  - path: b\n")})
    shared = Path("dist/cn-beijing/net/main.tf")
    run("render", "-r", "cn-beijing")
    for module, stays in (("a", True), ("b", True)):
        Path(module, "main.tf").write_text(instance(f'"{OLD}"'))
        assert run("render", "-r", "cn-beijing", module).status == 0
        assert shared.exists() is stays
    assert (
        run("render", "-r", "cn-beijing").out
        == "dist: 0 written, 2 unchanged, 1 removed (2 templates, 1 region)\n"
    )
    assert not shared.exists()


def test_two_modules_that_want_different_things_of_one_file_are_an_error(write: Write, run: Run) -> None:
    call = 'module "net" {\n  source = "../net"\n}\n'
    entry = (
        "  - path: a\n  - path: b\n    bind:\n"
        "      - {field: module.net.alicloud_instance.web.image_id, artifact: db}\n"
    )
    write({"a/main.tf": call, "b/main.tf": call, "net/main.tf": instance(f'"{OLD}"'), **project(entry)})
    done = run("render", "-r", "cn-beijing")
    assert done.status == 2
    assert "two variants would be written to one path: a for cn-beijing and b for cn-beijing" in done.err
    assert not Path("dist").exists()


def test_a_child_module_that_would_leave_the_output_root_is_an_error(write: Write, run: Run) -> None:
    write(
        {
            "p/a/main.tf": 'module "net" {\n  source = "../../net"\n}\n',
            "net/main.tf": instance(f'"{OLD}"'),
            **{
                f"p/{name}": text
                for name, text in project("  - path: a\n", output="output: dist/{{ name }}\n").items()
            },
        }
    )
    done = run("render", "-r", "cn-beijing", "-b", "p/image-bindings.yaml")
    assert done.status == 2
    assert (
        "'a' needs net/main.tf, which would be written to '../net/main.tf', outside the output root"
        in done.err
    )


def test_a_render_writes_nothing_where_a_file_does_not_parse(write: Write, run: Run) -> None:
    write({"m/main.tf": instance(f'"{OLD}"'), "m/bad.tf": "x {\n", **project("  - path: m\n")})
    done = run("render")
    assert done.status == 2
    assert "error[syntax-error]: not HCL: this '{' is never closed\n  --> m/bad.tf:1:3\n" in done.err
    assert not Path("dist").exists()


def test_single_files_of_each_kind(write: Write, run: Run) -> None:
    files = {
        "a.tf": instance(f'"{OLD}"'),
        "b.tofu": instance(f'"{OLD}"'),
        "c.tf.json": json.dumps({"resource": {"alicloud_instance": {"x": {"image_id": OLD}}}}),
        "m/main.tf": 'variable "image" {}\n' + instance("var.image"),
        "m/terraform.tfvars": f'# {OLD}\nimage = "{OLD}"\n',
    }
    names = ("a.tf", "b.tofu", "c.tf.json", "m/terraform.tfvars")
    write({**files, **project("".join(f"  - path: {name}\n" for name in names))})
    assert run("render", "-r", "cn-beijing").status == 0
    assert tree("dist/cn-beijing") == {
        name: files[name].replace(f'"{OLD}"', f'"{BEIJING}"') for name in names
    }


def test_a_filter_takes_hcl_by_its_content(write: Write, run: Run) -> None:
    write(project("  - path: image-bindings.yaml\n").copy() | {"m.tf": instance(f'"{OLD}"')})
    Path("image-bindings.yaml").write_text(project("  - path: m.tf\n")["image-bindings.yaml"])
    done = run("render", "-r", "cn-beijing", "-", stdin=instance(f'"{OLD}"').encode())
    assert (done.status, done.out) == (0, instance(f'"{BEIJING}"'))


def test_fields_of_the_binding_file_and_literals_bound_by_their_own_addresses(write: Write, run: Run) -> None:
    text = (
        'resource "terraform_data" "x" {\n  input = local.images[var.region]\n}\nvariable "region" {}\n'
        'locals {\n  images = { a = "m-1", b = "m-2" }\n}\n'
    )
    entry = "  - path: main.tf\n    bind:\n      - {field: local.images.b, artifact: web}\n"
    write({"main.tf": text, **project(entry, top="fields: {terraform: {terraform_data: [input]}}\n")})
    done = run("render", "-r", "cn-beijing")
    assert done.status == 0
    assert Path("dist/cn-beijing/main.tf").read_text() == text.replace("m-2", BEIJING)


def test_explain_goes_from_a_child_module_to_each_region(write: Write, run: Run) -> None:
    write({**MODULE, **project("  - path: infra\n")})
    done = run("explain", "infra", "module.app.*.web.image_id")
    assert done.status == 0
    literal = f"{OLD}  (custom, made in cn-hangzhou)"
    assert done.out.splitlines() == [
        "module.app.alicloud_instance.web.image_id",
        "  alicloud_instance, role deploy, form parameter",
        "  infra/modules/app/main.tf:3:14",
        "",
        "  parameter  infra/modules/app/main.tf:1  module.app.variable.image",
        "  passed     infra/main.tf:4              module.app.image",
        "  parameter  infra/variables.tf:1         variable.image",
        f"  tfvars     infra/terraform.tfvars:1     var.image                  = {literal}",
        f"  default    infra/variables.tf:2         variable.image.default     = {literal}",
        "",
        f"  bound by image-bindings.yaml:4  image: {OLD}",
        "",
        "  artifact 'web' version '2'",
        f"    cn-beijing   {BEIJING}",
        f"    cn-hangzhou  {HANGZHOU}",
    ]


@pytest.mark.parametrize("path", ["empty", "m"])
def test_a_folder_without_a_module_is_no_template(write: Write, run: Run, path: str) -> None:
    write({"empty/readme.txt": "x", "m/.hidden.tf": "x", **project(f"  - path: {path}\n")})
    done = run("render")
    assert done.status == 2
    assert "not a template: neither ROS nor Terraform" in done.err
    assert "the folder of a Terraform module has .tf files in it" in done.err


def test_a_diff_of_links_and_of_files_that_are_no_text(write: Write, run: Run) -> None:
    write({"m/main.tf": instance('"m-1"'), "m/a.bin": b"\0a", "m/x.sh": "x\n", **project("  - path: m\n")})
    os.symlink("x.sh", "m/link")
    assert run("render", "-r", "cn-beijing").status == 0
    Path("m/link").unlink()
    os.symlink("a.bin", "m/link")
    Path("m/a.bin").write_bytes(b"\0b")
    done = run("render", "-r", "cn-beijing", "--diff")
    digests = [hashlib.sha256(data).hexdigest() for data in (b"\0a", b"\0b")]
    assert done.out.splitlines() == [
        "--- dist/cn-beijing/m/a.bin",
        "+++ dist/cn-beijing/m/a.bin",
        "@@ -1 +1 @@",
        f"-2 bytes that are no text, SHA-256 {digests[0]}",
        f"+2 bytes that are no text, SHA-256 {digests[1]}",
        "--- dist/cn-beijing/m/link",
        "+++ dist/cn-beijing/m/link",
        "@@ -1 +1 @@",
        "-a link to x.sh",
        "+a link to a.bin",
    ]
    assert run("render", "-r", "cn-beijing").status == 0
    assert os.readlink("dist/cn-beijing/m/link") == "a.bin"
