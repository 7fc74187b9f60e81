"""The people of an organisation: who they are, asking one or a mailbox in, ending a role, accepting an invitation."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts.models import ActionLink
from notifications.trouble import trouble_of
from organisations.actions import (
    PURPOSE,
    accept_invitation,
    add_mailbox,
    end_membership,
    invite,
    withdraw_invitation,
)
from organisations.addresses import address_fits, can_be_accepted
from organisations.forms import FirstPasswordForm, InvitationForm, MailboxForm, OrganisationFilter
from organisations.memberships import memberships_of
from organisations.models import AddressException, Invitation, Membership
from organisations.policies import (
    areas_to_give,
    can_add_mailbox,
    can_end_membership,
    can_invite,
    can_invite_somewhere,
    rights_over,
)
from organisations.querysets import (
    contacts_in,
    is_still_meant,
    organisations_looked_after,
    people_of,
    waiting_invitations,
)
from organisations.roles import MAILBOXES
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin, is_signed_in

_ORGANISATIONS_PER_PAGE = 50


class People(PolicyMixin, View):
    """The organisations whose people one looks after; with only one, its people at once."""

    policy = can_invite_somewhere

    def get(self, request):
        mine = organisations_looked_after(request.user)
        if len(first_two := mine[:2]) == 1:
            return redirect("organisations:people_of", ref=first_two[0].ref)
        form = OrganisationFilter(request.GET)
        words = form.cleaned_data["q"] if form.is_valid() else ""
        pages = Paginator(mine.filter(name__icontains=words).order_by("name", "pk"), _ORGANISATIONS_PER_PAGE)
        page = pages.get_page(request.GET.get("page"))
        context = {
            "items": list(page),
            "page": page,
            "count_label": pages.count,
            "filter_form": form,
            "is_filtered": bool(words),
        }
        return render(request, "organisations/organisation_list.html", context)


class OrganisationMixin(PolicyMixin):
    """A page about the people of one organisation: for those who look after them, absent for everybody else."""

    policy = is_signed_in  # which organisations one looks after is asked below, once

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        acting = memberships_of(request) if request.user.is_authenticated else []
        self.held = [(row.role, row.organisation_id) for row in acting if not row.is_suspended]
        mine = organisations_looked_after(request.user, self.held)
        self.organisation = mine.filter(ref=kwargs["ref"]).first()

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.organisation:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def people_url(self):
        """Where one goes back to."""
        return reverse("organisations:people_of", kwargs={"ref": self.organisation.ref})


class OrganisationPeople(OrganisationMixin, TemplateView):
    """Everybody with a role in the organisation, who has not acknowledged the rules (C9), whom mail does not reach,
    whether there are two to three contacts (I6), domains (I7), other names (P12), and the invitations that wait.
    """

    template_name = "organisations/membership_list.html"

    def get_context_data(self, **kwargs):
        user, rows = self.request.user, list(people_of(self.organisation))
        invitations = list(waiting_invitations(self.organisation))
        rights = rights_over(user, self.organisation, self.held, rows)
        troubles = trouble_of({row.user_id for row in rows if row.role in rights.ends})
        asked = [row for row in invitations if row.role in rights.ends]
        # Whether the address has an account elsewhere, and how that fares, is not theirs to know.
        invited = trouble_of({row.user_id for row in asked}, subjects={row.subject_id for row in asked})
        return super().get_context_data(
            troubles=troubles,
            invited_troubles=invited,
            mail_came_back=any(trouble.came_back for trouble in [*troubles.values(), *invited.values()]),
            organisation=self.organisation,
            items=[(row, row.user_id != user.pk and row.role in rights.ends) for row in rows],
            invitations=[(row, row.role in rights.ends) for row in invitations],
            contacts=contacts_in(self.organisation, rows),
            domains=list(self.organisation.domains.all()),
            names=list(self.organisation.names.order_by("kind", "name")),
            can_invite=bool(rights.gives - MAILBOXES),
            can_add_mailbox=not MAILBOXES.isdisjoint(rights.gives),
            can_change_domains=any(role == "dss_headquarters" for role, _ in self.held),
            **kwargs,
        )


class InvitationSend(OrganisationMixin, FormView):
    """Asks a colleague in."""

    form_class = InvitationForm
    template_name = "organisations/invitation_send.html"

    def dispatch(self, request, *args, **kwargs):
        if self.organisation and not can_invite(request.user, self.organisation):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "by": self.request.user, "organisation": self.organisation}

    def get_initial(self):
        """Role and area of a link that asks for a successor, the address of an exception, or what was typed before."""
        if "back" in self.request.POST:
            return self.request.POST.dict()
        asked = self.request.GET
        initial = {"role": asked.get("role", "")}
        areas = areas_to_give(self.request.user, self.organisation)
        initial["area"] = areas.filter(code=_plain(asked.get("area", ""))).first()
        approved = AddressException.objects.filter(organisation=self.organisation, state="approved")
        if exception := approved.filter(ref=_plain(asked.get("exception", ""))).first():
            initial["email"] = exception.email
        return initial

    def post(self, request, *args, **kwargs):
        if "back" in request.POST:  # from the request for an exception: nothing is sent, what was typed is there
            return self.render_to_response(self.get_context_data(form=self.empty_form()))
        return super().post(request, *args, **kwargs)

    def empty_form(self):
        """The form as shown first, with what is known already."""
        return InvitationForm(initial=self.get_initial(), by=self.request.user, organisation=self.organisation)

    def form_valid(self, form):
        try:
            invite(**form.cleaned_data, organisation=self.organisation, by=self.request.user)
        except ValidationError:  # the domains changed between the form and here: the form finds it too, now
            form.full_clean()
            return self.form_invalid(form)
        # The same words whether or not this address had an account.
        messages.success(self.request, _("The invitation to %(email)s is on its way.") % form.cleaned_data)
        return redirect(self.people_url())

    def get_context_data(self, **kwargs):
        request_url = reverse("organisations:exception_request", args=[self.organisation.ref])
        return super().get_context_data(
            organisation=self.organisation, back_url=self.people_url(), request_url=request_url, **kwargs
        )


def _plain(text):
    """A code or reference of an address, without what a database could not compare."""
    return text.replace("\x00", "")[:40]


class MailboxAdd(OrganisationMixin, FormView):
    """Asks a functional mailbox whether it wants the organisation's mails (item 10)."""

    form_class = MailboxForm
    template_name = "organisations/mailbox_add.html"

    def dispatch(self, request, *args, **kwargs):
        if self.organisation and not can_add_mailbox(request.user, self.organisation):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "by": self.request.user, "organisation": self.organisation}

    def form_valid(self, form):
        try:
            add_mailbox(**form.cleaned_data, organisation=self.organisation, by=self.request.user)
        except ValidationError:  # somebody was invited at this address, or the domain went, a moment ago
            form.full_clean()
            return self.form_invalid(form)
        text = _("A mail is on its way to %(email)s. Nothing else goes there until somebody presses its button.")
        messages.success(self.request, text % form.cleaned_data)
        return redirect(self.people_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(organisation=self.organisation, back_url=self.people_url(), **kwargs)


class _Ending(OrganisationMixin, View):
    """Asks, then ends something that the page's person may end. Subclasses say what."""

    def get(self, request, **kwargs):
        row = self.row()
        return render(request, self.template_name, {"row": row, "cancel_url": self.people_url()})

    def post(self, request, **kwargs):
        try:
            self.end(self.row())
        except StaleState:
            messages.info(request, self.too_late())
        else:
            messages.success(request, self.done())
        return redirect(self.people_url())


class MembershipEnd(_Ending):
    """Ends a person's role."""

    template_name = "organisations/membership_end.html"

    def row(self):
        """The membership of the address, if one may end it."""
        rows = Membership.objects.select_related("user", "area", "organisation")
        row = get_object_or_404(rows, ref=self.kwargs["membership"], organisation=self.organisation)
        if not can_end_membership(self.request.user, row):
            raise Http404
        return row

    def end(self, row):
        """End it."""
        end_membership(row, by=self.request.user)

    def done(self):
        """What is said afterwards."""
        return _("The role has ended. What it opened is closed from now on.")

    def too_late(self):
        """What is said if it had ended before."""
        return _("This role had ended already.")


class InvitationWithdraw(_Ending):
    """Makes the link of an invitation useless."""

    template_name = "organisations/invitation_withdraw.html"

    def row(self):
        """The invitation of the address, if one may give its role."""
        rows = Invitation.objects.select_related("user", "area", "organisation", "link")
        row = get_object_or_404(rows, subject=self.kwargs["invitation"], organisation=self.organisation)
        if row.role not in rights_over(self.request.user, self.organisation).ends:
            raise Http404
        return row

    def end(self, row):
        """Withdraw it."""
        withdraw_invitation(row, by=self.request.user)

    def done(self):
        """What is said afterwards."""
        return _("The invitation is withdrawn. Its link no longer works.")

    def too_late(self):
        """What is said if it was accepted or had run out before."""
        return _("The invitation was accepted meanwhile, or had run out.")


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class InvitationAccept(View):
    """The page behind the link of an invitation. Looking at it changes nothing; its button accepts, once."""

    def get(self, request, token):
        invitation = _invitation(token)
        if invitation is None:
            return _over(request, token)
        return self._page(invitation, _first_password(invitation))

    def post(self, request, token):
        invitation = _invitation(token)
        if invitation is None:
            return _over(request, token)
        form = _first_password(invitation, request.POST)
        if form and not form.is_valid():
            return self._page(invitation, form)
        password = form.cleaned_data["new_password1"] if form else None
        try:
            membership = accept_invitation(invitation, password=password)
        except StaleState:
            return _over(request, token)
        if membership.role in MAILBOXES:
            return render(request, "organisations/mailbox_accepted.html", {"membership": membership})
        return _enter(request, membership.user, has_just_set_password=bool(password))

    def _page(self, invitation, form):
        page = "mailbox_accept" if invitation.role in MAILBOXES else "invitation_accept"
        return render(self.request, f"organisations/{page}.html", {"invitation": invitation, "form": form})


def _first_password(invitation, typed=None):
    """The form for a new person's password; None for who has one, and for a mailbox, which never has."""
    if invitation.role in MAILBOXES or invitation.user.has_usable_password():
        return None
    return FirstPasswordForm(invitation.user, typed)


def _invitation(token):
    invitation = _sent(token)
    return invitation if invitation and can_be_accepted(invitation) else None


def _sent(token):
    link = ActionLink.objects.live(PURPOSE, token)
    rows = Invitation.objects.select_related("user", "area", "organisation", "link", "invited_by")
    return rows.filter(link=link, user__is_active=True).first() if link else None


def _over(request, token):
    """Why nothing can be accepted: it is over, or the address is not one of the organisation's any more (I7)."""
    invitation = _sent(token)
    is_elsewhere = invitation and is_still_meant(invitation) and not address_fits(invitation)
    context = {"organisation": invitation.organisation if is_elsewhere else None}
    return render(request, "organisations/invitation_over.html", context, status=404)


def _enter(request, user, *, has_just_set_password):
    """After accepting: a new person is signed in and led to the second factor, others sign in as they always do."""
    if has_just_set_password:
        if request.user != user:
            logout(request)  # somebody else was signed in here: their session ends before this one begins
        # As fresh as a password typed again, so that it is not asked for a second time before the second factor.
        record_authentication(request, user, method="password", reauthenticated=True)
        return perform_login(request, Login(user=user))
    messages.success(request, _("Your new role has begun."))
    return redirect("home" if request.user == user else "account_login")
