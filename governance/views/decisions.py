"""Decisions as a list, and one of them with all that a seat can do (§11, P6)."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from governance.actions import (
    CannotClose,
    comment,
    confirm_closing,
    propose_closing,
    take_position,
)
from governance.boards import board_of
from governance.forms import ClosingForm, CommentForm, ConfirmForm, PositionForm
from governance.models import Closing, Decision, Position
from governance.policies import reads_decisions
from governance.querysets import is_secretariat
from governance.questions import question_of
from governance.waiting import entries_of, step_for
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

State = Decision.State
_PER_PAGE = 50
_MOST_OPEN = 200


class Decisions(ReaderMixin, TemplateView):
    """What waits for the reader, what else is open, and what was decided, the newest first."""

    policy = is_signed_in
    template_name = "governance/decision_list.html"

    def get_context_data(self, **kwargs):
        if not reads_decisions(self.access):
            raise Http404
        number = self._page()
        rows = self._rows(number)
        over = [row for row in rows if row.state != State.OPEN]
        entries = entries_of(self.access, [row for row in rows if row not in over[_PER_PAGE:]])
        mine = [entry for entry in entries if entry.recused_at is None]
        still_open = [entry for entry in mine if entry.decision.state == State.OPEN]
        closed = [entry for entry in mine if entry.decision.state != State.OPEN]
        return super().get_context_data(
            waiting=[entry for entry in still_open if entry.step],
            others=[entry for entry in still_open if not entry.step],
            closed=[(entry, _outcome(entry.decision)) for entry in closed],
            recused=[entry for entry in entries if entry.recused_at],
            newer=str(number - 1) if number > 1 else "",
            older=str(number + 1) if len(over) > _PER_PAGE else "",
            **kwargs,
        )

    def _page(self):
        """The page of what is over; those links go one way and the other."""
        typed = self.request.GET.get("before") or self.request.GET.get("after") or "1"
        return min(max(int(typed), 1), 10_000) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1

    def _rows(self, number):
        """What is over, a page of it and one more; on the first page all that is open before it. One query."""
        rows = Decision.objects.visible_to(self.access)
        over = rows.exclude(state=State.OPEN).order_by("-closed_at", "-pk")
        start = (number - 1) * _PER_PAGE
        wanted = Q(pk__in=over.values("pk")[start : start + _PER_PAGE + 1])
        if number == 1:
            wanted |= Q(pk__in=rows.waiting().values("pk")[:_MOST_OPEN])
        found = rows.filter(wanted).select_related("body__area", "concerns", "area")
        return sorted(found, key=_order)


def _order(decision):
    if decision.state == State.OPEN:
        return (0, decision.deadline.timestamp(), decision.pk)
    return (1, -decision.closed_at.timestamp(), -decision.pk)


def _outcome(decision):
    """The outcome in words; empty for what was not needed any more."""
    return question_of(decision).outcomes.get(decision.outcome, "")


class DecisionPage(ReaderMixin, View):
    """One decision: what, by when, by which rule, where the seats stand, what was said, and what the reader can do."""

    policy = is_signed_in

    def get(self, request, ref):
        decision = self._decision(ref)
        board = board_of(decision)
        if self.access.user_id in board.shut_out:
            return self._recused(decision, board)
        return self._page(decision, board, _forms(board, self.access.user_id))

    def post(self, request, ref):
        decision = self._decision(ref)
        board = board_of(decision)
        handlers: dict[str, Callable] = {
            "position": self._take_position,
            "comment": self._comment,
            "closing": self._propose,
            "confirm": self._confirm,
        }
        step = request.POST.get("step", "")
        if step not in handlers or self.access.user_id in board.shut_out:
            raise Http404
        forms = _forms(board, self.access.user_id, step, request.POST)
        if step not in forms and not (step == "confirm" and board.lines_of(self.access.user_id)):
            raise Http404  # not this person's to do; the page says so and shows what was typed
        if decision.state != State.OPEN or step not in forms:
            return self._too_late(decision, board, forms)
        if not forms[step].is_valid():
            return self._page(decision, board, forms)
        try:
            handlers[step](decision, forms[step].cleaned_data)
        except CannotClose as trouble:
            forms[step].add_error(None, _why(trouble.code, board))
            return self._page(decision, board, forms)
        except (StaleState, PermissionDenied):
            decision = self._decision(ref)
            return self._too_late(decision, board_of(decision), forms)
        return redirect("governance:decision", ref=ref)

    def _decision(self, ref):
        rows = Decision.objects.visible_to(self.access).select_related("body__area", "concerns", "area", "data_key")
        decision = rows.filter(ref=ref.replace("\x00", "")).first()
        if decision is None:
            raise Http404
        return decision

    def _take_position(self, decision, said):
        position = take_position(decision, by=self.request.user, **said)
        if position.choice == Position.Choice.RECUSE:
            text = _("Your seat is recused. You read no more of this decision.")
        else:
            text = _("Your position is noted.")
        messages.success(self.request, text)

    def _comment(self, decision, said):
        comment(decision, by=self.request.user, **said)
        messages.success(self.request, _("Your comment is there."))

    def _propose(self, decision, said):
        propose_closing(decision, by=self.request.user, **said)
        messages.success(self.request, _("Your proposal waits for the second signature."))

    def _confirm(self, decision, said):
        closing = Closing.objects.filter(uid=said["closing"], decision=decision).first()
        if closing is None:
            raise StaleState("no such proposal")
        closing.decision = decision
        confirm_closing(closing, seat=said["seat"], by=self.request.user)
        messages.success(self.request, _("Your signature is noted."))

    def _too_late(self, decision, board, forms):
        """Somebody was first. What was typed stands on the page, to be read and copied."""
        text = _("Somebody else changed this first, or the deadline has passed. What you typed is not lost.")
        messages.warning(self.request, text)
        if self.access.user_id in board.shut_out:
            return self._recused(decision, board)
        return self._page(decision, board, forms)

    def _recused(self, decision, board):
        context = {
            "decision": decision,
            "title": question_of(decision).title(decision),
            "recused_at": board.recused_at(self.access.user_id),
        }
        return render(self.request, "governance/decision_recused.html", context)

    def _page(self, decision, board, forms):
        question, now = question_of(decision), timezone.now()
        is_open = decision.state == State.OPEN
        waiting = board.proposed if is_open and not board.confirmed else None
        bound = [form for form in forms.values() if form.is_bound]
        opens = question.may_open(self.access, decision)
        context = {
            "decision": decision,
            "title": question.title(decision),
            "facts": question.facts(decision),
            "href": question.href(decision) if opens else "",
            "proposal": question.outcomes.get(decision.proposal, ""),
            "outcome": question.outcomes.get(decision.outcome, ""),
            "reasons": decision.texts.get("reasons", ""),
            "board": board,
            "lines": board.lines,
            "spoken": len(board.able) - len(board.silent),
            "vacant": [line for line in _silent(board) if not line.is_kept_out],
            # Which seats are kept out tells of whom it is, and from whom it comes.
            "kept_out": [line for line in _silent(board) if line.is_kept_out and opens],
            "closings": [one for one in _closings(board, question) if one["row"] is not waiting],
            "closing": _shown(waiting, question) if waiting else None,
            "comments": [{"row": row, "text": row.texts.get("text", "")} for row in board.comments],
            "step": step_for(board, self.access.user_id, now) if is_open else "",
            "is_open": is_open,
            "is_overdue": is_open and decision.deadline <= now,
            "is_secretariat": is_secretariat(self.access),
            "forms": forms,
            "form": bound[0] if bound else None,
            "kept": "" if is_open or not bound else _("What you typed is below, to be copied. Nothing was sent."),
        }
        return render(self.request, "governance/decision_page.html", context)


def _forms(board, user_id, step="", data=None):
    """The forms that this person has in this decision, `step` bound to what was sent."""
    mine = board.lines_of(user_id)
    if not mine:
        return {}
    question, closing = question_of(board.decision), board.proposed
    wanted = {"position": (PositionForm, mine, {}), "comment": (CommentForm, mine, {})}
    if proposers := board.may_propose(user_id):
        wanted["closing"] = (ClosingForm, proposers, {"question": question, "decision": board.decision})
    if signers := board.may_confirm(user_id):
        wanted["confirm"] = (ConfirmForm, signers, {"initial": {"closing": closing.uid}})
    return {
        name: form(data if name == step else None, prefix=name, lines=lines, **more)
        for name, (form, lines, more) in wanted.items()
        if board.decision.state == State.OPEN or name == step
    }


def _silent(board):
    """The seats for which nobody can speak and nobody has spoken."""
    return [line for line in board.lines if not (line.is_held or line.positions)]


def _shown(closing, question):
    outcome = question.outcomes.get(closing.outcome, "")
    return {"row": closing, "outcome": outcome, "reasons": closing.texts.get("reasons", "")}


def _closings(board, question):
    """Each proposal to close, with who signed it."""
    signed = {row.confirms_id: row for row in board.closings if row.confirms_id}
    proposals = [row for row in board.closings if row.confirms_id is None]
    return [{**_shown(row, question), "signed": signed.get(row.pk)} for row in proposals]


def _why(code, board):
    """In words why the chairs cannot close so."""
    if code == "quorum":
        text = _(
            "Not enough seats have spoken: %(count)s are needed to close before the deadline, and to decide against "
            "the proposal or an objection."
        )
        return text % {"count": board.quorum}
    if code == "majority":
        return _("There are not more agreements than objections. Close with another outcome, or wait.")
    return _("This outcome needs written reasons.")
