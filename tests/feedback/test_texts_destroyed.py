"""A case whose text is kept no longer: its pages say so, and show what stays (F4)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from feedback.actions.handling import escalate
from feedback.models import Case
from operations import retention, retention_questions
from tests.factories.deciding import closed_by_silence
from tests.factories.feedback import (
    BENU_FIELD,
    CANARY,
    DSS_HQ,
    GISF,
    ICVA,
    a_case,
    a_lesson,
    an_entry,
    an_inquiry,
)

pytestmark = pytest.mark.django_db
WORDS = "The text and the files of this case are not kept any more."


def test_the_words_of_a_case_go_and_its_pages_say_so(cast, settings, sign_in):
    settings.RETENTION_FEEDBACK_YEARS = 2
    User.objects.update(language="en")
    case, old = a_case(cast, "handling"), timezone.now() - timedelta(days=1000)
    an_entry(case, by=cast[DSS_HQ], side="handler")
    an_inquiry(case, by=cast[DSS_HQ], state="withdrawn", settled_at=old)
    decision = escalate(case, proposal=f"{CANARY} P", why=f"{CANARY} W", uid=uuid4(), by=cast[ICVA])
    closed_by_silence(decision)
    lesson = a_lesson(case, by=cast[ICVA])
    Case.objects.for_system("test").filter(pk=case.pk).update(closed_at=old)
    [rule] = [one for one in retention.RULES if one.code == "feedback"]
    assert retention.sweep([rule], by=cast[DSS_HQ])["feedback"] == 1
    assert retention.sweep([rule], by=cast[DSS_HQ])["feedback"] == 0
    assert Event.objects.get(verb="feedback.text_destroyed").object_ref == case.ref
    own = f"/feedback/cases/{case.ref}/"
    for who, paths in (
        (BENU_FIELD, ("/feedback/", own)),
        (DSS_HQ, (own, "/feedback/intake/?state=all", f"{own}people/", f"{own}lesson/")),
        (GISF, (f"/decisions/{decision.ref}/", f"/feedback/lessons/{lesson.ref}/")),
    ):
        client = sign_in(cast[who])
        for path in paths:
            page = client.get(path)
            assert page.status_code == 200, path
            assert CANARY not in page.content.decode()
            assert (WORDS in page.content.decode()) is (path == own), path


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_nothing_is_destroyed_that_nobody_noted(cast, settings, monkeypatch):
    settings.RETENTION_FEEDBACK_YEARS = 2
    case = a_case(cast, "closed")
    Case.objects.for_system("test").filter(pk=case.pk).update(closed_at=timezone.now() - timedelta(days=1000))
    [rule] = [one for one in retention.RULES if one.code == "feedback"]

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(retention_questions, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        retention.sweep([rule], by=cast[DSS_HQ])
    monkeypatch.undo()
    assert rule.rows().exists()
    settings.RETENTION_FEEDBACK_YEARS = 2
    assert retention.sweep([rule], by=cast[DSS_HQ])["feedback"] == 1
    assert Event.objects.get(verb="feedback.text_destroyed").object_ref == case.ref
