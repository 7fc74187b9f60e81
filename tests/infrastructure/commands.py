"""Running the project's commands as a person would: another process, an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def clean_environment(**values: str) -> dict[str, str]:
    """The environment without anything that configures the portal or the tests, and `values`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        # MAKE*: these tests themselves run under `make test`, and an inner make would say more for that.
        if not name.startswith(("SLT_", "DJANGO_", "PYTEST_", "MAKE", "MFLAGS")) and name != "PORT"
    }
    return kept | values


def run(*command: str, cwd: Path = REPOSITORY, timeout: float = 60, **values: str) -> subprocess.CompletedProcess:
    """Run a command to its end; both outputs as text."""
    environment = clean_environment(**values)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def manage(*arguments: str, **values: str) -> subprocess.CompletedProcess:
    """Run manage.py to its end."""
    return run(sys.executable, "manage.py", *arguments, **values)
