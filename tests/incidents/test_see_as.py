"""See as: before sending, byte for byte what each audience will get, and exactly who that is (C1).

Compared is what stands inside the <article> of both pages, unchanged. All have the author's language and clock here:
those are the reader's own.
"""

import re
import uuid
from collections import Counter

import pytest
from django.db import connection

from accounts.models import User
from incidents.account import Sharing
from incidents.control import share_with, shared_row
from incidents.desk import Desk
from incidents.models import Draft
from incidents.proposals import decide, propose
from organisations.models import Membership, Standing
from sharing.audiences import readers_of
from sharing.markings import ALLOWED, AudienceChoice, Depth, Marking
from sharing.models import Item, Release
from tests.documents.hostile_files import a_png
from tests.factories.attachments import add
from tests.factories.incidents import TEXTS, file_report, typed
from tests.sampling import some

from .keeping import AUTHOR, FORM, SAVE, follow_up
from .test_drafts import values_of
from .test_encryption import whole_database

pytestmark = pytest.mark.django_db
DETAILS = {
    **{name: text for name, text in TEXTS.items() if name != "position"},
    "what": 'CANARY-WHAT <b>two</b> vehicles & "one" driver\r\n\r\n\u200fهجوم',
    "position": "4.41, 32.57",
    "category": "abduction",
    "affected-TOTAL_FORMS": "1",
    "place_precision": "exact",
    "affected-0-count": "1",
    "affected-0-outcome": "kidnapped",
    "affected-0-sex": "female",
}
PAIRS = {
    Marking.RED: [],
    Marking.AMBER_STRICT: [("dss_desks", "un_of_area", "partners_of_area")],
    Marking.AMBER: [("dss_headquarters", "named_organisations")],
    Marking.GREEN: [("community", "ocha")],
    Marking.CLEAR: [("dss_desks", "everyone"), ("named_organisations", "partners_of_area")],
}

COARSER = [
    {"place_limit": "district", "place_shown": "CANARY-SHOWN county", "time_limit": "day_part"},
    {"place_limit": "country", "time_limit": "month"},
]


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def author(now, cast, sign_in):
    """The client of Alba's field focal point; everybody reads on the same terms."""
    User.objects.update(language="en", time_zone="Africa/Juba")
    return sign_in(cast[AUTHOR])


@pytest.fixture
def page_of(sign_in):
    """A function: what somebody gets to read of an item, from its page."""

    clients = {}

    def article(user, item) -> str:
        client = clients.setdefault(user.pk, clients.get(user.pk) or sign_in(user))
        answer = client.get(f"/incidents/{item.ref}/")
        assert answer.status_code == 200, user.email
        [found] = re.findall(r"<article[^>]*>(.*?)</article>", answer.content.decode(), re.S)
        return found

    return article


def choosing(cast, marking, choices) -> dict:
    """The part of the form about sharing, with whom the choices name."""
    fields = {"marking": marking, "audience": list(choices), "originator": cast.organisations["alba"].ref}
    if "named_organisations" in choices:
        fields["organisations"] = [cast.organisations[key].ref for key in ("lake", "wfp")]
    if "named_persons" in choices:
        fields["named_persons"] = "hq@benu.example\r\nhq@alba.example"
    return fields


class Preview:
    """The page “What readers get” of a draft that is saved with the button of this name."""

    def __init__(self, client, post):
        answer = client.post(SAVE, post | {"see": "yes"}, follow=True)
        self.client, self.url = client, answer.redirect_chain[-1][0]
        assert "/see-as/" in self.url, answer.context["form"].errors
        self.text, self.seen = answer.content.decode(), answer.context["seen"]
        articles = re.findall(r"<article[^>]*>(.*?)</article>", self.text, re.S)
        self.articles = dict(zip([view.depth for view in self.seen], articles, strict=True))

    def send(self) -> Item:
        """Press “Send it like this”. Returns the item."""
        form = re.search(r'<form method="post" action="(/incidents/[^"]+)">(.*?)</form>', self.text, re.S)
        answer = self.client.post(form[1], values_of(form[2]))
        assert answer.status_code == 302, answer.context and answer.context["form"].errors
        return Item.objects.for_system("test").get(ref=re.search(r"INC-\w+", answer.url)[0])


def is_own(reader) -> bool:
    return any(name.startswith("originator") for name in reader.through)


def names_and_numbers(readers, depth):
    here = [reader for reader in readers.values() if reader.depth == depth]
    mailboxes = sum(reader.is_mailbox for reader in here)
    # For whom a person works who was named by address is not told to whoever typed it.
    told = [reader.organisations for reader in here if reader.through != {"grant"}]
    return sorted(set().union(*told)), len(here) - mailboxes, mailboxes


def check_who(preview, item, cast):
    """The organisations and numbers of the preview are those of who can really read it, and nobody else can."""
    readers = readers_of(item)
    depths = {reader.depth for reader in readers.values()}
    assert {view.depth for view in preview.seen} == depths | {Depth.FULL}
    for view in preview.seen:
        total = (view.total.organisations, view.total.persons, view.total.mailboxes)
        assert total == names_and_numbers(readers, view.depth)
        assert all(row.persons <= view.total.persons for row in view.audiences)
        assert sorted(set().union(*(row.organisations for row in view.audiences))) == view.total.organisations
        assert f"{view.total.persons} person{'' if view.total.persons == 1 else 's'} get" in preview.text
    really = {}
    for user in cast.people.values():
        rows = Release.objects.visible_to(user).filter(item=item).values_list("depth", flat=True)
        if rows:
            really[user.pk] = max(rows)
    assert really == {pk: reader.depth for pk, reader in readers.items() if not reader.is_mailbox}


def check_bytes(preview, item, cast, page_of, *, skip_own=False):
    """Everybody who can read it gets what the preview of their depth showed."""
    people = {user.pk: user for user in cast.people.values()}
    compared = Counter()
    for pk, reader in readers_of(item).items():
        if reader.is_mailbox or (skip_own and is_own(reader)):
            continue
        assert preview.articles[reader.depth] in page_of(people[pk], item), people[pk].email
        compared[reader.depth] += 1
    return compared


@pytest.mark.slow
@pytest.mark.parametrize("marking", some(Marking, 2))
def test_readers_get_what_was_shown_and_are_who_was_shown(author, cast, page_of, marking):
    """Each choice that the marking allows, alone, and some together."""
    for choices in [(choice,) for choice in sorted(ALLOWED[marking])] + PAIRS[marking]:
        preview = Preview(author, typed(cast, **DETAILS, **choosing(cast, marking, choices)))
        item = preview.send()
        check_who(preview, item, cast)
        # The originator's own people are told the names of the organisations they named, which no reader is.
        assert check_bytes(preview, item, cast, page_of, skip_own="named_organisations" in choices), choices
        labels = {str(row.label) for view in preview.seen for row in view.audiences}
        assert labels == {"Your own organisation", *(str(AudienceChoice(choice).label) for choice in choices)}


@pytest.mark.parametrize("shows", [True, False])
def test_the_originator_is_shown_or_withheld_as_it_will_be(author, cast, page_of, shows):
    ticked = {"shows_originator": "on"} if shows else {}
    preview = Preview(author, typed(cast, **DETAILS, **ticked))
    assert ("INGO Alba" in preview.articles[Depth.SHARED], "INGO Alba" in preview.articles[Depth.FULL]) == (shows, True)
    item = preview.send()
    assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}


@pytest.mark.parametrize("limits", COARSER)
def test_made_coarser(author, cast, page_of, limits):
    """Also in the further report, whose form does not ask for the limits again."""
    preview = Preview(author, typed(cast, **DETAILS, **limits))
    assert ("CANARY-PLACE" in preview.articles[Depth.FULL], "CANARY-PLACE" in preview.articles[Depth.SHARED]) == (
        True,
        False,
    )
    item = preview.send()
    assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}
    again = Preview(author, follow_up(item, **DETAILS | {"occurred_at": "19:40"}))
    again.send()
    assert check_bytes(again, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}


def test_what_is_kept_apart_is_not_in_the_shared_one(author, cast):
    articles = Preview(author, typed(cast, **DETAILS)).articles
    for word in ("CANARY-PERSONS", "CANARY-EXACT", "4.41", "People affected"):
        assert (word in articles[Depth.FULL], word in articles[Depth.SHARED]) == (True, False), word


def test_in_french(author, cast, page_of):
    User.objects.update(language="fr", time_zone="Africa/Ndjamena")
    preview = Preview(author, typed(cast, **DETAILS))
    assert check_bytes(preview, preview.send(), cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}


@pytest.mark.parametrize("precision", ["about", "day", "not_sure"])
def test_reported_on_another_clock(author, cast, page_of, precision):
    """Near midnight: another day on the clock of the place."""
    when = {"clock": "UTC", "occurred_at": "23:30", "time_precision": precision}
    preview = Preview(author, typed(cast, **DETAILS, **when))
    assert check_bytes(preview, preview.send(), cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}


@pytest.mark.parametrize("place", [None, "south-sudan"])
def test_who_is_suspended_is_neither_shown_nor_reads(author, cast, page_of, place):
    """Benu, everywhere or in the area only; and the one who reports from a suspended organisation still sees as."""
    Standing.objects.create(
        organisation=cast.organisations["benu"], kind=Standing.Kind.SUSPENDED, area=cast.areas.get(place)
    )
    preview = Preview(author, typed(cast, **DETAILS))
    item = preview.send()
    check_who(preview, item, cast)
    assert "INGO Benu" not in preview.text
    assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 3}


def test_a_suspended_originator_sees_what_its_readers_get(author, cast, page_of):
    Standing.objects.create(organisation=cast.organisations["alba"], kind=Standing.Kind.SUSPENDED, area=None)
    preview = Preview(author, typed(cast, **DETAILS))
    item = preview.send()
    check_who(preview, item, cast)
    assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}


def test_functional_mailboxes_are_counted_apart(author, cast):
    before = Preview(author, typed(cast, **DETAILS))
    box = User(email="duty@benu.example", is_mailbox=True)
    box.set_unusable_password()
    box.save()
    benu = cast.organisations["benu"]
    Membership.objects.create(user=box, organisation=benu, role="partner_field", area=cast.areas["south-sudan"])
    preview = Preview(author, typed(cast, **DETAILS))
    shared, was = preview.seen[1].total, before.seen[1].total
    assert (shared.persons, shared.mailboxes, was.mailboxes) == (was.persons, 1, 0)
    assert "1 functional mailbox is told" in preview.text
    check_who(preview, preview.send(), cast)


class TestFollowingUp:
    """An update: the same readers get the new one, with what a desk edited and what was attached."""

    @pytest.fixture
    def item(self, author, cast):
        return file_report(cast).incident.item

    def test_as_it_is(self, author, cast, page_of, item):
        preview = Preview(author, follow_up(item, news="CANARY-NEWS", **DETAILS))
        assert all("CANARY-NEWS" in article for article in preview.articles.values())
        assert preview.send() == item
        check_who(preview, item, cast)
        assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}

    @pytest.mark.parametrize("rewrites", [False, True])
    def test_with_a_text_that_a_desk_edited(self, author, cast, page_of, item, rewrites):
        texts = {"what": "CANARY-EDITED", "place": "CANARY-ROUGHLY"}
        proposal = propose(item, by=cast["dss.field@un.example"], desk=Desk("DSS", item.area), texts=texts, version=1)
        decide(proposal, by=cast[AUTHOR], agrees=True)
        what = "The originator wrote anew" if rewrites else TEXTS["what"]
        post = follow_up(item, **(DETAILS | {"what": what, "place": TEXTS["place"]}))
        preview = Preview(author, post)
        shared, full = preview.articles[Depth.SHARED], preview.articles[Depth.FULL]
        assert ("CANARY-EDITED" in shared, "CANARY-ROUGHLY" in shared) == (not rewrites, True)
        assert "CANARY-EDITED" not in full
        preview.send()
        assert check_bytes(preview, item, cast, page_of) == {Depth.FULL: 4, Depth.SHARED: 5}

    @pytest.mark.parametrize("kind", ["update", "final"])
    def test_after_the_audience_was_changed_with_attachments_and_grades(self, author, cast, page_of, item, kind):
        choices = ["dss_headquarters", "ocha", "named_organisations"]
        sharing = Sharing("TLP:GREEN", choices, [cast.organisations["lake"]], [], shows_originator=True)
        share_with(item, sharing, by=cast[AUTHOR], version=item.version)
        item.refresh_from_db()
        add(cast, item, a_png(), is_shared=True)
        add(cast, item)
        rows = type(shared_row(item)).objects.for_system("test").filter(release__item=item)
        rows.update(credibility="2")
        rows.filter(release__depth=Depth.FULL).update(reliability="B")
        preview = Preview(author, follow_up(item, kind=kind, **DETAILS))
        parts = [article.count("/attachments/") for article in preview.articles.values()]
        assert parts == [2, 1]
        assert "CANARY-NAME" not in preview.text  # of files: their originator's
        preview.send()
        check_who(preview, item, cast)
        # The originator's own people read file names and the organisations they named besides.
        assert check_bytes(preview, item, cast, page_of, skip_own=True) == {Depth.FULL: 1, Depth.SHARED: 2}

    def test_withdrawn_nobody_gets_it(self, author, cast, item):
        page, typed_in = f"/incidents/{item.ref}/withdraw/", {"version": item.version, "ground": "duty"}
        asked = author.post(page, typed_in).context["asked"]  # lives were at risk: it asks again
        author.post(page, typed_in | {"asked": asked, "answer": "withhold"})
        item.refresh_from_db()
        assert item.state == Item.State.WITHDRAWN
        preview = Preview(author, follow_up(item, **DETAILS))
        assert [view.depth for view in preview.seen] == [Depth.FULL]
        check_who(preview, preview.send(), cast)

    @pytest.mark.slow
    def test_nobody_else_sees_it(self, author, cast, sign_in, item):
        preview = Preview(author, follow_up(item, **DETAILS))
        for email, user in cast.people.items():
            if email != AUTHOR:
                assert sign_in(user).get(preview.url).status_code == 404, email

    def test_under_another_incident_it_is_not_there(self, author, cast, item):
        other = file_report(cast).incident.item
        preview = Preview(author, follow_up(item, **DETAILS))
        assert author.get(preview.url.replace(item.ref, other.ref)).status_code == 404
        assert author.get(f"{SAVE}{uuid.uuid4()}/see-as/").status_code == 404

    def test_costs(self, author, cast, item, django_assert_num_queries):
        preview = Preview(author, follow_up(item, **DETAILS))
        with django_assert_num_queries(12):
            author.get(preview.url)


@pytest.mark.slow
def test_nobody_else_of_the_cast_sees_it(author, cast, sign_in):
    preview = Preview(author, typed(cast, **DETAILS))
    for email, user in cast.people.items():
        if email != AUTHOR:
            assert sign_in(user).get(preview.url).status_code == 404, email


def test_looking_writes_nothing(author, cast):
    preview = Preview(author, typed(cast, **DETAILS))
    before, sequences = whole_database(), _sequences()
    assert author.get(preview.url).status_code == 200
    assert (whole_database(), _sequences()) == (before, sequences)


def _sequences():
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return cursor.fetchall()


@pytest.mark.parametrize("more", [(), ("un_of_area", "community", "everyone")])
def test_costs_the_same_whoever_reads(author, cast, more, django_assert_num_queries):
    choices = ("dss_desks", "named_organisations", *more)
    preview = Preview(author, typed(cast, **DETAILS, **choosing(cast, "TLP:CLEAR", choices)))
    with django_assert_num_queries(12):
        author.get(preview.url)


def test_a_draft_with_something_missing_leads_back_to_the_form(author, cast):
    post = typed(cast, what="", place="Torit")
    answer = author.post(SAVE, post | {"see": "yes"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{FORM}?draft={post['submission']}&check=yes"
    assert "Write what happened. Six words are enough." in answer.content.decode()
    assert 'value="Torit"' in answer.content.decode()


def test_changing_it_leads_to_the_form_as_typed(author, cast):
    preview = Preview(author, typed(cast, **DETAILS))
    assert f'href="{FORM}?draft={Draft.objects.for_system("test").get().submission}"' in preview.text
    assert not Item.objects.for_system("test").exists()
