"""The way from a scalar's value back to its characters in the file."""

from __future__ import annotations

import io
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from preprocessor.model import Source
from preprocessor.syntax import Mapping, Scalar, parse
from preprocessor.syntax.embedded import place_of

WORDS = st.text(alphabet=st.sampled_from("a b\n\n\n  '\"\\#:$%{}m-1中😀\t"), min_size=1, max_size=40)


def scalar_of(text: str, name: str) -> Scalar:
    document = parse(Source(name, text))
    assert isinstance(document.root, Mapping)
    node = document.root.get("k")
    assert node is not None
    assert isinstance(node.target, Scalar)
    return node.target


def assert_traced(text: str, name: str) -> None:
    """Write a word into every stretch of plain characters of the value: nothing else may change."""
    scalar = scalar_of(text, name)
    place = place_of(text, name, scalar, json=name.endswith(".json"))
    assert place is not None
    value = scalar.value
    for start, character in enumerate(value):
        if character.isalnum():
            after = text[: place.at(start)] + "ID" + text[place.end(start + 1) :]
            assert scalar_of(after, name).value == value[:start] + "ID" + value[start + 1 :]


@given(WORDS)
def test_json_strings(value: str) -> None:
    assert_traced(json.dumps({"k": value}), "x.json")
    assert_traced(json.dumps({"k": value}, ensure_ascii=False), "x.json")


@given(WORDS, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([20, 4096]))
def test_yaml_scalars(value: str, style: str | None, width: int) -> None:
    random.seed(0)
    yaml = YAML(typ="rt", pure=True)
    yaml.width = width
    node: object = value
    if style is not None:
        from ruamel.yaml import scalarstring

        kinds = {
            "'": scalarstring.SingleQuotedScalarString,
            '"': scalarstring.DoubleQuotedScalarString,
            "|": scalarstring.LiteralScalarString,
            ">": scalarstring.FoldedScalarString,
        }
        node = kinds[style](value)
    stream = io.StringIO()
    yaml.dump({"k": node, "z": 1}, stream)
    text = stream.getvalue()
    if scalar_of(text, "x.yaml").value.strip():
        assert_traced(text, "x.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "k: plain words\n  over lines\n\n  and more\n",
        "k: >2\n    more indented\n  x\n\n  y\n   z\n\n\n  a\n",
        'k: "\\\n  a\\n\\\n  b \\\n  \\ c"\n',
        "k: 'it''s\n\n\n  x'\n",
        "k: |1\n  a\n b\n\n",
    ],
)
def test_odd_scalars(text: str) -> None:
    assert_traced(text, "x.yaml")
    assert_traced(text.replace("\n", "\r\n"), "x.yaml")


def test_a_value_that_reads_differently_has_no_place() -> None:
    text = "k: |\n  a\n"
    scalar = scalar_of(text, "x.yaml")
    other = Scalar(scalar.start, scalar.end, "b\n", "|")
    assert place_of(text, "x.yaml", other, json=False) is None
