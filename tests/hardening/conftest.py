"""Production's rules for the browser, in this process: what its settings say, on the database of the tests."""

import importlib
import sys

import pytest
from django.test import Client

from tests.infrastructure.production import environment

HOST = "portal.slt.example"
RULES = ("SECURE_", "SESSION_", "CSRF_", "LANGUAGE_", "ALLAUTH_", "ALLOWED_HOSTS", "SITE_URL", "DEBUG", "MESSAGE_")


@pytest.fixture
def production(settings, monkeypatch, tmp_path):
    """A function that makes clients of a portal that runs as in production, behind TLS and one proxy."""
    settings.DATA_DIR.chmod(0o700)
    for name, value in environment(tmp_path).items():
        if name not in {"DJANGO_SETTINGS_MODULE", "SLT_DATA_DIR"}:
            monkeypatch.setenv(name, value)
    name = "slt_portal.settings.production"
    sys.modules.pop(name, None)
    made = importlib.import_module(name)
    sys.modules.pop(name)
    assert made.CACHES["default"]["OPTIONS"]["serializer"] == settings.CACHES["default"]["OPTIONS"]["serializer"]
    for setting in dir(made):
        if setting.startswith(RULES):
            setattr(settings, setting, getattr(made, setting))

    def client(**headers):
        proxied = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": HOST, "HTTP_X_FORWARDED_FOR": "192.0.2.1"}
        return Client(raise_request_exception=False, **{**proxied, **headers})

    return client
