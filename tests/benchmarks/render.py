"""Renders real templates for 30 regions and compares with copying the result and with load and dump.

    REGION_IMAGE_CORPUS=/path/to/templates python -m tests.benchmarks.render [--copies N] [--rounds N]

Everything happens on a memory-backed file system, in one run; the least of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessor import scan

if TYPE_CHECKING:
    from collections.abc import Callable

REGIONS = [f"xx-region-{number:02d}" for number in range(30)]


def project(corpus: Path, folder: Path, copies: int) -> None:
    """Write a project that binds every static value of every template."""
    templates = sorted(path for path in corpus.rglob("*") if path.suffix in (".yml", ".yaml"))
    (folder / "templates").mkdir()
    for copy in range(copies):
        for number, path in enumerate(templates):
            shutil.copyfile(path, folder / "templates" / f"{copy}-{number:04d}-{path.name}")
    values = {step.value for found in scan([str(corpus)]).fields for step in found.field.literals}
    images = {region: f"m-{number:020d}" for number, region in enumerate(REGIONS)}
    (folder / "map.json").write_text(
        json.dumps({"version": 1, "artifacts": {"any": {"versions": {"1": {"images": images}}}}})
    )
    bindings = {
        "version": 1,
        "artifact_map": "map.json",
        "bind": [{"image": value, "artifact": "any"} for value in sorted(map(str, values))],
        "templates": [{"path": "templates/*"}],
    }
    (folder / "image-bindings.yaml").write_text(json.dumps(bindings))


def least(rounds: int, work: Callable[[], object], clean: Callable[[], object]) -> float:
    """Return the least time in seconds that `work` takes from start to exit."""
    times = []
    for _ in range(rounds):
        clean()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def load_and_dump(folder: Path) -> None:
    """Load and dump each template once, as a tool that re-serialises would for each region."""
    script = (
        "import pathlib, sys\nfrom ruamel.yaml import YAML\nfrom ruamel.yaml.error import YAMLError\n"
        "yaml = YAML()\nyaml.preserve_quotes = True\nyaml.width = 4096\n"
        "for path in sorted(pathlib.Path('templates').iterdir()):\n"
        "    try:\n        tree = yaml.load(path.read_bytes())\n"
        "    except YAMLError:\n        continue\n"
        "    with open('copy.tmp', 'wb') as stream:\n        yaml.dump(tree, stream)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=1, help="how many times the templates are taken")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--no-dump", action="store_true", help="leave out the load and dump, which takes a minute"
    )
    options = parser.parse_args()
    corpus = Path(os.environ["REGION_IMAGE_CORPUS"])
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        folder = Path(name)
        project(corpus, folder, options.copies)
        render = [sys.executable, "-m", "preprocessor", "render", "-q"]

        def run(*command: str) -> None:
            subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)

        def forget(tree: str) -> Callable[[], None]:
            return lambda: shutil.rmtree(folder / tree, ignore_errors=True)

        rendered = least(options.rounds, lambda: run(*render), forget("dist"))
        alone = least(options.rounds, lambda: run(*render, "--jobs", "1"), forget("dist"))
        copied = least(options.rounds, lambda: run("cp", "-r", "dist", "copy"), forget("copy"))
        again = least(options.rounds, lambda: run(*render), lambda: None)
        files = [path for path in (folder / "dist").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        print(f"{len(files):,} files, {size / 1e6:,.0f} MB")
        print(f"cp -r                  {copied:6.2f} s   1.00")
        print(f"render                 {rendered:6.2f} s   {rendered / copied:.2f}")
        print(f"render --jobs 1        {alone:6.2f} s   {alone / copied:.2f}")
        print(f"render, nothing to do  {again:6.2f} s   {again / copied:.2f}")
        if not options.no_dump:
            dumped = least(1, lambda: load_and_dump(folder), lambda: None)
            each = dumped * len(REGIONS)
            print(
                f"ruamel load and dump   {dumped:6.2f} s for one region, {each:.0f} s for 30: {each / rendered:.0f} renders"
            )


if __name__ == "__main__":
    main()
