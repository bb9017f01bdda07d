"""init: a first binding file and an empty map that check accepts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocessor.bindings import load_bindings
from tests.checks.helpers import CUSTOM, FORMATS, PUBLIC, findings_of

if TYPE_CHECKING:
    from tests.conftest import Run, Write


def rules(run: Run) -> list[str]:
    return [finding["rule"] for finding in findings_of(run("check", "--format", "json").out)]


def test_what_it_writes(run: Run, write: Write) -> None:
    yaml, hcl = FORMATS["ros-yaml"], FORMATS["hcl"]
    write(
        {
            "templates/web.yaml": yaml.literal(CUSTOM),
            "templates/db.yaml": yaml.parameter("my-app") + f"  Ca:\n    Type: ALIYUN::ECS::Instance\n"
            f"    Properties: {{ImageId: {PUBLIC}}}\n",
            "templates/more.yaml": yaml.literal(CUSTOM),
            "infra/main.tf": hcl.literal("my-app"),
            "docker-compose.yaml": "services: {}\n",
        }
    )
    done = run("init")
    assert (done.status, done.out) == (0, "")
    assert done.err == (
        "wrote artifact-map.yaml\nwrote image-bindings.yaml\n"
        "next: edit image-bindings.yaml, then run: region-image check\n"
    )
    assert Path("artifact-map.yaml").read_text() == "version: 1\nartifacts: {}\n"
    text = Path("image-bindings.yaml").read_text()
    assert (
        text
        == f"""\
# Which image fields of which templates belong to which artifact.
# Look at the fields with `region-image scan`, and at what is still to do with `region-image check`.
version: 1
artifact_map: artifact-map.yaml

# The regions to write variants for. Without this list it is every region that an artifact bound in the
# template has.
regions:
  - cn-beijing

# Where variants are written. The variables are region, path, dir, name, stem and ext.
# output: dist/{{{{ region }}}}/{{{{ path }}}}

# Bindings for every template below. Give each image the name of its artifact, remove the comment marks, and
# store the artifact's images: region-image map set ARTIFACT cn-beijing=m-2zexxxxxxxxxxxxxxxxx
# bind:
#   # custom image of cn-beijing: 2 image fields in 2 templates
#   - image: {CUSTOM}
#     artifact: image-1
#   # placeholder: 2 image fields in 2 templates
#   - image: my-app
#     artifact: my-app

templates:
  - path: infra
  - path: templates/db.yaml
    # ignore:
    #   - image: {PUBLIC}
    #     reason: public image, same ID in every region
  - path: templates/more.yaml
  - path: templates/web.yaml
"""
    )
    assert sorted(rules(run)) == [
        "unbound-image",
        "unbound-image",
        "unbound-placeholder",
        "unbound-placeholder",
        "unbound-public-image",
    ]

    # With the comment marks taken away it is the finished file.
    marked = [
        line for line in text.splitlines() if line.startswith(("# bind:", "#   -", "#     artifact", "    #"))
    ]
    for line in marked:
        text = text.replace(
            line, line.replace("# ", "", 1) if line.startswith("    #") else line.removeprefix("# ")
        )
    write({"image-bindings.yaml": text.replace("#   #", "  #")})
    assert run("map", "set", "image-1", f"cn-beijing={CUSTOM}").status == 0
    assert run("map", "set", "my-app", "cn-beijing=m-2ze00000000000000000").status == 0
    assert (run("check", "--strict").status, rules(run)) == (0, [])
    assert run("render").status == 0


@pytest.mark.parametrize("present", ["image-bindings.yaml", "artifact-map.yaml"])
def test_it_never_overwrites(present: str, run: Run, write: Write) -> None:
    write({present: "mine", "web.yaml": FORMATS["ros-yaml"].literal(CUSTOM)})
    done = run("init")
    assert Path(present).read_text() == "mine"
    if present == "image-bindings.yaml":
        assert (done.status, Path("artifact-map.yaml").exists()) == (1, False)
        assert "this file is there already, and is never overwritten" in done.err
    else:
        assert (done.status, "kept artifact-map.yaml" in done.err) == (0, True)


def test_a_folder_without_templates(run: Run) -> None:
    assert run("init").status == 0
    assert load_bindings("image-bindings.yaml").templates == ()
    assert (run("check").status, rules(run)) == (0, [])


def test_only_some_templates_and_another_place(run: Run, write: Write) -> None:
    literal = FORMATS["ros-yaml"].literal
    write({"a/web.yaml": literal(CUSTOM), "b/web.yaml": literal("my-db"), "conf/readme": ""})
    done = run("init", "a", "-b", "conf/images.yaml")
    assert done.status == 0
    assert "run: region-image check -b conf/images.yaml" in done.err
    found = load_bindings("conf/images.yaml")
    assert [entry.path for entry in found.templates] == ["../a/web.yaml"]
    assert found.map_path == "conf/artifact-map.yaml"


@pytest.mark.parametrize("value", ["yes", "12", "a b", 'q"uote', "镜像", "a: b", "~", "tab\tbed"])
def test_values_that_need_quotes(value: str, run: Run, write: Write) -> None:
    import json

    write({"we b.yaml": FORMATS["ros-yaml"].literal(json.dumps(value, ensure_ascii=False))})
    assert run("init").status == 0
    text = Path("image-bindings.yaml").read_text()
    text = "\n".join(
        line.removeprefix("# ") if line.startswith(("# bind", "#  ")) else line for line in text.split("\n")
    )
    write({"image-bindings.yaml": text.replace("\n#   -", "\n  -")})
    found = load_bindings("image-bindings.yaml")
    assert [bind.selector.image for bind in found.bind] == [value]
    assert [entry.path for entry in found.templates] == ["we b.yaml"]


def test_a_path_that_does_not_exist(run: Run) -> None:
    done = run("init", "nowhere")
    assert (done.status, list(Path().iterdir())) == (2, [])
