"""`make run`: one machine, SQLite, a broker in a file, mail in a folder, the demo installed. Never for real data."""

from slt_portal import environment
from slt_portal.local_secrets import local_secret

from .base import *  # noqa: F403
from .base import DATA_DIR, INSTALLED_APPS

DEMO = True
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]

DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
PORT = environment.number("PORT", 8000)
SITE_URL = environment.text("SLT_SITE_URL", f"http://127.0.0.1:{PORT}")
SECRET_KEY = local_secret(DATA_DIR / "keys" / "secret_key")
DIGEST_KEY = local_secret(DATA_DIR / "keys" / "digest_key")
MASTER_KEYS = [f"local:{local_secret(DATA_DIR / 'keys' / 'master_key')}"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.words("SLT_ALLOWED_HOSTS")]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "portal.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
                "PRAGMA recursive_triggers=ON;"  # else INSERT OR REPLACE would pass the append-only triggers
            ),
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}
BACKUP_DIR = environment.text("SLT_BACKUP_DIR", str(DATA_DIR / "backups"))
BACKUP_KEYS_DIR = environment.text("SLT_BACKUP_KEYS_DIR", str(DATA_DIR / "backup-keys"))
SUPPORT_CONTACT = environment.text("SLT_SUPPORT_CONTACT", "Sunita Rajapaksa (invented), handler@un.example")
CELERY_BROKER_URL = f"sqla+sqlite:///{DATA_DIR / 'broker.sqlite3'}"
CELERY_BROKER_TRANSPORT_OPTIONS = {}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
ALARM_TO = environment.words("SLT_ALARM_TO", "operator@slt.example")
