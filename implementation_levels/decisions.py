"""The questions that levels put to the Oversight Committee: the list as one decision, or one area (§5c; L3)."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.models import Decision
from governance.questions import Question, register
from slt_portal.templatetags.portal import day_text

from .actions import outcomes
from .models import Level, Proposal, ReviewedArea
from .recommending import AREA, LIST, RETURN, stale

Verdict = ReviewedArea.Verdict


class _AboutLevels(Question):
    """A question about what a review recommends, as its proposal says."""

    def proposal_of(self, decision) -> Proposal:
        """What was put, with the review it came from."""
        if not hasattr(decision, "levels_put"):  # the page asks for facts and address: one question
            rows = Proposal.objects.for_system("what a decision is about").select_related("review")
            decision.levels_put = rows.get(decision=decision)
        return decision.levels_put

    def href(self, decision):
        """The page of the review."""
        return reverse("implementation_levels:review", args=[self.proposal_of(decision).review.ref])

    def _review_facts(self, decision):
        review = self.proposal_of(decision).review
        kind = _("urgent review") if review.is_urgent else review.get_kind_display()
        return [{"label": _("Review"), "value": f"{review.ref} · {kind}"}]


@register
class LevelsAsOneList(_AboutLevels):
    """The Committee approves what the Working Group recommends for many areas, or sends it back; a seat may take out
    an area before, to be decided by itself."""

    code = LIST
    outcomes = {"approve": gettext_lazy("approve the list as recommended"), RETURN: gettext_lazy("send the list back")}
    explained = frozenset({RETURN})
    by_silence = frozenset({"approve"})  # each change was recommended with its reasons
    reasons_read_by = gettext_lazy("If the list goes back, the Working Group reads them. Name no seat and no person.")

    def title(self, decision):
        """That it is the list."""
        return _("Implementation levels: the list")

    def facts(self, decision):
        """What would be added and removed, from when, and how many stay. The reasons are on the page of the review."""
        proposal = self.proposal_of(decision)
        rows = ReviewedArea.objects.for_system("what a decision is about").filter(review=proposal.review_id)
        rows = list(rows.select_related("area").defer("sealed"))
        changes = [one for one in proposal.verdicts if one["verdict"] != Verdict.KEEP]
        names = {row.area.code: row.area for row in rows}

        def named(verdict):
            found = [f"{names[one['area']]} ({begins(one)})" for one in changes if one["verdict"] == verdict]
            return ", ".join(sorted(found)) or _("none")

        return [
            *self._review_facts(decision),
            {"label": _("Added to the reinforced list"), "value": named(Verdict.ADD)},
            {"label": _("Removed from the reinforced list"), "value": named(Verdict.REMOVE)},
            {"label": _("Level stays"), "value": _areas(len(proposal.verdicts) - len(changes))},
            *(self._facts_of_open(decision, rows) if decision.state == Decision.State.OPEN else ()),
        ]

    def _facts_of_open(self, decision, rows):
        """What a seat can do, and what has changed since it was put."""
        late = stale([row for row in rows if row.decision_id == decision.pk])
        names = ", ".join(sorted(str(row.area) for row in late))
        way = _("On the page of the review, a seat can take out an area, to be decided by itself.")
        gone = [{"label": _("Decided elsewhere meanwhile, and left out here"), "value": names}] if late else []
        return [*gone, {"label": _("Exceptions"), "value": way}]

    def carry_out(self, decision, *, by):
        """Level by level, or back to the Working Group."""
        outcomes.list_closed(decision, by=by)


@register
class LevelOfOneArea(_AboutLevels):
    """The Committee decides on one area: as recommended, or otherwise with reasons of its own."""

    code = AREA
    outcomes = {level.value: level.label for level in Level}
    by_silence = frozenset(outcomes)  # a change is recommended with its reasons, which become those of the level
    reasons_read_by = gettext_lazy(
        "Everybody who reads the levels reads them, partner organisations included. Without any, those of the Working "
        "Group are published. Name no seat and no person."
    )

    def needs_reasons(self, decision, outcome):
        """Otherwise than the Working Group recommends."""
        return outcome != decision.proposal

    def title(self, decision):
        """Which area."""
        return _("Implementation level: %(area)s") % {"area": decision.area}

    def facts(self, decision):
        """What the Working Group recommends, and from when."""
        (one,) = self.proposal_of(decision).verdicts
        facts = [
            *self._review_facts(decision),
            {"label": _("Area"), "value": str(decision.area)},
            {"label": _("The Working Group recommends to"), "value": Verdict(one["verdict"]).label},
        ]
        if one["verdict"] != Verdict.KEEP:
            facts.append({"label": _("In effect"), "value": begins(one)})
        return facts

    def carry_out(self, decision, *, by):
        """The level, from its day."""
        outcomes.area_closed(decision, by=by)


def begins(verdict: dict) -> str:
    """From when a change would be in effect, in words."""
    if verdict["effective_from"] is None:
        return _("from the day of the decision")
    return _("from %(day)s") % {"day": day_text(date.fromisoformat(verdict["effective_from"]))}


def _areas(count):
    return ngettext("%(count)s area", "%(count)s areas", count) % {"count": count}
