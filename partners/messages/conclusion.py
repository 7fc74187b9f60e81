"""Mails about how an application ends: approved, refused, memorandum to be signed, signed, void (§3.3, P7).

They share their templates: what differs is what happened, what to do, and why this person is told. Nothing of the
deliberation is in any of them.
"""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.kinds import Kind, register, site_link
from partners.models import Application, Letter, Memorandum
from partners.policies import parties_to_application
from sharing.access import access_of
from sharing.holdings import people_of

_State = Application.State


def applicants(application: Application) -> set[int]:
    """The people of the organisation who look after its partnership."""
    return people_of({f"applicant:{application.organisation_id}"})


def dss() -> set[int]:
    """The people of DSS headquarters."""
    return people_of({"dss_world"})


def both(application: Application) -> set[int]:
    """Both sides of a memorandum."""
    return applicants(application) | dss()


class _Conclusion(Kind):
    """`party` is whom it is for; `states` those of the application in which it is still worth telling.

    `heading` is also the subject; `text` says what happened and what to do, `label` is that of the link.
    """

    party = "applicant"
    states: frozenset[str] = frozenset(_State)
    heading = text = ""
    label = gettext_lazy("Open the application")

    def templates(self):
        """One set for all of them."""
        return tuple(f"partners/email/conclusion{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def _row(self, message):
        return Application.objects.for_system("what a mail is about").get(subject=message.subject_id)

    def _application(self, row):
        return row

    def _parties(self, message, application):
        return parties_to_application(access_of(message.recipient), application)

    def still_due(self, message):
        """As long as it stands like this, and is this person's business."""
        application = self._application(self._row(message))
        seen = Application.objects.visible_to(message.recipient).filter(pk=application.pk, state__in=self.states)
        return bool(self._parties(message, application) & set(self.party.split())) and seen.exists()

    def context(self, message):
        """What happened, what to do, the link, and why they are told."""
        row = self._row(message)
        names = {"ref": self._application(row).ref, "number": getattr(row, "number", "")}
        why = _("You get this mail because you are of DSS headquarters, which concludes the memorandum.")
        if "applicant" in self._parties(message, self._application(row)):
            why = _("You get this mail because you look after the partnership of your organisation.")
        return {
            "heading": str(self.heading) % names,
            "text": str(self.text) % names,
            "label": self.label,
            "link": site_link(self.path(row)),
            "why": why,
        }

    def path(self, row) -> str:
        """The page of the next step."""
        return reverse("partners:application", args=[row.ref])


@register
class Approved(_Conclusion):
    """The applicant: the Committee has admitted it."""

    code = "partners.approved"
    states = frozenset({_State.APPROVED})
    heading = gettext_lazy("Application %(ref)s: approved")
    text = gettext_lazy(
        "The Oversight Committee has approved your application. DSS headquarters prepares the memorandum. You need do "
        "nothing now; you get a mail when it can be signed."
    )


@register
class ToConclude(_Conclusion):
    """DSS headquarters: there is a memorandum to be made."""

    code = "partners.to_conclude"
    party = "dss_headquarters"
    states = frozenset({_State.APPROVED})
    heading = gettext_lazy("Application %(ref)s: memorandum to be made")
    text = gettext_lazy(
        "The Oversight Committee has approved this application. Issue the memorandum, so that both sides can sign it."
    )
    label = gettext_lazy("Issue the memorandum")

    def path(self, row):
        """The form."""
        return reverse("partners:conclude", args=[row.ref])


@register
class Refused(_Conclusion):
    """The applicant: the Committee has refused; the reasons stand in the letter."""

    code = "partners.refused"
    heading = gettext_lazy("Application %(ref)s: letter of the Oversight Committee")
    text = gettext_lazy(
        "The Oversight Committee has decided not to approve your application. Letter %(number)s gives the reasons. You "
        "may apply again later."
    )
    label = gettext_lazy("Read the letter")

    def _row(self, message):
        return Letter.objects.select_related("application__organisation").get(subject=message.subject_id)

    def _application(self, row):
        return row.application

    def path(self, row):
        """The letter."""
        return reverse("partners:letter", args=[row.application.ref])


class _OfMemorandum(_Conclusion):
    """About a memorandum; `memoranda` are its states in which it is still worth telling."""

    party = "applicant dss_headquarters"
    memoranda: frozenset[str]
    label = gettext_lazy("Read and sign the memorandum")

    def _row(self, message):
        return Memorandum.objects.select_related("application__organisation").get(subject=message.subject_id)

    def _application(self, row):
        return row.application

    def still_due(self, message):
        """As long as the memorandum stands like this, too."""
        return self._row(message).state in self.memoranda and super().still_due(message)

    def path(self, row):
        """Its page."""
        return reverse("partners:memorandum", args=[row.number])


@register
class ToSign(_OfMemorandum):
    """Both sides: the memorandum is there to be signed."""

    code = "partners.memorandum_to_sign"
    memoranda = frozenset({Memorandum.State.ISSUED, Memorandum.State.HALF_SIGNED})
    heading = gettext_lazy("Memorandum %(number)s: to be signed")
    text = gettext_lazy(
        "The memorandum was issued. Both sides sign it, in any order: on its page, or on paper. The partnership begins "
        "when both have signed."
    )


@register
class OtherSideSigned(_OfMemorandum):
    """One side: the other one has signed."""

    code = "partners.memorandum_half_signed"
    memoranda = frozenset({Memorandum.State.HALF_SIGNED})
    heading = gettext_lazy("Memorandum %(number)s: your signature is missing")
    text = gettext_lazy("The other side has signed. The partnership begins when your side has signed, too.")


@register
class Concluded(_OfMemorandum):
    """Both sides: both have signed, the partnership has begun."""

    code = "partners.memorandum_concluded"
    memoranda = frozenset({Memorandum.State.CONCLUDED})
    heading = gettext_lazy("Memorandum %(number)s: signed by both sides")
    text = gettext_lazy(
        "Both sides have signed. The organisation is a partner organisation from now on. The signed version is on the "
        "page of the memorandum in a few minutes."
    )
    label = gettext_lazy("See the memorandum")


@register
class Voided(_OfMemorandum):
    """Both sides: this memorandum is not to be signed any more."""

    code = "partners.memorandum_void"
    states = frozenset({_State.APPROVED, _State.CONCLUDING})
    memoranda = frozenset({Memorandum.State.VOID})
    heading = gettext_lazy("Memorandum %(number)s: void")
    text = gettext_lazy(
        "DSS headquarters has taken this memorandum back before both sides had signed. The approval stands. Another "
        "memorandum with a new number follows."
    )
    label = gettext_lazy("See the memorandum")
