"""The transcripts in the READMEs are real, and the two say the same."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"<!-- run in (\S+) -->\n```console\n(.*?)```", re.DOTALL)
CODE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def transcripts() -> list[tuple[str, str]]:
    return [block for name in READMES for block in BLOCK.findall((ROOT / name).read_text("utf-8"))]


@pytest.mark.parametrize(("folder", "transcript"), transcripts())
def test_a_transcript_is_what_the_commands_print(folder: str, transcript: str) -> None:
    shutil.copytree(ROOT / folder, "sample", ignore=shutil.ignore_patterns("dist", "out", "expected"))
    commands = [line[2:] for line in transcript.splitlines() if line.startswith("$ ")]
    assert commands
    shown = ""
    for command in commands:
        script = (
            f'region-image() {{ "{sys.executable}" -m preprocessor "$@"; }}\nexport COLUMNS=160\n{command}'
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd="sample",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        shown += f"$ {command}\n{done.stdout}"
    assert shown == transcript


def test_both_languages_show_the_same_code() -> None:
    english, chinese = ([*CODE.findall((ROOT / name).read_text("utf-8"))] for name in READMES)

    def bare(block: str) -> str:
        return re.sub(r"\s*# .*", "", block)

    assert [bare(block) for block in chinese] == [bare(block) for block in english]


def test_both_languages_have_the_same_sections() -> None:
    levels = [
        [
            line.split(" ")[0]
            for line in CODE.sub("", (ROOT / name).read_text("utf-8")).splitlines()
            if line.startswith("#")
        ]
        for name in READMES
    ]
    assert levels[0] == levels[1]


def test_links_lead_somewhere() -> None:
    for name in (*READMES, "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            if "://" not in target:
                assert (ROOT / target).exists(), (name, target)
