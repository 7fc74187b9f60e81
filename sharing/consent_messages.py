"""What is announced of passing on (C3): references, area, marking, what to do by when; never for what, for whom or by
whom it is asked, and never who the originator is (C7)."""

from abc import abstractmethod
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.kinds import Kind, Line, register, site_link
from notifications.models import Message
from organisations.models import Membership, Standing
from slt_portal.templatetags.portal import day_text

from .access import access_of
from .emergency_messages import own_principals
from .markings import Depth, Recipients
from .models import ConsentRequest, Release


@dataclass(frozen=True)
class Notice:
    """What a mail about a request says: in its subject (`short`), in its text, and why this person gets it."""

    short: str
    happened: str
    todo: str
    why: str


class _AboutConsent(Kind):
    """A kind about one request. They differ in their sentences only, and share their templates."""

    column: str  # of the request, that names the subject

    def templates(self):
        """The three templates of all of them."""
        return tuple(f"sharing/email/consent{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def context(self, message: Message) -> dict:
        """The two references; area and marking where the recipient may read the incident; sentences and link."""
        request = self.request_of(message.subject_id)
        item = request.item
        may_read = self.open_to(message.recipient, request).exists()
        return {
            "ref": item.ref,
            "area": item.area if may_read else "",
            "marking": item.marking if may_read else "",
            "request_ref": request.ref,
            "notice": self.notice(request),
            "link": site_link(self.page(request)),
        }

    def page(self, request: ConsentRequest) -> str:
        """The page the mail leads to."""
        return reverse("incidents:consent", args=[request.ref])

    @abstractmethod
    def notice(self, request: ConsentRequest) -> Notice:
        """What it says."""

    def request_of(self, subject_id) -> ConsentRequest:
        """The request that messages about this subject are about."""
        rows = ConsentRequest.objects.for_system("what a message is about").with_item()
        return rows.get(**{self.column: subject_id})

    def open_to(self, user, request: ConsentRequest):
        """The releases of its item that `user` may read."""
        return Release.objects.visible_to(access_of(user)).filter(item=request.item)


class _ToOriginator(_AboutConsent):
    column = "subject"

    def still_due(self, message: Message) -> bool:
        """As long as nobody has answered, to those who read it for the originator."""
        request = self.request_of(message.subject_id)
        is_open = request.state == ConsentRequest.State.OPEN
        return is_open and bool(set(access_of(message.recipient).originators) & own_principals(request.item))


def _words(request):
    return {"ref": request.item.ref, "date": day_text(request.due_at.date())}


def _why_originator():
    return _("You get this because you reported it, or answer for reports of your organisation.")


@register
class ConsentAsked(_ToOriginator):
    """A reader asks the originator to let others have something."""

    code = "sharing.consent_asked"

    def notice(self, request):
        """By when to answer, and what silence means."""
        words = _words(request)
        return Notice(
            _("may it be passed on? Answer by %(date)s") % words,
            _("A reader of %(ref)s asks whether it may be passed on") % words,
            _("Answer yes or no by %(date)s. Without an answer it is a no.") % words,
            _why_originator(),
        )


@register
class ConsentReminded(_ToOriginator):
    """Nobody of the originator has answered yet."""

    code = "sharing.consent_reminded"

    def notice(self, request):
        """The same once more."""
        words = _words(request)
        return Notice(
            _("reminder: may it be passed on? Answer by %(date)s") % words,
            _("Nobody has answered yet whether %(ref)s may be passed on") % words,
            _("Answer yes or no by %(date)s. Without an answer it is a no.") % words,
            _why_originator(),
        )


class _ToAsker(_AboutConsent):
    def still_due(self, message: Message) -> bool:
        """As long as they belong to the organisation in whose name they asked, and it is not suspended."""
        request = self.request_of(message.subject_id)
        here = {"organisation": request.organisation}
        is_there = Membership.objects.on().filter(user=message.recipient, **here).exists()
        suspended = Standing.objects.on().filter(kind=Standing.Kind.SUSPENDED, area=None, **here)
        return is_there and not suspended.exists()


@register
class ConsentAnswered(_ToAsker):
    """The originator answered, or did not in time."""

    code = "sharing.consent_answered"
    column = "answer_subject"

    def notice(self, request):
        """What the answer is, and what follows."""
        states, words = ConsentRequest.State, _words(request)
        why = _("You get this because you asked.")
        if request.state == states.REFUSED:
            happened = _("The originator does not want %(ref)s to be passed on") % words
            return Notice(_("it may not be passed on"), happened, _("Do not pass it on."), why)
        if request.state == states.LAPSED:
            happened = _("Nobody answered in time whether %(ref)s may be passed on, which is a no") % words
            return Notice(_("no answer: it may not be passed on"), happened, _("Do not pass it on."), why)
        happened = _("The originator of %(ref)s consents that it is passed on") % words
        return Notice(_("it may be passed on"), happened, self._todo(request), why)

    def _todo(self, request):
        if request.recipients == Recipients.DONOR:
            return _("Read on what terms. Hand on the document that you find there, and nothing else.")
        return _("Read on what terms. Those named can read it in the portal now; you need send them nothing.")


@register
class ConsentEnded(_ToAsker):
    """A consent was withdrawn or is over, or a request was closed."""

    code = "sharing.consent_ended"
    column = "end_subject"

    def notice(self, request):
        """What to do now."""
        words, why = _words(request), _("You get this because you asked.")
        if request.release_id is None:
            happened = _("The request to pass on %(ref)s is closed: it is not shared any more as it was") % words
            return Notice(_("request closed"), happened, _("Do not pass it on."), why)
        todo = _("Do not pass it on any more. Tell whomever you gave a document to delete it.")
        if request.state == ConsentRequest.State.ENDED:
            happened = _("The consent to pass on %(ref)s was given until a day that is over") % words
            return Notice(_("consent has ended"), happened, todo, why)
        happened = _("The consent to pass on %(ref)s is withdrawn") % words
        return Notice(_("consent withdrawn"), happened, todo, why)


@register
class PassedOn(_AboutConsent):
    """Something was passed on to the recipient with its originator's consent."""

    code = "sharing.passed_on"
    column = "answer_subject"

    def still_due(self, message: Message) -> bool:
        """As long as what was passed on is the most of it that the recipient may read."""
        return self._reads(message.recipient, self.request_of(message.subject_id))

    def page(self, request):
        """The incident's: the ledger is for the two sides."""
        return reverse("incidents:detail", args=[request.item.ref])

    def notice(self, request):
        """Until when, and that it ends there."""
        until = {"date": day_text(request.until), "ref": request.item.ref}
        return Notice(
            _("passed on to you"),
            _("%(ref)s was passed on to you with its originator’s consent") % until,
            _(
                "Read it until %(date)s. It is for your organisation and not to be passed on, whatever its marking "
                "allows."
            )
            % until,
            _("You get this because your organisation is one of those to whom it was passed on."),
        )

    def digest_line(self, subject_id, recipient) -> Line | None:
        """Reference, area, marking and link, if it is still open to them."""
        request = self.request_of(subject_id)
        if not self._reads(recipient, request):
            return None
        item = request.item
        return Line(ref=item.ref, area=str(item.area), marking=item.marking, link=site_link(self.page(request)))

    def _reads(self, user, request):
        newest = self.open_to(user, request).order_by("-depth", "-pk").first()
        is_it = newest is not None and newest.pk == request.release_id
        return is_it and newest.depth == Depth.CONSENT
