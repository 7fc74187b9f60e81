"""The Makefile's set-up steps: quick and silent the second time, one sentence when something is missing."""

import os
import re
from pathlib import Path

import pytest

from tests.infrastructure.commands import REPOSITORY, run


def test_help_lists_every_target():
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    listed = {line.split()[1] for line in run("make", "help").stdout.splitlines()}
    assert targets == listed


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["tests"]], ids=["run", "tests"])
def test_installed_again_without_a_network(arguments):
    if not (REPOSITORY / ".venv" / "installed-tests").exists():
        pytest.skip("this .venv was not made by bin/install")
    result = run("bin/install", *arguments, PIP_INDEX_URL="http://127.0.0.1:1/", PIP_NO_CACHE_DIR="1", timeout=10)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_missing_packages_are_named_when_they_cannot_be_installed(tmp_path):
    somebody = tmp_path / "id"
    somebody.write_text("#!/bin/sh\necho 1000\n")
    somebody.chmod(0o755)
    result = run("bin/packages", "redis-server", "gettext", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "sudo apt-get install redis-server gettext" in result.stderr


@pytest.mark.parametrize("script", sorted(path.name for path in (REPOSITORY / "bin").iterdir()))
def test_script_is_executable_and_stops_at_the_first_error(script):
    path = Path(REPOSITORY / "bin" / script)
    assert os.access(path, os.X_OK)
    assert "\nset -euo pipefail\n" in path.read_text()


def test_continuous_integration_runs_the_tests():
    text = (REPOSITORY / ".ci" / "run").read_text()
    assert "make test" in text
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)
