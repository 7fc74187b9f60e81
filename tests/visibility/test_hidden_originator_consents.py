"""Somebody asks a hidden originator to pass something on, and tries to find out who that is.

Two organisations file the same; then once more with their parts exchanged. Whatever who asks gets, from the form to the
mail about the end, and whatever a recipient gets, is the same both times to the letter and names neither (C1, C3).
"""

import html
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from incidents import consents
from incidents.control import share_with, sharing_of, take_back
from notifications.models import Message
from notifications.outbox import drain
from sharing.models import ConsentRequest, Item
from tests.cast import signed_in
from tests.factories.consents import again, colleague, given
from tests.factories.incidents import an_account, file_report

from . import oracle
from .test_hidden_originator import names_of_suspects
from .two_worlds import INNER, START, SUSPECTS, answer_of, cast_of_february, pdf_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]
COLLEAGUE = "tchad@alba.example"  # of one of the two, in another area: they may not know either
ASKERS = [oracle.LAKE, oracle.WFP_SECURITY, oracle.OCHA]  # they read the shared report and nothing else
CHOICES = ["dss_desks", "un_of_area", "partners_of_area", "ocha", "community"]
WISH = {
    "submission": "7b0d5a52-0a5e-4f86-9f0e-4a3f6f6d0003",
    "purpose": "Planning of movements",
    "fields_asked": ["what", "category"],
    "until": (START + timedelta(days=30)).date().isoformat(),
    "donor": "Fund of the North",
}


class Asker:
    """One reader in one of the two worlds, with one report, and everything that they get from asking."""

    def __init__(self, cast, keys, email, recipients):
        self.cast, self.email, self.recipients = cast, email, recipients
        self.headquarters, self.office, self.zone = SUSPECTS[keys[0]]
        account = an_account(texts={**INNER, "what": "two vehicles stopped"}, time_zone=self.zone, groups=[])
        report = file_report(
            cast, by=self.headquarters, organisation=keys[0], marking="TLP:GREEN", choices=CHOICES, account=account
        )
        Item.objects.for_system("test").filter(pk=report.incident.item.pk).update(ref="INC-SAME01")
        self.client, self.path = signed_in(cast[email]), "/incidents/INC-SAME01/pass-on/"
        self.seen: dict[str, object] = {}

    def keep(self, name, answer):
        self.seen[name] = answer_of(answer)

    def ask(self):
        self.keep("the form", self.client.get(self.path))
        self.keep("a form that is wrong", self.client.post(self.path, {**WISH, "until": "2020-01-01"}))
        asked = self.client.post(self.path, {**WISH, "recipients": self.recipients})
        request = ConsentRequest.objects.for_system("test").get()
        ConsentRequest.objects.for_system("test").filter(pk=request.pk).update(ref="ONW-SAME01")
        assert asked.url == f"/incidents/consents/{request.ref}/"
        self.look("asked")

    def look(self, when):
        self.client = signed_in(self.cast[self.email])  # a session ends while the clock is moved by days
        page = "/incidents/consents/ONW-SAME01/"
        with CaptureQueriesContext(connection) as asked:
            self.keep(f"{when}: page", self.client.get(page))
        self.seen[f"{when}: questions to the database"] = len(asked)
        self.keep(f"{when}: list", self.client.get("/incidents/consents/?side=asked"))
        self.keep(f"{when}: the other list", self.client.get("/incidents/consents/"))
        self.keep(f"{when}: incident", self.client.get("/incidents/INC-SAME01/"))
        self.keep(f"{when}: home", self.client.get("/"))
        self.keep(f"{when}: what the originator alone may do", self.client.post(page, {"answer": "yes"}))
        self.keep(f"{when}: withdraw", self.client.post(f"{page}withdraw/"))
        if "document" not in when:
            reader = signed_in(self.cast[oracle.LOCAL])
            self.keep(f"{when}: recipient", reader.get("/incidents/INC-SAME01/"))
        mail.outbox.clear()
        drain()
        others = [message for message in mail.outbox if message.to[0] in {self.email, oracle.LOCAL}]
        self.seen[f"{when}: mails"] = sorted(
            (one.to[0], one.subject, one.body, str(one.alternatives)) for one in others
        )

    def document(self):
        answer = self.client.post("/incidents/consents/ONW-SAME01/document/")
        self.seen["document"] = pdf_of(answer.content) if answer.status_code == 200 else answer_of(answer)

    @property
    def request(self):
        return again(ConsentRequest.objects.for_system("test").get())


@contextmanager
def alone(cast, keys, email, recipients):
    """One world, gone afterwards. The clock stands still, references are fixed."""
    cache.clear()
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('sharing_release', 'id'), 1000000)")
        Message.objects.all().delete()
        asker = Asker(cast, keys, email, recipients)
        asker.ask()
        yield asker, clock
        transaction.set_rollback(True)


def given_and_withdrawn(asker, clock):
    clock.move_to(START + timedelta(days=1))
    given(asker.cast, asker.request, by=asker.office)
    asker.look("given")
    asker.document()
    clock.move_to(START + timedelta(days=2))
    consents.withdraw(asker.request, by=asker.cast[asker.headquarters])
    asker.look("withdrawn")


def refused(asker, clock):
    consents.refuse(asker.request, by=asker.cast[asker.headquarters], reason="Too soon.")
    asker.look("refused")


def lapsed(asker, clock):
    for days in (3.5, 7):
        clock.move_to(START + timedelta(days=days))
        consents.look_after()
        asker.look(f"after {days} days")


def closed(asker, clock):
    item = Item.objects.for_system("test").select_related("area").get(ref="INC-SAME01")
    take_back(item, by=asker.cast[asker.headquarters], version=item.version)
    asker.look("closed with the report")


def narrowed(asker, clock):
    item = Item.objects.for_system("test").select_related("area", "originator").get(ref="INC-SAME01")
    sharing = replace(sharing_of(item), choices=["dss_desks"])
    share_with(item, sharing, by=asker.cast[asker.headquarters], version=item.version)
    asker.look("closed with the audience")


STORIES = [given_and_withdrawn, refused, lapsed, closed, narrowed]
OF_A_COLLEAGUE = [given_and_withdrawn, narrowed]


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker):
    """What everybody who asked got in the two worlds, by story and person, and what must not be in it."""
    with django_db_blocker.unblock(), cast_of_february() as cast:
        colleague(cast, COLLEAGUE)
        found = []
        for keys in (("alba", "benu"), ("benu", "alba")):
            seen = {}
            for number, story in enumerate(STORIES):
                email = ASKERS[number % len(ASKERS)]
                for recipients in ("local_arrangement", "donor")[: 2 if number == 0 else 1]:
                    with alone(cast, keys, email, recipients) as (asker, clock):
                        story(asker, clock)
                        seen[story.__name__, recipients] = asker.seen
            for story in OF_A_COLLEAGUE:
                with alone(cast, keys, COLLEAGUE, "donor") as (asker, clock):
                    story(asker, clock)
                    seen[story.__name__, COLLEAGUE] = asker.seen
            found.append(seen)
        yield (*found, names_of_suspects(cast))


def test_who_asks_cannot_tell_the_two_apart(both, subtests):
    one, other, names = both
    for story, seen in one.items():
        for name, answer in seen.items():
            with subtests.test(f"{story}: {name}"):
                assert answer == other[story][name], "they can tell them apart"
                text = html.unescape(repr(answer))
                # The names of all organisations that there are; or of who asks in the name of one of the two.
                lists_all = "form" in name or COLLEAGUE in story
                assert lists_all or [word for word in names if word in text] == []
    with subtests.test("they did get it"):
        told = one["given_and_withdrawn", "local_arrangement"]
        assert [subject for _, subject, *_ in told["given: mails"]] == [
            "[TLP:GREEN] INC-SAME01 · South Sudan: it may be passed on",
            "[TLP:GREEN] INC-SAME01 · South Sudan: passed on to you",
        ]
        assert "two vehicles stopped" in told["given: recipient"][2]
        assert told["withdrawn: recipient"][0] == 404
        pages = [answer for seen in one.values() for name, answer in seen.items() if name.endswith(": page")]
        assert {status for status, *_ in pages} == {200}
        assert len(pages) == 20
        assert "Fund of the North" in str(one["given_and_withdrawn", "donor"]["document"])
        assert one["closed", "local_arrangement"]["closed with the report: incident"][0] == 404
        theirs = one["given_and_withdrawn", COLLEAGUE]
        assert [theirs[name][0] for name in ("the form", "asked: page", "given: incident")] == [200, 200, 200]
        assert "Fund of the North" in str(theirs["document"])
        assert "Closed, because" in one["narrowed", COLLEAGUE]["closed with the audience: page"][2]
