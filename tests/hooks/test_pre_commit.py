"""The hooks as pre-commit runs them: installed from a tag of this project, in a fresh repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks.helpers import CUSTOM, ROS_YAML, binding_file
from tests.projects import MAP

pytest.importorskip("pre_commit")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
CONFIGURATION = """\
repos:
  - repo: {project}
    rev: v0.0.1
    hooks:
      - id: region-image-check
      - id: region-image-project
      - id: region-image-render
"""


def call(*command: str, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT if home is None else {**ENVIRONMENT, "PRE_COMMIT_HOME": str(home)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def git(*arguments: str, cwd: Path) -> str:
    done = call("git", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with this project's files, tagged as a release is."""
    folder = tmp_path_factory.mktemp("project")
    listed = call("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git("init", "-q", ".", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "-qm", "release", cwd=folder)
    git("tag", "v0.0.1", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """Where pre-commit keeps its environments, with the hooks' environment made."""
    home = tmp_path_factory.mktemp("pre-commit")
    repository = tmp_path_factory.mktemp("first")
    git("init", "-q", ".", cwd=repository)
    (repository / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(project=project))
    done = call(sys.executable, "-m", "pre_commit", "install-hooks", cwd=repository, home=home)
    if "No matching distribution found" in done.stdout:
        pytest.skip("the package index that the hooks' environment is installed from is out of reach")
    assert done.returncode == 0, done.stdout
    return home


def test_commits_of_a_project(project: Path, home: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git("init", "-q", ".", cwd=repository)
    files = {
        ".pre-commit-config.yaml": CONFIGURATION.format(project=project),
        "artifact-map.yaml": MAP,
        "image-bindings.yaml": binding_file("{image: my-app, artifact: web}", path="templates/web.yaml"),
        "templates/web.yaml": ROS_YAML.literal("my-app"),
        "docker-compose.yaml": "services: {web: {image: nginx}}\n",
    }

    def write(changed: dict[str, str]) -> None:
        for name, text in changed.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text)
        git("add", "-A", cwd=repository)

    def hooks() -> tuple[int, list[str]]:
        done = call(sys.executable, "-m", "pre_commit", "run", cwd=repository, home=home)
        lines = [line for line in done.stdout.splitlines() if line.startswith("region-image ")]
        return done.returncode, [line.rsplit(".", 1)[1] for line in lines]

    # The first render writes the variants, so the commit stops; with them it passes.
    write(files)
    assert hooks() == (1, ["Passed", "Passed", "Failed"])
    write({})
    assert hooks() == (0, ["Passed", "Passed", "Passed"])
    git("commit", "-qm", "first", "--no-verify", cwd=repository)

    # A custom image that nothing binds, in a template that no binding file lists.
    write({"other.yaml": ROS_YAML.literal(CUSTOM)})
    done = call(sys.executable, "-m", "pre_commit", "run", "region-image-check", cwd=repository, home=home)
    assert done.returncode == 1
    assert "error[unbound-image]" in done.stdout
    assert "--> other.yaml:6:16" in done.stdout
    write({"other.yaml": ROS_YAML.literal("centos_7")})
    assert hooks() == (0, ["Passed", "(no files to check)Skipped", "Passed"])
    git("commit", "-qm", "second", "--no-verify", cwd=repository)

    # A map that lost a region: the template did not change, and still it is told.
    git("rm", "-q", "-r", "--cached", "dist", cwd=repository)
    write({"artifact-map.yaml": MAP.replace("          cn-beijing: m-2zexxxxxxxxxxxxxxxxx\n", "")})
    status, states = hooks()
    assert (status, states[:2]) == (1, ["(no files to check)Skipped", "Failed"])


def test_a_list_that_is_split_finds_the_same(project: Path, home: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git("init", "-q", ".", cwd=repository)
    (repository / ".pre-commit-config.yaml").write_text(
        CONFIGURATION.format(project=project).split("      - id: region-image-project")[0]
    )
    for number in range(120):
        folder = repository / f"{'x' * 60}{number}"
        folder.mkdir()
        (folder / "web.yaml").write_text(ROS_YAML.literal(CUSTOM if number % 40 == 0 else "centos_7"))
    git("add", "-A", cwd=repository)
    done = call(sys.executable, "-m", "pre_commit", "run", cwd=repository, home=home)
    assert done.returncode == 1
    assert done.stdout.count("error[unbound-image]") == 3
