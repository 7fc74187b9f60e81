"""The finder knows the names of the originator and its people: somebody tries to have it tell whose they are.

Two organisations file the same, with a text that names both and a person of each; then once more with their parts
exchanged. The finder points at other words in either world, and its author says that they may stay. What anybody else
gets, whatever they read or send, is the same both times to the letter, and no finder ever answers them (C4).
"""

import html
import re
import uuid

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction

from incidents.models import Report
from notifications.outbox import drain
from sharing.models import ConsentRequest, Item
from tests.cast import signed_in
from tests.factories.consents import colleague
from tests.factories.incidents import typed
from tests.incidents.controlling import form
from tests.incidents.keeping import FORM, follow_up
from tests.incidents.test_pointing import ticked

from . import oracle
from .test_hidden_originator import names_of_suspects
from .test_hidden_originator_consents import COLLEAGUE, WISH
from .two_worlds import START, SUSPECTS, answer_of, cast_of_february

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]
ATTACKERS = [oracle.LAKE, oracle.OCHA, oracle.WFP_SECURITY, oracle.CSFP, COLLEAGUE]
MAY_FILE = {
    oracle.LAKE: ("lake", "south-sudan"),
    COLLEAGUE: ("alba", "chad"),
}  # reports of their own
REF, CHOICES = "INC-SAME01", ["dss_desks", "un_of_area", "partners_of_area", "ocha", "community"]
PAGES = ["", "readers/", "audience/", "text/", "follow-up/", "reports/1/", "withdraw/", "pass-on/", "question/"]
OF_ONE_PAGE = re.compile(r'name="(keep|page)" value="[^"]+"')  # drawn or sealed for each
LISTS = ["/", "/incidents/", "/incidents/?q=stopped", "/incidents/consents/", "/notifications/"]


def telling(cast) -> str:
    """Both organisations by name and acronym, and a person of each."""
    rows = [cast.organisations[key] for key in SUSPECTS]
    people = [cast[headquarters].name for headquarters, *_ in SUSPECTS.values()]
    return ", ".join(["Two vehicles were stopped of", *(f"{row.name} ({row.acronym})" for row in rows), *people])


class World:
    """One report whose author was asked by the finder, and answered, at each way a text goes out."""

    def __init__(self, cast, key):
        self.cast, self.key, self.seen, self.asked = cast, key, {}, []
        self.text = telling(cast)
        self.author = signed_in(cast[SUSPECTS[key][0]])

    def sent(self, path, post):
        """What the author sends, is asked about and confirms."""
        answer = self.author.post(path, post)
        assert answer.status_code == 422
        self.asked.append([hit.text for part in answer.context["found"].parts for hit in part.hits])
        assert self.author.post(path, post | ticked(answer)).status_code == 302

    def lived(self):
        """Filed, followed up, made wider, passed on with other words."""
        report = {"marking": "TLP:GREEN", "audience": CHOICES, "what": self.text, "organisations": []}
        self.sent(FORM, typed(self.cast, self.key, **report))
        rows = Item.objects.for_system("test")
        rows.filter(pk=Report.objects.for_system("test").get().incident.item_id).update(ref=REF)
        item = rows.get(ref=REF)
        self.sent(f"/incidents/{REF}/follow-up/", follow_up(item, news=f"Again: {self.text}"))

    def pass_on(self):
        """One reader asks, the author answers with other words."""
        asker = signed_in(self.cast[oracle.LAKE])
        asked = asker.post(f"/incidents/{REF}/pass-on/", {**WISH, "fields_asked": ["what"], "recipients": "donor"})
        assert asked.status_code == 302
        ConsentRequest.objects.for_system("test").update(ref="ONW-SAME01")
        page = "/incidents/consents/ONW-SAME01/"
        fields = self.author.get(page).context["form"]
        post = {name: value for name in fields.fields if (value := fields[name].value()) not in (None, False)}
        self.sent(page, post | {"answer": "changed", "text_what": f"In other words: {self.text}"})

    def keep(self, email, name, answer):
        status, headers, body = answer_of(answer)
        self.seen[email, name] = status, headers, OF_ONE_PAGE.sub("", body)

    def attacked(self, email):
        """Everything read; the same text sent to whatever would take it."""
        client, item = signed_in(self.cast[email]), Item.objects.for_system("test").get(ref=REF)
        for path in [*LISTS, *(f"/incidents/{REF}/{page}" for page in PAGES), "/incidents/consents/ONW-SAME01/"]:
            self.keep(email, f"GET {path}", client.get(path))
        words = dict.fromkeys(("what", "text", "news", "place", "warning", "text_what", "actions_taken"), self.text)
        posts = {
            f"/incidents/{REF}/audience/": form(item, CHOICES, place_shown=self.text, place_limit="district"),
            f"/incidents/{REF}/follow-up/": follow_up(item, **words),
            f"/incidents/{REF}/text/": {**words, "answer": "agree", "version": "1"},
            f"/incidents/{REF}/withdraw/": form(item, CHOICES, gives_warning="yes", **words),
            f"/incidents/{REF}/warning/": form(item, CHOICES, **words),
            f"/incidents/{REF}/pass-on/": {**WISH, "recipients": "donor", "until": "2020-01-01", "purpose": self.text},
            f"/incidents/{REF}/question/": {"submission": str(uuid.UUID(int=7)), "text": self.text},
            "/incidents/consents/ONW-SAME01/": {"answer": "changed", **words},
        }
        for path, post in posts.items():
            with transaction.atomic():
                self.keep(email, f"POST {path}", client.post(path, post))
                transaction.set_rollback(True)
        if email in MAY_FILE:
            key, area = MAY_FILE[email]
            own = typed(self.cast, key, area=area, what=self.text, submission=str(uuid.UUID(int=8)))
            self.keep(email, "own report", client.post(FORM, own | {"audience": CHOICES, "marking": "TLP:GREEN"}))


def _mails(world, email):
    mine = [message for message in mail.outbox if message.to == [email]]
    world.seen[email, "mails"] = sorted((one.subject, one.body, str(one.alternatives)) for one in mine)


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker):
    """What everybody got in the two worlds, of what the authors were asked, and what names either."""
    with django_db_blocker.unblock(), cast_of_february() as cast:
        colleague(cast, COLLEAGUE)
        worlds = []
        for key in SUSPECTS:
            cache.clear()
            with transaction.atomic(), time_machine.travel(START, tick=False):
                with connection.cursor() as cursor:
                    if connection.vendor == "postgresql":
                        cursor.execute("SELECT setval(pg_get_serial_sequence('sharing_release', 'id'), 1000000)")
                world = World(cast, key)
                mail.outbox.clear()
                world.lived()
                world.pass_on()
                drain()
                for email in ATTACKERS:
                    _mails(world, email)
                    world.attacked(email)
                worlds.append(world)
                transaction.set_rollback(True)
        yield (*worlds, names_of_suspects(cast))


def test_the_finder_tells_nobody_else(both, subtests):
    one, other, names = both
    assert one.seen.keys() == other.seen.keys()
    for name, answer in one.seen.items():
        with subtests.test(str(name)):
            assert answer == other.seen[name], "they can tell them apart"
            assert name[1] == "own report" or "Taken as" not in str(answer), "a finder answered"
            text = html.unescape(repr(answer)).replace(one.text, "")
            lists_all = "own report" in name or "pass-on" in name[1] or name[0] == COLLEAGUE
            assert lists_all or [word for word in names if word in text] == []
    with subtests.test("the authors were asked, of other words in either world"):
        assert [len(world.asked) for world in (one, other)] == [3, 3]
        for world, mine, theirs in ((one, "INGO Alba", "INGO Benu"), (other, "INGO Benu", "INGO Alba")):
            assert all(mine in words and theirs not in words for words in world.asked)
    with subtests.test("they do read it"):
        for email in ATTACKERS:
            assert one.seen[email, f"GET /incidents/{REF}/"][0] == 200
            assert one.text in html.unescape(one.seen[email, f"GET /incidents/{REF}/"][2])
            assert one.seen[email, f"POST /incidents/{REF}/follow-up/"][0] == 404
        assert "Taken as" in one.seen[oracle.LAKE, "own report"][2]
        assert one.seen[oracle.LAKE, "mails"]
