"""Child processes that are watched: started, started again when they die, ended together, never left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0


def _end_with(parent: int) -> Callable[[], None]:
    """What a child runs before its program: ask the kernel to be killed when its parent is (Linux only)."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def ask() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the call above
            os._exit(1)

    return ask


@dataclass
class Child:
    """One program that should always run; its output goes to a log file."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    failures: int = 0
    started_at: float = 0.0
    start_again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the program in a session of its own: Ctrl-C reaches the watcher, which ends the children in order."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # safe here: the watcher has one thread
            )
        self.started_at = time.monotonic()

    def watch(self, say: Callable[[str], None]) -> None:
        """Note a death and start the program again after a pause that doubles with each death in a row."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.failures = 1 if now - self.started_at > STEADY_AFTER else self.failures + 1
            pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE)
            self.start_again_at = now + pause
            say(f"{self.name} ended (status {self.process.returncode}), again in {pause:.0f} s; see {self.log}")
            self.process = None
        elif self.process is None and now >= self.start_again_at:
            self.start()


def end(children: list[Child], *, patience: float) -> None:
    """Ask all children to finish what they do, wait, and kill those that have not ended in `patience` seconds."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + patience
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
