"""HCL to nodes: values and exact places, whatever stands around them; and what is refused, where."""

from __future__ import annotations

import pytest

from preprocessor.syntax.hcl import Access, Call, Conditional, HclError, Literal, Object, Place, read_body

HEAD = '# "m-no" { [ (\n// 中文 😀 "\n/* m-no \n" */\n'


def value_of(text: str, name: str = "a") -> object:
    return read_body(text, Place("main.tf")).attributes[name].value


@pytest.mark.parametrize(
    ("written", "value", "inner"),
    [
        ('"m-1"', "m-1", "m-1"),
        ('"m-1" # "m-2"', "m-1", "m-1"),
        ('/* " */ "m-1" // "', "m-1", "m-1"),
        ('"中文😀"', "中文😀", "中文😀"),
        (r'"a\"b"', 'a"b', r"a\"b"),
        (r'"\\"', "\\", r"\\"),
        (r'"\u4f60\U0001F600\n\t\r"', "你😀\n\t\r", r"\u4f60\U0001F600\n\t\r"),
        ('"$${x} %%{y}"', "${x} %{y}", "$${x} %%{y}"),
        pytest.param('"' + "\\\\$${%%{" * 700 + '"', "\\${%{" * 700, "\\\\$${%%{" * 700, id="many-escapes"),
        ('"$x %y $"', "$x %y $", "$x %y $"),
        ('"# // /* <<EOT"', "# // /* <<EOT", "# // /* <<EOT"),
        ('""', "", ""),
        ("12.5e3", "12.5e3", "12.5e3"),
        ("true", "true", "true"),
        ('("m-1")', "m-1", "m-1"),
        ('(\n  # c\n  "m-1"\n)', "m-1", "m-1"),
        ("<<EOT\nm-1\nEOT", "m-1", "m-1"),
        ("<<EOT\r\nm-1\r\nEOT", "m-1", "m-1"),
        ("<<-EOT\n\t  m-1\n\t  EOT", "m-1", "m-1"),
        ("<<E\na\n  b\nE", "a\n  b", "a\n  b"),
        ("<<-E\n  a\n    b\n  E", "a\n  b", "a\n    b"),
        ("<<E\n$${x} \\n\nE", "${x} \\n", "$${x} \\n"),
        ("<<E\nE", "", ""),
        ("<<E\nEE\n E F\nE", "EE\n E F", "EE\n E F"),
    ],
)
def test_a_literal_and_its_place(written: str, value: str, inner: str) -> None:
    text = f"{HEAD}a = {written}\nb = 1\n"
    found = value_of(text)
    assert isinstance(found, Literal)
    assert found.value == value
    assert text[found.inner_start : found.inner_end] == inner


def test_null_is_no_value() -> None:
    found = value_of("a = null\n")
    assert isinstance(found, Literal)
    assert found.value is None


@pytest.mark.parametrize(
    "written",
    [
        '"m-1"',
        "<<EOT\nm-1\nEOT",
        "var.x",
        "var.x[0]",
        'x ? "a" : (\n  "b")',
        "!!x",
        "- -1",
        "(var.x)",
        "{ a = 1, b : 2 }",
        '[ "a", # c\n "b" ]',
        "f(1,\n 2)",
        "f([1]...)",
        "[for k, v in m : v if v]",
        "{ for k in m : k => k... }",
        'x.*.y[0].z.0["k"]',
        '"${var.x}"',
        '"${~ var.x ~}"',
        '"a ${f("}")} %{ if a == "b" ~} c %{ endif }"',
        "<<-E\n %{ for x in y ~}\n ${x}\n %{ endfor }\n E",
        "a == b && !c || d > 1",
        "变量",
        "provider::x::y(1)",
        "core::length([1])",
    ],
)
def test_the_whole_of_a_value(written: str) -> None:
    end = "" if written.startswith("<<") else "  # end"
    text = f"{HEAD}a   =\t{written}{end}\nb = 1 /* x */\n"
    attribute = read_body(text, Place("main.tf")).attributes["a"]
    assert text[attribute.start : attribute.end] == written
    assert attribute.value is attribute.value


def test_crlf_and_one_line_blocks() -> None:
    text = 'r "a" "b" { x = "m-1" }\r\nr "c" d {\r\n  y { x = "m-2" }\r\n}\r\n'
    body = read_body(text, Place("main.tf"))
    assert [(block.type, block.labels) for block in body.blocks] == [("r", ("a", "b")), ("r", ("c", "d"))]
    first = body.blocks[0].body.attributes["x"].value
    second = body.blocks[1].body.blocks[0].body.attributes["x"].value
    assert isinstance(first, Literal)
    assert isinstance(second, Literal)
    assert [text[node.start : node.end] for node in (first, second)] == ['"m-1"', '"m-2"']
    assert text[body.blocks[1].start : body.blocks[1].end] == 'r "c" d'


def test_kinds_of_expressions() -> None:
    conditional = value_of('a = b ? "x" : c.d\n')
    assert isinstance(conditional, Conditional)
    assert isinstance(conditional.no, Access)
    call = value_of('a = lookup(m, "k", "x")\n')
    assert isinstance(call, Call)
    assert (call.name, len(call.arguments), call.expanded) == ("lookup", 3, False)
    entries = value_of('a = { k = 1, "q" = 2, (n) = 3 }\n')
    assert isinstance(entries, Object)
    assert [type(key).__name__ for key, _ in entries.entries] == ["Literal", "Literal", "Name"]


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ('a = "x\nb = 1', 4, "this string is not closed on its line"),
        ('a = "x', 4, "this string is not closed on its line"),
        ('a = "x\\', 4, "this string is not closed on its line"),
        ("a = {", 4, "this '{' is never closed"),
        ("a = (1", 4, "this '(' is never closed"),
        ("a = ]", 4, "']' closes nothing"),
        ("a = (1]", 6, "found ']', expected ')'"),
        ('a = "${x"', 8, "this string is not closed on its line"),
        ('a = "${x]"', 8, "found ']', expected '}' to close the template"),
        ("a = /* x", 4, "this comment is never closed"),
        ("a = <<EOT\nx\n", 4, "this heredoc is never closed"),
        ("a = << EOT\nx\n", 4, "'<<' without a marker and a line break behind it"),
        ("a =\nb = 1", 3, "the line ends in the middle of something"),
        ("a = ", 4, "the text ends in the middle of something"),
        ("a = = 1", 4, "'=' is not expected here"),
        ("# 😀\na = “x”", 8, "'“' is not expected here"),
        ('a = "x" "y"', 8, "a string is not expected here"),
        ("a = [1 two]", 7, "'two' is not expected here"),
        ("a = 1 b = 2", 6, "a line break is missing before this"),
        ('r "a" {\n} b {}', 10, "a line break is missing before this"),
        (r'a = "x\q"', 6, r"'\q' is no escape"),
        ("a = 1\na = 2", 6, "the argument 'a' stands here a second time"),
        ('resource "x" "y" {\n  a = 1\n', 17, "this '{' is never closed"),
        ("a = " + "(" * 300 + ")" * 300, 204, "nested more than 200 levels deep"),
    ],
)
def test_what_is_refused_and_where(text: str, offset: int, message: str) -> None:
    with pytest.raises(HclError) as raised:
        read_body(text, Place("main.tf"))
    assert (raised.value.offset, raised.value.message) == (offset, message)


SIZE = 20_000


@pytest.mark.parametrize(
    ("start", "unit", "offset"),
    [
        ('a = "', "x", 4),
        ('a = "', '\\"', 4),
        ('a = "', "$", 4),
        ('a = "', "%", 4),
        ('a = "', "$${", 4),
        ('a = "', "\\\\", 4),
        ('a = "', "中😀", 4),
        ("a = <<EOT\n", "\n", 4),
        ("a = <<EOT\n", " \t", 4),
        ("a = <<EOT\n", "EOTx\n", 4),
        ("a = <<EOT\n", "EOT x\n", 4),
        ("/*", "*", 0),
        ("a = ", "(", 204),
        ("a = ", '"${', 301 + 3),
        ("", "[{", 200),
    ],
)
def test_long_text_that_is_never_closed_is_refused_at_its_start(start: str, unit: str, offset: int) -> None:
    """With a parser that tries every way through such text this test would not end."""
    with pytest.raises(HclError) as raised:
        read_body(start + unit * SIZE, Place("main.tf"))
    assert raised.value.offset == offset


def test_a_chain_of_any_length_is_read() -> None:
    found = value_of("a = x" + ".y" * 3000 + "\n")
    assert isinstance(found, Access)
    assert len(found.items) == 3000


def test_a_choice_nested_too_deeply_ends_in_something_computed() -> None:
    found = value_of("a = " + "x ? 1 : " * 1000 + "2\n")
    assert isinstance(found, Conditional)


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(HclError, match="more than the 2,097,152 that are read"):
        read_body("#" * (2 * 1024 * 1024 + 1), Place("main.tf"))
