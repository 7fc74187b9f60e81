"""django-allauth's account mails go through the outbox like everything else, so that a dead mail server loses none."""

import json
import uuid
from dataclasses import asdict

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.userkit import filter_users_by_email
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.sessions import BROWSER
from slt_portal.crypto import SealBroken, keyed_digest, seal, unseal

from .actions import announce
from .kinds import site_link
from .messages import AccountNotice
from .models import AccountMail, PasswordResetAsked, Subject
from .rendering import as_read_by, render_mail
from .tasks import nudge_resets

log = structlog.get_logger("slt_portal.security")
RESETS_AT_ONCE = 50


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only; their mails are sealed and queued."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _("Too many wrong attempts. Wait a few minutes; if that is not enough, an hour."),
    }

    def is_open_for_signup(self, request):
        """Nobody signs up: colleagues are invited."""
        return False

    def pre_authenticate(self, request, **credentials):
        """Counts the attempt, and says in the log who is stopped by the limit."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log.warning("sign_in_limited", **self._attempt(request, credentials))
            raise

    def set_password(self, user, password):
        """With a new password the failed sign-ins are counted anew: a stranger who used them up keeps nobody out for
        longer than a reset takes. (allauth forgets them by rows of its own, which the portal does not make.)"""
        super().set_password(user, password)
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    def authenticate(self, request, **credentials):
        """Nobody signs in as a functional mailbox; the answer is that of a wrong password."""
        user = super().authenticate(request, **credentials)
        return None if user is not None and user.is_mailbox else user

    def authentication_failed(self, request, **credentials):
        """Said in the log; whether there is such an account is not."""
        log.warning("sign_in_failed", **self._attempt(request, credentials))

    def _attempt(self, request, credentials):
        """What is logged of an attempt: the address as a digest, by which attempts on one account can be counted."""
        address = keyed_digest("address of a sign-in", credentials.get("email", "").lower())[:16]
        return {"address": address, "network": self.get_client_ip(request)}

    def login(self, request, user):
        """Begin the session, with what its owner will know it by in the list of sessions."""
        super().login(request, user)
        agent = self.get_http_user_agent(request)[:200]
        request.session[BROWSER] = {"agent": agent, "ip": self.get_client_ip(request)}
        log.info("signed_in", user=user.pk)

    def logout(self, request):
        """End the session."""
        log.info("signed_out", user=request.user.pk)
        super().logout(request)

    def pre_login(self, request, user, **kwargs):
        """Whatever door leads here: a functional mailbox has no session."""
        if user.is_mailbox:
            return redirect("account_login")
        return super().pre_login(request, user, **kwargs)

    def get_reset_password_from_key_url(self, key):
        """The link of a reset mail: built from the site's setting, because a request's Host header can be forged."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return site_link(path.replace("UID-KEY", key))

    def send_password_reset_mail(self, user, email, context):
        """To the address of the account, not to the one typed: they may differ in look-alike letters.

        A functional mailbox has no password to set; whoever asks gets the answer that everybody gets.
        """
        if user.is_mailbox:
            return
        self.send_mail("account/email/password_reset_key", user.email, context)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tells the owner of an account what was changed in it, and the log."""
        log.info("account_changed", user=user.pk, change=template_prefix.rpartition("/")[2])
        context = {"user": user, **(context or {})}
        if self.request is None:  # an operator, at the terminal
            self.send_mail(template_prefix, user.email, {**context, "timestamp": timezone.now(), "ip": "–"})
            return
        super().send_notification_mail(template_prefix, user, context, email or user.email)

    def send_mail(self, template_prefix, email, context):
        """Queue a mail about an account. An address without an account gets nothing, and nobody learns of it."""
        user = context.get("user") or get_user_model().objects.filter(email=email.lower()).first()
        if user is None:
            return
        templates = (f"{template_prefix}_subject.txt", f"{template_prefix}_message.txt")
        with as_read_by(user):
            mail = render_mail(user, templates, context, address=email)
        _queue(user, mail)


@transaction.atomic
def _queue(user, mail):
    subject = Subject.objects.create()
    text = AccountMail(subject=subject)
    text.sealed = seal(json.dumps(asdict(mail)).encode(), context=text.context)
    text.save(force_insert=True)
    announce(AccountNotice, subject=subject, event_key=f"account:{uuid.uuid4()}", recipients=[user.pk])


def ask_for_password_reset(address: str) -> None:
    """Note that somebody forgot the password of `address`; a worker answers if there is such an account.

    Here nothing depends on whether there is: the same is written, and nothing is looked up. So the time that the
    answer takes tells nobody who has an account.
    """
    sealed = seal(address.encode(), context=PasswordResetAsked.CONTEXT)
    with transaction.atomic():
        PasswordResetAsked.objects.create(sealed=sealed)
        transaction.on_commit(nudge_resets)


def answer_password_resets() -> int:
    """Queue the mails for those who forgot their password and have an account. Returns how many were asked for."""
    asked = list(PasswordResetAsked.objects.order_by("pk").values_list("pk", flat=True)[:RESETS_AT_ONCE])
    for pk in asked:
        with transaction.atomic():
            # Another worker may have it, or have been faster.
            row = PasswordResetAsked.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is not None:
                _answer_reset(row)
                row.delete()
    return len(asked)


def _answer_reset(row):
    try:
        address = unseal(row.sealed, context=PasswordResetAsked.CONTEXT).decode()
    except SealBroken:  # its master key is gone: whoever asked will ask again
        return
    users = filter_users_by_email(address, is_active=True, prefer_verified=True, for_login=True)
    if users:
        request_password_reset(None, address, users, default_token_generator)
