"""The formats of a report: text, JSON, SARIF and GitHub's workflow commands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from preprocessor.checks import RULES, load_rule
from preprocessor.model import Finding, Location, Severity
from preprocessor.reports import github, sarif
from preprocessor.reports.formats import REPORTS, load_report
from tests.checks.helpers import CUSTOM, ROS_YAML, project

if TYPE_CHECKING:
    from tests.conftest import Run, Write

SARIF_SCHEMA = os.environ.get("REGION_IMAGE_SARIF_SCHEMA")

TEXT = f"""\
error[unbound-image]: Resources.Web.Properties.ImageId boots the custom image {CUSTOM} of cn-beijing, and nothing \
binds it
  --> web.yaml:6:16
    |
  6 |       ImageId: {CUSTOM}
    |                ^^^^^^^^^^^^^^^^^^^^^^
  = help: list the template in a binding file (region-image init writes a first one) and bind it there: {{image: \
{CUSTOM}, artifact: NAME}}, and store its images with: region-image map set NAME cn-beijing={CUSTOM}; or list it \
under 'ignore' with a reason
"""


def test_text(run: Run, write: Write) -> None:
    write({"web.yaml": ROS_YAML.literal(CUSTOM)})
    done = run("check", "web.yaml")
    assert (done.status, done.out) == (1, TEXT)
    assert done.err == "1 template checked: 1 error\n"


def test_json(run: Run, write: Write) -> None:
    write({"web.yaml": ROS_YAML.literal(CUSTOM)})
    done = run("check", "web.yaml", "--format", "json")
    report = json.loads(done.out)
    [finding] = report["findings"]
    assert (report["version"], done.err) == (1, "")
    assert {key: finding[key] for key in ("rule", "severity", "path", "line", "column")} == {
        "rule": "unbound-image",
        "severity": "error",
        "path": "web.yaml",
        "line": 6,
        "column": 16,
    }
    assert set(finding) == {"rule", "severity", "path", "line", "column", "message", "help"}


def test_github(run: Run, write: Write) -> None:
    write({"a,b:c.yaml": ROS_YAML.literal("100%-app")})
    done = run("check", "a,b:c.yaml", "--format", "github")
    [line] = done.out.splitlines()
    head, _, message = line.removeprefix("::").partition("::")
    assert head == (
        "warning file=a%2Cb%3Ac.yaml,line=6,col=16,endColumn=24,title=region-image unbound-placeholder"
    )
    assert message.startswith(
        "Resources.Web.Properties.ImageId has the placeholder '100%25-app' for an image, and nothing binds it%0A"
    )


def test_a_message_cannot_start_a_command_of_its_own() -> None:
    finding = Finding(
        "unbound-image", Severity.ERROR, "a\r\n::set-env name=x::y", "", Location("a\n.yaml", 1, 2)
    )
    assert github.report([finding]) == (
        "::error file=a%0A.yaml,line=1,col=2,endColumn=3,title=region-image unbound-image"
        "::a%0D%0A::set-env name=x::y"
    )


def test_a_path_of_the_whole_file_has_no_line() -> None:
    finding = Finding("missing-output", Severity.ERROR, "gone", "", Location("dist/x.yaml"))
    assert github.report([finding]) == "::error file=dist/x.yaml,title=region-image missing-output::gone"


def sarif_of(run: Run, *arguments: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(run("check", "--format", "sarif", *arguments).out)
    return log


def test_sarif(run: Run, write: Write) -> None:
    write({"模 板.yaml": "# 😀\n" + ROS_YAML.literal(f"'{CUSTOM}'  # 😀")})
    log = sarif_of(run, "模 板.yaml")
    [one] = log["runs"]
    [result] = one["results"]
    assert (log["version"], log["$schema"]) == ("2.1.0", sarif.SCHEMA)
    assert one["columnKind"] == "unicodeCodePoints"
    assert result["ruleId"] == "unbound-image"
    assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "unbound-image"
    assert result["level"] == "error"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "%E6%A8%A1%20%E6%9D%BF.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {
                    "startLine": 7,
                    "startColumn": 16,
                    "endColumn": 40,
                    "snippet": {"text": f"'{CUSTOM}'"},
                },
            }
        }
    ]


def test_sarif_has_every_rule_with_its_manual(run: Run) -> None:
    rules = sarif_of(run)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    levels = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    for rule in rules:
        assert rule["defaultConfiguration"]["level"] == levels[load_rule(rule["id"]).SEVERITY]
        assert rule["help"]["text"].startswith(rule["shortDescription"]["text"])
        assert "Bad:\n\n    " in rule["help"]["markdown"]


def test_fingerprints_outlive_lines_that_move(run: Run, write: Write) -> None:
    text = ROS_YAML.literal(CUSTOM)

    def fingerprints() -> list[str]:
        results = sarif_of(run, "web.yaml")["runs"][0]["results"]
        return [result["partialFingerprints"]["regionImage/v1"] for result in results]

    write({"web.yaml": text})
    before = fingerprints()
    write({"web.yaml": "# a line more\n" + text})
    assert fingerprints() == before
    write({"web.yaml": text.replace(CUSTOM, "m-bp1xxxxxxxxxxxxxxxxx")})
    assert fingerprints() != before


def everything(run: Run, write: Write) -> dict[str, Any]:
    """Return a log with results of every sort of location."""
    project(write, "web.yaml", ROS_YAML.literal("my-app"), "{image: my-app, artifact: web}")
    assert run("render").status == 0
    Path("dist/cn-beijing/web.yaml").unlink()
    write({"other.yaml": ROS_YAML.literal(CUSTOM), "broken.yaml": "ROSTemplateFormatVersion: {"})
    return sarif_of(run)


def test_sarif_is_formed_as_it_must_be(run: Run, write: Write) -> None:
    """The parts of SARIF 2.1.0 that this log uses, written down by hand."""
    log = everything(run, write)
    assert set(log) == {"$schema", "version", "runs"}
    text = {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string", "minLength": 1}},
    }
    natural = {"type": "integer", "minimum": 1}
    region = {
        "type": "object",
        "required": ["startLine"],
        "additionalProperties": False,
        "properties": {"startLine": natural, "startColumn": natural, "endColumn": natural, "snippet": text},
    }
    artifact = {
        "type": "object",
        "required": ["uri"],
        "additionalProperties": False,
        "properties": {"uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": {"type": "string"}},
    }
    physical = {
        "type": "object",
        "required": ["artifactLocation"],
        "additionalProperties": False,
        "properties": {"artifactLocation": artifact, "region": region},
    }
    result = {
        "type": "object",
        "required": ["message", "ruleId", "ruleIndex", "level"],
        "additionalProperties": False,
        "properties": {
            "ruleId": {"enum": list(RULES)},
            "ruleIndex": {"type": "integer", "minimum": 0, "maximum": len(RULES) - 1},
            "level": {"enum": ["error", "warning", "note"]},
            "message": text,
            "locations": {"type": "array", "items": {"properties": {"physicalLocation": physical}}},
            "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    results = log["runs"][0]["results"]
    assert {one["ruleId"] for one in results} == {"missing-output", "syntax-error", "unbound-image"}
    for one in results:
        jsonschema_rs.validate(result, one)


@pytest.mark.skipif(
    SARIF_SCHEMA is None, reason="REGION_IMAGE_SARIF_SCHEMA does not name the official schema"
)
def test_sarif_is_valid_by_its_official_schema(run: Run, write: Write) -> None:
    schema = json.loads(Path(str(SARIF_SCHEMA)).read_text("utf-8"))
    assert list(jsonschema_rs.validator_for(schema).iter_errors(everything(run, write))) == []


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_reports_a_failed_command(name: str, run: Run, write: Write) -> None:
    write({"image-bindings.yaml": "version: 2\n"})
    done = run("check", "--format", name)
    assert done.status == 2
    assert "invalid-bindings" in (done.err if name == "text" else done.out)
    assert (done.out == "") == (name == "text")
    assert load_report(name).report([]) is not None


def test_a_clean_project_says_so(run: Run, write: Write) -> None:
    project(write, "web.yaml", ROS_YAML.literal("my-app"), "{image: my-app, artifact: web}")
    done = run("check")
    assert (done.status, done.out, done.err) == (0, "", "1 template checked: no findings\n")
    assert json.loads(run("check", "--format", "json").out) == {"version": 1, "findings": []}
    assert sarif_of(run)["runs"][0]["results"] == []
    assert run("check", "--format", "github").out == ""
