"""The questions that partnership puts to the bodies: admission (§3.3), suspension, revocation and lifting (§3)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.questions import Question, register

from .actions import conclusion, suspension_outcomes
from .actions.confirmations import cancel_open
from .actions.review import newest_checks
from .models import Application, Criterion, Recommendation, Suspension
from .suspending import reaches_further
from .un_link import un_link_of


def facts_of(row: Suspension) -> list[dict]:
    """What the seats need to know of a suspension procedure at a glance."""
    return [
        {"label": _("Procedure"), "value": row.ref},
        {"label": _("Organisation"), "value": row.organisation.name},
        {"label": _("Where"), "value": str(row.area) if row.area else _("everywhere")},
        {"label": _("Cause"), "value": row.get_cause_display()},
        {"label": _("Hearing"), "value": _("it has answered") if row.heard_at else _("it has not answered")},
    ]


class _AboutSuspension(Question):
    """A question about a suspension procedure, which `link` of it names."""

    link: str

    def row_of(self, decision, *, lock=False) -> Suspension:
        """The procedure."""
        rows = Suspension.objects.for_system("what a decision is about").filter(**{self.link: decision})
        if lock:
            return rows.select_for_update().get()
        if not hasattr(decision, "suspension_read"):  # the page asks for facts and address: one question
            decision.suspension_read = rows.select_related("area", "organisation").get()
        return decision.suspension_read

    def facts(self, decision):
        """Reference, organisation, where, cause, and whether it was heard. The texts are on its page."""
        return facts_of(self.row_of(decision))

    def href(self, decision):
        """The page of the procedure."""
        return reverse("partners:suspension", args=[self.row_of(decision).ref])


@register
class AreaSuspension(_AboutSuspension):
    """DSS, OCHA and the NGO representative each agree to a suspension in their area, or not (§3)."""

    code = "partners.area_suspension"
    outcomes = {"agreed": gettext_lazy("suspend in the area"), "no_consensus": gettext_lazy("no consensus")}
    link = "agreement"

    def title(self, decision):
        """Whom, and where."""
        return _("Suspend %(name)s in %(area)s") % {"name": decision.concerns, "area": decision.body.area}

    def carry_out(self, decision, *, by):
        """Suspended this minute, or up to the Working Group."""
        suspension_outcomes.agreement_closed(self.row_of(decision, lock=True), decision, by=by)


@register
class SuspensionByCommittee(_AboutSuspension):
    """The Committee suspends, revokes, or neither; final (§3, §11)."""

    code = "partners.suspension"
    outcomes = {
        "suspend": gettext_lazy("suspend"),
        "revoke": gettext_lazy("revoke the partnership"),
        "dismiss": gettext_lazy("do neither"),
    }
    explained = frozenset(outcomes)
    by_silence = explained  # the organisation was told the reasons when it was heard
    link = "decision"

    def title(self, decision):
        """Whom."""
        return _("Suspension of %(name)s") % {"name": decision.concerns}

    def facts(self, decision):
        """Also what revoking means where the partnership is wider than the area."""
        row = self.row_of(decision)
        facts = facts_of(row)
        if reaches_further(row):
            value = _(
                "Its partnership reaches beyond this area. It can only be suspended here: revoking does the same."
            )
            facts.append({"label": _("Revoking"), "value": value})
        return facts

    def carry_out(self, decision, *, by):
        """As it says, from this minute."""
        suspension_outcomes.committee_closed(self.row_of(decision, lock=True), decision, by=by)


@register
class Lifting(_AboutSuspension):
    """The Committee lifts what it decided, or keeps it."""

    code = "partners.lifting"
    outcomes = {"lift": gettext_lazy("lift the suspension"), "keep": gettext_lazy("keep it")}
    explained = frozenset({"keep"})
    by_silence = frozenset({"lift"})
    link = "lifting"

    def title(self, decision):
        """Whose."""
        return _("Lifting the suspension of %(name)s") % {"name": decision.concerns}

    def carry_out(self, decision, *, by):
        """As it says, from this minute."""
        suspension_outcomes.lifting_closed(self.row_of(decision, lock=True), decision, by=by)


@register
class Admission(Question):
    """The Committee decides on an application, as the Working Group recommended or not (§3.3b; P6)."""

    code = "partners.admission"
    outcomes = {"approve": gettext_lazy("admit"), "refuse": gettext_lazy("refuse")}
    explained = frozenset({"refuse"})
    by_silence = frozenset({"approve"})  # a refusal is a letter with reasons: both chairs write them

    def _recommendation(self, decision) -> Recommendation:
        if not hasattr(decision, "recommendation_read"):  # the page asks for facts and address: one question
            rows = Recommendation.objects.select_related(
                "application__organisation__headquarters", "application__data_key"
            )
            decision.recommendation_read = rows.get(decision=decision)
        return decision.recommendation_read

    def title(self, decision):
        """Whose."""
        return _("Admission of %(name)s") % {"name": decision.concerns}

    def facts(self, decision):
        """Who it is, how the criteria stand, what UN entities answered, in numbers; the words are on its page."""
        row = self._recommendation(decision)
        recommended = {"label": _("Recommendation"), "value": row.get_verdict_display()}
        return [*_facts_of_applicant(row.application), recommended]

    def href(self, decision):
        """The page of the review."""
        return reverse("partners:review", args=[self._recommendation(decision).application.ref])

    def carry_out(self, decision, *, by):
        """The memorandum comes next, or the letter; nobody at a UN entity is asked any more."""
        application = self._recommendation(decision).application
        cancel_open(application, by=by)
        act = conclusion.approve if decision.outcome == "approve" else conclusion.refuse
        act(application, decision=decision)


def _facts_of_applicant(application: Application) -> list[dict]:
    organisation, checks, link = application.organisation, newest_checks(application), un_link_of(application)
    answers = _("confirmed: %(confirmed)s, denied: %(denied)s, do not know: %(unknown)s, no answer: %(unanswered)s")
    return [
        {"label": _("Application"), "value": application.ref},
        {"label": _("Organisation"), "value": organisation.name},
        {"label": _("Kind"), "value": organisation.get_kind_display()},
        {"label": _("Headquarters"), "value": str(organisation.headquarters or "")},
        *(
            {"label": criterion.label, "value": checks[criterion].get_verdict_display()}
            for criterion in Criterion
            if criterion in checks
        ),
        {"label": _("Answers of UN entities"), "value": answers % vars(link)},
        {"label": _("Exception (footnote 2)"), "value": _("yes") if application.is_exception else _("no")},
    ]
