"""How long Terraform modules take: scan and render against python-hcl2 reading and writing the same files.

Run it as `python -m tests.benchmarks.terraform [FOLDER]`; FOLDER, or REGION_IMAGE_CORPUS, holds real ROS
templates, whose Terraform files are read too. Figures go to standard output. Nothing here fails.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessor import render, scan
from preprocessor.syntax.hcl import HclError, Place, read_body

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = 1000
SIZE = 2_000_000
"""Characters of an adversarial text."""

OUTPUTS = "".join(
    f'output "name_{number}" {{\n  description = "Name {number}"\n  value       = alicloud_vpc.main.vpc_name\n}}\n\n'
    for number in range(6)
)


def module(number: int, with_image: bool) -> dict[str, str]:
    """Return the five files of a module."""
    rng = random.Random(number)
    image = (
        f'resource "alicloud_instance" "web" {{\n  count         = var.machines\n'
        f'  instance_name = "web-${{count.index}}"\n'
        f"  image_id      = {rng.choice(['var.image_id', 'local.images[var.region]', chr(34) + 'm-old' + chr(34)])}\n"
        f"  user_data = <<-EOT\n    #!/bin/sh\n    echo ${{var.region}}\n  EOT\n}}\n"
    )
    rules = "".join(
        f'resource "alicloud_security_group_rule" "rule_{port}" {{\n  type              = "ingress"\n'
        f'  ip_protocol       = "tcp" # {port}\n  port_range        = "{port}/{port}"\n'
        f"  security_group_id = alicloud_security_group.main.id\n}}\n\n"
        for port in range(8000, 8008)
    )
    return {
        "main.tf": (image if with_image else "") + rules,
        "network.tf": 'resource "alicloud_vpc" "main" {\n  vpc_name   = "main"\n  cidr_block = "10.0.0.0/8"\n}\n\n'
        'resource "alicloud_security_group" "main" {\n  vpc_id = alicloud_vpc.main.id\n}\n',
        "variables.tf": 'variable "image_id" {\n  type    = string\n  default = "m-old"\n}\n\n'
        'variable "region" {\n  type = string\n}\n\nvariable "machines" {\n  default = 2\n}\n\n'
        'locals {\n  images = { cn-beijing = "m-old", cn-hangzhou = "m-old" }\n}\n',
        "outputs.tf": OUTPUTS,
        "terraform.tfvars": f'region = "cn-beijing"\nmachines = {number}\n',
    }


def timed(what: str, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    print(f"{what:58} {seconds:8.2f} s  {found if found is not None else ''}")
    return seconds


def rewritten(texts: list[str]) -> str:
    """Read and write texts with python-hcl2, as a tool that loads and dumps does."""
    import hcl2

    failed = 0
    for text in texts:
        try:
            hcl2.dumps(hcl2.loads(text))
        except Exception:  # noqa: BLE001 - of whatever kind, it cannot do this file
            failed += 1
    return f"{len(texts)} files, {failed} of them fail"


def generated() -> None:
    texts = []
    for number in range(MODULES):
        for name, text in module(number, number % 3 == 0).items():
            path = Path("modules", f"m{number:04}", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            texts.append(text)
    size = sum(map(len, texts))
    print(f"{MODULES} modules, {len(texts)} files, {size / 1e6:.1f} MB")
    Path("map.json").write_text(
        '{"version": 1, "artifacts": {"web": {"default": "1", "versions": {"1": {"kind": "custom", "images": '
        '{"cn-beijing": "m-2zenew", "cn-hangzhou": "m-bp1new", "us-west-1": "m-rj9new"}}}}}}'
    )
    Path("image-bindings.yaml").write_text(
        "version: 1\nartifact_map: map.json\nbind: [{image: m-old, artifact: web}]\ntemplates: [{path: modules/*}]\n"
    )
    here = timed("scan", lambda: f"{len(scan(['modules'], bindings='image-bindings.yaml').fields)} fields")
    timed("render, three regions", lambda: f"{len(render().written)} files")
    there = timed("python-hcl2 loads + dumps", lambda: rewritten(texts))
    print(f"scan takes {here / there:.3f} of it\n")


def real(corpus: str) -> None:
    from preprocessor.files import read_source
    from preprocessor.syntax import Mapping, parse, plain

    texts: list[str] = []
    for path in sorted(Path(corpus).rglob("*.y*ml")):
        source = read_source(str(path))
        root = parse(source).root if "Aliyun::Terraform" in source.text else None
        files = plain(root.get("Workspace")) if isinstance(root, Mapping) else None
        if isinstance(files, dict):
            texts.extend(str(text) for name, text in files.items() if name.endswith(".tf"))
    print(f"{len(texts)} real files, {sum(map(len, texts)) / 1e6:.1f} MB")

    def read_all() -> None:
        for text in texts:
            read_body(text, Place("main.tf"))

    here = timed("read with places", read_all)
    there = timed("python-hcl2 loads + dumps", lambda: rewritten(texts))
    print(f"reading takes {here / there:.3f} of it\n")


def adversarial() -> None:
    units = {
        "unclosed string": ('a = "', "x"),
        "unclosed string of escaped quotes": ('a = "', '\\"'),
        "unclosed string of $": ('a = "', "$"),
        "unclosed string of %": ('a = "', "%"),
        "unclosed string of $${": ('a = "', "$${"),
        "unclosed templates": ("a = ", '"${'),
        "unclosed heredoc of blank lines": ("a = <<EOT\n", "\n"),
        "unclosed heredoc of blanks": ("a = <<EOT\n", " \t"),
        "unclosed heredoc of near markers": ("a = <<EOT\n", "EOTx\n"),
        "heredocs of many markers": ("", "a = <<E1\nx\nE1\n"),
        "unclosed comment": ("/*", "*"),
        "unclosed parentheses": ("a = ", "("),
        "unclosed blocks": ("", "a {\n"),
    }
    slowest = 0.0
    for what, (start, unit) in units.items():

        def refused(text: str = start + unit * (SIZE // len(unit))) -> str:
            try:
                read_body(text, Place("main.tf"))
            except HclError as error:
                return error.message
            return "read"

        slowest = max(slowest, timed(f"{what}, {SIZE:,} characters", refused))
    print(f"slowest {slowest:.3f} s")


def main() -> None:
    """Run the benchmarks in a temporary folder, on a memory-backed file system where there is one."""
    corpus = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REGION_IMAGE_CORPUS")
    corpus = os.path.abspath(corpus) if corpus else None
    read_body("a = 1\n", Place("main.tf"))
    base = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        os.chdir(folder)
        generated()
        if corpus:
            real(corpus)
        adversarial()
        os.chdir("/")


if __name__ == "__main__":
    main()
