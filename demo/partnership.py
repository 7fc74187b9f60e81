"""A story of partnership, told through the actions of the portal: something in every queue, each at another point.

Nobody of it exists. It is told once, as if over the last months: the clock is set back while each step is taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from areas.models import Area
from documents.issue import make_due
from governance.actions import close_due, confirm_closing, propose_closing, take_position
from governance.models import Seat
from organisations.models import Membership, Organisation, Standing
from partners.actions.applications import open_application, save_draft, submit
from partners.actions.bases import record_basis
from partners.actions.basis_reminders import remind_of_bases
from partners.actions.cases import open_case
from partners.actions.conclusion import conclude
from partners.actions.confirmations import answer_confirm, ask_confirmation, remind_and_escalate
from partners.actions.interests import receive_interest
from partners.actions.member_lists import bring_list
from partners.actions.review import check, note, recommend
from partners.actions.suspensions import ask_agreement, hear, open_suspension
from partners.criteria import Commitment, RiskItem
from partners.instrument import ensure_template
from partners.member_files import read_members
from partners.models import Application, Basis, Criterion, Recommendation
from partners.models.suspensions import Cause

from .actions import install_cast
from .cast import BODIES, CHAD, OUTSIDE, SOUTH_SUDAN, Member, Person
from .cast import ORGANISATIONS as CAST

EARLIER = timedelta(days=500)  # so long ago everybody of the cast began
ORGANISATIONS = [
    Member("ember", "ingo", "INGO Ember", "", "ZW"),
    Member("fjord", "ingo", "INGO Fjord", "", "NO"),
    Member("grove", "ingo", "INGO Grove", "", "FR"),
    Member("heath", "ingo", "INGO Heath", "", "SN"),
    Member("juniper", "ingo", "INGO Juniper", "", "SE"),
    Member("kestrel", "ingo", "INGO Kestrel", "", "GB"),
    Member("larch", "ingo", "INGO Larch", "", "AT", (("partner", None), ("active", SOUTH_SUDAN))),
]
PEOPLE = [
    Person("applicant@ember.example", "Tariro Moyo", OUTSIDE, (("ember", "applicant", None),)),
    Person("applicant@fjord.example", "Sigrid Aasen", OUTSIDE, (("fjord", "applicant", None),)),
    Person("applicant@grove.example", "Camille Roussel", OUTSIDE, (("grove", "applicant", None),), "fr"),
    Person("applicant@heath.example", "Mamadou Ndiaye", OUTSIDE, (("heath", "applicant", None),), "fr"),
    # The Working Group decides nothing with one person.
    Person("wg@gisf.example", "Daniel Kiplagat", BODIES, (("gisf", "working_group_member", None),)),
    Person("hq@larch.example", "Johanna Brandl", OUTSIDE, (("larch", "partner_headquarters", None),)),
]
# What waits for whom, for the page on which one chooses whom to be.
FINDS = {
    "dss.hq@un.example": _(
        "Finds expressions of interest, a memorandum to sign, an entry in the register that ends soon."
    ),
    "dss.field@un.example": _("Finds a member list to look through and an entry in the register that has lapsed."),
    "do@un.example": _("Finds a suspension: the organisation was heard, the next step is open."),
    "ocha@un.example": _("Is asked to agree to a suspension in South Sudan."),
    "dss.chair@un.example": _("Finds an admission that somebody objected to."),
    "chair@gisf.example": _("Finds an admission that silence approves tomorrow, and one to close after an objection."),
    "wfp@un.example": _("Is asked to confirm a partner: the answer is overdue."),
    "wg@icva.example": _("Finds an application to check and a question of eligibility."),
    "platform@southsudan.example": _("Finds a member list with names to choose, and is asked about a suspension."),
    **dict.fromkeys(
        ("applicant@dune.example", "applicant@ember.example", "applicant@fjord.example"),
        _("Follows the clock of an application."),
    ),
    "applicant@grove.example": _("Was admitted, and finds the memorandum to sign."),
    "applicant@heath.example": _("Was refused, and finds the letter with the reasons."),
    "hq@larch.example": _("Works for the organisation that may be suspended in South Sudan."),
}
MEMBERS = """Name,Acronym,Type
INGO Alba,Alba,INGO
Benu International,,INGO
Southern Aid Initiative,SAI,INGO
National NGO Nhial,,National NGO
Upper River Youth Association,,National NGO
"""


@contextmanager
def days_ago(days: float) -> Iterator[None]:
    """The clock of the portal stands `days` back, so that every row made here says so, also those that nobody may
    change afterwards. For the process that seeds, and for nothing else."""
    then = timezone.now() - timedelta(days=days)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return then.astimezone(tz)

    real, timezone.datetime = timezone.datetime, Clock
    try:
        yield
    finally:
        timezone.datetime = real


def tell_partnership(cast: dict[str, User]) -> bool:
    """Tell the story, all of it or nothing; whether it is new. Its documents are made as well."""
    if Application.objects.for_system("whether the story was told").exists():
        return False
    with transaction.atomic():
        people = {**cast, **install_cast([*CAST, *ORGANISATIONS], PEOPLE)}
        _long_since(people)
        _Story(people).tell()
    make_due()
    return True


def _long_since(people):
    """Whoever was made a moment ago has been there for a year: a seat is not vacant in the past."""
    since = timezone.now() - EARLIER
    Membership.objects.filter(user__in=people.values(), starts_at__gt=since).update(starts_at=since)
    names = [member.name for member in (*CAST, *ORGANISATIONS)]
    Standing.objects.filter(organisation__name__in=names, starts_at__gt=since).update(starts_at=since)


class _Story:
    """Who acts: people by address, organisations by their key, areas by code."""

    def __init__(self, people):
        self.people = people
        by_name = {row.name: row for row in Organisation.objects.all()}
        self.organisations = {member.key: by_name[member.name] for member in (*CAST, *ORGANISATIONS)}
        self.south, self.chad = (Area.objects.get(code=code) for code in (SOUTH_SUDAN, CHAD))
        self.hq, self.group = people["dss.hq@un.example"], people["wg@icva.example"]
        self.wfp, self.chair, self.ngo_chair = (
            people[email] for email in ("wfp@un.example", "dss.chair@un.example", "chair@gisf.example")
        )

    def tell(self) -> None:
        """Everything, each with its own past."""
        self._interests()
        self._dune()
        self._silence()
        self._objection()
        self._approved()
        self._refused()
        self._suspensions()
        self._bases()
        self._eligibility()

    def _interests(self):
        """One that looks like INGO Benu, and one of a national NGO."""
        about = {"has_agreement": "yes", "has_presence": "yes", "phone": "", "other_names": "", "website": ""}
        with days_ago(6):
            benu = {"name": "Benu International", "acronym": "BI", "kind": "ingo", "country": "BE"}
            person = {"contact_name": "Luc Vandamme", "email": "contact@benu-international.example"}
            words = "[Invented] We work with WFP in two countries and would like to take part."
            receive_interest(answers=about | benu | person | {"words": words, "language": "fr"}, language="fr")
        with days_ago(2):
            local = {"name": "National NGO Baobab", "acronym": "", "kind": "nngo", "country": "SS"}
            person = {"contact_name": "Achol Garang", "email": "achol@baobab.example", "has_agreement": "no"}
            words = "[Invented] We deliver water in three counties."
            receive_interest(answers=about | local | person | {"words": words, "language": "en"}, language="en")

    def _dune(self):
        """With the Working Group; the person at WFP has not answered, and WFP's seat was told."""
        application = self._sent("dune", "applicant@dune.example", days=40)
        with days_ago(30):
            text = "[Invented] Offices in two areas, seen by the NGO platform."
            check(application, criterion=Criterion.PRESENCE, verdict="met", comment=text, by=self.group)
            note(application, text="[Invented] A name at WFP was found; I ask them.", by=self.group)
        with days_ago(17):
            self._ask(application)
        with days_ago(2):
            remind_and_escalate()

    def _silence(self):
        """Approved tomorrow, if nobody objects by then."""
        application = self._checked("ember", "applicant@ember.example", days=32)
        with days_ago(13):
            decision = self._recommend(application, "approve").decision
        with days_ago(9):
            self._position(decision, "dss", self.chair, "agree")

    def _objection(self):
        """One objection stops it: the chairs close it, or not."""
        application = self._checked("fjord", "applicant@fjord.example", days=28)
        with days_ago(6):
            decision = self._recommend(application, "approve").decision
        with days_ago(5):
            self._position(decision, "wfp", self.wfp, "agree")
        with days_ago(4):
            text = "[Invented] Its evacuation plan counts on aircraft that it has not. I would ask once more."
            self._position(decision, "gisf", self.ngo_chair, "object", text)

    def _approved(self):
        """Nobody objected: the memorandum waits for both signatures."""
        application = self._checked("grove", "applicant@grove.example", days=60, language="fr")
        with days_ago(30):
            self._recommend(application, "approve")
        with days_ago(15):
            close_due()
        application.refresh_from_db()
        with days_ago(5):
            signatory = {"name": "Camille Roussel", "title": "Directrice générale"}
            dss = {"name": "Ingrid Halvorsen", "title": "Director"}
            ensure_template(is_specimen=True)
            conclude(application, areas=[self.chad], signatory=signatory, dss_signatory=dss, by=self.hq)

    def _refused(self):
        """Both chairs closed it, with reasons; the letter is in French."""
        application = self._checked("heath", "applicant@heath.example", days=50, language="fr", risk="not_met")
        with days_ago(25):
            decision = self._recommend(application, "refuse").decision
        with days_ago(14):
            seats = [self._position(decision, key, by, "agree").seat for key, by in self._chairs()]
            reasons = (
                "[Inventé] La gestion des risques de sécurité n'est pas encore établie\u00a0: ni plan d'urgence ni "
                "dispositions d'évacuation. Une nouvelle candidature est possible dès qu'ils existent."
            )
            closing = propose_closing(decision, seat=seats[0], outcome="refuse", reasons=reasons, by=self.chair)
        with days_ago(12):
            confirm_closing(closing, seat=seats[1], by=self.ngo_chair)

    def _suspensions(self):
        """One was heard, and the Designated Official goes on; of another DSS has agreed, the others are asked."""
        official = self.people["do@un.example"]
        about = {"area": self.south, "by": official}
        with days_ago(6):
            lake = open_suspension(
                organisation=self.organisations["lake"],
                cause=Cause.COLLABORATION,
                reasons="[Invented] For three months no one of you came to the meetings of the platform.",
                internal="[Invented] The platform asked for this.",
                **about,
            )
        with days_ago(3):
            hear(lake, text="[Invented] Our post was vacant; it is filled now.", by=self.people["io@lake.example"])
        with days_ago(13):
            larch = open_suspension(
                organisation=self.organisations["larch"],
                cause=Cause.CONFIDENTIALITY,
                reasons="[Invented] A report of another organisation stood in your newsletter, with its name.",
                internal="[Invented] The newsletter is kept by DSS.",
                **about,
            )
        with days_ago(5):
            decision = ask_agreement(larch, by=official)
        with days_ago(4):
            seat = Seat.objects.select_related("body").get(body=decision.body, capacity=Seat.Capacity.DSS)
            take_position(decision, seat=seat, choice="agree", by=self.people["dss.field@un.example"])

    def _bases(self):
        """One ends in 25 days, one of an area has lapsed."""
        today, field = timezone.now().date(), self.people["dss.field@un.example"]
        with days_ago(340):
            record_basis(
                organisation=self.organisations["juniper"],
                kind=Standing.Kind.PARTNER,
                area=None,
                route=Basis.Route.DSS,
                confirmed_by="Ingrid Halvorsen",
                ends_on=today + timedelta(days=25),
                by=self.hq,
            )
        with days_ago(200):
            record_basis(
                organisation=self.organisations["kestrel"],
                kind=Standing.Kind.PARTNER,
                area=self.south,
                route=Basis.Route.COUNTRY,
                entity=self.organisations["wfp"],
                confirmed_by="Deputy country director",
                relation="implementing",
                ends_on=today - timedelta(days=4),
                by=field,
            )
        remind_of_bases()

    def _eligibility(self):
        """A platform's list with rows of every kind, and an organisation of which DSS of the area cannot tell."""
        with days_ago(8):
            data = MEMBERS.encode()
            bring_list(
                platform=self.organisations["platform"],
                area=self.south,
                listings=read_members(data),
                data=data,
                by=self.people["platform@southsudan.example"],
            )
        with days_ago(9):
            open_case(
                organisation=self.organisations["cedar"],
                area=self.south,
                why="[Invented] Partner in Chad; here no UN office knows of an agreement.",
                by=self.people["dss.field@un.example"],
            )

    def _chairs(self):
        return (("dss", self.chair), ("gisf", self.ngo_chair))

    def _sent(self, key, email, *, days, language="en") -> Application:
        """The application of an organisation, opened and sent so many days ago."""
        applicant, organisation = self.people[email], self.organisations[key]
        with days_ago(days + 5):
            application = open_application(organisation=organisation, language=language, by=self.hq)
        with days_ago(days):
            answers, agreement = _answers(organisation, applicant), _agreement(self.organisations["wfp"], days)
            save_draft(application, answers=answers, agreements=[agreement], revision=1, by=applicant)
            submit(application, by=applicant)
        return application

    def _checked(self, key, email, *, days, language="en", risk="met") -> Application:
        """The same, with its link to WFP confirmed and every criterion checked a few days later."""
        application = self._sent(key, email, days=days, language=language)
        with days_ago(days - 1):
            confirmation = self._ask(application)
        with days_ago(days - 2):
            ends_on = timezone.now().date() + timedelta(days=700)
            terms = {"relation": "implementing", "reference": "[Invented] FLA-2026-17", "ends_on": ends_on}
            answer_confirm(confirmation, by=self.wfp, **terms)
            for criterion in Criterion:
                verdict = risk if criterion == Criterion.RISK_MANAGEMENT else "met"
                text = "[Invented] No plan for emergencies yet." if verdict == "not_met" else "[Invented] Seen."
                check(application, criterion=criterion, verdict=verdict, comment=text, by=self.group)
        return application

    def _ask(self, application):
        return ask_confirmation(
            organisation=application.organisation,
            entity=self.organisations["wfp"],
            addressee_email=self.wfp.email,
            addressee_name=self.wfp.name,
            language=self.wfp.language,
            question="[Invented] The applicant names you as its contact.",
            by=self.group,
            application=application,
            agreement=application.agreements.get(),
        )

    def _recommend(self, application, verdict) -> Recommendation:
        return recommend(application, verdict=verdict, reasons="[Invented] See the checks.", by=self.group)

    def _position(self, decision, key, by, choice, reasons=""):
        seat = Seat.objects.select_related("body").get(body=decision.body, organisation=self.organisations[key])
        return take_position(decision, seat=seat, choice=choice, reasons=reasons, by=by)


def _answers(organisation: Organisation, applicant: User) -> dict:
    """A complete application."""
    domain = applicant.email.partition("@")[2]
    people = ((applicant.name, applicant.email), ("Alex Martin", f"security@{domain}"))
    document = {"declared": True, "document": "[Invented] Security manual", "dated": "2026-03-01"}
    return {
        "identity": {"legal_name": organisation.name, "country": organisation.headquarters_id or "FR"},
        "presence": [
            {"area": code, "since": 2019, "staff": 40, "activity": "[Invented] Health"} for code in (SOUTH_SUDAN, CHAD)
        ],
        "risk_management": {item.value: dict(document) for item in RiskItem},
        "contacts": [
            {"name": name, "email": email, "phone": "", "role": "", "language": applicant.language}
            for name, email in people
        ],
        "signatory": {"name": applicant.name, "title": "Director", "email": applicant.email},
        "commitments": list(Commitment.values),
    }


def _agreement(entity: Organisation, days: int) -> dict:
    today: date = timezone.now().date()
    return {
        "entity": entity,
        "relation": "implementing",
        "kind": "Field-level agreement",
        "starts_on": today - timedelta(days=days),
        "ends_on": today + timedelta(days=500),
        "reference": "[Invented] FLA-2026-17",
    }
