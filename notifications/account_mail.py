"""django-allauth's account mails go through the outbox like everything else, so that a dead mail server loses none."""

import json
import uuid
from dataclasses import asdict

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import get_user_model
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse

from slt_portal.crypto import seal

from .actions import announce
from .kinds import site_link
from .messages import AccountNotice, account_mail_context
from .models import AccountMail, Subject
from .rendering import as_read_by, render_mail


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only; their mails are sealed and queued."""

    def is_open_for_signup(self, request):
        """Nobody signs up: colleagues are invited."""
        return False

    def authenticate(self, request, **credentials):
        """Nobody signs in as a functional mailbox; the answer is that of a wrong password."""
        user = super().authenticate(request, **credentials)
        return None if user is not None and user.is_mailbox else user

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
        """Tells the owner of an account what was changed in it."""
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email or user.email)

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
    sealed = seal(json.dumps(asdict(mail)).encode(), context=account_mail_context(subject.pk))
    AccountMail.objects.create(subject=subject, sealed=sealed)
    announce(AccountNotice, subject=subject, event_key=f"account:{uuid.uuid4()}", recipients=[user.pk])
