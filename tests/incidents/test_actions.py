"""Filing: what each release holds, who may read it, and that it happens once and as a whole or not at all."""

import threading
import uuid

import pytest
from django.db import connection

from audit.models import Event
from documents.models import DataKey
from incidents import actions
from incidents.actions import AlreadyFiled
from incidents.drafts import discard_draft, save_draft
from incidents.models import AffectedGroup, Draft, Incident, IncidentRelease, Report
from incidents.models.incident import report_context
from notifications.models import Message, Subject
from sharing.markings import ALLOWED, AudienceRefused, Depth, Marking
from sharing.models import Audience, Grant, Item, Release
from tests.factories.incidents import CODED, GROUPS, TEXTS, USUAL, WHEN, an_account, file_report

pytestmark = pytest.mark.django_db
COUNTS = {"killed": 1, "wounded": 2, "kidnapped": None, "detained": None}
SECRET = ("exact_place", "position", "persons")
SCOPED = [Item, Release, Audience, Grant, Incident, Report, IncidentRelease, AffectedGroup, Draft]
AS_REPORTED = {"place_limit": "within_25_km", "time_limit": "as_reported", "reported_by": "", "is_minimal": False}
COMPUTED = {"stage": "immediate", "severity": 4, "consequence": "killed", "reliability": "", "credibility": ""}


def rows(model):
    return model.objects.for_system("test")


def everything() -> dict[str, int]:
    """How many rows each table has that filing writes."""
    counts = {model.__name__: rows(model).count() for model in SCOPED}
    return counts | {model.__name__: model.objects.count() for model in (Message, Subject, DataKey, Event)}


def release_of(report, depth) -> IncidentRelease:
    return rows(IncidentRelease).with_release().get(release__item=report.incident.item, release__depth=depth)


def facts_of(release) -> dict:
    """Every plain column of a release, but its keys."""
    names = [field.name for field in IncidentRelease._meta.fields if field.name not in {"release", "report", "sealed"}]
    return {name: getattr(release, name) for name in names}


def audience_of(report) -> dict[str, int]:
    audience = rows(Audience).filter(release__item=report.incident.item)
    return dict(audience.values_list("principal", "release__depth"))


def test_the_full_release(cast):
    release = release_of(file_report(cast), Depth.FULL)
    assert release.texts == TEXTS
    assert facts_of(release) == {
        **CODED, **COUNTS, **COMPUTED, "occurred_from": WHEN, "time_precision": "about", "time_zone": "Africa/Juba",
        "credit": "", **AS_REPORTED,
    }  # fmt: skip
    groups = rows(AffectedGroup).filter(facts=release)
    assert list(groups.order_by("pk").values(*GROUPS[0])) == GROUPS
    assert (release.release.sort_at, release.release.area, release.release.shows_originator) == (
        WHEN, cast.areas["south-sudan"], True,
    )  # fmt: skip


def test_the_shared_release_holds_no_person_no_exact_place_and_no_originator(cast):
    release = release_of(file_report(cast), Depth.SHARED)
    assert release.texts == {name: text for name, text in TEXTS.items() if name not in SECRET}
    assert facts_of(release) == {
        **CODED, **COUNTS, **COMPUTED, "place_precision": "within_25_km",
        "occurred_from": WHEN, "time_precision": "about", "time_zone": "Africa/Juba", "credit": "",
        **AS_REPORTED,
    }  # fmt: skip
    assert not rows(AffectedGroup).filter(facts=release).exists()
    assert release.release.shows_originator is False


def test_the_originator_can_show_itself(cast):
    assert release_of(file_report(cast, shows_originator=True), Depth.SHARED).release.shows_originator is True


def test_the_report_keeps_everything(cast):
    submission = uuid.uuid4()
    report = file_report(cast, submission=submission)
    kept = rows(Report).get(pk=report.pk)
    assert report.incident.item.data_key.open_json(kept.sealed, context=report_context(submission)) == {
        **TEXTS,
        "facts": {
            "coded": CODED, "groups": GROUPS, "occurred_from": WHEN.isoformat(), "time_precision": "about",
            "time_zone": "Africa/Juba",
        },
    }  # fmt: skip
    assert (kept.kind, kept.number, kept.author, kept.submission) == (
        "immediate", 1, cast["field@alba.example"], submission,
    )  # fmt: skip
    item = report.incident.item
    assert (item.kind, item.marking, item.originator, item.area) == (
        "incident", "TLP:AMBER+STRICT", cast.organisations["alba"], cast.areas["south-sudan"],
    )  # fmt: skip


def test_not_sure_when_sorts_by_its_filing(cast):
    report = file_report(cast, account=an_account(occurred_from=None, time_precision="not_sure"))
    release = release_of(report, Depth.SHARED)
    assert release.occurred_from is None
    assert abs((release.release.sort_at - report.filed_at).total_seconds()) < 1


def test_audience(cast):
    alba, benu, area = (cast.organisations["alba"].pk, cast.organisations["benu"].pk, cast.areas["south-sudan"].pk)
    own = {f"originator:{alba}": 2, f"originator_in_area:{alba}:{area}": 2}
    desks = {"dss_world": 2, f"dss:{area}": 2}
    here = {f"un:{area}": 1, f"designated_official:{area}": 1, f"area_partners:{area}": 1}
    named = {f"organisation:{benu}": 1, f"organisation_in_area:{benu}:{area}": 1}
    assert audience_of(file_report(cast)) == own | desks | here
    assert audience_of(file_report(cast, choices=[])) == own
    assert audience_of(file_report(cast, choices=["ocha"])) == own | {"ocha": 1, f"ocha:{area}": 1}
    report = file_report(cast, choices=["named_organisations"], organisations=["benu"])
    assert audience_of(report) == own | named
    assert audience_of(file_report(cast, marking="TLP:GREEN", choices=["community"])) == own | {"community": 1}
    assert audience_of(file_report(cast, marking="TLP:CLEAR", choices=["everyone"])) == own | {"everyone": 1}
    report = file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=["hq@benu.example"])
    assert audience_of(report) == own
    assert list(rows(Grant).values_list("user__email", "content_object__depth", "content_object__item")) == [
        ("hq@benu.example", Depth.SHARED, report.incident.item.pk)
    ]


@pytest.mark.parametrize("marking", Marking)
def test_what_the_marking_forbids_is_not_filed(cast, marking):
    before = everything()
    for choice in {choice for choices in ALLOWED.values() for choice in choices} - ALLOWED[marking]:
        with pytest.raises(AudienceRefused):
            file_report(cast, marking=marking, choices=[choice])
    assert everything() == before


def test_audit_and_outbox(cast):
    report = file_report(cast)
    event = Event.objects.latest("number")
    assert (event.verb, event.object_type, event.object_ref) == ("incidents.filed", "item", report.incident.item.ref)
    assert event.actor == str(cast["field@alba.example"].pk)
    assert event.facts == {
        "marking": "TLP:AMBER+STRICT", "area": "south-sudan", "audience": USUAL, "organisations": [],
        "shows_originator": False, "report": 1, "pointed_out": 0, "confirmed": True, "source": "own",
        "limits": {"place": "within_25_km", "time": "as_reported"},
    }  # fmt: skip
    messages = Message.objects.filter(subject=report.subject)
    assert set(messages.values_list("kind", "event_key", "channel", "state", "priority")) == {
        ("incidents.filed", f"report {report.pk}", "email", "queued", 0)
    }
    assert messages.count() == 5


def test_filing_twice_is_filing_once(cast):
    submission = uuid.uuid4()
    first = file_report(cast, submission=submission)
    before = everything()
    assert file_report(cast, submission=submission) == first
    with pytest.raises(AlreadyFiled) as refused:
        file_report(cast, submission=submission, account=an_account(texts={"what": "other"}))
    assert refused.value.report == first
    assert everything() == before


def test_the_same_id_from_somebody_else_is_their_own_report(cast):
    submission = uuid.uuid4()
    first = file_report(cast, submission=submission)
    second = file_report(cast, by="field@benu.example", organisation="benu", submission=submission)
    assert second.incident.item != first.incident.item


class Broken(Exception):
    pass


@pytest.mark.parametrize(
    "step", ["create_item", "release_item", "say", "grant", "settle_draft", "recipients_of", "announce", "record"]
)
def test_a_fault_at_any_step_leaves_nothing(cast, monkeypatch, step):
    submission = uuid.uuid4()
    save_draft(by=cast["field@alba.example"], submission=submission, typed={"what": ["x"]})
    before = everything()

    def fail(*args, **options):
        raise Broken

    monkeypatch.setattr(actions, step, fail)
    with pytest.raises(Broken):
        file_report(cast, submission=submission)
    assert everything() == before
    assert Draft.objects.of(cast["field@alba.example"]).get().typed["what"] == ["x"]


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_report(cast):
    """Really at the same moment, each over a connection of its own."""
    submission, together = uuid.uuid4(), threading.Barrier(4)
    found, failed = [], []

    def click():
        try:
            together.wait(10)
            found.append(file_report(cast, submission=submission).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len(set(found)) == 1
    assert len(found) == 4
    counts = everything()
    assert (counts["Report"], counts["Item"], counts["Release"], counts["Message"]) == (1, 1, 2, 5)
    assert counts["Event"] == 1


def test_a_draft_and_its_key(cast):
    user, submission = cast["field@alba.example"], uuid.uuid4()
    keys = DataKey.objects.count()
    first = save_draft(by=user, submission=submission, typed={"what": ["one"]})
    again = save_draft(by=user, submission=submission, typed={"what": ["two"]})
    assert (first.pk, again.typed["what"], again.revision) == (again.pk, ["two"], 2)
    assert DataKey.objects.count() == keys + 1
    discard_draft(again)
    assert not rows(Draft).exists()
    assert DataKey.objects.count() == keys


def test_filing_ends_the_draft(cast):
    submission = uuid.uuid4()
    other = save_draft(by=cast["field@benu.example"], submission=submission, typed={"what": ["mine"]})
    save_draft(by=cast["field@alba.example"], submission=submission, typed={"what": ["x"]})
    file_report(cast, submission=submission)
    assert list(rows(Draft)) == [other]
