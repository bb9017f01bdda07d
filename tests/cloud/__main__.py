"""`python -m tests.cloud SEED [-- COMMAND...]`: start the emulator, and run a command against it.

Without a command it goes on until it is interrupted, and prints what a shell has to know to use it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from tests.cloud import seed
from tests.cloud.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the emulator; return the command's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    parser.add_argument("seed", help="a YAML file with accounts, images, products and artifacts")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=200.0, help="emulated seconds per second")
    own, command = list(arguments), []
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1 :]
    options = parser.parse_args(own)
    with Emulator(speed=options.speed, port=options.port) as cloud, tempfile.TemporaryDirectory() as home:
        accounts = seed.sow(cloud.world, seed.load(options.seed))
        # A home of its own: the emulator's keys are the only ones that can be found.
        environment = {
            **cloud.environment(accounts[0]),
            "HOME": home,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }
        if command:
            status = subprocess.run(
                command, env={**_without_proxies(), **environment}, check=False
            ).returncode
            print(f"calls: {dict(cloud.count())}", file=sys.stderr)
            return status
        for name, value in environment.items():
            print(f"export {name}={value}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


def _without_proxies() -> dict[str, str]:
    """Return the environment; a proxy cannot reach the loopback of this machine."""
    return {
        name: value for name, value in os.environ.items() if name.lower() not in ("http_proxy", "https_proxy")
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
