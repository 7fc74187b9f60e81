"""What Stack needs of processes, ports and certificates."""

import datetime
import http.client
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

JANITOR = """
import os, signal, shutil, sys
groups = set()
for line in sys.stdin:
    number = int(line)
    groups = groups | {number} if number > 0 else groups - {-number}
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Janitor:
    """Ends process groups and removes a folder when this process closes it, or dies."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", JANITOR, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, text=True)

    def mind(self, group: int) -> None:
        """End this group too."""
        self._say(group)

    def forget(self, group: int) -> None:
        """It has ended; its number may become somebody else's."""
        self._say(-group)

    def close(self) -> None:
        """End everything now. Safe to repeat."""
        self.process.stdin.close()
        self.process.wait(30)

    def _say(self, number: int) -> None:
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()


def make_certificate(certificate: Path, key: Path) -> None:
    """A self-signed certificate for localhost and its key, each in a PEM file."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    key.chmod(0o600)


def descendants(pid: int) -> list[int]:
    """The process and all below it that are alive, itself first; PostgreSQL's and Celery's have groups of their own."""
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return []
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in descendants(int(child)))]


def kill(pid: int) -> None:
    """SIGKILL."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has ended meanwhile
        return


def is_healthy(port: int) -> bool:
    """Whether the portal answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    """Whether anything does."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
