"""How long a backup and a restore take with 100,000 incidents, on a throw-away PostgreSQL, beside pg_dump alone.

The rows are those of benchmarks.visibility, with a data key and texts as long as sealed ones. Seconds are of this
machine; read the ratios:

    .venv/bin/python -m benchmarks.backup            # 100,000 incidents
    .venv/bin/python -m benchmarks.backup 10000
"""

import os
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

FILES = 1000
FILE_BYTES = 100_000
# What `grow` leaves out: keys, and texts as long as sealed ones are. Random, so that nothing can be compressed.
RANDOM = " || ".join(["md5(random()::text)"] * 60)
KEYS_SQL = f"""
INSERT INTO documents_datakey (wrapped, created_at)
  SELECT %s, now() FROM generate_series(1, (SELECT count(*) FROM sharing_item WHERE data_key_id IS NULL));
UPDATE sharing_item SET data_key_id = k.id FROM
  (SELECT id, row_number() OVER (ORDER BY id) AS n FROM documents_datakey) k,
  (SELECT id, row_number() OVER (ORDER BY id) AS n FROM sharing_item) i
  WHERE i.n = k.n AND sharing_item.id = i.id;
UPDATE incidents_incidentrelease SET sealed = decode({RANDOM}, 'hex');
"""


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def build(size: int) -> None:
    """`size` incidents with keys and texts, and some files."""
    from django.db import connection

    from benchmarks.population import PEOPLE_SQL, grow
    from documents import files
    from slt_portal import crypto

    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_SQL)
    grow(1, size)
    with connection.cursor() as cursor:
        cursor.execute(KEYS_SQL, [crypto.seal(crypto.new_key(), context="data key")])
        cursor.execute("VACUUM ANALYZE")
    for _ in range(FILES):
        files.store(os.urandom(FILE_BYTES), name="a.jpg", media_type="image/jpeg")


def plain_dump(folder: Path) -> None:
    """What the database alone takes."""
    from django.db import connection
    from django.db.backends.postgresql.client import DatabaseClient

    where, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    subprocess.run(["pg_dump", "--format=custom", f"--file={folder / 'plain'}", *where[1:]], check=True)


def measure(folder: Path) -> None:
    """Print the seconds of each and their ratios to pg_dump alone."""
    from django.conf import settings
    from django.core.management import call_command

    from documents.models import DataKey
    from operations.backup_keys import destroy_keys

    settings.BACKUP_DIR, settings.BACKUP_KEYS_DIR = str(folder / "data"), str(folder / "keys")
    base = seconds(lambda: plain_dump(folder))
    backup = seconds(lambda: call_command("backup", settings.BACKUP_DIR, keys=settings.BACKUP_KEYS_DIR))
    [made] = (folder / "data").glob("slt-*")
    [keys] = (folder / "keys").glob("*.keys")
    size = sum(path.stat().st_size for path in made.iterdir())
    restore = seconds(lambda: call_command("restore", str(made), replace=True, stdout=StringIO()))
    destroy = seconds(lambda: destroy_keys(folder / "keys", DataKey.objects.order_by("pk")[:1]))
    plain, kept = (folder / "plain").stat().st_size, keys.stat().st_size
    print(f"pg_dump alone          {base:6.1f} s  {plain / 1e6:.1f} MB")
    print(
        f"backup                 {backup:6.1f} s  {backup / base:.1f} x  {size / 1e6:.1f} MB, keys {kept / 1e6:.1f} MB"
    )
    print(f"restore, all checked   {restore:6.1f} s  {restore / base:.1f} x")
    print(f"one key out of a file  {destroy:6.1f} s  {destroy / base:.2f} x")


def main(size: int) -> None:
    """Build, measure, print."""
    import django

    django.setup()
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases(serialized_aliases=set())
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{size:,} incidents built in {seconds(lambda: build(size)):.0f} s")
            measure(Path(folder))
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["100000"])[0]))
