"""The portal under load: an office day of 50 people in three minutes, with 100,000 incidents, on the real installation.

tests/production/stack.py: nginx with TLS, gunicorn, PostgreSQL, Redis, workers, beat, all on this machine, the people
too. Real sign-ins (password and code), then lists, filters, searches, incidents, reports; every mail is counted:

    .venv/bin/python -m benchmarks.load [--seconds 180] [--incidents 100000] [--people 50] [--rest 1.3]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.rows import Row, show

MOST_SPREAD, MOST_GROWTH = 5.0, 1.10  # p95 / p50; memory at the end / after half a minute
SIGNING_IN = 90  # seconds in which everybody arrives
PROCESSES = ("web", "worker", "long", "beat", "proxy", "postgresql", "redis")
PAGE = 4096


def measure(*, seconds: int = 180, incidents: int = 100_000, people: int = 50, rest: float = 1.3) -> list[Row]:
    """Build, let people work, count; prints the figures of each kind of request on the way."""
    from tests import servers
    from tests.production.stack import Stack

    servers.folder()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        kept = folder / "mails"
        kept.touch()
        sink = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.mail_sink", str(kept)], stdout=subprocess.PIPE, text=True
        )
        try:
            port = int(sink.stdout.readline())
            with Stack(folder / "run", smtp_port=port, web_workers=2) as stack:
                inside(stack, "grow", str(incidents), as_owner=True)
                asked = {"url": stack.url, "people": inside(stack, "users", str(people)), "seconds": seconds}
                asked |= {"rest": rest, "arrive": SIGNING_IN * people / 50}
                return _rows(stack, _watched(stack, asked), kept, f"{people} people, {incidents:,} incidents")
        finally:
            sink.terminate()
            sink.wait(10)


def inside(stack, *arguments: str, as_owner: bool = False):
    """The answer of benchmarks.load_people inside the installation."""
    environment = stack._as_owner() if as_owner else stack.environment
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load_people", *arguments],
        env=environment | {"DJANGO_SETTINGS_MODULE": "slt_portal.settings.production"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def _watched(stack, asked) -> dict:
    """What the people noted, with the memory of each process early and late, and how busy the machine was."""
    visitors = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load_visitors"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    visitors.stdin.write(json.dumps(asked))
    visitors.stdin.close()
    visitors.stdout.readline()  # "working"
    began, busy = time.monotonic(), _busy()
    time.sleep(min(30.0, asked["seconds"] / 2))
    early = memory(stack)
    time.sleep(max(0.0, began + asked["seconds"] - 2 - time.monotonic()))
    late, load = memory(stack), [now - then for now, then in zip(_busy(), busy, strict=True)]
    noted = json.loads(visitors.stdout.read())
    visitors.wait(10)
    return noted | {"early": early, "late": late, "busy": load[0] / sum(load), "seconds": asked["seconds"]}


def memory(stack) -> dict[str, int]:
    """Bytes of each kind of process: what it has alone, and its share of the files that several have in use.

    Without shared memory: PostgreSQL's cache fills until it is full, which is what it is for.
    """
    return {name: sum(map(_proportional, stack.pids(name))) for name in PROCESSES}


def _proportional(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    sizes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return 1024 * (sizes["Pss:"] - sizes["Pss_Shmem:"])


def _busy() -> tuple[int, int]:
    """Ticks in which the machine's processors worked and waited, since it was started."""
    user, nice, system, idle, waits, *others = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8])
    return user + nice + system + sum(others), idle + waits


def _rows(stack, seen, kept, size) -> list[Row]:
    errors = [error for _, _, error in (*seen["sign_ins"], *seen["noted"]) if error]
    for group in ("sign_ins", "noted"):
        sys.stderr.write(_of_each_kind(seen[group]))
    times = [seconds for _, seconds, _ in seen["noted"]]
    sys.stderr.write(
        f"{len(times) / seen['seconds']:.1f} requests a second, the machine busy for {seen['busy']:.0%} of the time\n"
    )
    for name in PROCESSES:
        early, late = seen["early"][name], seen["late"][name]
        sys.stderr.write(f"  memory of {name:10} {early / 2**20:6.0f} -> {late / 2**20:6.0f} MiB\n")
    for error in sorted(set(errors))[:10]:
        sys.stderr.write(f"  error: {error}\n")
    truth, arrived = _emptied(stack, kept)
    lost = len(set(seen["filed"]) - set(truth["submissions"]))
    sent = truth["messages"].get("sent", 0)
    sys.stderr.write(f"{len(seen['filed'])} reports filed, {sent} messages sent, {arrived} mails arrived\n")
    grown = max(seen["late"][name] / seen["early"][name] for name in PROCESSES)
    return [
        Row("load: errors", size, len(errors), 0, "errors"),
        Row("load: slow requests, p95", size, _spread(times), MOST_SPREAD, base="p50"),
        Row("load: memory at the end, largest growth", size, grown, MOST_GROWTH, base="after 30 s"),
        Row("load: reports lost", size, lost, 0, "reports"),
        Row("load: mails sent but not arrived", size, abs(sent - arrived), 0, "mails"),
    ]


def _spread(times):
    return _percentile(times, 95) / statistics.median(times)


def _percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share / 100))]


def _of_each_kind(noted) -> str:
    kinds = defaultdict(list)
    for kind, seconds, error in noted:
        kinds[kind].append((seconds, error))
    lines = []
    for kind, seen in sorted(kinds.items()):
        times, failed = [seconds for seconds, _ in seen], sum(bool(error) for _, error in seen)
        lines.append(
            f"  {kind:14}{len(seen):6} requests   p50 {statistics.median(times) * 1000:6.0f} ms   "
            f"p95 {_percentile(times, 95) * 1000:6.0f} ms   {_spread(times):4.1f} x   {failed} errors\n"
        )
    return "".join(lines)


def _emptied(stack, kept) -> tuple[dict, int]:
    """What the database says once nothing waits any more, and how many mails came."""
    from benchmarks.outbox import stored

    deadline = time.monotonic() + 120
    while True:
        truth = inside(stack, "truth")
        if not {"queued", "sending"} & set(truth["messages"]) or time.monotonic() > deadline:
            return truth, len(stored(kept))
        time.sleep(2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument(
        "--rest", type=float, default=1.3, help="seconds between two requests of one person, on average"
    )
    show(measure(**vars(parser.parse_known_args()[0])))


if __name__ == "__main__":
    main()
