"""The manual of each rule: what it says holds, and its examples do what they are there for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import preprocessor.checks
from preprocessor.checks import RULES, load_rule, manual, summary
from tests.projects import MAP

if TYPE_CHECKING:
    from tests.conftest import Run, Write

_FILE = re.compile(r"# (\S+\.\w+)$")


def examples(rule: str) -> dict[str, list[str]]:
    """Return the lines of the manual's examples, by their headings."""
    text = manual(load_rule(rule))
    blocks = re.findall(r"^(\w+)::\n\n((?:    .*\n|\n)+)", text, re.MULTILINE)
    return {heading: [line[4:] for line in block.rstrip().split("\n")] for heading, block in blocks}


def play(lines: list[str], run: Run, write: Write) -> None:
    """Write the files of an example and run its commands, one after the other."""
    name, content = "", ""

    def flush() -> None:
        nonlocal name, content
        if name:
            write({name: content})
        name, content = "", ""

    for line in lines:
        file = _FILE.fullmatch(line)
        if file or line.startswith("$ "):
            flush()
        if file:
            name = file[1]
        elif line.startswith("$ region-image check"):
            Path("command").write_text(line)
        elif line.startswith("$ region-image "):
            done = run(*line.split()[2:])
            assert done.status == 0, done.err
        elif line.startswith("$ rm "):
            Path(line.split()[2]).unlink()
        else:
            content += line + "\n"
    flush()


def found(run: Run) -> set[str]:
    """Run the last check that the example shows, or a plain one, and return the rules it told of."""
    command = Path("command")
    arguments = command.read_text().split()[3:] if command.exists() else []
    done = run("check", *arguments, "--format", "json")
    return {finding["rule"] for finding in json.loads(done.out)["findings"]}


@pytest.mark.parametrize("rule", RULES)
def test_the_bad_example_is_told_and_the_good_one_is_not(rule: str, run: Run, write: Write) -> None:
    shown = examples(rule)
    assert list(shown) == ["Bad", "Good"]
    write({"artifact-map.yaml": MAP})
    if rule == "missing-map":
        Path("artifact-map.yaml").unlink()
    if rule == "unsupported-region":
        Path("artifact-map.yaml").unlink()
    play(shown["Bad"], run, write)
    assert rule in found(run)
    play(shown["Good"], run, write)
    told = found(run)
    assert rule not in told
    severe = {name for name in told if load_rule(name).SEVERITY.value == "error"}
    assert severe == set()


@pytest.mark.parametrize("rule", RULES)
def test_a_manual_has_its_parts(rule: str) -> None:
    module = load_rule(rule)
    paragraphs = manual(module).strip().split("\n\n")
    assert rule == module.RULE
    assert summary(module).endswith(".")
    assert len(paragraphs) >= 7  # what, why, the two examples, what to do
    assert paragraphs[-1].startswith("What to do: ")


def test_every_module_of_a_rule_is_in_the_table() -> None:
    folder = Path(str(preprocessor.checks.__file__)).parent
    modules = {path.stem.replace("_", "-") for path in folder.glob("*.py")}
    assert modules - set(RULES) == {"--init--", "edited", "ignores", "literals"}


def test_explain_prints_the_manual(run: Run) -> None:
    done = run("check", "--explain", "missing-region")
    assert done.status == 0
    assert done.out == "missing-region (error)\n\n" + manual(load_rule("missing-region"))


def test_explain_of_an_unknown_rule_names_the_nearest(run: Run) -> None:
    done = run("check", "--explain", "mising-region")
    assert (done.status, done.out) == (2, "")
    assert "there is no rule 'mising-region'" in done.err
    assert "did you mean 'missing-region'?" in done.err


def test_the_rules_are_listed_with_their_severities(run: Run) -> None:
    lines = run("check", "--rules").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert {line.split()[0]: line.split()[1] for line in lines} == SEVERITIES


ERRORS = """
syntax-error file-error invalid-bindings invalid-map unknown-artifact unknown-version missing-region
ambiguous-binding unsafe-edit foreign-output unbound-image region-mismatch unsupported-region
missing-output stale-output edited-output orphan-output invalid-ignore
"""
WARNINGS = (
    "unbound-placeholder unused-binding unused-ignore duplicate-image shared-parameter condition-depends"
)
NOTES = "unbound-public-image dynamic-image unknown-image-field missing-map"
SEVERITIES = {
    **dict.fromkeys(ERRORS.split(), "error"),
    **dict.fromkeys(WARNINGS.split(), "warning"),
    **dict.fromkeys(NOTES.split(), "info"),
}
