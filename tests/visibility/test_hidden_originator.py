"""An adversary who reads only the shared release tries to find out who reported it.

Two organisations file the same; then once more with their parts exchanged. Whatever an adversary gets hold of must be
the same both times to the letter, and name neither of them (C1, C2, C7). Each attack is one test.
"""

import html
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from django.core import mail
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from incidents.control import share_with, sharing_of, subjects_of, take_back
from incidents.export_runs import run_due
from incidents.exports import ask_export
from notifications.digests import make_digests
from notifications.models import Message
from notifications.outbox import drain
from sharing.models import Item, Reading
from tests.cast import signed_in
from tests.sampling import THOROUGH

from . import oracle
from .two_worlds import INNER, SUSPECTS, answer_of, cast_of_february, exchanged, pdf_of, without_chance

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]
ATTACKERS = sorted(
    oracle.EVERYONE - {email for *people, _ in SUSPECTS.values() for email in people} - oracle.DESKS[oracle.SS]
)
MAY_EXPORT = [person for person in ATTACKERS if person in oracle.MAY_FILE]
FILTERS = [
    *("whose=own", "whose=shared", "whose=public", "area=south-sudan", "area=chad", "category=robbery"),
    *("since=2026-03-02", "until=2026-03-01", "since=2026-03-01&until=2026-03-01", "marking=TLP:CLEAR"),
    *("consequence=unknown", "severity=1", "severity=2", "near_miss=yes", "near_miss=no", "actor=criminal"),
    *("verification=2", "verification=none", "stage=update", "stage=immediate", "order=oldest"),
]
WORDS = [
    *("INGO Alba", "INGO Benu", "Alba", "Benu", "alba.example", "Lokiru", "Bhriain", "Tshibanda", "Youssouf"),
    *("Dublin", "Ndjamena", "zebrawise", "Giraffe", "reliable", "rang", "vehicles", "Torit"),
]
CLOSED = [
    *("receipt", "readers", "audience", "withdraw", "follow-up", "desk", "desk/text", "text", "attachments"),
    *("reports/1", "reports/2", "attachments/4003", "attachments/4001/remove"),
]


class Attacker:
    """Somebody who reads the shared release and nothing else, in one of the two worlds."""

    def __init__(self, world, email):
        self.world, self.email, self.user = world, email, world.cast[email]
        self.client, self.item = signed_in(self.user), world.first

    def get(self, path, **query):
        return answer_of(self.client.get(path, query))

    def page(self, name="", item=None):
        return self.get(f"/incidents/{(item or self.item).ref}/{name}{'/' if name else ''}")


ATTACKS: dict[str, tuple[Callable, list[str]]] = {}


def attack(name, by=None, every=1):
    """Register an attack, by everybody of these; every n-th of them where there are many like it."""
    people = ATTACKERS if by is None else by

    def register(action):
        step = every if THOROUGH or every == 1 else 6 * every
        start = len(ATTACKS) % min(step, len(people))
        ATTACKS[name] = action, people[start::step]
        return action

    return register


def _pages():
    for number in (0, 1, 2):
        attack(f"page of incident {number}", every=1 if number == 0 else 2)(
            lambda who, number=number: who.page(item=who.world.items[number])
        )
    for query in FILTERS:
        attack(f"list {query}", every=4)(lambda who, query=query: who.get(f"/incidents/?{query}"))
    for words in WORDS:
        attack(f"search {words}", every=5)(lambda who, words=words: who.get("/incidents/", q=words))
    for name in CLOSED:
        attack(f"closed page {name}", every=3)(lambda who, name=name: who.page(name))
    for name, path in {
        "home": "/",
        "area": "/areas/south-sudan/",
        "areas": "/areas/",
        "statistics": "/statistics/?period=all",
        "statistics of the area": "/statistics/?area=south-sudan&period=all",
        "statistics of a kind": "/statistics/?category=robbery&actor=criminal&period=all",
        "statistics as a table": "/statistics/tables.csv?period=all",
        "what one is told": "/notifications/",
        "export page": "/incidents/export/",
    }.items():
        attack(name, every=3)(lambda who, path=path: who.get(path))


_pages()


@attack("list, its order and count")
def _list(who):
    return who.get("/incidents/")


@attack("all pages of the list", every=3)
def _cursors(who):
    found, older = [], ""
    while True:
        response = who.client.get("/incidents/", {"before": older} if older else {})
        found.append([row.release.item.ref for row in response.context["items"]])
        older = response.context["older"]
        if not older:
            return found, [len(page) for page in found]


@attack("length of a cursor", every=6)
def _cursor_length(who):
    return len(who.client.get("/incidents/").context["older"])


@attack("how many questions the database is asked", every=3)
def _queries(who):
    with CaptureQueriesContext(connection) as asked:
        who.client.get(f"/incidents/{who.item.ref}/")
    return len(asked)


@attack("file", every=2)
def _file(who):
    return [who.page(f"attachments/{number}") for number in who.world.numbers]


@attack("file asked for in parts", every=4)
def _parts(who):
    path = f"/incidents/{who.item.ref}/attachments/4001/"
    answers = [
        who.client.get(path, headers={"range": "bytes=0-99"}),
        who.client.get(path, headers={"if-none-match": '"x"', "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        who.client.head(path),
    ]
    return [answer_of(answer) for answer in answers]


@attack("question to DSS and its answer", by=[oracle.OCHA])
def _question(who):
    return who.page("question")


@attack("another question to DSS", by=[oracle.OCHA])
def _ask(who):
    path = f"/incidents/{who.item.ref}/question/"
    sent = who.client.post(path, {"submission": "7b0d5a52-0a5e-4f86-9f0e-4a3f6f6d0002", "text": "Who reported it?"})
    return answer_of(sent), who.page("question")


def _exported(who, **how):
    export = ask_export(by=who.user, purpose="Planning of the week", **how)
    run_due()
    return who.get(f"/incidents/exports/{export.pk}/"), who.client.get(f"/incidents/exports/{export.pk}/file/")


@attack("table of the list", by=MAY_EXPORT, every=2)
def _table(who):
    page, file = _exported(who, format="csv")
    return page, answer_of(file)


@attack("table with HXL tags of one incident", by=MAY_EXPORT, every=2)
def _table_of_one(who):
    page, file = _exported(who, format="csv", with_hxl=True, ref=who.item.ref)
    return page, answer_of(file)


@attack("table of a filter and a search", by=MAY_EXPORT, every=2)
def _table_of_filter(who):
    page, file = _exported(who, format="csv", query="whose=shared&q=vehicles&order=oldest")
    return page, answer_of(file)


@attack("dossier, its text and what is hidden in it", by=[oracle.LAKE])
def _dossier(who):
    page, file = _exported(who, format="pdf", ref=who.item.ref)
    return page, sorted(file.headers), pdf_of(file.content)


@attack("dossier of the list", by=[oracle.CSFP])
def _dossier_of_all(who):
    _, file = _exported(who, format="pdf", query="stage=immediate")
    return without_chance(file.headers["Content-Disposition"]), pdf_of(file.content)


@attack("own log of what was read", every=4)
def _log(who):
    who.page()
    rows = Reading.objects.filter(reader=who.user.pk)
    return sorted(rows.values_list("item_ref", "organisation", "role", "how", "version"))


def _mails(who):
    """Every mail of this person, whole: headers, texts; without the ids of rows."""
    mine = [message for message in mail.outbox if message.to == [who.email]]
    written = [without_chance(message.message().as_bytes().decode()) for message in mine]
    return sorted(written), [sorted(message.extra_headers) for message in mine]


@attack("mails about reports and changes")
def _told(who):
    return _mails(who)


@attack("order and time of the mails")
def _order(who):
    rows = Message.objects.filter(recipient=who.user).order_by("sent_at", "kind")
    return list(rows.values_list("kind", "state", "priority", "created_at", "next_attempt_at"))


# What happens last, as it takes things away.


@attack("mails when it is withdrawn")
def _recalled(who):
    return _mails(who)


@attack("page of what was withdrawn")
def _gone(who):
    return who.page()


@attack("list without what was withdrawn", every=2)
def _list_after(who):
    return who.get("/incidents/")


@attack("page of what is shared again")
def _back(who):
    return who.page()


def names_of_suspects(cast) -> list[str]:
    """Whatever would name one of the two: organisation, acronym, reference, principal, person, address, clock."""
    found = []
    for key, (*people, zone) in SUSPECTS.items():
        organisation = cast.organisations[key]
        found += [organisation.name, organisation.acronym, organisation.ref, zone, zone.split("/")[1]]
        found += [f"originator:{organisation.pk}", f"organisation:{organisation.pk}"]
        for email in people:
            found += [email, cast[email].name, *cast[email].name.split()]
    return [*found, *INNER.values()]


def _collect(world, seen, names):
    def run(*only):
        for name in only:
            action, people = ATTACKS[name]
            for email in people:
                seen[name, email] = action(attackers[email])

    attackers = {email: Attacker(world, email) for email in ATTACKERS}
    late = list(ATTACKS)[list(ATTACKS).index("mails about reports and changes") :]
    run(*(name for name in ATTACKS if name not in late))
    few = [subject for item in world.items[:3] for subject in subjects_of(item)]
    Message.objects.exclude(subject__in=few).delete()  # of three kinds of report: the rest says nothing more
    mail.outbox.clear()
    world.minutes(60)
    make_digests()
    drain()
    world.minutes(2 * 24 * 60)
    make_digests()
    drain()
    attackers.update({email: Attacker(world, email) for email in ATTACKERS})  # those sessions have ended
    run("mails about reports and changes", "order and time of the mails")
    mail.outbox.clear()
    author = world.cast[SUSPECTS[names[0]][0]]
    item = Item.objects.for_system("test").select_related("area", "originator").get(pk=world.first.pk)
    sharing = sharing_of(item)
    take_back(item, by=author, version=item.version)
    drain()
    run("mails when it is withdrawn", "page of what was withdrawn", "list without what was withdrawn")
    share_with(item, sharing, by=author, version=item.version)
    run("page of what is shared again")


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker, tmp_path_factory):
    """What every attack gave in the two worlds, and what must not be in it."""
    folder = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder), cast_of_february() as cast:
        found = []
        for names in (("alba", "benu"), ("benu", "alba")):
            seen = {}
            with exchanged(cast, names) as world:
                _collect(world, seen, names)
            found.append(seen)
        yield (*found, names_of_suspects(cast))


def test_exchanging_the_two_changes_nothing(both, subtests, walked):
    """Of what any attacker gets; and nothing in it names either. One test: both worlds are made once."""
    one, other, names = both
    for name, (_, people) in ATTACKS.items():
        with subtests.test(name):
            assert people
            for email in people:
                _check(one[name, email], other[name, email], name, names)
    with subtests.test("the attackers do read it"):
        _check_that_they_read_it(one)
    with subtests.test("the same eyes would see a name that is there: the marks looked for are real"):
        assert {"INGO Alba", "INGO Benu", "Alba", "Benu", "field@benu.example", "Europe/Dublin"} <= set(names)
    walked("attack on the hidden originator", sum(len(people) for _, people in ATTACKS.values()))


def _check(first, second, name, names):
    assert first == second, "they can tell them apart"
    text = html.unescape(repr(first))
    asked = name.removeprefix("search ")  # what was typed comes back in the field
    assert [word for word in names if word in text.replace(asked, "").replace(quote_plus(asked), "")] == []


def _check_that_they_read_it(one):
    """Else all of this would prove nothing."""
    for email in ATTACKERS:
        status, _, body = one["page of incident 0", email]
        assert (status, "withheld" in body or "non communiqu" in body) == (200, True)
        assert "vehicles stopped number 0" in body
        assert one["page of what was withdrawn", email][0] == 404
        assert one["page of what is shared again", email][0] == 200
    assert one["file", ATTACKS["file"][1][0]][0][0] == 200
    assert any(one["mails about reports and changes", email][0] for email in ATTACKERS)
    assert any(one["mails when it is withdrawn", email][0] for email in ATTACKERS)
    assert "withheld" in one["table of the list", ATTACKS["table of the list"][1][0]][1][2]
