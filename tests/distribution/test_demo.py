"""The demo runs as it stands in the samples, and prints what stands beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "samples" / "distribution"


def test_from_an_image_in_one_region_to_a_rendered_template() -> None:
    before = sorted(os.listdir(SAMPLE))
    done = subprocess.run(
        ["bash", str(SAMPLE / "demo.sh")],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, (SAMPLE / "demo.txt").read_text())
    assert sorted(os.listdir(SAMPLE)) == before


def test_the_manual_shows_what_the_demo_prints() -> None:
    root = SAMPLE.parents[1]
    demo = f"```console\n{(SAMPLE / 'demo.txt').read_text()}```"
    manuals = [*root.glob("README*.md"), *root.glob("docs-distribution.*.md")]
    assert sum(demo in manual.read_text("utf-8") for manual in manuals) == 2
