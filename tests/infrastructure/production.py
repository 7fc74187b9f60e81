"""An environment that production accepts; the tests take single things away from it."""

import base64
import secrets

ADDRESSES = {
    "SLT_SITE_URL": "https://portal.slt.example",
    "SLT_ALLOWED_HOSTS": "portal.slt.example",
    "SLT_DATABASE_URL": "postgresql://slt:p%40ss@database.slt.example:5433/portal",
    "SLT_REDIS_URL": "redis://:secret@redis.slt.example:6379/0",
    "SLT_MAIL_HOST": "mail.slt.example",
    "SLT_MAIL_FROM": "SLT portal <portal@slt.example>",
    "SLT_ALARM_TO": "operator@slt.example",
    "SLT_SUPPORT_CONTACT": "A. Person, +41 00 000 00 00",
}


def environment(data_dir) -> dict[str, str]:
    """Safe values for everything that production asks for."""
    return {
        **ADDRESSES,
        "DJANGO_SETTINGS_MODULE": "slt_portal.settings.production",
        "SLT_DATA_DIR": str(data_dir),
        "SLT_SECRET_KEY": secrets.token_urlsafe(60),
        "SLT_DIGEST_KEY": secrets.token_urlsafe(60),
        "SLT_MASTER_KEYS": f"2026:{master_key()},2025:{master_key()}",
    }


def master_key() -> str:
    """A fresh key in the form that SLT_MASTER_KEYS wants."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
