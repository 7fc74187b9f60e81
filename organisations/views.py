"""The people of an organisation: who they are, asking one in, ending a role, and accepting an invitation."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
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
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin

from .actions import PURPOSE, accept_invitation, end_membership, invite, withdraw_invitation
from .forms import FirstPasswordForm, InvitationForm, OrganisationFilter
from .models import Invitation, Membership
from .policies import can_end_membership, can_invite, can_invite_somewhere, is_still_given, rights_over
from .querysets import organisations_looked_after, people_of, waiting_invitations

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

    policy = can_invite_somewhere

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.organisation = organisations_looked_after(request.user).filter(ref=kwargs["ref"]).first()

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.organisation:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def people_url(self):
        """Where one goes back to."""
        return reverse("organisations:people_of", kwargs={"ref": self.organisation.ref})


class OrganisationPeople(OrganisationMixin, TemplateView):
    """Everybody with a role in the organisation, and the invitations that wait."""

    template_name = "organisations/membership_list.html"

    def get_context_data(self, **kwargs):
        user, rights = self.request.user, rights_over(self.request.user, self.organisation)
        rows = list(people_of(self.organisation))
        return super().get_context_data(
            organisation=self.organisation,
            items=[(row, row.user_id != user.pk and row.role in rights.ends) for row in rows],
            invitations=[(row, row.role in rights.ends) for row in waiting_invitations(self.organisation)],
            can_invite=bool(rights.gives),
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

    def form_valid(self, form):
        invite(**form.cleaned_data, organisation=self.organisation, by=self.request.user)
        # The same words whether or not this address had an account.
        messages.success(self.request, _("The invitation to %(email)s is on its way.") % form.cleaned_data)
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
            return _over(request)
        form = None if invitation.user.has_usable_password() else FirstPasswordForm(invitation.user)
        return self._page(invitation, form)

    def post(self, request, token):
        invitation = _invitation(token)
        if invitation is None:
            return _over(request)
        password = None
        if not invitation.user.has_usable_password():
            form = FirstPasswordForm(invitation.user, request.POST)
            if not form.is_valid():
                return self._page(invitation, form)
            password = form.cleaned_data["new_password1"]
        try:
            membership = accept_invitation(invitation, password=password)
        except StaleState:
            return _over(request)
        return _enter(request, membership.user, has_just_set_password=bool(password))

    def _page(self, invitation, form):
        return render(self.request, "organisations/invitation_accept.html", {"invitation": invitation, "form": form})


def _invitation(token):
    link = ActionLink.objects.live(PURPOSE, token)
    rows = Invitation.objects.select_related("user", "area", "organisation", "link", "invited_by")
    invitation = rows.filter(link=link, user__is_active=True).first() if link else None
    return invitation if invitation and is_still_given(invitation) else None


def _over(request):
    return render(request, "organisations/invitation_over.html", status=404)


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
