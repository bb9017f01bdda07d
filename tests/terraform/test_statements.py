"""What is recognised without parsing is valid: the grammar accepts it, and finds the same in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessor.syntax import Mapping, Scalar, parse
from preprocessor.syntax.hcl import HclError, Place, reader
from preprocessor.syntax.hcl.builder import Builder
from preprocessor.syntax.hcl.lexer import mask
from preprocessor.syntax.hcl.statements import MAX_SIMPLE_LENGTH, is_simple, statements
from tests.conftest import needs_corpus
from tests.terraform.test_corpus import templates
from tests.terraform.test_language import ACCEPTED, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preprocessor.syntax.hcl import Block, Body

SIMPLE = (
    "a {\n}\n",
    "a {}\n",
    'a "b" c {\n\n}\n',
    'a {\n b = 1\n c = -1.5\n d = "x"\n for_each = null\n}\n',
    "a {\r\n b = true\r\n}\r\n",
    "a {\n b {\n c = 1\n }\n b {\n c = 1\n }\n}\n",
    'a {\n b = x.y[0]["z"].*.w\n c = x[*].y.0.z\n d = f(x, [1, 2,], g()...)[0].h\n}\n',
    'a {\n b = "x ${var.y} ${f("z ${w}")}" # c\n c = <<EOT\n ${x}\nEOT\n}\n',
    'a {\n b = {\n  c = 1\n  "d" : 2, e = {}\n\n  f = [{ g = 1 }, {\n h = 2 }]\n }\n}\n',
    "a {\n b = !x && (y == 1 || z >= 2) ? w + 1 : v - 2 * u / 3 % 4\n c = x ? y : z ? 1 : 2\n}\n",
    "a {\n b = [\n  1, # one\n  /* two */ 2\n ]\n c = f(\n  x\n )\n}\n",
    "a {\n b = jsonencode({\n  c = [x.y]\n })\n}\n",
)

LEFT_TO_THE_GRAMMAR = (
    "a {\n b = 1\n b = 2\n}\n",
    "a { b = 1 }\n",
    "a {\n b = [for x in y : x]\n}\n",
    "a {\n b = for[0]\n}\n",
    "a {\n b = f.g(1)\n}\n",
    "a {\n b = f(1)(2)\n}\n",
    "a {\n b = x[1, 2]\n}\n",
    "a {\n b = x [1]\n}\n",
    "a {\n b = x.*[1, 2]\n}\n",
    "a {\n b = 5[0]\n}\n",
    "a {\n b = 1 2\n}\n",
    'a {\n b = "x" "y"\n}\n',
    'a {\n b = "x"[0]\n}\n',
    "a {\n b = ${c}\n}\n",
    "a {\n b = (1)(2)\n}\n",
    "a {\n b = [1](2)\n}\n",
    "a {\n b = c\n}}\n",
    "a {\n b\n}\n",
    "a {\n b {\n}\n",
    "a {\n b = x\n (y)\n}\n",
    "a {\n b = { c = 1 d = 2 }\n}\n",
    "a {\n b = [1 2]\n}\n",
    "a {\n b = \x01\n}\n",
    "a {\n b = \x04\x01\n}\n",
    "a {\n b = x %{}\n}\n",
    "a {\n b = x- 1\n}\n",
    "a {\n b = true- 1\n}\n",
    "a {\n b = x[ *]\n}\n",
    "in {\n}\n",
)

_SNIPPETS = [
    *" \n\r\t\"'()[]{}=,.:?!*+-/%<>&|$#x10",
    "for",
    "${",
    "[*]",
    ".*",
    "...",
    "==",
    "=>",
    "null",
    "if",
]


def accepts(masked: str) -> bool:
    """Return whether the grammar accepts blanked text, and all there is in it can be read."""
    try:
        for block in Builder(masked, masked, Place("main.tf")).parsed().blocks:
            assert list(dump(block))
    except HclError:
        return False
    return True


def dump(block: Block) -> Iterator[object]:
    """Yield all that is known of a block."""
    yield block.type, block.labels, block.start, block.end
    yield from dump_body(block.body)


def dump_body(body: Body) -> Iterator[object]:
    for attribute in body.attributes.values():
        value = attribute.value
        yield attribute.name, attribute.start, attribute.end, type(value), value.start, value.end
    for block in body.blocks:
        yield from dump(block)


def simple_pieces(text: str) -> Iterator[str]:
    """Yield the statements of `text` that are recognised."""
    try:
        masked = mask(text)
    except HclError:
        return
    yield from (masked[start:end] for start, end in statements(masked) if is_simple(masked[start:end]))


def read_both(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], list[object]]:
    """Return what is read from `text`, and what is read where nothing is recognised."""
    quick = list(dump_body(reader.read_body(text, Place("main.tf"))))
    with monkeypatch.context() as patched:
        patched.setattr(reader, "is_simple", lambda masked: False)
        return quick, list(dump_body(reader.read_body(text, Place("main.tf"))))


@pytest.mark.parametrize("text", SIMPLE)
def test_plain_blocks_are_recognised_and_mean_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_simple(mask(text))
    quick, parsed = read_both(f"x = 1\n{text}\n# c\n{text}", monkeypatch)
    assert quick == parsed


@pytest.mark.parametrize("text", LEFT_TO_THE_GRAMMAR)
def test_what_may_be_wrong_is_left_to_the_grammar(text: str) -> None:
    assert list(simple_pieces(text)) == []


@pytest.mark.parametrize(
    "text", [*ACCEPTED, *REFUSED, *(f"b {{\n{text}\n}}\n" for text in ACCEPTED + REFUSED)]
)
def test_nothing_is_recognised_that_is_refused(text: str) -> None:
    assert [piece for piece in simple_pieces(text) if not accepts(piece)] == []


def test_a_block_is_parsed_when_it_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    monkeypatch.setattr(Builder, "parsed", lambda self, found=None: parsed.append(self.text))
    body = reader.read_body('a "b" {\n c = 1\n}\n', Place("main.tf"))
    assert [(block.type, block.labels) for block in body.blocks] == [("a", ("b",))]
    assert parsed == []


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(SIMPLE),
    st.lists(
        st.tuples(
            st.sampled_from(["delete", "double", "swap", "insert", "replace"]),
            st.floats(0, 1, exclude_max=True),
            st.sampled_from(_SNIPPETS),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_a_mutated_block_is_recognised_only_where_the_grammar_accepts_it(
    text: str, changes: list[tuple[str, float, str]]
) -> None:
    for how, part, snippet in changes:
        at = int(part * len(text))
        here, rest = text[at : at + 1], text[at + 1 :]
        new = {
            "delete": "",
            "double": here * 2,
            "swap": rest[:1] + here,
            "insert": snippet + here,
            "replace": snippet,
        }[how]
        text = text[:at] + new + (rest[1:] if how == "swap" else rest)
    assert [piece for piece in simple_pieces(text) if not accepts(piece)] == []


_REPEATED = (
    "[", "(", "{", "[1, ", "[0]", "1,", "a(", "a.", ".0", " ", "\n", 'x "x" ', "a = 1\n", "a ? b : ", "{\n",
    "x {\n", "a = {", '"${', '"x" = 1, ', "a-", "- ", "= ", "for", "\x01",
)  # fmt: skip


@pytest.mark.parametrize("head", ["", "a = ", "a {\n", "a {\n b = [", "a {\n b = {", "a {\n b = f(", 'a "'])
def test_the_time_grows_with_the_length_only(head: str) -> None:
    for part in _REPEATED:
        start = time.process_time()
        assert not is_simple(head + part * ((MAX_SIMPLE_LENGTH - 100) // len(part)) + " !")
        assert not is_simple(head + part * (2_000_000 // len(part)))
        assert time.process_time() - start < 1, part


@pytest.mark.slow
@needs_corpus
def test_real_statements_mean_the_same_recognised_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    recognised = count = 0
    for _, source in templates():
        root = parse(source).root
        workspace = root.get("Workspace") if isinstance(root, Mapping) else None
        files = workspace.target.entries() if workspace and isinstance(workspace.target, Mapping) else ()
        for name, node in files:
            if not isinstance(node.target, Scalar) or not name.endswith((".tf", ".tfvars")):
                continue
            text = node.target.value
            quick, parsed = read_both(text, monkeypatch)
            assert quick == parsed
            count += sum(1 for _ in statements(mask(text)))
            recognised += sum(1 for _ in simple_pieces(text))
    assert recognised > 0.95 * count > 1000


def test_what_turns_out_late_to_be_no_hcl_is_a_finding() -> None:
    from preprocessor.errors import InputError
    from preprocessor.syntax.hcl import HclError, Place
    from preprocessor.syntax.hcl.nodes import Block

    def broken() -> Body:
        raise HclError("'=' is not expected here", 3)

    block = Block("resource", ("a", "b"), broken, Place("main.tf"), 0, 1)
    with pytest.raises(InputError) as caught:
        _ = block.body
    (finding,) = caught.value.findings
    assert (finding.rule, finding.message) == ("syntax-error", "not HCL: '=' is not expected here")
    assert finding.location.path == "main.tf"
