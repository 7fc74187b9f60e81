"""Tests: PostgreSQL (or SQLite with SLT_TEST_DATABASE=sqlite) and Redis, private and thrown away with the run."""

import os

from tests import servers

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
os.environ["SLT_DATA_DIR"] = str(servers.folder() / f"data-{_worker}")

from .base import *  # noqa: E402, F403
from .base import DATA_DIR, INSTALLED_APPS, POSTGRESQL_OPTIONS  # noqa: E402

DEMO = True
INSTALLED_APPS = ["tests.support", *INSTALLED_APPS, "demo"]

# whitenoise warns of a missing folder, and a warning is an error here
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
(DATA_DIR / "static").mkdir(exist_ok=True)
PORT = 8000
SITE_URL = "http://testserver"
SECRET_KEY = "only-for-tests-" * 4
DIGEST_KEY = "digests-of-tests-" * 4
MASTER_KEYS = ["test:" + "dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLi4uLi4="]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]

if os.environ.get("SLT_TEST_DATABASE", "postgresql") == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "portal.sqlite3",
            # A file, as in the embedded way to run: threads and processes of a test see one database.
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=20000;"
                    "PRAGMA recursive_triggers=ON;"  # else INSERT OR REPLACE would pass the append-only triggers
                ),
            },
        }
    }
else:
    DATABASE_WALL_KEEPER = servers.USER  # tests sign in as the owner
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "portal",
            **servers.postgresql(),
            "OPTIONS": POSTGRESQL_OPTIONS,
        }
    }

# Each xdist worker has its own two database numbers.
_number = 2 * int(_worker.removeprefix("gw"))
CELERY_BROKER_URL = f"{servers.redis()}/{_number}"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{servers.redis()}/{_number + 1}",
        "OPTIONS": {"serializer": "slt_portal.cache.JsonSerializer"},
    }
}

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECURITY_CONTACT = "security@portal.example"
ALARM_TO = ["operator@portal.example"]
SUPPORT_CONTACT = "the restricted-track handler, handler@un.example"
EMAIL_FILE_PATH = DATA_DIR / "mail"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LANGUAGE_CODE = "en"
WHITENOISE_AUTOREFRESH = True  # no collectstatic before a test
LOGGING = {"level": "WARNING"}
EMERGENCY_ACCESS = True  # switched off: tests/incidents/test_emergency_pages.py
