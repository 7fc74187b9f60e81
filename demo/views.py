"""Signing in as anybody and reading everybody's mail: only where the demo is installed, never in production."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from accounts.models import User
from organisations.models import Membership

from . import partnership, restricted
from .actions import PASSWORD, TOTP_SECRET, current_code
from .cast import GROUPS, OUTSIDE, PEOPLE
from .mailbox import page

_ADDRESSES = {person.email for person in (*PEOPLE, *partnership.PEOPLE, restricted.SECOND)}


@method_decorator(never_cache, name="dispatch")
class Index(TemplateView):
    """The cast by kind of person, each with a button."""

    template_name = "demo/index.html"

    def get_context_data(self, **kwargs):
        """The people with what they are, and what the ordinary sign-in form asks of them."""
        memberships = {}
        rows = Membership.objects.on().filter(user__email__in=_ADDRESSES).select_related("organisation", "area", "user")
        for row in rows.order_by("pk"):
            memberships.setdefault(row.user.email, []).append(row)
        groups = [(label, [person for person in PEOPLE if person.group == group]) for group, label in GROUPS.items()]
        is_told = any(person.email in memberships for person in partnership.PEOPLE)
        if is_told:  # only then they are there
            groups.append((_("Organisations of the story of partnership"), partnership.PEOPLE))
        if restricted.SECOND.email in memberships:
            groups = [
                (label, [*some, restricted.SECOND] if label == GROUPS[OUTSIDE] else some) for label, some in groups
            ]
        finds = partnership.FINDS if is_told else {}
        groups = [
            (label, [(person, memberships.get(person.email, []), finds.get(person.email, "")) for person in people])
            for label, people in groups
        ]
        code = current_code()
        return super().get_context_data(groups=groups, password=PASSWORD, secret=TOTP_SECRET, code=code, **kwargs)


class SignIn(View):
    """One click: the session is as after password and authenticator code."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out whoever is signed in, then sign in the person named; 404 for anybody who is not of the cast."""
        address = request.POST.get("email", "")
        if address not in _ADDRESSES:
            raise Http404
        user = get_object_or_404(User, email=address, is_active=True)
        factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        logout(request)
        get_adapter(request).login(request, user)
        record_authentication(request, user, method="password", email=user.email)
        if factor is not None:  # without one they are led to set one up, as anybody would be
            post_authentication(request, factor)
        return redirect(settings.LOGIN_REDIRECT_URL)


@method_decorator(never_cache, name="dispatch")
class Mailbox(View):
    """Every mail that was sent, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """One page; `to` keeps those to one address."""
        to, asked = request.GET.get("to", "").strip()[:254], request.GET.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) < 100_000 else 1
        items, has_older = page(number, to=to)
        context = {
            "items": items,
            "to": to,
            "number": number,
            "newer": number - 1,
            "older": number + 1 if has_older else 0,
        }
        return render(request, "demo/mail.html", context)
