"""What the incidents app announces, and to whom."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.choices import register_categories
from notifications.kinds import Kind, Line, register, settings_link, site_link
from notifications.models import Message
from notifications.stopping import area_topic
from notifications.subscriptions import Interested, interested
from organisations.models import Membership
from organisations.roles import ROLES
from sharing.access import access_of
from sharing.audiences import readers_of
from sharing.markings import Depth
from sharing.models import Audience, Item, Recall, Release
from slt_portal.templatetags.portal import day_text

from . import exports_messages  # noqa: F401 - its kind is found together with these
from .codes import Category, Severity
from .models import Change, DeskEntry, IncidentRelease, Proposal, Question, Report

_WHY = "what a message is about"

register_categories(Category.choices, Severity.choices)


def recipients_of(item: Item, *, author, life_safety: bool, own_only: bool = False) -> Interested:
    """The ids of those to be told at once, and of those to be told in their digest, of something about `item`.

    A pure function of the audience and of what people chose (I3, G8): of the audience those who work in or follow the
    area; at once whoever was named in person or through their organisation; DSS headquarters where no desk covers the
    area. Never the author. `own_only`: of the originator's people alone.
    """
    readers = readers_of(item)
    if own_only:
        readers = {user: reader for user, reader in readers.items() if any(map(_is_own, reader.through))}
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


def _is_own(principal):
    return principal.startswith("originator")


def _names_somebody(principal):
    return principal == "grant" or principal.startswith("organisation")


class _AboutIncident(Kind):
    """A kind about one incident, sent as long as its recipient may read a release of it; never the narrative (C7)."""

    # What its messages are about: a model whose rows belong to an incident, and the column that names the subject.
    source: tuple[type[Model], str]

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

    def about(self, subject_id) -> Model:
        """The row of `source` that messages about this subject are about, with its incident."""
        model, column = self.source
        return model.objects.for_system(_WHY).select_related("incident").get(**{column: subject_id})

    def item_id(self, subject_id) -> int:
        """The item that messages about this subject are about."""
        return self.about(subject_id).incident.item_id

    def _release(self, subject_id, recipient):
        releases = Release.objects.visible_to(access_of(recipient)).filter(item=self.item_id(subject_id))
        releases = releases.filter(depth__gt=Depth.CONSENT)  # what was passed on says nothing newer than its day
        releases = releases.exclude(item__state=Item.State.ERASED)  # there is nothing left to read or to do
        return releases.select_related("item", "area").order_by("-depth").first()


@register
class Filed(_AboutIncident):
    """An incident was reported."""

    code = "incidents.filed"
    source = (Report, "subject")
    is_news = False

    def context(self, message):
        """Also whether the recipient's own organisation reported it, whether it waits at their desk, whether it is
        shared with them again; where to change which mails one gets, and what stops them, but for those that cannot be
        switched off."""
        is_own = self._is_own(message)
        waits = not is_own and self._waits_at_desk(message)
        context = super().context(message) | {"is_own": is_own, "waits": waits, "is_again": self._is_again(message)}
        if context["is_life_safety"]:
            return {**context, "settings_url": ""}
        return {**context, "settings_url": settings_link(), "stops": area_topic(context["area"].pk)}

    def _is_own(self, message):
        access = access_of(message.recipient)
        rows = IncidentRelease.objects.visible_to(access).own(access)
        return rows.filter(release__item=self.item_id(message.subject_id)).exists()

    def _waits_at_desk(self, message):
        """Whether a desk of the recipient's has it in its queue (desk_queue.waiting)."""
        item = self.item_id(message.subject_id)
        desks = [name for name in access_of(message.recipient).plain if name.startswith(("dss:", "dss_world"))]
        held = Audience.objects.for_system(_WHY).filter(release__item=item, principal__in=desks)
        received = DeskEntry.objects.for_system(_WHY).filter(incident__item=item, kind=DeskEntry.Kind.ACKNOWLEDGED)
        done = {f"dss:{area}" for area in received.values_list("area", flat=True)}
        return bool(set(held.values_list("principal", flat=True)) - done - ({"dss_world"} if done else set()))

    def _is_again(self, message):
        """Whether the recipient was told before this mail that it is no longer shared with them."""
        recalls = Recall.objects.for_system(_WHY).filter(item=self.item_id(message.subject_id)).values("subject")
        notices = Message.objects.filter(subject__in=recalls, recipient=message.recipient, state=Message.State.SENT)
        return notices.filter(created_at__lt=message.created_at).exists()

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
            is_news=self.is_news,
        )


@register
class Changed(Filed):
    """There is news on an incident: an update, the final report, a grade, an attachment."""

    code = "incidents.changed"
    source = (Change, "subject")
    is_news = True

    def still_due(self, message):
        """Unless a mail about a later batch, that says the same and sooner, goes to the recipient as well: whoever made
        the later change is told of it by none."""
        change = self.about(message.subject_id)
        later = Change.objects.for_system("is it overtaken").filter(
            incident=change.incident, number__gt=change.number, due_at__lte=change.due_at
        )
        theirs = Message.objects.filter(recipient=message.recipient, subject__in=later.values("subject"))
        return super().still_due(message) and not theirs.exists()


@dataclass(frozen=True)
class Notice:
    """What a notice says: in its subject (`short`), in its text, why this person gets it, and the page it leads to."""

    short: str
    happened: str
    todo: str
    why: str
    page: str = "incidents:detail"


class _Notice(_AboutIncident):
    """A kind that differs from the others in its sentences only: they share their templates."""

    def templates(self):
        """The three templates of all notices."""
        return tuple(f"incidents/email/notice{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def context(self, message):
        """Also what happened, what to do now, why this person gets it, and the link to where it is done."""
        context = super().context(message)
        notice = self.notice(message, context["ref"])
        link = site_link(reverse(notice.page, args=[context["ref"]]))
        return {**context, "notice": notice, "link": link}

    @abstractmethod
    def notice(self, message: Message, ref: str) -> Notice:
        """What it says to this recipient; `ref` is the reference of the incident."""

    def _page_of_reporters(self, message, page):
        """`page` for those who report for the originator, to whom alone it is open; the incident's for others."""
        item = Item.objects.for_system(_WHY).select_related("area").get(pk=self.item_id(message.subject_id))
        places = {None, *(item.area.places if item.area else ())}
        theirs = Membership.objects.on().filter(user=message.recipient, organisation=item.originator_id)
        reports = any(row.area_id in places and ROLES[row.role].may_file for row in theirs)
        return page if reports else "incidents:detail"


def _why_reported():
    return _("You get this because you reported it, or answer for reports of your organisation.")


def _why_desk():
    return _("You get this because you are at the desk that may see it.")


@register
class DeskDid(_Notice):
    """A desk received, or noted something on, what the recipient reported (I2)."""

    code = "incidents.desk_did"
    source = (DeskEntry, "subject")

    def notice(self, message, ref):
        """Which office did it."""
        entry = self.about(message.subject_id)
        office = {"office": f"{entry.office}, {entry.area}" if entry.area else entry.office, "ref": ref}
        if entry.kind == DeskEntry.Kind.ACKNOWLEDGED:
            return Notice(
                _("received by DSS"),
                _("%(office)s has received %(ref)s") % office,
                _("You need do nothing. The report shows who received it and when."),
                _why_reported(),
            )
        return Notice(
            _("DSS wrote what was done"),
            _("%(office)s wrote what was done about %(ref)s") % office,
            _("Read what was done."),
            _why_reported(),
            "incidents:desk_page",
        )


@register
class Asked(_Notice):
    """Somebody asks DSS to verify an incident and to follow it up (I3)."""

    code = "incidents.asked"
    source = (Question, "subject")

    def notice(self, message, ref):
        """That a question waits."""
        return Notice(
            _("a question waits for you"),
            _("A question on %(ref)s waits for DSS") % {"ref": ref},
            _("Read the question and answer it."),
            _why_desk(),
            "incidents:desk_page",
        )


@register
class Answered(_Notice):
    """DSS answered what the recipient had asked."""

    code = "incidents.answered"
    source = (Question, "answer_subject")

    def notice(self, message, ref):
        """That there is an answer."""
        return Notice(
            _("DSS answered your question"),
            _("DSS answered your question on %(ref)s") % {"ref": ref},
            _("Read the answer."),
            _("You get this because you asked."),
            "incidents:ask",
        )


@register
class Proposed(_Notice):
    """A desk proposes another text for readers; the originator has to agree first."""

    code = "incidents.proposed"
    source = (Proposal, "subject")

    def still_due(self, message):
        """As long as nobody has answered."""
        return self.about(message.subject_id).state == Proposal.State.OPEN and super().still_due(message)

    def notice(self, message, ref):
        """Which office proposes it."""
        names = {"office": self.about(message.subject_id).desk, "ref": ref}
        return Notice(
            _("compare a proposed text"),
            _("%(office)s proposes another text for readers of %(ref)s") % names,
            _("Compare the two texts and agree or refuse. Until you agree readers go on getting yours."),
            _why_reported(),
            self._page_of_reporters(message, "incidents:decide"),
        )


@register
class ProposalDecided(_Notice):
    """The originator agreed to a text, or did not; a newer report overtook it, or a colleague took it back."""

    code = "incidents.proposal_decided"
    source = (Proposal, "answer_subject")

    def notice(self, message, ref):
        """What became of it, and what the desk can do now."""
        state = self.about(message.subject_id).state
        short, happened, todo = self._words()[state]
        why = _("You get this because you proposed it.")
        return Notice(short, happened % {"ref": ref}, todo, why, "incidents:desk_page")

    def _words(self):
        return {
            Proposal.State.AGREED: (
                _("your text is agreed"),
                _("The originator of %(ref)s agreed to your text"),
                _("Readers get your text from now on."),
            ),
            Proposal.State.REFUSED: (
                _("your text is refused"),
                _("The originator of %(ref)s did not agree to your text"),
                _("Readers go on getting the originator’s. If the originator said why, you read it at the desk."),
            ),
            Proposal.State.OUTDATED: (
                _("your text is overtaken"),
                _("What readers get of %(ref)s changed before the originator answered your proposed text"),
                _("Compare the text that readers get now and propose again if it still needs changing."),
            ),
            Proposal.State.TAKEN_BACK: (
                _("your text is taken back"),
                _("A colleague at the desk took back the text that you proposed for %(ref)s"),
                _("You need do nothing. Readers go on getting the originator’s."),
            ),
        }


@register
class FinalDue(_Notice):
    """An incident waits for its final report (I1)."""

    code = "incidents.final_due"
    source = (Report, "subject")

    def still_due(self, message):
        """As long as there is no final report."""
        rows = IncidentRelease.objects.for_system("is it final").filter(release__item=self.item_id(message.subject_id))
        return super().still_due(message) and not rows.filter(stage="final").exists()

    def notice(self, message, ref):
        """By when it was due."""
        report = self.about(message.subject_id)
        due = timezone.localtime(report.filed_at) + timedelta(days=settings.FINAL_REPORT_DUE_DAYS)
        words = {"ref": ref, "date": day_text(due.date())}
        return Notice(
            _("final report due by %(date)s") % words,
            _("The final report on %(ref)s was to be sent by %(date)s") % words,
            _("Send the final report, even if there is nothing to add: it closes the case."),
            _why_reported(),
            self._page_of_reporters(message, "incidents:follow_up"),
        )
