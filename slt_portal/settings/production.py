"""Production: PostgreSQL, Redis, SMTP, TLS. On anything less it refuses to start and says what to set."""

from urllib.parse import unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from slt_portal import environment
from slt_portal.crypto import parse_master_keys

from .base import *  # noqa: F403
from .base import CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS, SILENCED_SYSTEM_CHECKS

MINIMUM_SECRET = 50


def _secret(name: str) -> str:
    value = environment.text(name)
    if len(value) < MINIMUM_SECRET or len(set(value)) < 10 or "insecure" in value or "change-me" in value:
        raise ImproperlyConfigured(
            f"{name} is a default or too short: set it to at least {MINIMUM_SECRET} random characters."
        )
    return value


def _master_keys() -> list[str]:
    keys = environment.words("SLT_MASTER_KEYS")
    parse_master_keys(keys)  # refuses what could not be used later
    return keys


def _site_url() -> str:
    value = environment.text("SLT_SITE_URL").rstrip("/")
    if urlsplit(value).scheme != "https" or not urlsplit(value).hostname:
        raise ImproperlyConfigured(
            f"SLT_SITE_URL is {value!r}: set it to the portal's address, beginning with https://."
        )
    return value


def _allowed_hosts() -> list[str]:
    hosts = environment.words("SLT_ALLOWED_HOSTS")
    if not hosts or "*" in hosts:
        raise ImproperlyConfigured("Set SLT_ALLOWED_HOSTS to the host names the portal answers to; * is not accepted.")
    return hosts


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
        "OPTIONS": {"connect_timeout": 5, "sslmode": environment.text("SLT_DB_SSLMODE", "prefer")},
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
    return broker, cache


def _mail_host() -> str:
    host = environment.text("SLT_MAIL_HOST", "")
    if not host:
        raise ImproperlyConfigured("Set SLT_MAIL_HOST to the server that takes the portal's mail.")
    return host


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


def _no_debug() -> bool:
    if environment.flag("SLT_DEBUG", False):
        raise ImproperlyConfigured("SLT_DEBUG shows the portal's insides to everybody: unset it.")
    return False


DEMO = _no_demo(INSTALLED_APPS)
DEBUG = _no_debug()
SECRET_KEY = _secret("SLT_SECRET_KEY")
DIGEST_KEY = _secret("SLT_DIGEST_KEY")
MASTER_KEYS = _master_keys()
SITE_URL = _site_url()
ALLOWED_HOSTS = _allowed_hosts()
PORT = environment.number("PORT", 8000)

# --- Data ---------------------------------------------------------------------------------------------------
DATABASES = {"default": _database()}
CELERY_BROKER_URL, _cache_url = _redis()
CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "visibility_timeout": 600}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

# --- Mail ---------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _mail_host()
EMAIL_PORT = environment.number("SLT_MAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("SLT_MAIL_USER", "")
EMAIL_HOST_PASSWORD = environment.text("SLT_MAIL_PASSWORD", "")
EMAIL_USE_SSL = environment.flag("SLT_MAIL_SSL", False)
EMAIL_USE_TLS = environment.flag("SLT_MAIL_STARTTLS", not EMAIL_USE_SSL)

SUPPORT_CONTACT = _support_contact()

# --- TLS: ends at a reverse proxy, which must set X-Forwarded-Proto itself and drop what a client sent ---------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, without the proxy
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
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("SLT_PROXIES", 1)  # rate limits count the real client
