"""The question that feedback puts to the Oversight Committee: how a case ends (§12; F2)."""

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.questions import Question, register
from slt_portal.templatetags.portal import day_text

from .actions.handling import QUESTION, UPHOLD
from .actions.outcomes import OTHER, RETURN, case_decided
from .models import Case, Escalation


@register
class CaseQuestion(Question):
    """As the Working Group proposes, otherwise, or back to the Working Group. No name and no text of the case stands
    here: the secretariat reads decisions too."""

    code = QUESTION
    outcomes = {
        UPHOLD: gettext_lazy("close it as the Working Group proposes"),
        OTHER: gettext_lazy("close it otherwise"),
        RETURN: gettext_lazy("send it back to the Working Group"),
    }
    explained = frozenset({OTHER, RETURN})
    by_silence = frozenset({UPHOLD})  # the proposal is written down
    reasons_read_by = gettext_lazy(
        "The sender of the case reads them as its outcome, or below what was proposed. Only if it goes back to the "
        "Working Group the sender does not read them. Name no seat and no person."
    )

    def title(self, decision):
        """That it is a case, and no more: mails say it too."""
        return _("Feedback case")

    def facts(self, decision):
        """Reference, kind, category, area and days. The words are on its page."""
        case = self._case(decision)
        facts = [
            {"label": _("Case"), "value": case.ref},
            {"label": _("Kind"), "value": case.get_kind_display()},
            {"label": _("About"), "value": case.get_about_display()},
            {"label": _("Category"), "value": case.get_category_display() or _("none")},
            {"label": _("Received"), "value": day_text(case.filed_at.date())},
        ]
        return [*facts, {"label": _("Area"), "value": str(case.area)}] if case.area_id else facts

    def href(self, decision):
        """The page of the case, with what is proposed and why."""
        return reverse("feedback:case", args=[self._case(decision).ref])

    def may_open(self, access, decision):
        """Who reads the case: the secretariat as such does not (F3)."""
        seen = Case.objects.visible_to(access).filter(pk=OuterRef("case"))
        put = self._rows(decision).annotate(is_open=Exists(seen)).get()
        decision.case_put = put.case
        return put.is_open

    def carry_out(self, decision, *, by):
        """The case is closed, or with the Working Group again."""
        case_decided(decision, by=by)

    def _case(self, decision) -> Case:
        if not hasattr(decision, "case_put"):  # the page asks for facts and address: one question
            decision.case_put = self._rows(decision).get().case
        return decision.case_put

    def _rows(self, decision):
        rows = Escalation.objects.for_system("what a decision is about").select_related("case__area")
        return rows.filter(decision=decision)
