"""A newer file over an older one: added, changed with its history, missing, back again, and what becomes restricted."""

import re
from datetime import timedelta

import pytest

from incidents.imports.renewal import version_context
from incidents.models import ImportRun, IncidentRelease, QuarantinedValue, ReferenceRecord, ReferenceVersion
from sharing.models import Audience, Item, Release
from sharing.search import matching
from slt_portal.templatetags.portal import day_text

from .awsd_files import AS_OF, incident, make_area, run, write
from .test_import_storing import CANARY, left, system, whole_database

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
QUERIES_OF_PAGE = 10
RAPE = {"Means_of_attack": "Rape/sexual assault"}


@pytest.fixture
def bring(tmp_path):
    """Import rows as the next file of the source."""
    make_area("south-sudan", "SS")
    make_area("chad", "TD")
    return lambda *rows, **options: run(write(tmp_path / "a.csv", rows), **options)


def facts_of(source_id) -> IncidentRelease:
    release = ReferenceRecord.objects.get(source_id=source_id).release
    return IncidentRelease.objects.for_system("test").select_related("release__item__data_key").get(release=release)


def found(word) -> set[str]:
    rows = IncidentRelease.objects.for_system("test").filter(matching(word))
    ids = rows.values_list("release", flat=True)
    return set(ReferenceRecord.objects.filter(release__in=ids).values_list("source_id", flat=True))


def test_a_changed_row_says_what_it_says_now_everywhere(bring):
    bring(incident(1, Details="Two words."), incident(2))
    ref = facts_of("1").release.item.ref
    newer = {"Details": "Other words.", "Country_Code": "TD", "Country": "Chad", "Month": "1", "Day": "3"}
    counts = {"Total_killed": "1", "Nationals_killed": "1", "Total_wounded": "0", "Nationals_wounded": "0"}
    report = bring(incident(1, **newer, **counts), incident(2), incident(3))
    assert [reading.source_id for reading in report.plan.changed] == ["1"]
    assert (report.plan.unchanged, len(report.plan.new), report.plan.missing) == (1, 1, [])
    record, facts = ReferenceRecord.objects.get(source_id="1"), facts_of("1")
    release, item = facts.release, facts.release.item
    assert (record.killed, record.wounded, record.month, record.area.code) == (1, 0, 1, "chad")
    assert (facts.texts["what"], facts.killed, facts.severity, facts.consequence) == ("Other words.", 1, 4, "killed")
    assert (item.ref, item.area.code, release.area.code, release.version) == (ref, "chad", "chad", 2)
    row = Audience.objects.for_system("test").get(release=release)
    assert row.sort_at == release.sort_at == facts.occurred_from
    assert (row.sort_at.month, row.sort_at.day) == (1, 3)
    assert (found("other"), found("two"), facts_of("2").release.version) == ({"1"}, set(), 1)
    assert Release.objects.for_system("test").count() == 3


def test_what_it_said_before_is_kept_sealed(bring):
    bring(incident(1, Details="First."))
    digest = ReferenceRecord.objects.get().digest
    bring(incident(1, Details="Second.", Total_affected="2"))
    bring(incident(1, Details="Third."))
    record, versions = ReferenceRecord.objects.get(), list(ReferenceVersion.objects.order_by("pk"))
    key = facts_of("1").release.item.data_key
    opened = [key.open_json(v.sealed, context=version_context(record.pk, v.digest)) for v in versions]
    assert [said["texts"]["what"] for said in opened] == ["First.", "Second."]
    assert [said["record"]["affected"] for said in opened] == [1, 2]
    assert opened[0]["facts"]["means"] == "shooting"
    assert (versions[0].digest, versions[0].published) == (digest, {})
    assert [v.run for v in versions] == list(ImportRun.objects.order_by("pk"))[1:]
    assert "First." not in whole_database(opened=False)


def test_the_page_says_what_it_said_before_and_that_it_is_gone(bring, cast, sign_in):
    bring(incident(1, Details="First <b>words</b>."), incident(2))
    day = AS_OF + timedelta(days=1)
    newer = {"Total_killed": "1", "Nationals_killed": "1"}
    bring(incident(1, Details="Second words.", **newer), incident(2), as_of=day)
    bring(incident(2), as_of=day + timedelta(days=1))
    client = sign_in(cast["io@lake.example"])
    answer = client.get(f"/incidents/{facts_of('1').release.item.ref}/")
    text = answer.content.decode()
    assert f"No longer in the source’s file of {day_text(day + timedelta(days=1))}." in text
    [(until, rows)] = answer.context["earlier"]
    said = {row["label"]: row["value"] for row in rows}
    assert (until, said["What happened"]) == (day, "First <b>words</b>.")
    assert "Casualties" in said
    assert "When" not in said
    assert "First &lt;b&gt;words" in text
    untouched = client.get(f"/incidents/{facts_of('2').release.item.ref}/").content.decode()
    assert ("No longer in the source" in untouched, "What the source said before" in untouched) == (False, False)


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_however_often_it_changed(bring, cast, sign_in, number, django_assert_num_queries):
    for at in range(number + 1):
        bring(incident(1, Details=f"Words {at}."))
    client, path = sign_in(cast["io@lake.example"]), f"/incidents/{facts_of('1').release.item.ref}/"
    client.get(path)
    with django_assert_num_queries(QUERIES_OF_PAGE):
        assert len(client.get(path).context["earlier"]) == number


def test_there_and_back_again_is_two_changes_and_no_double_note(bring):
    bring(incident(1, Day="31"))
    bring(incident(1, Day="30"))
    bring(incident(1, Day="31"))
    assert ReferenceVersion.objects.count() == 2
    assert sorted(QuarantinedValue.objects.values_list("column", "value")) == [("Day", "30"), ("Day", "31")]
    assert facts_of("1").release.version == 3


def test_a_row_that_turns_out_to_be_about_sexual_violence_closes_and_leaves_no_word(bring, cast):
    places = dict.fromkeys(["Region", "District", "City", "Actor_name", "Details"], CANARY)
    bring(incident(1, **places, Longitude=CANARY), incident(2))
    bring(incident(1, **places, Total_affected="2", Longitude=CANARY), incident(2))
    reader = cast["hq@alba.example"]
    assert Release.objects.visible_to(reader).count() == 2
    assert CANARY in whole_database()
    release = facts_of("1").release
    old = [bytes(version.sealed) for version in ReferenceVersion.objects.all()]
    report = bring(incident(1, **places, **RAPE), incident(2))
    record = ReferenceRecord.objects.get(source_id="1")
    assert (record.release, record.month, record.day, record.wounded) == (None, None, None, 1)
    assert Release.objects.visible_to(reader).count() == 1
    assert Audience.objects.for_system("test").filter(release=release).count() == 0
    item = Item.objects.for_system("test").get(pk=release.item_id)
    assert (item.state, item.version, item.data_key) == ("withdrawn", 2, None)
    assert (found("canary"), report.listed) == (set(), 1)
    assert CANARY not in whole_database()
    assert [bytes(v.sealed or b"") for v in ReferenceVersion.objects.order_by("pk")] == [*old, b""]
    assert ReferenceVersion.objects.last().published == {}
    assert ReferenceRecord.objects.get(source_id="2").release is not None


def test_the_same_file_closes_a_row_of_a_time_when_only_codes_were_searched(bring, cast, monkeypatch):
    told = incident(1, Details=f"A colleague was raped {CANARY}.", Day="31", Month="2")
    with monkeypatch.context() as earlier:
        earlier.setattr("incidents.imports.awsd.RESTRICTED", re.compile("nothing is searched for"))
        bring(told, incident(2))
    reader = cast["hq@alba.example"]
    assert Release.objects.visible_to(reader).count() == 2
    assert CANARY in whole_database()
    release = facts_of("1").release
    report = bring(told, incident(2))
    assert ([reading.source_id for reading in report.plan.changed], report.plan.unchanged) == (["1"], 1)
    record = ReferenceRecord.objects.get(source_id="1")
    assert (record.release, record.month, record.day, record.wounded) == (None, None, None, 1)
    assert Release.objects.visible_to(reader).count() == 1
    assert Item.objects.for_system("test").get(pk=release.item_id).data_key is None
    assert CANARY not in whole_database()
    assert set(QuarantinedValue.objects.values_list("value", flat=True)) == {""}
    again = bring(told, incident(2))
    assert (again.plan.writes, again.plan.unchanged) == (False, 2)


def test_a_story_that_should_not_have_been_listed_is_not_kept_as_what_was_said_before(
    bring, cast, monkeypatch, sign_in
):
    with monkeypatch.context() as earlier:
        earlier.setattr("incidents.imports.awsd.RESTRICTED", re.compile("nothing is searched for"))
        bring(incident(1, Details=f"A colleague was raped {CANARY}."))
    bring(incident(1, Details="Robbed."))
    page = sign_in(cast["io@lake.example"]).get(f"/incidents/{facts_of('1').release.item.ref}/").content.decode()
    assert "Robbed." in page
    assert CANARY not in page


def test_one_that_becomes_listable_gets_a_release_of_its_own(bring, cast):
    bring(incident(1, **RAPE))
    bring(incident(1, Details="Robbed."))
    facts = facts_of("1")
    assert (facts.texts["what"], facts.release.version, found("robbed")) == ("Robbed.", 1, {"1"})
    assert Release.objects.visible_to(cast["hq@alba.example"]).get() == facts.release
    version = ReferenceVersion.objects.get()
    assert (version.sealed, version.published["wounded"], version.published["month"]) == (None, 1, None)
    bring(incident(1, **RAPE))
    bring(incident(1, Details="Robbed."))
    assert facts_of("1").release.item.ref != facts.release.item.ref


def test_of_restricted_rows_the_history_has_no_more_than_the_row_had(bring):
    bring(incident(1, **RAPE, Details=CANARY))
    bring(incident(1, **RAPE, Details=CANARY, INGO="2"))
    version = ReferenceVersion.objects.get()
    assert (version.published["figures"]["INGO"], version.published["day"], version.sealed) == (1, None, None)
    assert CANARY not in whole_database()


def test_missing_rows_are_kept_and_flagged_and_the_flag_goes_when_they_are_back(bring):
    since = lambda: dict(ReferenceRecord.objects.values_list("source_id", "missing_since"))  # noqa: E731
    bring(incident(1), incident(2), incident(3))
    report = bring(incident(1))
    assert sorted(report.plan.missing) == ["2", "3"]
    first = ImportRun.objects.first().as_of
    assert since() == {"1": None, "2": first, "3": first}
    assert Release.objects.for_system("test").count() == 3
    again = bring(incident(1), incident(2), as_of=first.replace(month=first.month + 1, day=1))
    assert (again.plan.missing, again.plan.reappeared) == ([], ["2"])
    assert since() == {"1": None, "2": None, "3": first}
    assert "  1 in the file again: the flag is taken away." in list(again.lines(dry_run=False))


def test_a_row_that_is_left_out_is_not_gone(bring):
    bring(incident(1), incident(2))
    report = bring(incident(1), incident(1, Details="Twice."), [*incident(2).values(), "one", "too many"])
    assert report.duplicates == 1
    assert report.plan.missing == []


def test_an_older_file_is_refused_and_changes_nothing(bring):
    report = bring(incident(1))
    before = left(runs=True)
    with pytest.raises(Exception, match="was imported already; this one, of 1 Jan 2024, would undo it"):
        bring(incident(1, Details="Old."), as_of=report.latest.replace(month=1, day=1))
    assert left(runs=True) == before


def test_all_or_nothing_also_of_a_newer_file(bring):
    bring(incident(1), incident(2))
    before = left(runs=True)

    def fail(done, total):
        raise RuntimeError("the machine stops")

    with pytest.raises(RuntimeError):
        bring(incident(1, Details="Other."), progress=fail)
    assert left(runs=True) == before


def test_thousands_of_rows_are_few_statements(bring, django_assert_max_num_queries):
    bring(*(incident(number) for number in range(1, 41)))
    with django_assert_max_num_queries(45):
        bring(*(incident(number, Details="Other.") for number in range(1, 41)))
    assert {facts.texts["what"] for facts in system(IncidentRelease)} == {"Other."}
