"""A real IMAP server for a test: Dovecot with one mailbox, over TLS, as an ordinary user on a free port."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import servers

USER, PASSWORD = "bounce", "imap-canary"
CONFIGURATION = """\
protocols = imap
listen = 127.0.0.1
base_dir = {place}/run
state_dir = {place}/run
log_path = {place}/log
default_login_user = {owner}
default_internal_user = {owner}
default_internal_group = {group}
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{place}/mail
passdb {{
  driver = static
  args = user={user} password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={place}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
first_valid_uid = 1
"""


@contextmanager
def dovecot(place: Path, certificate: Path, key: Path) -> Iterator[int]:
    """The port on which it listens; `place` is a folder of its own, in which `mail` is the Maildir."""
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    group = subprocess.run(["id", "-gn", owner.pw_name], capture_output=True, text=True, check=True).stdout.strip()
    facts = {"owner": owner.pw_name, "group": group, "user": USER, "password": PASSWORD, "port": port}
    configuration = place / "dovecot.conf"
    configuration.write_text(CONFIGURATION.format(place=place, certificate=certificate, key=key, **facts))
    identity = []
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*"), certificate, key):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        identity = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    command = ["setpriv", *identity, "--pdeathsig=TERM", program, "-F", "-c", str(configuration)]
    with (place / "output").open("wb") as output:
        server = subprocess.Popen(command, cwd=place, stdout=output, stderr=output)
    try:
        _wait(server, port, place)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _wait(server, port, place):
    for _ in range(100):
        if server.poll() is not None:
            break
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = "".join(path.read_text() for path in (place / "output", place / "log") if path.exists())
    raise AssertionError(f"Dovecot did not start: {said}")


def folder_for_server() -> Path:
    """A folder that the server's user reaches."""
    place = servers.folder() / f"dovecot-{os.getpid()}"
    place.mkdir(mode=0o700)
    return place
