"""Which binding counts, for which regions, and what stands against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import BEIJING, MAP, bindings, instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Run, Write

OLD = "m-bp1ooooooooooooooooo"
FIELD = "Resources.Web.Properties.ImageId"
WEB1, DB3 = "m-2ze11111111111111111", "m-2zeddddddddddddddddd"


def entry(*lines: str, path: str = "web.yaml") -> str:
    return f"  - path: {path}\n" + "".join(f"    {line}\n" for line in lines)


def binding_file(*entries: str, top: str = "") -> str:
    return f"version: 1\nartifact_map: artifact-map.yaml\n{top}templates:\n" + "".join(entries)


def image_of(run: Run, write: Write, text: str, template: str | None = None) -> str:
    """Render for cn-beijing and return what stands behind ImageId."""
    write({"web.yaml": template or instance(OLD), "artifact-map.yaml": MAP, "image-bindings.yaml": text})
    done = run("render", "-q", "-r", "cn-beijing", "--stdout")
    assert (done.status, done.err) == (0, "")
    return done.out.rsplit("ImageId: ", 1)[1].strip()


TOP_IMAGE = f"bind: [{{image: {OLD}, artifact: web}}]\n"
TOP_FIELD = f"bind: [{{field: {FIELD}, artifact: web}}]\n"


@pytest.mark.parametrize(
    ("top", "own", "image"),
    [
        (TOP_IMAGE, (), BEIJING),
        (TOP_IMAGE, (f"bind: [{{image: {OLD}, artifact: db}}]",), DB3),
        (TOP_FIELD, (f"bind: [{{image: {OLD}, artifact: db}}]",), BEIJING),
        (TOP_FIELD, (f"bind: [{{field: {FIELD}, artifact: db}}]",), DB3),
        (TOP_IMAGE, (f"bind: [{{field: {FIELD}, artifact: db}}]",), DB3),
        (TOP_IMAGE, (f"ignore: [{{image: {OLD}, reason: why}}]",), OLD),
        (TOP_IMAGE, (f"ignore: [{{field: {FIELD}, reason: why}}]",), OLD),
        (TOP_FIELD, (f"ignore: [{{image: {OLD}, reason: why}}]",), BEIJING),
        ("", (f"bind: [{{image: {OLD}, artifact: web, version: '1'}}]",), WEB1),
        ("", ("bind: [{field: Resources.*.Properties.ImageId, artifact: db}]",), DB3),
        ("", ("bind: [{field: Resources.W*b.Properties.ImageId, artifact: db}]",), DB3),
        ("", ("bind: [{field: Resources.*.ImageId, artifact: db}]",), OLD),
        (
            "",
            (
                f"bind: [{{field: 'Resources.*.Properties.ImageId', artifact: db}}, {{field: {FIELD}, artifact: web}}]",
            ),
            BEIJING,
        ),
        ("", (f"bind: [{{image: {OLD}, artifact: artifact-0123456789abcdef0123}}]",), BEIJING),
    ],
)
def test_which_binding_counts(run: Run, write: Write, top: str, own: tuple[str, ...], image: str) -> None:
    assert image_of(run, write, binding_file(entry(*own), top=top)) == image


def test_source_fields_are_bound_by_field_only(run: Run, write: Write) -> None:
    template = f"Resources: {{Web: {{Type: 'ALIYUN::ECS::CopyImage', Properties: {{\nImageId: {OLD}\n}}}}}}"
    by_image = binding_file(entry(f"bind: [{{image: {OLD}, artifact: web}}]"))
    assert image_of(run, write, by_image, template) == OLD + "\n}}}"
    by_field = binding_file(entry(f"bind: [{{field: {FIELD}, artifact: web}}]"))
    assert image_of(run, write, by_field, template) == BEIJING + "\n}}}"


def fails(run: Run, write: Write, files: Mapping[str, str], *arguments: str) -> str:
    """Render, expect exit status 2 and nothing written, and return what was said."""
    write({"web.yaml": instance(OLD), "artifact-map.yaml": MAP, **files})
    done = run("render", *arguments)
    assert (done.status, done.out) == (2, "")
    assert not Path("dist").exists()
    return done.err


def test_two_equal_selectors_that_differ_are_an_error(run: Run, write: Write) -> None:
    text = binding_file(
        entry("bind:", f"  - {{image: {OLD}, artifact: web}}", f"  - {{image: {OLD}, artifact: db}}")
    )
    assert fails(run, write, {"image-bindings.yaml": text}) == (
        f"error[ambiguous-binding]: {FIELD} is bound to artifact 'web' version '2' by 'image: {OLD}' "
        f"(image-bindings.yaml:6), but is bound to artifact 'db' version '3' by 'image: {OLD}' "
        "(image-bindings.yaml:7)\n"
        "  --> web.yaml:6:16\n"
        "    |\n"
        f"  6 |       ImageId: {OLD}\n"
        "    |                ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: remove one of the two, or bind this field in the template's own list by 'field'\n"
    )


def test_fields_that_share_a_literal_must_agree(run: Run, write: Write) -> None:
    template = (
        f"Parameters: {{P: {{Type: String, Default: {OLD}}}}}\n"
        "Resources:\n"
        "  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: P}}}\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: P}}}\n"
    )
    text = binding_file(
        entry(
            f"bind: [{{image: {OLD}, artifact: web}}]",
            "ignore: [{field: Resources.B.Properties.ImageId, reason: why}]",
        )
    )
    said = fails(run, write, {"web.yaml": template, "image-bindings.yaml": text})
    assert "Resources.A.Properties.ImageId (shared with Resources.B.Properties.ImageId) is bound to" in said


def test_a_field_that_others_take_their_value_from_is_not_replaced_alone(run: Run, write: Write) -> None:
    template = (
        "Resources:\n"
        f"  A: {{Type: 'ALIYUN::ECS::Instance', Properties: {{ImageId: &i {OLD}}}}}\n"
        "  B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: *i }}\n"
    )
    text = binding_file(entry("bind: [{field: Resources.A.Properties.ImageId, artifact: web}]"))
    said = fails(run, write, {"web.yaml": template, "image-bindings.yaml": text})
    assert (
        "error[ambiguous-binding]: Resources.A.Properties.ImageId is bound, but Resources.B.Properties.ImageId "
        "has its value from the same place and is not bound\n" in said
    )


def test_a_region_that_an_artifact_lacks(run: Run, write: Write) -> None:
    text = binding_file(
        entry(f"bind: [{{image: {OLD}, artifact: web}}]"),
        top="regions: [cn-beijing, cn-shanghai, us-west-1]\n",
    )
    assert fails(run, write, {"image-bindings.yaml": text}) == (
        "error[missing-region]: artifact 'web' version '2' has no image for cn-shanghai, us-west-1, which "
        "web.yaml is written for; the regions it has: cn-beijing, cn-hangzhou\n"
        "  --> image-bindings.yaml:6:54\n"
        "    |\n"
        f"  6 |     bind: [{{image: {OLD}, artifact: web}}]\n"
        "    |                                                      ^^^\n"
        "  = help: add the image with: region-image map set web --artifact-version 2 cn-shanghai=IMAGE, "
        "or leave the region out under 'regions'\n"
    )


def test_artifacts_with_different_regions_need_each_other(run: Run, write: Write) -> None:
    artifact_map = MAP.replace("          cn-beijing: m-2zeddddddddddddddddd\n", "")
    template = instance(OLD) + instance("db").split("Resources:\n")[1].replace("Web", "Db")
    for order in (("web", OLD, "db", "db"), ("db", "db", "web", OLD)):
        text = binding_file(
            entry(
                "bind:",
                f"  - {{image: {order[1]}, artifact: {order[0]}}}",
                f"  - {{image: {order[3]}, artifact: {order[2]}}}",
            )
        )
        files = {"web.yaml": template, "artifact-map.yaml": artifact_map, "image-bindings.yaml": text}
        said = fails(run, write, files)
        assert "artifact 'db' version '3' has no image for cn-beijing, which web.yaml is written for" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            f"{{image: {OLD}, artifact: wbe}}",
            "error[unknown-artifact]: the artifact map artifact-map.yaml has no artifact 'wbe'",
        ),
        (f"{{image: {OLD}, artifact: wbe}}", "did you mean 'web'?"),
        (
            f"{{image: {OLD}, artifact: web, version: '7'}}",
            "error[unknown-version]: artifact 'web' has no version '7'",
        ),
        (f"{{image: {OLD}, artifact: web, version: '7'}}", "known: 1, 2"),
    ],
)
def test_unknown_artifacts_and_versions(run: Run, write: Write, line: str, said: str) -> None:
    assert said in fails(run, write, {"image-bindings.yaml": bindings(line)})


def test_every_finding_of_a_run_is_told_at_once(run: Run, write: Write) -> None:
    text = binding_file(
        entry(f"bind: [{{image: {OLD}, artifact: nope}}]"),
        entry(path="missing.yaml"),
        entry(path="'*.yml'"),
        entry(path="broken.yaml"),
        entry(path="other.txt"),
    )
    files = {"image-bindings.yaml": text, "broken.yaml": "Resources: [", "other.txt": "hello"}
    said = fails(run, write, files)
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("error")] == [
        "error[syntax-error]",
        "error[unknown-artifact]",
        "error[invalid-bindings]",
        "error[invalid-bindings]",
        "error[file-error]",
    ]


def test_regions_narrow_from_the_file_to_the_template_to_the_option(run: Run, write: Write) -> None:
    text = binding_file(
        entry("regions: [cn-beijing]", f"bind: [{{image: {OLD}, artifact: web}}]"),
        entry(f"bind: [{{image: {OLD}, artifact: web}}]", path="b.yaml"),
        top="regions: [cn-beijing, cn-hangzhou]\n",
    )
    write(
        {
            "web.yaml": instance(OLD),
            "b.yaml": instance(OLD),
            "artifact-map.yaml": MAP,
            "image-bindings.yaml": text,
        }
    )
    done = run("render", "--dry-run", "-r", "cn-hangzhou")
    assert done.out.splitlines()[0] == "would write dist/cn-hangzhou/b.yaml"
    assert done.err == "web.yaml is not written for cn-hangzhou: its 'regions' leave it out\n"
    assert len(run("render", "--dry-run").out.splitlines()) == 4
    done = run("render", "--dry-run", "-r", "us-west-1")
    assert done.status == 2
    assert "no template is written for us-west-1" in done.err


def test_a_template_without_images_goes_where_the_project_goes(run: Run, write: Write) -> None:
    text = binding_file(entry(path="vpc.yaml"), entry(f"bind: [{{image: {OLD}, artifact: web}}]"))
    vpc = "Resources: {Vpc: {Type: 'ALIYUN::ECS::VPC'}}\n"
    write({"web.yaml": instance(OLD), "vpc.yaml": vpc, "artifact-map.yaml": MAP, "image-bindings.yaml": text})
    assert run("render").status == 0
    assert Path("dist/cn-hangzhou/vpc.yaml").read_text() == vpc


def test_no_regions_at_all_is_an_error(run: Run, write: Write) -> None:
    said = fails(run, write, {"image-bindings.yaml": bindings()})
    assert "error[invalid-bindings]: 'web.yaml' has no regions: nothing in it is bound" in said


def test_a_template_that_is_not_listed(run: Run, write: Write) -> None:
    said = fails(run, write, {"image-bindings.yaml": bindings(), "x.yaml": instance("a")}, "x.yaml")
    assert "'x.yaml' is not among the templates of image-bindings.yaml" in said


def test_globs_and_named_files(run: Run, write: Write) -> None:
    text = binding_file(
        entry(f"bind: [{{image: {OLD}, artifact: web}}]", path="'**/*.yaml'"),
        entry(f"bind: [{{image: {OLD}, artifact: db}}]", path="a/b.yaml"),
    )
    write({"web.yaml": instance(OLD), "a/b.yaml": instance(OLD), "a/note.yaml": "x: 1\n"})
    write({"artifact-map.yaml": MAP, "image-bindings.yaml": text})
    done = run("render", "-r", "cn-beijing")
    assert done.out == "dist: 2 written, 0 unchanged (2 templates, 1 region)\n"
    assert done.err == "left out, since they are no templates: a/note.yaml\n"
    assert run("render", "-r", "cn-beijing").out == "dist: 0 written, 2 unchanged (2 templates, 1 region)\n"
    assert Path("dist/cn-beijing/a/b.yaml").read_text() == instance(DB3)
    assert Path("dist/cn-beijing/web.yaml").read_text() == instance(BEIJING)


def test_listing_a_template_twice_is_an_error(run: Run, write: Write) -> None:
    said = fails(run, write, {"image-bindings.yaml": binding_file(entry(), entry(path="./web.yaml"))})
    assert "'web.yaml' is listed by 'web.yaml' too (line 4)" in said


def test_an_unbound_custom_image_is_told_and_strict_refuses_it(run: Run, write: Write) -> None:
    write({"web.yaml": instance(OLD), "artifact-map.yaml": MAP})
    write({"image-bindings.yaml": "regions: [cn-beijing]\n" + bindings()})
    said = f"[unbound-image]: {FIELD} boots the custom image {OLD} of cn-hangzhou, and nothing binds it\n"
    done = run("render", "--strict")
    assert done.status == 2
    assert "error" + said in done.err
    assert not Path("dist").exists()
    done = run("render")
    assert done.status == 0
    assert "warning" + said in done.err
    assert run("render", "-q").err == ""


def test_an_image_of_another_region_is_told_and_strict_refuses_it(run: Run, write: Write) -> None:
    artifact_map = MAP.replace(BEIJING, "m-uf6xxxxxxxxxxxxxxxxx")
    write({"web.yaml": instance(OLD), "artifact-map.yaml": artifact_map})
    write({"image-bindings.yaml": bindings(f"{{image: {OLD}, artifact: web}}")})
    said = "artifact 'web' version '2' has m-uf6xxxxxxxxxxxxxxxxx for cn-beijing, but its code belongs to cn-shanghai"
    done = run("render", "--strict")
    assert (done.status, said in done.err) == (2, True)
    assert "  --> artifact-map.yaml:23:23\n" in done.err
    done = run("render")
    assert (done.status, said in done.err) == (0, True)


def test_a_default_takes_its_allowed_value_along(run: Run, write: Write) -> None:
    template = (
        f"Parameters: {{P: {{Type: String, Default: {OLD}, AllowedValues: [{OLD}, centos_7]}}}}\n"
        "Resources: {A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: P}}}}\n"
    )
    text = binding_file(entry("bind: [{field: Parameters.P.Default, artifact: web}]"))
    write({"web.yaml": template, "artifact-map.yaml": MAP, "image-bindings.yaml": text})
    assert run("render", "-r", "cn-beijing", "--stdout").out == template.replace(OLD, BEIJING)


def test_an_error_of_a_worker_process_keeps_its_findings() -> None:
    import pickle

    from preprocessor.errors import RefusedError

    error = RefusedError.of("file-error", "message", "help", "path")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.findings, str(again)) == (RefusedError, error.findings, "path: message")


def test_a_file_name_that_is_no_text_is_told(run: Run, write: Write) -> None:
    import os

    write({"t/a.yaml": instance(OLD)})
    Path(os.fsdecode(b"t/x\xff.yaml")).write_text(instance(OLD))
    text = binding_file(entry(f"bind: [{{image: {OLD}, artifact: web}}]", path='"t/*.yaml"'))
    said = fails(run, write, {"image-bindings.yaml": text})
    assert "error[file-error]: the file name b't/x\\xff.yaml' is not UTF-8\n" in said
