"""Production refuses to start on anything unsafe, with a sentence that says what to set."""

import importlib
import json
import os
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.infrastructure.commands import manage, run
from tests.infrastructure.production import environment, master_key

SHOW = """
import json
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""
REFUSED = {
    "a default secret key": ({"SLT_SECRET_KEY": "django-insecure-" + "abcdefghijklmno" * 5}, "SLT_SECRET_KEY"),
    "a short secret key": ({"SLT_SECRET_KEY": "3kf9-short"}, "SLT_SECRET_KEY"),
    "a monotonous secret key": ({"SLT_SECRET_KEY": "a" * 60}, "SLT_SECRET_KEY"),
    "no digest key": ({"SLT_DIGEST_KEY": None}, "SLT_DIGEST_KEY"),
    "no secret key": ({"SLT_SECRET_KEY": None}, "SLT_SECRET_KEY"),
    "a secret file that is not there": ({"SLT_SECRET_KEY": None, "SLT_SECRET_KEY_FILE": "/nowhere"}, "/nowhere"),
    "no master keys": ({"SLT_MASTER_KEYS": ""}, "SLT_MASTER_KEYS"),
    "a master key without a name": ({"SLT_MASTER_KEYS": f":{master_key()}"}, "SLT_MASTER_KEYS"),
    "a master key that is not base64": ({"SLT_MASTER_KEYS": "2026:" + "*" * 44}, "SLT_MASTER_KEYS"),
    "a short master key": ({"SLT_MASTER_KEYS": "2026:dG9vIHNob3J0"}, "SLT_MASTER_KEYS"),
    "two master keys of one name": ({"SLT_MASTER_KEYS": f"a:{master_key()},a:{master_key()}"}, "SLT_MASTER_KEYS"),
    "the demo": ({"SLT_DEMO": "yes"}, "SLT_DEMO"),
    "debugging": ({"SLT_DEBUG": "yes"}, "SLT_DEBUG"),
    "a switch that is no switch": ({"SLT_DEBUG": "perhaps"}, "yes or no"),
    "no host names": ({"SLT_ALLOWED_HOSTS": ""}, "SLT_ALLOWED_HOSTS"),
    "any host name": ({"SLT_ALLOWED_HOSTS": "*"}, "SLT_ALLOWED_HOSTS"),
    "an address without TLS": ({"SLT_SITE_URL": "http://portal.slt.example"}, "https://"),
    "no address": ({"SLT_SITE_URL": None}, "SLT_SITE_URL"),
    "SQLite": ({"SLT_DATABASE_URL": "sqlite:///portal.sqlite3"}, "PostgreSQL"),
    "no database": ({"SLT_DATABASE_URL": None}, "SLT_DATABASE_URL"),
    "no Redis": ({"SLT_REDIS_URL": None}, "SLT_REDIS_URL"),
    "a broker in a file": ({"SLT_REDIS_URL": "sqla+sqlite:///broker"}, "SLT_REDIS_URL"),
    "a cache in the broker's database": (
        {"SLT_CACHE_URL": "redis://:secret@redis.slt.example:6379/0"},
        "SLT_CACHE_URL",
    ),
    "a broker without a password": ({"SLT_REDIS_URL": "redis://redis.slt.example:6379/0"}, "requirepass"),
    "a cache without a password": ({"SLT_CACHE_URL": "redis://cache.slt.example:6379/0"}, "SLT_CACHE_URL"),
    "an address with a path": ({"SLT_SITE_URL": "https://portal.slt.example/portal"}, "nothing behind it"),
    "host names without the address": ({"SLT_ALLOWED_HOSTS": "other.slt.example"}, "lacks portal.slt.example"),
    "mail in plain": ({"SLT_MAIL_STARTTLS": "no"}, "in plain"),
    "mail with both kinds of TLS": ({"SLT_MAIL_SSL": "yes", "SLT_MAIL_STARTTLS": "yes"}, "exclude each other"),
    "no sender": ({"SLT_MAIL_FROM": None}, "SLT_MAIL_FROM"),
    "a sender that is no address": ({"SLT_MAIL_FROM": "SLT portal"}, "SLT_MAIL_FROM"),
    "no proxy": ({"SLT_PROXIES": "0"}, "SLT_PROXIES"),
    "a log level that is none": ({"SLT_LOG_LEVEL": "loud"}, "SLT_LOG_LEVEL"),
    "no mail server": ({"SLT_MAIL_HOST": None}, "SLT_MAIL_HOST"),
    "nobody to be told of trouble": ({"SLT_ALARM_TO": ""}, "SLT_ALARM_TO"),
    "nobody for survivors to turn to": ({"SLT_SUPPORT_CONTACT": None}, "SLT_SUPPORT_CONTACT"),
}


def settings_of(data_dir, names: list[str], **changes) -> dict:
    """What production makes of its environment with some changes."""
    result = run(sys.executable, "-c", SHOW % (names,), **changed(data_dir, changes))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def changed(data_dir, changes: dict) -> dict[str, str]:
    values = environment(data_dir) | changes
    return {name: value for name, value in values.items() if value is not None}


def fresh_settings(monkeypatch, values: dict[str, str]):
    """The production settings as another process with this environment would have them; the tests' own stay."""
    for name in [name for name in os.environ if name.startswith("SLT_") and not name.startswith("SLT_TEST_")]:
        monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    for name in ("base", "production"):
        monkeypatch.delitem(sys.modules, f"slt_portal.settings.{name}", raising=False)
        monkeypatch.setattr(f"slt_portal.settings.{name}", None, raising=False)
    return importlib.import_module("slt_portal.settings.production")


@pytest.mark.parametrize("case", REFUSED)
def test_production_refuses(case, tmp_path, monkeypatch):
    changes, expected = REFUSED[case]
    with pytest.raises(ImproperlyConfigured) as refused:
        fresh_settings(monkeypatch, changed(tmp_path, changes))
    assert expected in str(refused.value)


def test_production_refuses_a_data_folder_that_others_read(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    with pytest.raises(ImproperlyConfigured, match="chmod 700"):
        fresh_settings(monkeypatch, environment(tmp_path))


def test_production_refuses_a_data_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="SLT_DATA_DIR"):
        fresh_settings(monkeypatch, environment(tmp_path / "file" / "data"))


def test_one_key_is_not_used_for_two_purposes(tmp_path, monkeypatch):
    values = environment(tmp_path)
    with pytest.raises(ImproperlyConfigured, match="same as SLT_SECRET_KEY"):
        fresh_settings(monkeypatch, values | {"SLT_DIGEST_KEY": values["SLT_SECRET_KEY"]})


@pytest.mark.parametrize(
    "changes",
    [
        {"SLT_REDIS_URL": "redis://localhost:6379/0"},
        {"SLT_MAIL_HOST": "localhost", "SLT_MAIL_STARTTLS": "no"},
        {"SLT_MAIL_SSL": "yes"},
        {"SLT_ALLOWED_HOSTS": ".slt.example"},
    ],
)
def test_production_accepts(changes, tmp_path, monkeypatch):
    assert not fresh_settings(monkeypatch, changed(tmp_path, changes)).DEBUG


@pytest.mark.slow
def test_a_refusal_is_one_plain_sentence(tmp_path):
    result = manage("check", **changed(tmp_path, {"SLT_MAIL_FROM": None}))
    assert result.returncode != 0
    assert result.stderr.startswith("Set SLT_MAIL_FROM")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_deployment_check_finds_nothing(tmp_path):
    result = manage("check", "--deploy", "--fail-level", "WARNING", **environment(tmp_path))
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_database_from_a_url_with_an_escaped_password(tmp_path):
    database = settings_of(tmp_path, ["DATABASES"])["DATABASES"]["default"]
    picked = {name: database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert picked == {
        "NAME": "portal",
        "USER": "slt",
        "PASSWORD": "p@ss",
        "HOST": "database.slt.example",
        "PORT": "5433",
    }


@pytest.mark.slow
def test_database_from_single_values_and_a_secret_file(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("from a file\n")
    values = {"SLT_DATABASE_URL": None, "SLT_DB_NAME": "n", "SLT_DB_USER": "u", "SLT_DB_HOST": "h"}
    values["SLT_DB_PASSWORD_FILE"] = str(secret)
    database = settings_of(tmp_path, ["DATABASES"], **values)["DATABASES"]["default"]
    assert (database["NAME"], database["USER"], database["HOST"]) == ("n", "u", "h")
    assert database["PASSWORD"] == "from a file"


@pytest.mark.slow
def test_cache_takes_another_database_number_than_the_broker(tmp_path):
    made = settings_of(tmp_path, ["CELERY_BROKER_URL", "CACHES"], SLT_REDIS_URL="redis://:secret@redis:6379/4")
    assert made["CELERY_BROKER_URL"] == "redis://:secret@redis:6379/4"
    assert made["CACHES"]["default"]["LOCATION"] == "redis://:secret@redis:6379/5"


@pytest.mark.slow
def test_cookies_and_redirects_demand_tls(tmp_path):
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_HTTPONLY", "DEBUG"]
    made = settings_of(tmp_path, [*names, "INSTALLED_APPS"])
    assert [made[name] for name in names] == [True, True, True, True, False]
    assert "demo" not in made["INSTALLED_APPS"]
