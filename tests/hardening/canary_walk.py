"""Canaries into everything confidential, through the pages: what people do in a month, in a row.

What originators decide about who gets a report, and the restricted track, are in canary_control.
"""

import re
from urllib.parse import urlencode

from .canaries import LATIN, canary, told_by
from .canary_control import (
    FROM_OTHERS,
    asked_in_emergency,
    asked_in_vain,
    called,
    coarser,
    helped,
    opened_in_emergency,
    passed_on,
    warned,
    warned_again,
)
from .canary_person import a_paper, a_picture, a_text
from .canary_portal import (
    ALBA,
    BENU,
    BENU_HQ,
    CHAIR,
    DO,
    DSS,
    DUNE,
    FEEDBACK,
    GISF,
    HQ,
    REPORT,
    SUSPENSIONS,
    WFP,
    WG,
    Installation,
)

# Register data, which has no key of its own (docs/security.md)
CLEAR_IN_AN_APPLICATION = {
    "agreements-0-kind": "Field-level agreement",
    "identity-legal_name": "INGO Dune",
    "identity-other_names": "Dune Aid",
    "identity-acronym": "DUNE",
}
CASE = {"kind": "A concern", "about": "How we work together", "area": "South Sudan", "route": ["DSS headquarters"]}


def walk(portal: Installation) -> dict[str, str]:
    """Everything; returns addresses of what was made."""
    incident = short_walk(portal)
    coarser(portal, incident)
    worked_on(portal, incident)
    decided(portal, incident)
    followed(portal, incident)
    attached(portal, incident)
    exported(portal, incident)
    passed_on(portal, incident)
    warned_again(portal, warned(portal))
    opened_in_emergency(portal)
    helped(portal)
    case = complained(portal)
    answered(portal, case)
    closed(portal, case)
    redirected(portal)
    referred(portal)
    applied(portal, portal.application)
    return {"incident": f"/incidents/{incident}/", "case": case, "suspension": suspended(portal)}


def short_walk(portal: Installation) -> str:
    """What most people do most days; returns the reference of the report."""
    drafts(portal)
    incident = reported(portal)
    asked_in_vain(portal, incident)
    asked_in_emergency(portal)
    warned(portal)
    called(portal)
    searched(portal)
    joined(portal)
    return incident


# --- Incidents -----------------------------------------------------------------------------------------------------
def drafts(portal) -> None:
    """Kept by hand, by the script, in two tabs at once; one is thrown away."""
    tab = portal.visit(ALBA, REPORT).send("Save draft", {"what": canary("first draft")})
    saved = tab.posted
    values = {**saved[2], **_hidden(tab, "submission", "revision", "keep")}
    tab.send("Save draft", {"what": canary("draft, saved again")})
    tab.posted = (*saved[:2], {**values, "what": canary("draft of another tab")})
    tab.again()
    tab.client.post("/incidents/drafts/keep/", {**values, "what": canary("draft, kept by the script")})
    portal.visit(ALBA, f"/incidents/drafts/{values['submission']}/discard/").send("Discard it")


def _hidden(page, *names):
    nodes = {node.get("name"): node.get("value") for node in page.page.iter("input")}
    return {name: nodes[name] for name in names if name in nodes}


def reported(portal) -> str:
    """A report, refused once, then filed, and everything that is done with it."""
    page = portal.visit(ALBA, REPORT)
    page.send("Send the report", {"occurred_on": "2999-01-01"}, status=422)
    page.send("See what readers get", FROM_OTHERS).send("Send it like this")
    assert page.path.endswith("/receipt/"), page.words
    return page.path.split("/")[2]


def followed(portal, ref) -> None:
    """A further report: kept, looked at as others will see it, and sent."""
    page = portal.visit(ALBA, f"/incidents/{ref}/follow-up/").send("Save draft")
    page.go(f"/incidents/{ref}/follow-up/").send("Send", {"occurred_on": "2026-03-14", "news": told_by("news")})


def attached(portal, ref) -> None:
    """A picture and a document; and one that is refused."""
    for file in (a_picture("attachment"), a_paper("attachment")):
        portal.visit(ALBA, f"/incidents/{ref}/attachments/").send("Add the file", {"file": file})
    page = portal.visit(ALBA, f"/incidents/{ref}/attachments/")
    page.send("Add the file", {"file": a_text("attachment, refused")}, status=422)


def worked_on(portal, ref) -> None:
    """The desk receives, grades, notes; somebody asks, the desk answers; it proposes another text."""
    portal.visit(BENU_HQ, f"/incidents/{ref}/question/").send("Send the question")
    desk = f"/incidents/{ref}/desk/"
    portal.visit(DSS, f"/incidents/{ref}/").send("Acknowledge")
    portal.visit(DSS, desk).send("Save the grade", {"grade-reliability": "B", "grade-credibility": "2"})
    portal.visit(DSS, desk).send("Save the note")
    portal.visit(DSS, desk).send("Send the answer")
    portal.visit(DSS, f"{desk}text/").send("Ask the originator")


def decided(portal, ref) -> None:
    """The originator refuses; the desk proposes once more, and its text is taken."""
    portal.visit(ALBA, f"/incidents/{ref}/text/").send("Refuse: keep mine")
    portal.visit(DSS, f"/incidents/{ref}/desk/text/").send("Ask the originator", {"what": told_by("proposal")})
    portal.visit(ALBA, f"/incidents/{ref}/text/").send("Agree: readers get this text")


def searched(portal) -> None:
    """Words that are looked for, in the list and kept; with a mistake in the address, too."""
    words = canary("search")
    for query in ({"q": words}, {"q": words, "since": "no day"}, {"q": f'"{words}"', "area": words}):
        portal.visit(BENU).client.get("/incidents/", query)
    page = portal.visit(BENU, f"/incidents/searches/?{urlencode({'q': words})}")
    page.send("Save this search")
    portal.visit(BENU).client.get("/incidents/no-such-page/", {"q": words})


def exported(portal, ref) -> None:
    """Tables and a dossier, made, and fetched by who asked."""
    query = urlencode({"q": LATIN})
    for who, path, format in (
        (BENU, f"/incidents/export/?{query}", "csv"),
        (ALBA, f"/incidents/{ref}/export/", "pdf"),
        (ALBA, f"/incidents/{ref}/export/", "csv"),
    ):
        page = portal.visit(who, path).send("Make the export", {"format": format})
        portal.work()
        content = page.client.get(f"{page.path}file/").content
        assert LATIN.encode() in content or content.startswith(b"%PDF"), page.go(page.path).words


# --- Feedback ------------------------------------------------------------------------------------------------------
def complained(portal) -> str:
    """A case, refused once, then sent with files; taken in and handed over with a note."""
    page = portal.visit(BENU, FEEDBACK).follow("Send feedback").send("Continue", {"answer": "No"})
    page.send("Send it", {"kind": "A concern"})
    page.send(
        "Send it",
        {
            "about": "An office",
            "area": "South Sudan",
            "office": "DSS office",
            "route": ["DSS headquarters", "Global Interagency"],
            "files": a_picture("case"),
        },
    )
    case = page.path
    page.send("Send", {"files": a_paper("case")})
    portal.visit(GISF, f"{case}take/").send("Take it in")
    portal.visit(GISF, f"{case}classify/").send("Save", {"category": "sharing of information"})
    portal.visit(GISF, case).send("Send", {"is_internal": "Internal note", "files": a_picture("internal note")})
    portal.visit(GISF, f"{case}hand-over/").send("Hand it over")
    return case


def answered(portal, case) -> None:
    """An office is asked and answers; a resolution is proposed, refused, taken back."""
    portal.visit(WG, f"{case}ask/").send("Ask them", {"level": "Designated Official"})
    official = portal.visit(DO)
    official.follow("Question to your office").send("Send the answer")
    portal.visit(WG, f"{case}propose/").send("Send to the sender")
    portal.visit(BENU, f"{case}refuse/").send("Send")


def closed(portal, case) -> None:
    """Put to the Committee, which decides with reasons; opened again, agreed upon, kept as a PDF."""
    portal.visit(WG, f"{case}escalate/").send("Put it to the Committee")
    _committee_closes(portal, "other")
    portal.visit(BENU, f"{case}reopen/").send("Open it again")
    portal.visit(WG, f"{case}propose/").send("Send to the sender")
    portal.visit(BENU, f"{case}accept/").send("Accept")
    assert portal.visit(BENU, case).client.get(f"{case}case.pdf").content.startswith(b"%PDF")


def redirected(portal) -> None:
    """A case about somebody who is found not to be concerned after all, sent elsewhere with reasons."""
    page = portal.visit(ALBA, FEEDBACK).follow("Send feedback").send("Continue", {"answer": "No"})
    case = page.send("Send it", {**CASE, "persons_text": "Hannah Whitfield"}).path
    people = portal.visit(HQ, f"{case}people/")
    rows = [a.get("href") for a in people.page.iter("a") if re.search(r"/concerned/\d+/$", a.get("href", ""))]
    portal.visit(HQ, rows[0]).send("Let them see it again")
    portal.visit(HQ, f"{case}redirect/").send("Close the case")


def _committee_closes(portal, outcome) -> None:
    [link, *_] = [a.get("href") for a in portal.visit(WFP, "/decisions/").page.iter("a") if "DEC-" in a.get("href", "")]
    portal.visit(WFP, link).send("Take this position", {"position-choice": "Object"})
    portal.visit(WFP, link).send("Add the comment")
    for chair in (GISF, CHAIR):
        portal.visit(chair, link).send("Take this position", {"position-choice": "Agree"})
    portal.visit(CHAIR, link).send("Propose this closing", {"closing-outcome": outcome})
    portal.visit(GISF, link).send("Confirm these words and close")


# --- Partnership ---------------------------------------------------------------------------------------------------
def suspended(portal) -> str:
    """A procedure against an organisation: reasons, its answer, who is asked, and why it ends."""
    typed = {"organisation": "INGO Benu", "cause": "confidentiality"}
    page = portal.visit(DO, f"{SUSPENSIONS}open/").send("Open it and ask for an answer", typed)
    row = page.path
    portal.visit(BENU_HQ, f"{row}answer/").send("Send")
    portal.visit(DO, f"{row}ask/").send("Ask them")
    portal.visit(DO, f"{row}drop/").send("End the procedure")
    return row


def referred(portal) -> None:
    """A breach by a UN entity, passed on to its own office."""
    page = portal.visit(DO, "/partnership/referrals/record/")
    page.send("Record it", {"entity": "World Food Programme", "area": "South Sudan", "cause": "confidentiality"})
    assert not page.path.endswith("/record/"), page.words


def applied(portal, ref) -> None:
    """An application with evidence: what is asked, noted, checked, recommended, and answered to it."""
    own, review = f"/partnership/applications/{ref}/", f"/partnership/applications/{ref}/review/"
    portal.visit(DUNE, f"{own}edit/").send("Save the draft", CLEAR_IN_AN_APPLICATION)
    files = portal.visit(DUNE, f"{own}files/")
    files.send("Add the document", {"item": "Internal security procedures", "file": a_paper("evidence")})
    portal.visit(DUNE, f"{own}send/").send("Send the application")
    portal.visit(WG, f"{review}note/").send("Save the remark")
    portal.visit(WG, f"{review}ask/").send("Send the question")
    portal.visit(DUNE, f"{own}questions/1/").send("Send the answer", {"file": a_picture("evidence, asked for")})
    links = [a.get("href") for a in portal.visit(WG, review).page.iter("a")]
    for link in {link for link in links if link and "/check/" in link}:
        portal.visit(WG, link).send("Save the check", {"verdict": "not_met"})
    portal.visit(WG, f"{review}recommend/").send("Send the recommendation", {"verdict": "refuse"})


def joined(portal) -> None:
    """Somebody whom nobody knows asks on the public page."""
    typed = {"kind": "An international NGO", "country": "Kenya", "has_agreement": "Yes", "has_presence": "Yes"}
    page = portal.visit("", "/join/")
    page.send("Send", {**typed, "email": "imani@zephyr.example", "language": "English"})
