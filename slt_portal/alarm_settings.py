"""Whom `manage.py watch` tells of trouble, and over which server, read from the environment for production."""

from django.core.exceptions import ImproperlyConfigured

from slt_portal import environment


def alarm_to() -> list[str]:
    """The addresses in SLT_ALARM_TO. Raises ImproperlyConfigured when there are none."""
    addresses = environment.words("SLT_ALARM_TO")
    if not addresses or not all("@" in address for address in addresses):
        raise ImproperlyConfigured(
            "Set SLT_ALARM_TO to the addresses, separated by commas, of those who run the portal: they are told when "
            "mail is not sent, jobs stop or the database is gone."
        )
    return addresses


def alarm_mail() -> dict:
    """How to reach SLT_ALARM_MAIL_HOST, as arguments of Django's SMTP backend; empty where it is not set."""
    host = environment.text("SLT_ALARM_MAIL_HOST", "")
    if not host:
        return {}
    ssl = environment.flag("SLT_ALARM_MAIL_SSL", False)
    return {
        "host": host,
        "port": environment.number("SLT_ALARM_MAIL_PORT", 587),
        "username": environment.text("SLT_ALARM_MAIL_USER", ""),
        "password": environment.text("SLT_ALARM_MAIL_PASSWORD", ""),
        "use_ssl": ssl,
        "use_tls": environment.flag("SLT_ALARM_MAIL_STARTTLS", not ssl),
    }
