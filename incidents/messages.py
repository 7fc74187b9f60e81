"""What the incidents app announces, and to whom."""

from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.choices import register_categories
from notifications.kinds import Kind, Line, register, settings_link, site_link
from notifications.models import Message
from notifications.stopping import area_topic
from notifications.subscriptions import Interested, interested
from organisations.models import Membership
from sharing.access import access_of
from sharing.audiences import readers_of
from sharing.markings import Depth
from sharing.models import Item, Release

from . import exports_messages  # noqa: F401 - its kind is found together with these
from .codes import Category, Severity
from .models import Change, DeskEntry, IncidentRelease, Proposal, Question, Report

register_categories(Category.choices, Severity.choices)


def recipients_of(item: Item, *, author, life_safety: bool) -> Interested:
    """The ids of those to be told at once, and of those to be told in their digest, of something about `item`.

    A pure function of the audience and of what people chose (I3, G8): of the audience those who work in or follow the
    area; at once whoever was named in person or through their organisation; DSS headquarters where no desk covers the
    area. Never the author.
    """
    readers = readers_of(item)
    places = item.area.places if item.area else ()
    desks = {f"dss:{place}" for place in places}
    has_desk = any(reader.through & desks for reader in readers.values())  # also when the author is the desk
    readers.pop(author.pk, None)
    here = {user for user, reader in readers.items() if reader.works_in.intersection(places)}
    addressed = {user for user, reader in readers.items() if any(map(_names_somebody, reader.through))}
    if not has_desk:
        addressed |= {user for user, reader in readers.items() if "dss_world" in reader.through}
    full = IncidentRelease.objects.for_system("whom it concerns").get(release__item=item, release__depth=Depth.FULL)
    wanted = interested(
        set(readers),
        area_ids=places,
        working_there=here,
        life_safety=life_safety,
        category=full.category,
        severity=full.severity,
    )
    at_once = addressed | wanted.at_once
    return Interested(at_once=at_once, digest=wanted.digest - at_once)


def _names_somebody(principal):
    return principal == "grant" or principal.startswith("organisation")


class _AboutIncident(Kind):
    """A kind about one incident, sent as long as its recipient may read a release of it; never the narrative (C7)."""

    def still_due(self, message: Message) -> bool:
        """Whether the recipient may still read a release of it."""
        return self._release(message.subject_id, message.recipient) is not None

    def context(self, message: Message) -> dict:
        """Reference, area, marking and link, from the recipient's own release, as the page would be."""
        release = self._release(message.subject_id, message.recipient)
        return {
            "ref": release.item.ref,
            "area": release.area,
            "marking": release.item.marking,
            "is_life_safety": message.priority == Message.Priority.LIFE_SAFETY,
            "link": site_link(reverse("incidents:detail", args=[release.item.ref])),
        }

    def item_id(self, subject_id) -> int:
        """The item that messages about this subject are about."""
        raise NotImplementedError

    def _release(self, subject_id, recipient):
        releases = Release.objects.visible_to(access_of(recipient)).filter(item=self.item_id(subject_id))
        return releases.select_related("item", "area").order_by("-depth").first()


@register
class Filed(_AboutIncident):
    """An incident was reported."""

    code = "incidents.filed"

    def item_id(self, subject_id):
        """Of the report."""
        return Report.objects.for_system("what a message is about").get(subject=subject_id).incident.item_id

    def context(self, message):
        """Also where to change which mails one gets, and what stops them, but for those that cannot be switched off."""
        context = super().context(message)
        if context["is_life_safety"]:
            return {**context, "settings_url": ""}
        return {**context, "settings_url": settings_link(), "stops": area_topic(context["area"].pk)}

    def digest_line(self, subject_id, recipient) -> Line | None:
        """Reference, area, marking and link from the recipient's own release, if they may still read one (C7, G8)."""
        release = self._release(subject_id, recipient)
        if release is None:
            return None
        known = IncidentRelease.objects.visible_to(access_of(recipient)).get(release=release)
        places = release.area.places
        return Line(
            ref=release.item.ref,
            area=str(release.area),
            marking=release.item.marking,
            link=site_link(reverse("incidents:detail", args=[release.item.ref])),
            area_ids=places,
            category=known.category,
            severity=known.severity,
            works_there=Membership.objects.on().filter(user=recipient, area__in=places).exists(),
        )


@register
class Changed(Filed):
    """There is news on an incident: an update, the final report, a grade, an attachment."""

    code = "incidents.changed"

    def still_due(self, message):
        """Unless a later batch was told already: it says the same, and sooner."""
        change = self._change(message.subject_id)
        later = Change.objects.for_system("is it overtaken").filter(
            incident=change.incident, number__gt=change.number, due_at__lte=change.due_at
        )
        return super().still_due(message) and not later.exists()

    def item_id(self, subject_id):
        """Of the batch."""
        return self._change(subject_id).incident.item_id

    def _change(self, subject_id):
        rows = Change.objects.for_system("what a message is about").select_related("incident")
        return rows.get(subject=subject_id)


class _Notice(_AboutIncident):
    """A kind that differs from the others in its sentences only: they share their templates."""

    def templates(self):
        """The three templates of all notices."""
        return tuple(f"incidents/email/notice{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def context(self, message):
        """Also what happened, what to do now, and why this person gets it."""
        context = super().context(message)
        happened, todo, why = self.sentences(message, context)
        return {**context, "happened": happened, "todo": todo, "why": why}

    def sentences(self, message, context) -> tuple[str, str, str]:
        """What happened (also the subject of the mail), what to do now, why this person gets it."""
        raise NotImplementedError


def _why_reported():
    return _("You get this because you reported it, or answer for reports of your organisation.")


def _why_desk():
    return _("You get this because you are at the desk that may see it.")


@register
class DeskDid(_Notice):
    """A desk received, or noted something on, what the recipient reported (I2)."""

    code = "incidents.desk_did"

    def item_id(self, subject_id):
        """Of the entry."""
        return self._entry(subject_id).incident.item_id

    def _entry(self, subject_id):
        rows = DeskEntry.objects.for_system("what a message is about").select_related("incident", "area")
        return rows.get(subject=subject_id)

    def sentences(self, message, context):
        """Which office did it."""
        entry = self._entry(message.subject_id)
        office = {"office": f"{entry.office}, {entry.area}" if entry.area else entry.office, "ref": context["ref"]}
        if entry.kind == DeskEntry.Kind.ACKNOWLEDGED:
            happened = _("%(office)s has received %(ref)s") % office
            return happened, _("You need do nothing. The report shows who received it and when."), _why_reported()
        happened = _("%(office)s wrote what was done about %(ref)s") % office
        return happened, _("Read what was done."), _why_reported()


@register
class Asked(_Notice):
    """Somebody asks DSS to verify an incident and to follow it up (I3)."""

    code = "incidents.asked"

    def item_id(self, subject_id):
        """Of the question."""
        return Question.objects.for_system("what a message is about").get(subject=subject_id).incident.item_id

    def sentences(self, message, context):
        """That a question waits."""
        happened = _("A question on %(ref)s waits for DSS") % {"ref": context["ref"]}
        return happened, _("Read the question and answer it on the page of the incident."), _why_desk()


@register
class Answered(_Notice):
    """DSS answered what the recipient had asked."""

    code = "incidents.answered"

    def item_id(self, subject_id):
        """Of the question."""
        return Question.objects.for_system("what a message is about").get(answer_subject=subject_id).incident.item_id

    def sentences(self, message, context):
        """That there is an answer."""
        happened = _("DSS answered your question on %(ref)s") % {"ref": context["ref"]}
        return happened, _("Read the answer on the page of the incident."), _("You get this because you asked.")


@register
class Proposed(_Notice):
    """A desk proposes another text for readers; the originator has to agree first."""

    code = "incidents.proposed"

    def still_due(self, message):
        """As long as nobody has answered."""
        return self._proposal(message.subject_id).state == Proposal.State.OPEN and super().still_due(message)

    def item_id(self, subject_id):
        """Of the proposal."""
        return self._proposal(subject_id).incident.item_id

    def _proposal(self, subject_id):
        rows = Proposal.objects.for_system("what a message is about").select_related("incident")
        return rows.get(subject=subject_id)

    def sentences(self, message, context):
        """Which office proposes it."""
        names = {"office": self._proposal(message.subject_id).office, "ref": context["ref"]}
        happened = _("%(office)s proposes another text for readers of %(ref)s") % names
        todo = _("Compare the two texts and agree or refuse. Until you agree readers go on getting yours.")
        return happened, todo, _why_reported()


@register
class ProposalDecided(_Notice):
    """The originator agreed to a text, or did not."""

    code = "incidents.proposal_decided"

    def item_id(self, subject_id):
        """Of the proposal."""
        return self._proposal(subject_id).incident.item_id

    def _proposal(self, subject_id):
        rows = Proposal.objects.for_system("what a message is about").select_related("incident")
        return rows.get(answer_subject=subject_id)

    def sentences(self, message, context):
        """What they decided."""
        if self._proposal(message.subject_id).state == Proposal.State.AGREED:
            happened = _("The originator of %(ref)s agreed to your text") % {"ref": context["ref"]}
            return happened, _("Readers get your text from now on."), _("You get this because you proposed it.")
        happened = _("The originator of %(ref)s did not agree to your text") % {"ref": context["ref"]}
        return happened, _("Readers go on getting the originator’s."), _("You get this because you proposed it.")


@register
class FinalDue(_Notice):
    """An incident waits for its final report (I1)."""

    code = "incidents.final_due"

    def still_due(self, message):
        """As long as there is no final report."""
        rows = IncidentRelease.objects.for_system("is it final").filter(release__item=self.item_id(message.subject_id))
        return super().still_due(message) and not rows.filter(stage="final").exists()

    def item_id(self, subject_id):
        """Of the first report."""
        return Report.objects.for_system("what a message is about").get(subject=subject_id).incident.item_id

    def sentences(self, message, context):
        """That it is due."""
        happened = _("The final report on %(ref)s is due") % {"ref": context["ref"]}
        return (
            happened,
            _("Send the final report, even if there is nothing to add: it closes the case."),
            _why_reported(),
        )
