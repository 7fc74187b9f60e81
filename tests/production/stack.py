"""The whole of a production installation, for real: every process of docker-compose.yml, private to the run.

    with Stack(tmp_path, smtp_port=sink.port) as stack:
        get(f"{stack.url}/accounts/login/")     # HTTPS by nginx; stack.certificate is what to trust
        stack.kill("worker", one=True)          # SIGKILL to one process of it, without `one` to all of them
        stack.start("worker")                   # also again, after stop (SIGTERM) or kill
        stack.manage("verify_audit")            # as the application; as_owner=True as the owner of the tables

Names: postgresql, redis, web, worker, long, beat, proxy, and watch, which nothing starts by itself. Further settings
go in as `settings` (SLT_...), for all of them. `sql` asks the database as any role. What is written, logs among it,
is in the given folder; the rest goes with the run, also when it is killed: a janitor process waits for that.
"""

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

from tests import servers
from tests.infrastructure.commands import REPOSITORY, clean_environment
from tests.production import machinery

OWNER, APPLICATION = "slt_owner", "slt_app"
PORTAL = ("web", "worker", "long", "beat", "proxy")
# What a killed process has committed stays, as in production; only a power cut is not survived.
POSTGRESQL = {
    "config_file": str(REPOSITORY / "deploy/postgresql/postgresql.conf"),
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "shared_buffers": "128MB",
    "dynamic_shared_memory_type": "mmap",
    "max_parallel_workers_per_gather": "0",
}


class Stack:
    """A running installation; see the top of this file."""

    def __init__(
        self,
        folder: Path,
        *,
        smtp_port: int,
        web_workers: int = 1,
        worker_processes: int = 2,
        settings: dict[str, str] | None = None,
        postgresql: dict[str, str] | None = None,
        without: tuple[str, ...] = (),
    ) -> None:
        """`without` names processes that are not started at first; `postgresql` are options of the server."""
        self.folder = folder
        self.without = without
        # Short, for sockets, and open to the users that PostgreSQL and nginx run as; tmp_path is neither.
        self.place = servers.folder() / f"stack-{os.getpid()}-{time.monotonic_ns()}"
        self.secrets = self.place / "secrets"
        self.ports = {name: servers.free_port() for name in ("postgresql", "redis", "web", "http", "https")}
        self.url = f"https://localhost:{self.ports['https']}"
        self.certificate = self.place / "certificate.pem"
        self.processes: dict[str, subprocess.Popen] = {}
        self.said_before: dict[str, int] = {}
        self.postgresql_options = POSTGRESQL | (postgresql or {}) | {"port": str(self.ports["postgresql"])}
        self.environment = clean_environment(
            **self._addresses(smtp_port),
            **self._secret_files(),
            SLT_WEB_WORKERS=str(web_workers),
            SLT_WORKER_PROCESSES=str(worker_processes),
            **(settings or {}),
        )

    def _addresses(self, smtp_port: int) -> dict[str, str]:
        search = [str(Path(sys.executable).parent), str(servers.postgresql_programs()), os.environ["PATH"], "/usr/sbin"]
        return {
            "PATH": ":".join(search),
            "PORT": str(self.ports["web"]),
            "SLT_BIND": "127.0.0.1",
            "SLT_SITE_URL": self.url,
            "SLT_ALLOWED_HOSTS": "localhost",
            "SLT_DATA_DIR": str(self.folder / "data"),
            "SLT_STATIC_ROOT": str(servers.folder() / "static-of-production"),
            "SLT_DB_HOST": "127.0.0.1",
            "SLT_DB_PORT": str(self.ports["postgresql"]),
            "SLT_DB_NAME": "portal",
            "SLT_DB_USER": APPLICATION,
            "SLT_MAIL_HOST": "127.0.0.1",
            "SLT_MAIL_PORT": str(smtp_port),
            "SLT_MAIL_STARTTLS": "no",
            "SLT_MAIL_FROM": "SLT portal <portal@slt.test>",
            "SLT_ALARM_TO": "operator@slt.test",
            "SLT_SUPPORT_CONTACT": "A. Person, +41 00 000 00 00",
            "SLT_PROXY_HTTP": f"127.0.0.1:{self.ports['http']}",
            "SLT_PROXY_HTTPS": f"127.0.0.1:{self.ports['https']}",
            "SLT_PROXY_TO": f"127.0.0.1:{self.ports['web']}",
            "SLT_PROXY_RESOLVER": "127.0.0.1",
            "SLT_PROXY_CERTIFICATE": str(self.certificate),
            "SLT_PROXY_KEY": str(self.secrets / "tls_key"),
            "SLT_PROXY_FOLDER": str(self.place / "proxy"),
            "SLT_PROXY_ON_DISK": "yes",  # where there is no memory to spare for a run of the tests
        }

    def _secret_files(self) -> dict[str, str]:
        names = {
            "SLT_SECRET_KEY": "secret_key",
            "SLT_DIGEST_KEY": "digest_key",
            "SLT_MASTER_KEYS": "master_keys",
            "SLT_DB_PASSWORD": "db_app_password",
            "SLT_REDIS_URL": "redis_url",
            "SLT_MAIL_PASSWORD": "mail_password",
        }
        return {f"{name}_FILE": str(self.secrets / file) for name, file in names.items()}

    # --- From start to end ------------------------------------------------------------------------------------
    def __enter__(self) -> "Stack":
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("data", "beat", "logs"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        self.place.mkdir(mode=0o711)
        self.janitor = machinery.Janitor(self.place)
        try:
            self._make()
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        """End everything at once: the janitor does it."""
        self.janitor.close()
        for process in self.processes.values():
            process.wait(10)

    def _make(self) -> None:
        """Secrets, a certificate, a database cluster with its two roles."""
        self._run(REPOSITORY / "deploy/make-secrets", self.secrets)
        url = self.secrets / "redis_url"
        url.chmod(0o600)
        url.write_text(url.read_text().replace("redis:6379", f"127.0.0.1:{self.ports['redis']}"))
        machinery.make_certificate(self.certificate, self.secrets / "tls_key")
        (self.place / "redis").mkdir(mode=0o700)
        servers.make_cluster(self.place / "postgresql", auth=("--auth-local=trust", "--auth-host=scram-sha-256"))
        self.start("postgresql")
        self._run(
            REPOSITORY / "deploy/postgresql/make-roles",
            PGHOST=str(self.place / "postgresql"),
            PGPORT=str(self.ports["postgresql"]),
            POSTGRES_USER=servers.USER,
            SLT_DB_OWNER_PASSWORD_FILE=str(self.secrets / "db_owner_password"),
            SLT_DB_APP_PASSWORD_FILE=str(self.secrets / "db_app_password"),
        )

    def _start_all(self) -> None:
        """The database is prepared while what does not touch it at its start is started."""
        self.start("redis")
        wanted = [name for name in PORTAL if name not in self.without]
        preparing = self._background("deploy/start", "migrate", environment=self._as_owner())
        for name in wanted:
            if name not in {"beat", "web"}:
                self.start(name, wait=False)
        self._collect_static()
        if "web" in wanted:  # whitenoise lists the files when it starts
            self.start("web", wait=False)
        output, _ = preparing.communicate(timeout=100)
        if preparing.returncode:
            raise RuntimeError(f"deploy/start migrate failed: {output[-2000:]}")
        if "beat" in wanted:
            self.start("beat", wait=False)
        for name in wanted:
            self.wait_until_ready(name)

    def _collect_static(self) -> None:
        """Once in a run, as once in an image."""
        folder = Path(self.environment["SLT_STATIC_ROOT"])
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "staticfiles.json").exists():
                self.manage("collectstatic", "--noinput", "--verbosity", "0")

    # --- Single processes -------------------------------------------------------------------------------------
    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a process (again), and wait until it is ready."""
        if name == "postgresql":
            process = servers.run_postgresql(self.place / name, self.postgresql_options)
        elif name == "redis":
            process = servers.run_redis(self.place / name, self._redis_options())
        else:
            program = REPOSITORY / ("deploy/nginx/start" if name == "proxy" else "deploy/start")
            environment = self.environment | ({"SLT_DATA_DIR": str(self.folder / "beat")} if name == "beat" else {})
            arguments = [] if name == "proxy" else [name]
            self.log(name).touch()
            self.said_before[name] = self.log(name).stat().st_size
            process = servers.launch([program, *arguments], self.log(name), cwd=REPOSITORY, env=environment)
        self.processes[name] = process
        self.janitor.mind(process.pid)
        if wait:
            self.wait_until_ready(name)

    def wait_until_ready(self, name: str) -> None:
        """Return when the process does its work; raise SystemExit with its log if it ends or takes too long."""
        ready = {
            "postgresql": self._answers_sql,
            "redis": lambda: True,  # servers has waited for it
            "web": lambda: machinery.is_healthy(self.ports["web"]),
            "proxy": lambda: machinery.listens(self.ports["https"]),
            "beat": lambda: "beat: Starting" in self.said(name),
            "watch": lambda: "watch_started" in self.said(name),
        }.get(name, lambda: " ready." in self.said(name))
        servers.wait_for(self.processes[name], self.log(name), name, ready)

    def stop(self, name: str, *, patience: float = 40) -> None:
        """SIGTERM (to PostgreSQL SIGINT: without waiting for its clients), and wait; kill when it takes too long."""
        process = self.processes[name]
        process.send_signal(signal.SIGINT if name == "postgresql" else signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill(name)
        self.janitor.forget(process.pid)

    def kill(self, name: str, *, one: bool = False) -> list[int]:
        """SIGKILL to all processes of `name`, or to `one` of its children at random; returns whom."""
        everybody = self.pids(name)
        chosen = [random.choice(everybody[1:] or everybody)] if one else everybody
        for pid in chosen:
            machinery.kill(pid)
        if not one:
            self.processes[name].wait(10)
            self.janitor.forget(self.processes[name].pid)
        return chosen

    def pids(self, name: str) -> list[int]:
        """The processes of `name` that run now, its first process first."""
        return machinery.descendants(self.processes[name].pid)

    def restart_postgresql(self) -> None:
        """As an operator would: connections are cut, what was committed stays."""
        self.stop("postgresql")
        self.start("postgresql")

    def kill_postgresql(self) -> None:
        """As a crash: SIGKILL to all its processes, then it is started again and recovers."""
        self.kill("postgresql")
        self.start("postgresql")

    def restart_redis(self) -> None:
        """Everything in it is lost: it keeps nothing."""
        self.stop("redis")
        self.start("redis")

    def log(self, name: str) -> Path:
        """Where the process writes what it says."""
        if name in {"postgresql", "redis"}:
            return self.place / name / "log"
        return self.folder / "logs" / f"{name}.log"

    def said(self, name: str) -> str:
        """What the process has written since it was last started."""
        with self.log(name).open(errors="replace") as log:
            log.seek(self.said_before.get(name, 0))
            return log.read()

    # --- Commands and questions -------------------------------------------------------------------------------
    def manage(self, *arguments: str, as_owner: bool = False, stdin: str | None = None, timeout: float = 120) -> str:
        """Run manage.py with the production settings to its end; what it printed, RuntimeError if it failed."""
        environment = (self._as_owner() if as_owner else self.environment) | {
            "DJANGO_SETTINGS_MODULE": "slt_portal.settings.production"
        }
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if result.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {result.stdout[-1000:]}{result.stderr[-3000:]}")
        return result.stdout

    def connect(self, role: str = APPLICATION) -> "psycopg2.extensions.connection":
        """A connection to the portal's database as the application, the owner or servers.USER, the superuser."""
        address = {"host": "127.0.0.1", "password": self._password(role)}
        if role == servers.USER:
            address = {"host": str(self.place / "postgresql")}
        return psycopg2.connect(dbname="portal", user=role, port=self.ports["postgresql"], connect_timeout=5, **address)

    def sql(self, statement: str, *parameters: object, role: str = APPLICATION) -> list[tuple]:
        """The rows of one statement, committed."""
        connection = self.connect(role)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _password(self, role: str) -> str:
        names = {OWNER: "db_owner_password", APPLICATION: "db_app_password"}
        return (self.secrets / names[role]).read_text() if role in names else ""

    def _as_owner(self) -> dict[str, str]:
        """What differs for the service `migrate`."""
        return self.environment | {
            "SLT_DB_USER": OWNER,
            "SLT_DB_PASSWORD_FILE": str(self.secrets / "db_owner_password"),
            "SLT_DB_APP_ROLE": APPLICATION,
        }

    def _redis_options(self) -> list[str]:
        ours = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"])]
        return [str(REPOSITORY / "deploy/redis/redis.conf"), "--include", str(self.secrets / "redis_access"), *ours]

    def _answers_sql(self) -> bool:
        try:
            connection = psycopg2.connect(
                dbname="postgres",
                user=servers.USER,
                host=str(self.place / "postgresql"),
                port=self.ports["postgresql"],
            )
        except psycopg2.OperationalError:
            return False
        connection.close()
        return True

    def _run(self, *command: object, **values: str) -> None:
        process = self._background(*command, environment=self.environment | values)
        output, _ = process.communicate(timeout=60)
        if process.returncode:
            raise RuntimeError(f"{command[0]} failed: {output}")

    def _background(self, *command: object, environment: dict[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
