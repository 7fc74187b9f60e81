"""Settings of tests: the embedded way to run, with mail going to a server that a test watches."""

from slt_portal import environment
from slt_portal.settings.embedded import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = environment.number("SLT_TEST_SMTP_PORT", 0)
