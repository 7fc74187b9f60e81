"""A story of levels, told through the actions of the portal: three lists, a review under way, one in urgency, a change
to come, tasks that are done and tasks that are late. Every level in it is invented, and every page says so.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from coordination.actions import assign, record_mechanism
from coordination.models import Assignment, Mechanism
from documents.issue import make_due
from governance.actions import close_due, take_position
from governance.models import Decision, Seat
from implementation_levels.actions.distribution import send_due
from implementation_levels.actions.lists import publish_due
from implementation_levels.actions.recommendations import keep_the_rest, put, recommend
from implementation_levels.actions.reviews import answer, ask_for_review, close_consultation, open_early
from implementation_levels.actions.tasks import finish, remind_due, state_line
from implementation_levels.models import LevelList, LevelTask, Line, Review, ReviewedArea
from organisations.models import Membership, Organisation

from .cast import CHAD, SOUTH_SUDAN
from .cast import ORGANISATIONS as CAST
from .partnership import days_ago

# The invented first list; half a year later it is sent again, then one leaves it and one joins it; one more is to come.
FIRST = (SOUTH_SUDAN, CHAD, "abyei", "gaza", "haiti", "yemen", "northwest-syria-cross-border")
LATER, TO_COME, URGENT, FORGOTTEN = "sudan", "somalia", "mali", "haiti"  # nobody has reviewed the last one since
REASONS = {
    SOUTH_SUDAN: "[Invented] Fighting in three states, convoys stopped on the main roads.",
    CHAD: "[Invented] Arrivals in the east, banditry along the border.",
    "abyei": "[Invented] Armed clashes; movements only with escort.",
    "gaza": "[Invented] Shelling; crossings open by the hour.",
    "haiti": "[Invented] Abductions of aid workers; the road to the airport is cut.",
    "yemen": "[Invented] Detention of aid workers; airspace closed for days.",
    "northwest-syria-cross-border": "[Invented] Shelling near warehouses; crossings may close.",
    LATER: "[Invented] Fighting in the capital, offices looted.",
    TO_COME: "[Invented] Attacks on convoys; the regional airport closes at the end of the month.",
    URGENT: "[Invented] Two convoys attacked this week; three organisations have left the north.",
}
EARLIER = "[Invented] Before the portal the list was kept by hand."


def tell_levels(cast: dict[str, User]) -> bool:
    """Tell the story, all of it or nothing; whether it is new. Its lists are made and the newest is sent."""
    if LevelList.objects.exists():
        return False
    with transaction.atomic():
        _Story(cast).tell()
    make_due()
    send_due()
    return True


class _Story:
    """Who acts: people by address, areas by code."""

    def __init__(self, people):
        self.people = people
        self.areas = {area.code: area for area in Area.objects.all()}
        names = {member.name: member.key for member in CAST}
        self.organisations = {names[row.name]: row for row in Organisation.objects.filter(name__in=names)}
        self.group, self.hq = people["wg@icva.example"], people["dss.hq@un.example"]
        self.field, self.official = people["dss.field@un.example"], people["do@un.example"]

    def tell(self) -> None:
        """Everything, each with its own past."""
        self._who_is_there()
        self._first_list()
        self._second_list()
        self._to_come()
        self._urgent()
        self._asked()
        self._lived_up_to()
        remind_due()

    def _reviewed(self, review: Review, code: str) -> ReviewedArea:
        rows = ReviewedArea.objects.for_system("the story of the demonstration").select_related(
            "review__data_key", "area"
        )
        return rows.get(review=review, area=self.areas[code])

    def _review(self, codes, *, days: int, why: str, verdicts: dict, effective_from=None) -> Decision:
        """A review that began so many days ago, was answered, recommended a month later and put to the Committee."""
        with days_ago(days):
            review = open_early(areas=[self.areas[code] for code in codes], why=why, by=self.group)
        with days_ago(days - 22):
            close_consultation(review)
        with days_ago(days - 26):
            for code, verdict in verdicts.items():
                recommend(
                    self._reviewed(review, code),
                    verdict=verdict,
                    effective_from=effective_from,
                    reasons=REASONS[code] if verdict != "remove" else "[Invented] Calm for six months; roads open.",
                    internal="[Invented] Agreed by all in the call of Tuesday.",
                    by=self.group,
                )
            keep_the_rest(review, by=self.group)
            review.refresh_from_db()
            return put(review, by=self.group)

    def _first_list(self):
        self._review(FIRST, days=440, why=EARLIER, verdicts=dict.fromkeys(FIRST, "add"))
        with days_ago(398):
            close_due()
            publish_due()

    def _second_list(self):
        codes = [code for code in (*FIRST, LATER) if code != FORGOTTEN]
        why = "[Invented] Half a year has passed."
        with days_ago(216):
            publish_due()
        self._review(codes, days=190, why=why, verdicts={CHAD: "remove", LATER: "add"})
        with days_ago(148):
            close_due()
            publish_due()

    def _to_come(self):
        """Decided a few days ago; the notice has gone out, the list follows on the day."""
        day = timezone.now().date() + timedelta(days=12)
        why = "[Invented] The mission in the area asks for it."
        self._review((TO_COME,), days=45, why=why, verdicts={TO_COME: "add"}, effective_from=day)
        with days_ago(4):
            close_due()

    def _urgent(self):
        """Before the Committee since yesterday; silence approves it tomorrow."""
        with days_ago(2):
            why = "[Invented] Two convoys were attacked within a week."
            review = open_early(areas=[self.areas[URGENT]], why=why, by=self.hq, is_urgent=True)
        with days_ago(1):
            close_consultation(
                review, reason="[Invented] All three organisations have answered by phone.", by=self.group
            )
            row = self._reviewed(review, URGENT)
            words = {"reasons": REASONS[URGENT], "internal": "[Invented] DSS field asks not to wait."}
            recommend(row, verdict="add", effective_from=None, **words, by=self.group)
            review.refresh_from_db()
            decision = put(review, by=self.group)
            seat = Seat.objects.select_related("body").get(body=decision.body, organisation=self.organisations["dss"])
            take_position(decision, seat=seat, choice="agree", reasons="", by=self.people["dss.chair@un.example"])

    def _asked(self):
        """Chad: partners are asked, one has answered. South Sudan: a request waits for the Working Group."""
        with days_ago(6):
            csfp = self.people["csfp@un.example"]
            asked = ask_for_review(
                area=self.areas[CHAD],
                level="reinforced",
                why="[Invented] New arrivals in the east, four incidents in ten days.",
                party="dss",
                by=csfp,
            )
        with days_ago(5):
            words = "[Invented] At the request of the country security focal point."
            review = open_early(areas=[self.areas[CHAD]], why=words, by=self.group, requests=[asked])
        with days_ago(3):
            answer(
                self._reviewed(review, CHAD),
                organisation=self.organisations["cedar"],
                is_headquarters=False,
                view="reinforced",
                text="[Invented] Our convoys now wait for escorts two days out of three.",
                by=self.people["field@cedar.example"],
            )
        with days_ago(16):
            ask_for_review(
                area=self.areas[SOUTH_SUDAN],
                level="reinforced",
                why="[Invented] The list should say which states: the platform would like to explain.",
                party="mechanism",
                by=self.people["platform@southsudan.example"],
            )

    def _lived_up_to(self):
        """South Sudan: most of it done, one task late, one line said to be a gap."""
        south = self.areas[SOUTH_SUDAN]
        tasks = {task.line: task for task in LevelTask.objects.filter(area=south, state=LevelTask.State.OPEN)}
        done = {
            Line.MEETINGS: "[Invented] Every second Thursday at the office of DSS.",
            Line.APPEALS: "[Invented] Three posts are in the humanitarian response plan.",
        }
        for line, text in done.items():
            if line in tasks:
                with days_ago(90):
                    finish(tasks[line], says="met", text=text, by=self.hq)
        with days_ago(60):
            text = "[Invented] Done together once; no date for the next."
            state_line(area=south, line=Line.ANALYSIS, says="gap", text=text, by=self.field)

    def _who_is_there(self):
        """South Sudan is complete but for the IO community; some of it was confirmed long ago."""
        south, chad = self.areas[SOUTH_SUDAN], self.areas[CHAD]
        with days_ago(420):
            platform = record_mechanism(
                area=south,
                community=Mechanism.Community.NGO,
                kind=Mechanism.Kind.PLATFORM,
                name="NGO Security Platform South Sudan",
                organisation=self.organisations["platform"],
                since=timezone.now().date(),
                is_operational=True,
                by=self.field,
            )
            self._assign(south, Assignment.Function.DESIGNATED_OFFICIAL, "do@un.example")
            forum = "[Invented] Humanitarian forum, N'Djamena"
            record_mechanism(
                area=chad,
                community=Mechanism.Community.NGO,
                kind=Mechanism.Kind.FORUM,
                name=forum,
                since=timezone.now().date(),
                by=self.people["csfp@un.example"],
            )
        with days_ago(40):
            self._assign(south, Assignment.Function.SLT_FOCAL_POINT, "dss.field@un.example")
            self._assign(south, Assignment.Function.REPRESENTATIVE, "platform@southsudan.example", mechanism=platform)

    def _assign(self, area, function, email, *, mechanism=None):
        membership = Membership.objects.filter(user=self.people[email], area=area).first()
        today = timezone.now().date()
        assign(area=area, function=function, since=today, mechanism=mechanism, membership=membership, by=self.field)
