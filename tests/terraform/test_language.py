"""What Terraform accepts is accepted here, in every corner of its language; Terraform itself is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from preprocessor.syntax.hcl import HclError, Place, read_body

ACCEPTED = (
    'a "b" "c" {}', "a b c {}", "a { b = 1 }", "a {\n}", "a = {}", "a = { b = 1, c = 2 }", "a = { b = 1\n c = 2 }",
    'a = { "b": 1, }', "a = [\n1,\n2,\n]", "a = f()", "a = f(1, 2,)", "a = f(\n1\n,2\n)", "a = f([1]...)",
    'a = x["a"].b[0].c', "a = x.*.y", "a = x[*].y.z", "a = x.0.y", "a = x . y", "a = - 1", "a = !!x", "a = - -1",
    "a = (1 +\n2)", "a = x ? y : z", "a = (x\n? y\n: z)", "a = x ? y : x ? y : z", "a = 1.5e3", 'a = "${x}"',
    'a = "${x ? "a" : "b"}"', 'a = "%{ if x }a%{ else }b%{ endif }"', 'a = "%{ for x in y ~}${x}%{ endfor }"',
    'a = "${~ x ~}"', 'a = "$${x} $x %%{y} 100% $"', r'a = "\u4f60 \" \\ \t"', "a = <<EOT\nx\nEOT\n",
    "a = <<-EOT\n  ${x}\n  %{ if y }\n  %{ endif }\n  EOT\n", "a = <<EOT\nx\n  EOT\n", "a = <<EOT\nEOT\n",
    "a = [<<EOT\nx\nEOT\n, 1]", "a = f(<<EOT\nx\nEOT\n)", "a = { b = <<EOT\nx\nEOT\n}", 'a = "${<<EOT\nx\nEOT\n}"',
    "a = [for x in y : x if x]", "a = { for k, v in y : k => v... if k }", "a = [\nfor x in y :\nx\n]",
    "a = {\nfor k in y :\nk => k\n}", "/* c */ a = /* c */ 1 /* c\n*/", "a = [ # c\n1, // c\n/* c */ 2\n]",
    "中文 = 变量", "a-b--c = 1", "_a = 1", "for = 1\nif = 2\nin = 3\nnull = 4\ntrue = 5", "a = x.for",
    'for "x" {}', "a = { if = 1, in = 2, null = 3 }", "a = provider::x::y(1)", "a = core::length(x)", "a = ((1))",
    'a = { (b) = 1, "${b}" = 2, "b${c}" = 3, 1 = 4 }', 'a = x[y[0]].z[*].w["q"]', 'a = "x"[0]', "a = {a=1}.a",
    "a = f()[0].x", 'a = "a" == "b" && !c || d >= 1', "a = x%2-3", "a = x?1:2", "\ta   =\t1", "a = 1\r\nb {\r\n}\r\n",
    "a {\n\n b = 1\n}", "\n\n# c", "a = {\n # c\n b = 1, # c\n\n c = 2\n}", "a = [[1],[{a=1}]]",
    "a = f(x, {\na = 1\nb = 2\n})", "a = x ? {\n b = 1\n} : [\n2]", 'a = "${f("${x}")}"', "a = 5 -3",
    'a = f (1)\nb = x [0]', 'a = x ? "a" : null # c', 'a = "# // /* c"', "a = f(\n# c\n1 # d\n)", "a = [\n\n]",
    'a = "$$$${x}"', "a = -(x)", "import {\n to = a.b\n}", 'a = "${x}${y}"', "a { b = [\n1] }",
)  # fmt: skip

REFUSED = (
    "a", "a =", "a =\n1", "a {", "a = {", "a = ]", "a = (1]", 'a = "x', 'a = "x\ny"', 'a = "${x"', "a = <<EOT\nx\n",
    "/* x", "a = = 1", "a = “x”", "a = 'x'", 'a = "x" "y"', "a = [1 2]", "a = { b 1 }", "a = f(,)", "a = x;",
    "a = 1 b = 2", "a {} b {}", r'a = "\q"', "1a = 1", "a, b = 1", "a = 1, b = 2", 'a = "%{"', "a\n= 1",
)  # fmt: skip


def accepts(text: str) -> bool:
    try:
        for attribute in read_body(text, Place("main.tf")).attributes.values():
            assert attribute.value is not None
    except HclError:
        return False
    return True


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_is_accepted(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    assert not accepts(text)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform here")
@pytest.mark.parametrize("texts", [ACCEPTED, REFUSED])
def test_terraform_says_the_same(texts: tuple[str, ...]) -> None:
    Path("all").mkdir()
    for number, text in enumerate(texts):
        ending = "" if text.endswith("\n") else "\n"
        Path("all", f"n{number}.tf").write_bytes((text + ending).encode())
    done = subprocess.run(
        [str(shutil.which("terraform")), "fmt", "-write=false", "-list=false", "-no-color", "all"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull},
    )
    refused = [text for number, text in enumerate(texts) if f"all/n{number}.tf line" in done.stderr]
    assert refused == (list(texts) if texts is REFUSED else [])
