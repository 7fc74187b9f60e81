"""Changing who may see a report in tests, and the mails that go out then."""

from django.core import mail

from incidents.account import Sharing
from incidents.control import share_with, take_back
from notifications.outbox import drain
from sharing.models import Item
from tests.factories.incidents import USUAL

ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, DO, WFP, OCHA = "dss.field@un.example", "do@un.example", "wfp.security@un.example", "ocha@un.example"
BENU_HQ = "hq@benu.example"
NOT_URGENT = {"coded": {"category": "robbery"}, "groups": []}
NO_DESK = ["un_of_area", "partners_of_area"]


def fresh(item) -> Item:
    return Item.objects.for_system("test").select_related("area", "originator").get(pk=item.pk)


def share(cast, item, choices, *, by=ALBA, **how):
    item = fresh(item)
    sharing = Sharing(how.pop("marking", item.marking), list(choices), **how)
    return share_with(item, sharing, by=cast[by], version=item.version)


def withdraw(cast, item):
    item = fresh(item)
    return take_back(item, by=cast[ALBA], version=item.version)


def sent() -> dict[str, list]:
    """The mails that go out now, by address."""
    mail.outbox.clear()
    drain()
    found = {}
    for message in mail.outbox:
        found.setdefault(message.to[0], []).append(message)
    return found


def recalled(item) -> set[str]:
    """Who is told now that it is no longer shared with them; nobody twice."""
    found = {}
    for address, messages in sent().items():
        notices = [one for one in messages if one.subject == f"{item.ref} is no longer shared with you"]
        assert len(notices) <= 1, address
        if notices:
            found[address] = notices[0]
    return set(found)


def form(item, choices=USUAL, **changes) -> dict:
    """The audience form as a browser sends it; also the one by which a report is withdrawn."""
    parts = {"version": str(item.version), "ground": "risk", "marking": item.marking, "audience": list(choices)}
    return {name: value for name, value in {**parts, **changes}.items() if value is not None}


def pressed(client, page, sent) -> dict:
    """What the form sends at the second press: the choice as it was typed, after who gains and who loses was shown."""
    answer = client.post(page, sent)
    return sent | {"shown": answer.context["shown"]}
