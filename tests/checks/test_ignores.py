"""Comments that ignore findings, and the options that choose rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.checks.helpers import CUSTOM, FORMATS, findings_of, found_by, place_of, project
from tests.projects import MAP

if TYPE_CHECKING:
    from tests.conftest import Run, Write

COMMENTED = [name for name in FORMATS if name != "ros-json"]
LINE = {"ros-yaml": 6, "hcl": 2, "terraform-in-ros": 6}


def commented(name: str, comment: str, value: str = CUSTOM) -> str:
    """Return a machine with a comment behind its image."""
    text = FORMATS[name].literal(value)
    return "".join(
        line.rstrip("\n") + f"  {comment}\n" if value in line else line for line in text.splitlines(True)
    )


def told(run: Run, name: str) -> list[tuple[str, str]]:
    done = run("check", FORMATS[name].path, "--format", "json")
    return [(finding["rule"], finding["message"]) for finding in findings_of(done.out)]


@pytest.mark.parametrize("name", COMMENTED)
def test_a_comment_behind_the_place(name: str, run: Run, write: Write) -> None:
    write({FORMATS[name].path: commented(name, "# region-image: ignore[unbound-image] one region only")})
    assert told(run, name) == []


@pytest.mark.parametrize("name", COMMENTED)
def test_a_comment_above_the_place(name: str, run: Run, write: Write) -> None:
    text = FORMATS[name].literal(CUSTOM)
    lines = text.splitlines(keepends=True)
    blank = lines[LINE[name] - 1][: -len(lines[LINE[name] - 1].lstrip())]
    comment = f"{blank}# region-image: ignore[unbound-image, region-mismatch] one region only\n"
    more = f"\n{blank}# another comment\n"
    write({FORMATS[name].path: "".join([*lines[: LINE[name] - 1], comment, more, *lines[LINE[name] - 1 :]])})
    assert told(run, name) == [
        ("unused-ignore", f"there is no finding of 'region-mismatch' on line {LINE[name] + 3} to ignore")
    ]


def test_slashes_begin_a_comment_in_hcl(run: Run, write: Write) -> None:
    write({"main.tf": commented("hcl", "// region-image: ignore[unbound-image] one region only")})
    assert told(run, "hcl") == []


@pytest.mark.parametrize("name", COMMENTED)
def test_a_comment_for_another_line_ignores_nothing(name: str, run: Run, write: Write) -> None:
    text = FORMATS[name].literal(CUSTOM)
    indent = "    " if name == "terraform-in-ros" else ""
    write({FORMATS[name].path: f"{text}{indent}# region-image: ignore[unbound-image] too late\n"})
    assert sorted(rule for rule, _ in told(run, name)) == ["unbound-image", "unused-ignore"]


WRONG = {
    "# region-image: ignore[unbound-image]": "the comment gives no reason",
    "# region-image: ignore": "the comment 'ignore' is not understood",
    "# region-image: ignore unbound-image because": "the comment 'ignore unbound-image because' is not understood",
    "# region-image: ignore[unbound-imag] because": "there is no rule 'unbound-imag'",
    "# region-image: ignore[syntax-error] because": "findings of 'syntax-error' cannot be ignored by a comment",
    "# region-image: ignore[] because": "there is no rule ''",
}


@pytest.mark.parametrize("comment", WRONG)
@pytest.mark.parametrize("name", COMMENTED)
def test_a_comment_that_is_not_understood(name: str, comment: str, run: Run, write: Write) -> None:
    text = commented(name, comment)
    write({FORMATS[name].path: text})
    column = text.splitlines()[LINE[name] - 1].index("#") + 1
    found = findings_of(run("check", FORMATS[name].path, "--format", "json").out)
    assert [(finding["rule"], finding["message"]) for finding in found] == [
        ("unbound-image", found[0]["message"]),
        ("invalid-ignore", WRONG[comment]),
    ]
    assert place_of(found[1]) == f"{FORMATS[name].path}:{LINE[name]}:{column}"


def test_text_that_is_no_comment(run: Run, write: Write) -> None:
    script = (
        "      UserData: |\n        # region-image: ignore[unbound-image] in a script\n        echo\n"
        '      Description: "a # region-image: ignore[x]"\n'
    )
    write({"web.yaml": FORMATS["ros-yaml"].literal("centos_7") + script})
    assert told(run, "ros-yaml") == []
    heredoc = (
        'resource "a" "b" {\n  x = <<EOT\n# region-image: ignore[x] no\nEOT\n  y = "# region-image: z"\n}\n'
    )
    write({"main.tf": FORMATS["hcl"].literal("centos_7") + heredoc})
    assert told(run, "hcl") == []


def test_a_comment_in_the_map(run: Run, write: Write) -> None:
    wrong = MAP.replace("m-2zexxxxxxxxxxxxxxxxx", "m-uf6xxxxxxxxxxxxxxxxx")
    line = "{image: my-app, artifact: web}"
    text = FORMATS["ros-yaml"].literal("my-app")
    project(write, "web.yaml", text, line, map_text=wrong)
    assert found_by(run, "region-mismatch") != []
    good = wrong.replace(
        "m-uf6xxxxxxxxxxxxxxxxx",
        "m-uf6xxxxxxxxxxxxxxxxx  # region-image: ignore[region-mismatch] moved by hand",
    )
    project(write, "web.yaml", text, line, map_text=good)
    assert run("check", "--strict").status == 0
    project(write, "web.yaml", text, line, map_text=good.replace("m-uf6", "m-2ze"))
    assert found_by(run, "unused-ignore") == ["artifact-map.yaml:23:47"]


def test_a_comment_in_the_binding_file(run: Run, write: Write) -> None:
    project(write, "web.yaml", FORMATS["ros-yaml"].literal("my-app"), "{image: my-app, artifact: web}")
    write(
        {
            "image-bindings.yaml": "version: 1\nartifact_map: artifact-map.yaml\nbind:\n"
            "  # region-image: ignore[unused-binding] comes with the next template\n"
            "  - {image: next, artifact: db}\n  - {image: my-app, artifact: web}\n"
            "templates:\n  - path: web.yaml\n"
        }
    )
    assert run("check", "--strict").status == 0


@pytest.fixture
def several(write: Write) -> None:
    """A template with an error, a warning and a note, and a map with a mistake."""
    text = FORMATS["ros-yaml"].literal(CUSTOM) + (
        "  Db: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: my-app}}\n"
        "  Ca: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: aliyun_3.vhd}}\n"
    )
    write({"web.yaml": text})


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("options", "rules", "status"),
    [
        ((), ["unbound-image", "unbound-placeholder", "unbound-public-image"], 1),
        (("--ignore", "unbound-image"), ["unbound-placeholder", "unbound-public-image"], 0),
        (("--ignore", "unbound-image", "--strict"), ["unbound-placeholder", "unbound-public-image"], 1),
        (("--select", "unbound-image"), ["unbound-image"], 1),
        (("--select", "unbound-public-image", "--strict"), ["unbound-public-image"], 0),
        (("--select", "unbound-image,dynamic-image", "--ignore", "unbound-image"), [], 0),
    ],
)
def test_rules_are_chosen(options: tuple[str, ...], rules: list[str], status: int, run: Run) -> None:
    done = run("check", "web.yaml", "--format", "json", *options)
    assert [finding["rule"] for finding in findings_of(done.out)] == rules
    assert done.status == status


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_rule_that_there_is_not(option: str, run: Run) -> None:
    done = run("check", option, "unbound-imag")
    assert done.status == 2
    assert "there is no rule 'unbound-imag'" in done.err
    assert "did you mean 'unbound-image'?" in done.err


def test_select_does_not_switch_off_what_stops_the_others(run: Run, write: Write) -> None:
    write({"web.yaml": "Resources: {"})
    done = run("check", "web.yaml", "--select", "unbound-image", "--format", "json")
    assert [finding["rule"] for finding in findings_of(done.out)] == ["syntax-error"]
    assert done.status == 1


@pytest.mark.usefixtures("several")
def test_notes_are_counted_and_shown_when_asked_for(run: Run) -> None:
    done = run("check", "web.yaml")
    assert "unbound-public-image" not in done.out
    assert done.err == "1 template checked: 1 error, 1 warning, 1 note (-v shows the notes)\n"
    assert "info[unbound-public-image]" in run("check", "-v", "web.yaml").out
    quiet = run("check", "-q", "web.yaml")
    assert ("unbound-placeholder" in quiet.out, quiet.err, quiet.status) == (False, "", 1)
