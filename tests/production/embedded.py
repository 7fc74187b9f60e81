"""The embedded way to run, as a person starts it: one `manage.py serve` with its children."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.infrastructure.commands import REPOSITORY, clean_environment
from tests.infrastructure.test_serve import alive, descendants, free_port, wait_until

CHILDREN = {"web": "gunicorn", "worker": " worker ", "beat": " beat "}


class Embedded:
    """A portal on a data folder of its own, migrated, sending to an SMTP server; `kill` ends one of its processes."""

    def __init__(self, folder: Path, *, smtp_port: int, settings: dict[str, str]):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environment = clean_environment(
            PORT=str(port),
            SLT_DATA_DIR=str(folder),
            SLT_TEST_SMTP_PORT=str(smtp_port),
            DJANGO_SETTINGS_MODULE="tests.production.embedded_with_smtp",
            **settings,
        )
        folder.mkdir(exist_ok=True)
        self.output = folder / "output"
        self._manage("migrate")
        self._manage("collectstatic", "--noinput")
        self._serve: subprocess.Popen | None = None

    def __enter__(self) -> "Embedded":
        self.start("serve")
        wait_until(lambda: "The portal runs at" in self.output.read_text(), seconds=60)
        return self

    def __exit__(self, *_error) -> None:
        self._serve.terminate()
        self._serve.wait(30)

    def _manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments, "--verbosity", "0"]
        subprocess.run(command, cwd=REPOSITORY, env=self.environment, capture_output=True, check=True)

    def start(self, name: str) -> None:
        """Start `serve` again after it was killed; its children it starts itself."""
        if name == "serve":
            with self.output.open("ab") as output:
                self._serve = subprocess.Popen(
                    [sys.executable, "manage.py", "serve"],
                    cwd=REPOSITORY,
                    env=self.environment,
                    stdout=output,
                    stderr=output,
                )

    def kill(self, name: str) -> None:
        """SIGKILL to this process and those below it, or to nobody if it is not there just now."""
        if name == "serve":
            below = descendants(self._serve.pid)
            self._serve.kill()
            self._serve.wait()
            wait_until(lambda: not any(map(alive, below)), seconds=10)
            return
        for pid, command in descendants(self._serve.pid).items():
            if CHILDREN[name] in command:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
