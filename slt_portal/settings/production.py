"""Production: PostgreSQL, Redis, SMTP, TLS. On anything less it refuses to start and says what to set."""

import logging
import os
from email.utils import parseaddr
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from slt_portal import environment
from slt_portal.alarm_settings import alarm_mail, alarm_to
from slt_portal.bounce_settings import bounce_address, bounce_mailbox
from slt_portal.crypto import parse_master_keys

from .base import *  # noqa: F403
from .base import (
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATA_DIR,
    INSTALLED_APPS,
    LOGGING,
    POSTGRESQL_OPTIONS,
    SILENCED_SYSTEM_CHECKS,
)

MINIMUM_SECRET = 50
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def _secret(name: str) -> str:
    value = environment.text(name)
    if len(value) < MINIMUM_SECRET or len(set(value)) < 10 or "insecure" in value or "change-me" in value:
        raise ImproperlyConfigured(
            f"{name} is a default or too short: set it to at least {MINIMUM_SECRET} random characters."
        )
    return value


def _digest_key() -> str:
    value = _secret("SLT_DIGEST_KEY")
    if value == SECRET_KEY:
        raise ImproperlyConfigured(
            "SLT_DIGEST_KEY is the same as SLT_SECRET_KEY: set two different ones, since only one may ever be changed."
        )
    return value


def _master_keys() -> list[str]:
    keys = environment.words("SLT_MASTER_KEYS")
    parse_master_keys(keys)  # refuses what could not be used later
    return keys


def _site_url() -> str:
    value = environment.text("SLT_SITE_URL").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname:
        raise ImproperlyConfigured(
            f"SLT_SITE_URL is {value!r}: set it to the portal's address, beginning with https://."
        )
    if parts.path or parts.query or parts.username:
        raise ImproperlyConfigured(f"SLT_SITE_URL is {value!r}: set it to https:// and a host name, nothing behind it.")
    return value


def _allowed_hosts() -> list[str]:
    hosts = environment.words("SLT_ALLOWED_HOSTS")
    if not hosts or "*" in hosts:
        raise ImproperlyConfigured("Set SLT_ALLOWED_HOSTS to the host names the portal answers to; * is not accepted.")
    host = urlsplit(SITE_URL).hostname
    if not validate_host(host, hosts):
        raise ImproperlyConfigured(f"SLT_ALLOWED_HOSTS lacks {host}, to which SLT_SITE_URL leads: add it.")
    return hosts


def _check_data_dir() -> None:
    """The data folder is made if it is missing; it must be writable, and closed to the machine's other users."""
    try:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"SLT_DATA_DIR: {DATA_DIR} cannot be made: {error.strerror}.") from error
    if not os.access(DATA_DIR, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"SLT_DATA_DIR: {DATA_DIR} cannot be written by the user the portal runs as.")
    if DATA_DIR.stat().st_mode & 0o007:
        raise ImproperlyConfigured(f"SLT_DATA_DIR: {DATA_DIR} is open to every user of this machine: chmod 700 it.")


def _database() -> dict:
    """PostgreSQL from SLT_DATABASE_URL, or from SLT_DB_NAME, _USER, _PASSWORD, _HOST and _PORT."""
    url = environment.text("SLT_DATABASE_URL", "")
    parts = urlsplit(url)
    if url and parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "SLT_DATABASE_URL must name a PostgreSQL database (postgresql://user:password@host/name): "
            "SQLite is only for the embedded way to run."
        )
    if url:
        name, user, password = unquote(parts.path.lstrip("/")), unquote(parts.username or ""), parts.password or ""
        address = {"PASSWORD": unquote(password), "HOST": parts.hostname or "", "PORT": str(parts.port or 5432)}
    else:
        name, user = environment.text("SLT_DB_NAME", ""), environment.text("SLT_DB_USER", "")
        address = {
            "PASSWORD": environment.text("SLT_DB_PASSWORD", ""),
            "HOST": environment.text("SLT_DB_HOST", ""),
            "PORT": environment.text("SLT_DB_PORT", "5432"),
        }
    if not name or not user:
        raise ImproperlyConfigured(
            "Set SLT_DATABASE_URL (postgresql://user:password@host/name) or SLT_DB_NAME and SLT_DB_USER."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        **address,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **POSTGRESQL_OPTIONS,
            "connect_timeout": 5,
            "tcp_user_timeout": 20_000,  # milliseconds; a database whose network is gone is noticed
            "sslmode": environment.text("SLT_DB_SSLMODE", "prefer"),
        },
    }


def _redis() -> tuple[str, str]:
    """The broker's URL and the cache's: the same server, another database number."""
    broker = environment.text("SLT_REDIS_URL", "")
    parts = urlsplit(broker)
    number = parts.path.lstrip("/") or "0"
    if parts.scheme not in {"redis", "rediss"} or not number.isdigit():
        raise ImproperlyConfigured("Set SLT_REDIS_URL to the broker's address: redis://host:6379/0.")
    cache = environment.text("SLT_CACHE_URL", urlunsplit(parts._replace(path=f"/{int(number) + 1}")))
    if cache == broker:
        raise ImproperlyConfigured("SLT_CACHE_URL is the broker's: give the cache another database number.")
    _demand_password("SLT_REDIS_URL", parts)
    _demand_password("SLT_CACHE_URL", urlsplit(cache))
    return broker, cache


def _demand_password(name: str, parts: SplitResult) -> None:
    """Whoever writes to the broker gives orders to the workers."""
    if not parts.password and parts.hostname not in THIS_MACHINE:
        raise ImproperlyConfigured(
            f"{name} has no password although Redis is on another machine: set requirepass there, "
            "and write redis://:password@host:6379/0."
        )


def _mail_host() -> str:
    host = environment.text("SLT_MAIL_HOST", "")
    if not host:
        raise ImproperlyConfigured("Set SLT_MAIL_HOST to the server that takes the portal's mail.")
    return host


def _mail_encryption() -> tuple[bool, bool]:
    """Whether mail goes out over TLS from the start, and whether by STARTTLS: one of them, save to this machine."""
    ssl = environment.flag("SLT_MAIL_SSL", False)
    starttls = environment.flag("SLT_MAIL_STARTTLS", not ssl)
    if ssl and starttls:
        raise ImproperlyConfigured("SLT_MAIL_SSL and SLT_MAIL_STARTTLS exclude each other: set one of them to no.")
    if not (ssl or starttls) and EMAIL_HOST not in THIS_MACHINE:
        raise ImproperlyConfigured(
            f"Mail to {EMAIL_HOST} would travel in plain: set SLT_MAIL_STARTTLS or SLT_MAIL_SSL to yes."
        )
    return ssl, starttls


def _mail_from() -> str:
    sender = environment.text("SLT_MAIL_FROM", "")
    if "@" not in parseaddr(sender)[1]:
        raise ImproperlyConfigured(
            "Set SLT_MAIL_FROM to the sender of the portal's mail, such as SLT portal <portal@your.domain>: "
            "mail from another's domain is refused or lost."
        )
    return sender


def _support_contact() -> str:
    contact = environment.text("SLT_SUPPORT_CONTACT", "")
    if not contact:
        raise ImproperlyConfigured(
            "Set SLT_SUPPORT_CONTACT to the name, telephone and address of the person whom survivors of sexual "
            "violence can turn to: the report form shows it."
        )
    return contact


def _no_demo(apps: list[str]) -> bool:
    if "demo" in apps or environment.flag("SLT_DEMO", False):
        raise ImproperlyConfigured(
            "The demo lets anybody sign in as anybody: unset SLT_DEMO and remove 'demo' from the apps."
        )
    return False


def _proxies() -> int:
    proxies = environment.number("SLT_PROXIES", 1)
    if proxies < 1:
        raise ImproperlyConfigured("SLT_PROXIES must be 1 or more: a reverse proxy ends TLS in front of the portal.")
    return proxies


def _check_log_level() -> None:
    if LOGGING["level"] not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(
            f"SLT_LOG_LEVEL is {LOGGING['level']!r}: set it to DEBUG, INFO, WARNING, ERROR or CRITICAL."
        )


def _no_debug() -> bool:
    if environment.flag("SLT_DEBUG", False):
        raise ImproperlyConfigured("SLT_DEBUG shows the portal's insides to everybody: unset it.")
    return False


DEMO = _no_demo(INSTALLED_APPS)
DEBUG = _no_debug()
SECRET_KEY = _secret("SLT_SECRET_KEY")
# What the former one signed goes on being good until it is taken out: sessions, and for a year links that stop mails.
SECRET_KEY_FALLBACKS = [_secret("SLT_SECRET_KEY_OLD")] if environment.text("SLT_SECRET_KEY_OLD", "") else []
DIGEST_KEY = _digest_key()
MASTER_KEYS = _master_keys()
SITE_URL = _site_url()
ALLOWED_HOSTS = _allowed_hosts()
PORT = environment.number("PORT", 8000)
_check_log_level()

# --- Data ---------------------------------------------------------------------------------------------------
_check_data_dir()
DATABASES = {"default": _database()}
DATABASE_ROLES_APART = True
CELERY_BROKER_URL, _cache_url = _redis()
CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "visibility_timeout": 600}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "VERSION": 2,  # 1 was pickles
        "OPTIONS": {
            "serializer": "slt_portal.cache.JsonSerializer",
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
        },
    }
}

BACKUP_ALARM_HOURS = environment.number("SLT_BACKUP_ALARM_HOURS", 48)

# --- Mail ---------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "notifications.smtp.EmailBackend"
EMAIL_HOST = _mail_host()
EMAIL_PORT = environment.number("SLT_MAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("SLT_MAIL_USER", "")
EMAIL_HOST_PASSWORD = environment.text("SLT_MAIL_PASSWORD", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail_encryption()
DEFAULT_FROM_EMAIL = _mail_from()
BOUNCE_ADDRESS = bounce_address()
BOUNCE_IMAP, BOUNCE_MAILDIR = bounce_mailbox(BOUNCE_ADDRESS)
ALARM_TO, ALARM_MAIL = alarm_to(), alarm_mail()

SUPPORT_CONTACT = _support_contact()

# --- TLS: ends at a reverse proxy, which must set X-Forwarded-Proto itself and drop what a client sent ---------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from inside, without the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SILENCED_SYSTEM_CHECKS = [
    *SILENCED_SYSTEM_CHECKS,
    "security.W021",  # preloading binds a whole domain for years: its owner decides
]
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies()  # rate limits count the real client
