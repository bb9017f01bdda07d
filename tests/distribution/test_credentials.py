"""Credentials appear nowhere: not on the terminal, not in the journal, not in the map."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from preprocessor.distribution.credentials import redact
from tests.cloud import Fault
from tests.distribution.conftest import QUICK, Environment, Lab, write_profiles

KEY, SECRET, TOKEN = "STS.NVeryUniqueKeyId", "very-unique-secret", "very-unique-session-token/+="


def run(lab: Lab, shell: Environment, *arguments: str, **more: str) -> tuple[int, str]:
    """Run a command in a process of its own; return its status and everything it said."""
    command = [sys.executable, "-m", "preprocessor", *arguments]
    done = subprocess.run(
        command, env={**shell(lab), **more}, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def secret(live: Lab) -> Lab:
    """A cloud whose account has a session token, all three with values that occur nowhere else."""
    del live.cloud.world.accounts[live.owner.key]
    live.owner = live.cloud.world.account(live.owner.id, KEY, SECRET, TOKEN)
    write_profiles(os.environ["HOME"], publisher=live.publisher)
    return live


@pytest.mark.parametrize("verbose", ["-q", "-v", "-vv"])
def test_of_a_run_with_trouble(secret: Lab, shell: Environment, verbose: str) -> None:
    secret.spec("cn-beijing, cn-shanghai", "distributor: {profile: publisher}")
    echo = (
        f"Bad key {KEY} with {SECRET} and {TOKEN}. server string to sign is:POST x-acs-security-token:{TOKEN}"
    )
    secret.cloud.faults.append(
        Fault("DescribeImages", "error", code="Throttling.User", message=echo, times=2)
    )
    secret.cloud.faults.append(Fault("CopyImage", "error", code="Forbidden.RAM", message=echo, skip=1))
    said = [
        run(secret, shell, "distribute", "--plan", *QUICK, verbose),
        run(secret, shell, "distribute", *QUICK, verbose, DEBUG="sdk"),
        run(secret, shell, "distribute", *QUICK, verbose, "--format", "json"),
        run(secret, shell, "map", "verify", verbose),
    ]
    assert [status for status, _ in said] == [0, 1, 0, 0]
    files = {name: Path(name).read_text() for name in os.listdir(".")}
    assert set(files) == {"artifacts.yaml", "artifact-map.yaml", "artifact-map.journal.jsonl"}
    everything = "\n".join([*(text for _, text in said), *files.values()])
    for word in (KEY, SECRET, TOKEN, "publisher-key", "Signature="):
        assert word not in everything


def test_of_a_refused_signature(secret: Lab, shell: Environment) -> None:
    """The service answers with what it signed, the session token included."""
    secret.spec()
    secret.cloud.world.accounts[KEY].secret = "another"
    environment = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
    status, text = run(secret, shell, "distribute", "-vv", **environment)
    assert status == 3
    assert "Specified signature is not matched with our calculation (SignatureDoesNotMatch)" in text
    for word in (KEY, SECRET, TOKEN, "string to sign"):
        assert word not in text


def test_the_keys_of_all_accounts_are_struck_out(lab: Lab) -> None:
    from preprocessor.distribution.client import Account

    Account(None)
    Account("publisher")
    text = "no owner-key-id, no owner-key-secret, no publisher-key-id, no publisher-key-secret"
    assert redact(text) == "no ***, no ***, no ***, no ***"
