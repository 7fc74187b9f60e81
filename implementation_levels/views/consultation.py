"""The areas about whose level partner organisations are asked, and what they answer: one question on one page (§5c)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from areas.names import by_name
from implementation_levels.actions.reviews import answer
from implementation_levels.forms.reviews import AnswerForm
from implementation_levels.levels import AreaLevel, level_of, levels_on, today
from implementation_levels.models import Answer, Review, ReviewedArea
from implementation_levels.policies import is_consulted
from implementation_levels.voices import voices_of
from organisations.models import Organisation
from slt_portal.states import StaleState

from .reviews import PAGE, PartMixin


class AskedMixin(PartMixin):
    """A page for partner organisations and UN security officers; absent for everybody else."""

    def may_read(self) -> bool:
        """Whether the reader is asked about levels at all."""
        return is_consulted(self.access)

    @cached_property
    def voices(self):
        """For whom the reader answers."""
        return voices_of(self.access)

    def said(self, rows) -> dict[tuple, Answer]:
        """What the reader's organisations said about the areas `rows`: (area of a review, organisation, side) -> the
        newest answer; one query."""
        organisations = {voice.organisation_id for voice in self.voices}
        answers = Answer.objects.visible_to(self.access).filter(
            reviewed__in=[row.pk for row in rows], organisation__in=organisations
        )
        answers = answers.newest().select_related("by", "reviewed__review__data_key")
        return {(row.reviewed_id, row.organisation_id, row.is_headquarters): row for row in answers}

    def own(self, row) -> list:
        """The voices of the reader that are asked about the area `row`."""
        return [voice for voice in self.voices if voice.area_id == row.area_id]


class ConsultationPage(AskedMixin, TemplateView):
    """What is asked now, those first that wait for an answer; with `ref` in the address of one review only."""

    template_name = "implementation_levels/consultation.html"

    def get_context_data(self, **kwargs):
        rows = ReviewedArea.objects.asked_of(self.access).select_related("area", "review").defer("sealed")
        if ref := self.kwargs.get("ref"):
            rows = rows.filter(review__ref=ref)
        found = {row.area_id: row for row in rows}
        said = self.said(found.values())
        lines = []
        for area in by_name(row.area for row in found.values()):
            row = found[area.pk]
            sides = [
                (voice, said.get((row.pk, voice.organisation_id, voice.is_headquarters))) for voice in self.own(row)
            ]
            lines.append((row, sides, not all(words for _voice, words in sides)))
        lines.sort(key=lambda line: not line[2])
        page = Paginator(lines, PAGE).get_page(self.request.GET.get("page"))
        items = list(page.object_list)
        levels = levels_on([row.area for row, _sides, _waits in items], today())
        return super().get_context_data(
            items=[(*line, level) for line, level in zip(items, levels, strict=True)],
            page=page,
            waiting=sum(line[2] for line in lines),
            has_many_voices=len({(voice.organisation_id, voice.is_headquarters) for voice in self.voices}) > 1,
            **kwargs,
        )


class AnswerPage(AskedMixin, FormView):
    """One area, one question. Once the consultation is closed: what was said."""

    form_class = AnswerForm
    template_name = "implementation_levels/answer.html"

    @cached_property
    def reviewed(self) -> ReviewedArea:
        """The area of the address, if the reader is asked about it, or was."""
        rows = ReviewedArea.objects.put_to(self.access).select_related("area", "review__data_key")
        return get_object_or_404(rows, review__ref=self.kwargs["ref"], area__code=self.kwargs["code"])

    @cached_property
    def level(self) -> AreaLevel:
        """The level that the question is about: the one in force, also if it was decided elsewhere meanwhile."""
        return level_of(self.reviewed.area)

    @cached_property
    def sides(self) -> dict:
        """The sides for which the reader answers, as the form names them."""
        return {
            f"{voice.organisation_id}-{'hq' if voice.is_headquarters else 'field'}": voice
            for voice in self.own(self.reviewed)
        }

    @cached_property
    def answers(self) -> dict[tuple, Answer]:
        """What was said about this area, by organisation and side."""
        return self.said([self.reviewed])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "level": self.level.level,
            "voices": list(self.sides.items()),
        }

    def get_initial(self):
        """What the side said last, where there is one side only."""
        if len(self.sides) != 1:
            return {}
        (voice,) = self.sides.values()
        last = self.answers.get((self.reviewed.pk, voice.organisation_id, voice.is_headquarters))
        return {"view": last.view, "text": last.texts.get("text", "")} if last else {}

    def form_valid(self, form):
        data = form.cleaned_data
        voice = self.sides[data["voice"]]
        organisation = Organisation.objects.get(pk=voice.organisation_id)
        side = {"organisation": organisation, "is_headquarters": voice.is_headquarters}
        try:
            answer(self.reviewed, **side, view=data["view"], text=data["text"], by=self.request.user)
        except StaleState:
            form.add_error(
                None, _("The consultation was closed before you sent this. It was not saved. Copy your text.")
            )
            return self.form_invalid(form)
        messages.success(self.request, _("Saved, thank you. Until the last day you can answer anew."))
        return redirect("implementation_levels:consultation_of", self.reviewed.review.ref)

    def get_context_data(self, **kwargs):
        review = self.reviewed.review
        back = reverse("implementation_levels:consultation")
        return super().get_context_data(
            reviewed=self.reviewed,
            area=self.reviewed.area,
            level=self.level,
            is_open=review.state == Review.State.CONSULTING,
            until=review.consult_until,
            said=[(row, row.texts.get("text", "")) for row in self.answers.values()],
            back_url=back,
            back_label=_("Areas you are asked about"),
            cancel_url=back,
            **kwargs,
        )
