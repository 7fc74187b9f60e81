"""A story of feedback, told through the actions of the portal: a case at each point of its way, one of them overdue,
one about DSS headquarters themselves, one before the Committee, a lesson; measures under way; a report in the making.
"""

from datetime import date, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from feedback.actions.filing import accept, file_case, write_message
from feedback.actions.handling import escalate, propose
from feedback.actions.inquiries import answer, ask
from feedback.actions.intake import assign, classify, hand_over, take
from feedback.actions.lessons import publish_lesson, write_lesson
from feedback.models import Case
from feedback.offices import askable
from organisations.models import Organisation
from overview.actions.measures import add_measure, change_measure
from overview.actions.reports import save_section, start_report

from .cast import ORGANISATIONS as CAST
from .cast import SOUTH_SUDAN
from .partnership import days_ago

HANDLED = "[Invented] Agreed in the call of the Working Group."
MEASURES = (
    (300, "Joint calendar of meetings per area", "Calendrier commun des réunions par zone", "DSS", "done", -60),
    (200, "Seats for partners in courses", "Places pour les partenaires dans les stages", "DSS", "ongoing", 90),
    (90, "One page that explains the framework to new staff", "Une page qui explique la stratégie aux nouveaux", "GISF",
     "ongoing", 45),
    (20, "Survey of field focal points", "Enquête auprès des responsables sur le terrain", "ICVA", "planned", 150),
)  # fmt: skip


def tell_feedback(cast: dict[str, User]) -> bool:
    """Tell the story, all of it or nothing; whether it is new."""
    if Case.objects.for_system("whether the story was told").exists():
        return False
    with transaction.atomic():
        story = _Story(cast)
        story.resolved()
        story.proposed()
        story.about_headquarters()
        story.before_the_committee()
        story.received()
        story.measures()
        story.report()
    return True


class _Story:
    """Who acts: people by address, organisations by their key."""

    def __init__(self, people):
        self.people = people
        names = {member.name: member.key for member in CAST}
        self.organisations = {names[row.name]: row for row in Organisation.objects.filter(name__in=names)}
        self.south = Area.objects.get(code=SOUTH_SUDAN)
        self.group, self.hq = people["wg@icva.example"], people["dss.hq@un.example"]
        self.desk = people["chair@gisf.example"]

    def _send(self, by, key, title, text, **fields) -> Case:
        terms = {
            "kind": "concern",
            "about": "office",
            "area": self.south,
            "office": "",
            "about_organisation": None,
            "is_dss_concerned": False,
            "to_dss": True,
            "desk": self.organisations["gisf"],
            "headquarters_read": True,
            "is_named_to_area": False,
            "about_text": "",
            "persons_text": "",
            "persons": (),
            "files": (),
        }
        return file_case(
            submission=uuid4(),
            sender=self.people[by],
            organisation=self.organisations[key],
            title=f"[Invented] {title}",
            text=f"[Invented] {text}",
            **terms | fields,
        )

    def _handed(self, case, *, by, category) -> Case:
        take(case, by=by)
        classify(case, category=category, by=by)
        hand_over(case, note=HANDLED, uid=uuid4(), by=by)
        assign(case, owner=self.group, by=self.group)
        return case

    def resolved(self) -> None:
        """Half a year ago: accepted, and a lesson for everybody."""
        with days_ago(210):
            title, text = "Meetings at two days' notice", "We miss every second meeting because the notice comes late."
            case = self._send("field@alba.example", "alba", title, text, office="dss_field")
        with days_ago(207):
            self._handed(case, by=self.hq, category="coordination")
        with days_ago(190):
            words = "[Invented] From now on the dates of a quarter are sent at its beginning."
            propose(case, text=words, uid=uuid4(), by=self.group)
        with days_ago(186):
            accept(case, text="[Invented] That is what we need.", uid=uuid4(), by=case.sender)
        with days_ago(180):
            lesson = write_lesson(
                case,
                category="coordination",
                texts={
                    "title_en": "[Invented] Dates of a quarter, sent at its beginning",
                    "title_fr": "[Inventé] Les dates d’un trimestre, envoyées à son début",
                    "text_en": "Who knows the dates early sends the right person: one message a quarter.",
                    "text_fr": "Qui connaît tôt les dates y envoie la bonne personne : un message par trimestre.",
                },
                by=self.group,
            )
        with days_ago(175):
            publish_lesson(lesson, version=1, by=self.hq)

    def proposed(self) -> None:
        """The area was asked through its Designated Official; the sender is to answer."""
        with days_ago(36):
            title, text = "We get nothing back", "We report every incident and hear of none of the others'."
            case = self._send("field@benu.example", "benu", title, text, office="dss_field")
        with days_ago(34):
            self._handed(case, by=self.desk, category="information")
        with days_ago(33):
            words = "[Invented] How are incidents of partners shared in the area, and how often?"
            level = askable(case)[0]
            inquiry = ask(case, level=level, question=words, names_sender=False, by=self.group)
        with days_ago(25):
            official = self.people["do@un.example"]
            answer(inquiry, text="[Invented] Twice a week by e-mail; the list of addresses is old.", by=official)
        with days_ago(20):
            words = "[Invented] Thank you. We have asked the office and come back within two weeks."
            write_message(case, text=words, uid=uuid4(), by=self.group)
        with days_ago(4):
            words = "[Invented] The office sends its summary through the portal from Monday on, to all focal points."
            propose(case, text=words, uid=uuid4(), by=self.group)

    def about_headquarters(self) -> None:
        """DSS headquarters never learn of it: the GISF desk keeps the records. It is overdue."""
        with days_ago(48):
            title, text = "No answer from headquarters", "Three letters about our memorandum were not answered."
            terms = {"office": "dss_headquarters", "is_dss_concerned": True, "to_dss": False, "area": None}
            case = self._send("io@lake.example", "lake", title, text, **terms)
        with days_ago(45):
            self._handed(case, by=self.desk, category="partnership")

    def before_the_committee(self) -> None:
        """The Working Group found no way; the Committee has a few days left."""
        with days_ago(60):
            title, text = "Who may sit in the security cell", "The platform says only its members; we are partners too."
            terms = {"office": "mechanism", "kind": "disagreement"}
            case = self._send("wfp.security@un.example", "wfp", title, text, **terms)
        with days_ago(57):
            self._handed(case, by=self.hq, category="coordination")
        with days_ago(8):
            words = "[Invented] Every partner of the area has a place; the platform speaks for its members."
            why = "[Invented] Two proposals were refused."
            escalate(case, proposal=words, why=why, uid=uuid4(), by=self.group)

    def received(self) -> None:
        """Since yesterday with DSS headquarters."""
        with days_ago(1):
            title, text = "Does the framework cover our consultants?", "We work with consultants in three areas."
            terms = {"kind": "question", "about": "framework", "area": None, "desk": None}
            self._send("hq@alba.example", "alba", title, text, **terms)

    def measures(self) -> None:
        """One of each state."""
        for days, title_en, title_fr, owner, state, due in MEASURES:
            terms = {"title_en": title_en, "title_fr": title_fr, "owner": owner, "note_en": "", "note_fr": ""}
            with days_ago(days):
                on = timezone.now().date() + timedelta(days=days + due)
                measure = add_measure(submission=uuid4(), **terms, state="planned", on=on, by=self.hq)
            if state != "planned":
                with days_ago(days // 2):
                    change_measure(measure, number=1, **terms, state=state, on=on, by=self.hq)

    def report(self) -> None:
        """The report on last year, in the making."""
        last = timezone.now().year - 1
        with days_ago(10):
            terms = {"first": date(last, 1, 1), "last": date(last, 12, 31), "is_annual": True}
            report = start_report(**terms, cut_off=timezone.now(), by=self.hq)
            texts = {
                "en": "[Invented] More areas share incidents every week.",
                "fr": "[Inventé] Toujours plus de zones partagent les incidents.",
            }
            for language, text in texts.items():
                save_section(report, code="developments", language=language, text=text, version=0, by=self.hq)
