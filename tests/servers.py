"""Private throw-away PostgreSQL and Redis for a test run.

The settings for tests ask here for addresses. The first process that asks (pytest, or the controller of xdist) starts
the server and leaves the address in its environment, where workers and subprocesses find it. The servers end with that
process: normally at exit, and through the kernel's parent-death signal when it is killed.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

USER = "slt"  # the superuser
OWNER = "slt_tests"  # of the databases of tests, who is none: row-level security would not be binding on the other
POSTGRESQL_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",  # compiling, like looking for the best order of many joins, takes longer than any query of a test
    "join_collapse_limit": "4",
    "update_process_title": "off",
    "track_activities": "off",
    "track_counts": "off",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",  # a container's /dev/shm may be too small for parallel queries
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that it goes with it
    "timezone": "UTC",
}


def folder() -> Path:
    """The folder of this run; every process of the run has the same, the one that made it removes it."""
    if "SLT_TEST_FOLDER" not in os.environ:
        base = _fast_folder()
        _remove_left_over(base)
        # Short (a socket's path has 107 characters at most), and open to the user PostgreSQL runs as.
        made = Path(tempfile.mkdtemp(prefix=f"slt-test-{os.getpid()}-", dir=base))
        made.chmod(0o711)
        os.environ["SLT_TEST_FOLDER"] = str(made)
        _at_exit(lambda: shutil.rmtree(made, ignore_errors=True))
    return Path(os.environ["SLT_TEST_FOLDER"])


def postgresql() -> dict[str, str]:
    """Where PostgreSQL listens, as keys of Django's DATABASES; started at the first call."""
    if "SLT_TEST_POSTGRESQL" not in os.environ:
        os.environ["SLT_TEST_POSTGRESQL"] = _start_postgresql()
    name = OWNER if os.environ.get("SLT_TEST_WALL") else USER
    return {"HOST": os.environ["SLT_TEST_POSTGRESQL"], "PORT": "5432", "USER": name}


def redis() -> str:
    """The URL of Redis, without a database number; started at the first call."""
    if "SLT_TEST_REDIS" not in os.environ:
        os.environ["SLT_TEST_REDIS"] = _start_redis()
    return os.environ["SLT_TEST_REDIS"]


def make_cluster(place: Path, *, auth: tuple[str, ...] = ("--auth=trust",)) -> None:
    """Make a folder with a new PostgreSQL cluster, superuser USER, to be run by run_postgresql."""
    place.mkdir(mode=0o700)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = _postgresql_owner()
        os.chown(place, owner.pw_uid, owner.pw_gid)
    initdb = [postgresql_programs() / "initdb", "-D", place / "data", "-U", USER, *auth]
    initdb += ["--encoding=UTF8", "--locale=C.UTF-8", "-N"]
    made = subprocess.run(["setpriv", *_identity(), *initdb], cwd=place, capture_output=True, text=True, check=False)
    if made.returncode:
        _stop(f"PostgreSQL could not make a database cluster in {place}: {made.stderr.strip()}")


def run_postgresql(place: Path, options: dict[str, str]) -> subprocess.Popen:
    """Start PostgreSQL on the cluster in `place`, its socket beside the data; ends with this process."""
    flags = [f"--{name}={value}" for name, value in options.items()]
    server = [postgresql_programs() / "postgres", "-D", place / "data", "-k", place, *flags]
    command = ["setpriv", *_identity(), "--pdeathsig=QUIT", *server]
    return start(command, place / "log", "PostgreSQL", lambda: answers(place / f".s.PGSQL.{options.get('port', 5432)}"))


def run_redis(place: Path, options: list[str]) -> subprocess.Popen:
    """Start Redis in `place`, with a socket there beside what `options` say; ends with this process."""
    program = shutil.which("redis-server") or _stop("Tests need Redis: apt-get install redis-server")
    ready = place / "socket"
    command = ["setpriv", "--pdeathsig=KILL", program, *options, "--unixsocket", ready, "--dir", place]
    return start(command, place / "log", "Redis", lambda: answers(ready))


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start_postgresql() -> str:
    place = folder() / "postgresql"
    make_cluster(place)
    server = run_postgresql(place, POSTGRESQL_OPTIONS)
    _at_exit(lambda: end(server, signal.SIGQUIT))
    _make_owner(place)
    return str(place)


def _make_owner(place: Path) -> None:
    """The role that tests sign in as; where one needs the superuser, it says so."""
    made = f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER CREATEDB CREATEROLE IN ROLE {USER}"
    psql = [postgresql_programs() / "psql", "--no-psqlrc", "--quiet", f"--host={place}", f"--username={USER}"]
    for _ in range(600):  # it takes connections before it lets anybody in
        done = subprocess.run([*psql, "--dbname=postgres", f"--command={made}"], capture_output=True, check=False)
        if done.returncode != 2:
            break
        time.sleep(0.05)
    if done.returncode:
        _stop(f"PostgreSQL made no role for tests: {done.stderr.decode(errors='replace').strip()}")


def _start_redis() -> str:
    place = folder() / "redis"
    place.mkdir(mode=0o700)
    port = free_port()
    quiet = ["--save", "", "--appendonly", "no", "--databases", "64"]
    server = run_redis(place, ["--bind", "127.0.0.1", "--port", str(port), *quiet])
    _at_exit(lambda: end(server, signal.SIGTERM))
    return f"redis://127.0.0.1:{port}"


def start(command: list, log: Path, name: str, ready: Callable[[], bool]) -> subprocess.Popen:
    """Start a server and wait until it is `ready`."""
    server = launch(command, log, cwd=log.parent)
    wait_for(server, log, name, ready)
    return server


def launch(command: list, log: Path, **how) -> subprocess.Popen:
    """Start a server in a process group of its own; `how` goes to Popen."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C goes to pytest, which then ends the servers
            **how,
        )


def wait_for(server: subprocess.Popen, log: Path, name: str, ready: Callable[[], bool]) -> None:
    """Wait until the server is ready; half a minute is more than enough for each of them."""
    for _ in range(600):
        if server.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.05)
    _stop(f"{name} did not start: {log.read_text(errors='replace').strip()[-1000:]}")


def answers(path: Path) -> bool:
    """Whether a server listens on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def end(server: subprocess.Popen, how: signal.Signals) -> None:
    """Ask a server to end, then end it."""
    server.send_signal(how)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()


def _at_exit(do: Callable[[], None]) -> None:
    """Run `do` at the end of this process, and not in a fork of it."""
    starter = os.getpid()
    atexit.register(lambda: do() if os.getpid() == starter else None)


def postgresql_programs() -> Path:
    """The folder of initdb and postgres; Debian keeps them out of PATH, one folder per major version."""
    if program := shutil.which("initdb"):
        return Path(program).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not versions:
        _stop("Tests need PostgreSQL: apt-get install postgresql")
    return versions[-1].parent


def _identity() -> list[str]:
    """What makes setpriv run PostgreSQL as somebody else than root."""
    if os.geteuid() != 0:
        return []
    owner = _postgresql_owner()
    return [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _postgresql_owner() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        _stop("PostgreSQL refuses to run as root and there is no user postgres: apt-get install postgresql")


def _fast_folder() -> str:
    """Memory where there is enough of it, else the disk; never TMPDIR, which may be long or closed to others."""
    shared = Path("/dev/shm")
    if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 * 1024**3:
        return str(shared)
    return "/tmp"


def _remove_left_over(base: str) -> None:
    """Remove the folders of runs that were killed more than an hour ago."""
    for path in Path(base).glob("slt-test-*-*"):
        try:
            old = path.stat().st_mtime < time.time() - 3600
        except OSError:
            continue
        if old and not Path(f"/proc/{path.name.split('-')[2]}").exists():
            shutil.rmtree(path, ignore_errors=True)


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)
