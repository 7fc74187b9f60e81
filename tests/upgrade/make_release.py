"""What bin/release-data runs with the code of a release: its demonstration as a database, and the files beside it.

With the keys of the settings for tests, so that a test of a later release can open it. Only names that every release
since the first has.
"""

import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "slt_portal.settings.testing"


def make(target: Path) -> None:
    """Fill a new database by the release's own commands and keep it in `target`."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "postgresql":
        _create(connection)
    call_command("migrate", verbosity=0)
    call_command("seed_demo", past=60)
    _attach()
    connection.close()
    target.mkdir(parents=True)
    path = target / "database"
    if connection.vendor == "postgresql":
        where = [f"--host={connection.settings_dict['HOST']}", f"--username={connection.settings_dict['USER']}"]
        dump = ["pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges", *where]
        subprocess.run([*dump, f"--file={path}", "portal"], check=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
    path.with_suffix(".xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))
    path.unlink()
    with tarfile.open(target / "files.tar", "w") as archive:
        archive.add(settings.DATA_DIR / "files", "files", filter=_anonymous)


def _create(connection):
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE portal")
    connection.close()
    connection.settings_dict["NAME"] = "portal"


def _attach():
    """A picture to the newest report of Alba, whose readers are told half an hour later."""
    from accounts.models import User
    from incidents.models import Incident
    from tests.factories.attachments import add

    author = "field@alba.example"
    rows = Incident.objects.for_system("release data").filter(item__originator__name="INGO Alba")
    add({author: User.objects.get(email=author)}, rows.order_by("item__created_at").first().item, is_shared=True)


def _anonymous(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    make(Path(sys.argv[1]))
