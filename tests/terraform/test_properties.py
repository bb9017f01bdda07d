"""Whatever text stands around an image ID in HCL, editing it changes the ID and nothing else."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessor.syntax.hcl import Literal, Place, read_body
from tests.terraform.helpers import ID, edited, only_field, single

ANY = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=30)
LINE = ANY | st.text(alphabet=st.sampled_from('"\\${}%#/*<>[]() \tx中😀'), max_size=30)
"""Any text on one line, often of the characters that mean something."""

QUICK = settings(max_examples=200, deadline=None)


def quoted(text: str) -> str:
    """Return `text` as a string of HCL."""
    escaped = re.sub(r'(["\\])', r"\\\1", text).replace("\t", "\\t")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def heredoc(lines: list[str]) -> str:
    body = "".join(f"|{line}\n" for line in lines).replace("${", "$${").replace("%{", "%%{")
    return f"<<-EOT\n{body}  EOT"


def template(value: str, comment: str, text: str, lines: list[str], line_break: str) -> str:
    block = "/*" + comment.replace("*/", "") + " */"
    hcl = (
        f"#{comment}\n"
        f'resource "alicloud_instance" "web" {{ // {comment}\n'
        f"  user_data = {heredoc(lines)}\n"
        f"  name = {quoted(text)} {block}\n"
        f"  image_id {block} = {block} {value} # {comment}\n"
        f"  tags = {{ {quoted(text)} = [{quoted(comment)}, {block} {quoted(value)}] }}\n"
        "}\n"
    )
    return hcl.replace("\n", line_break)


@QUICK
@given(LINE, LINE, st.lists(LINE, max_size=3), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "m-1"]))
def test_only_the_image_changes(
    comment: str, text: str, lines: list[str], line_break: str, image: str
) -> None:
    before = template(f'"{image}"', comment, text, lines, line_break)
    found = single(before)
    field = only_field(found)
    assert field.value == image
    assert edited(found, field.slot) == template(f'"{ID}"', comment, text, lines, line_break).replace(
        quoted(f'"{ID}"'), quoted(f'"{image}"')
    )


@QUICK
@given(LINE)
def test_a_string_means_what_was_written(text: str) -> None:
    value = read_body(f"a = {quoted(text)}\n", Place("main.tf")).attributes["a"].value
    assert isinstance(value, Literal)
    assert value.value == text


@QUICK
@given(st.lists(LINE.filter(lambda line: line.strip() == line), min_size=1, max_size=4))
def test_a_heredoc_means_what_was_written(lines: list[str]) -> None:
    value = read_body(f"a = {heredoc(lines)}\n", Place("main.tf")).attributes["a"].value
    assert isinstance(value, Literal)
    assert value.value == "\n".join(f"|{line}" for line in lines)
