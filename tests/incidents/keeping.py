"""Forms that are kept while they are typed: a page with its script, and a further report as a browser sends it."""

import uuid

from django.test import Client

from incidents.models import Draft

AUTHOR = "field@alba.example"
FORM, SAVE, KEEP = "/incidents/report/", "/incidents/drafts/", "/incidents/drafts/keep/"


def drafts():
    """Everybody's drafts."""
    return Draft.objects.for_system("test").order_by("saved_at")


def kept_texts() -> list[str]:
    """What happened, as every draft says."""
    return sorted(draft.typed["what"][0] for draft in drafts())


def follow_up(item, **changes) -> dict:
    """A further report on `item` as a browser sends it."""
    fields = {
        "submission": str(uuid.uuid4()),
        "ref": item.ref,
        "after": "1",
        "kind": "update",
        "news": "Both are safe.",
        "what": "Two vehicles were stopped.",
        "occurred_on": "2026-03-14",
        "occurred_at": "08:30",
        "time_precision": "about",
        "clock": "area",
        "affected-TOTAL_FORMS": "3",
        "affected-INITIAL_FORMS": "0",
    }
    return fields | changes


class Page:
    """A report form that is open in a browser with its script: what its hidden fields hold, and what it sends."""

    def __init__(self, post: dict, token: str):
        self.client = Client()  # without cookies, as the script sends it
        self.post = post | {"keep": token}

    def types(self, **changes):
        """Type, and wait for the script. Returns the answer."""
        self.post |= changes
        answer = self.client.post(KEEP, self.post)
        if answer.status_code == 200:
            self.post |= {name: answer.json()[name] for name in ("revision", "submission", "keep")}
        return answer


def same_form(page: Page) -> Page:
    """The same draft, opened in a second tab."""
    return Page(dict(page.post), page.post["keep"])
