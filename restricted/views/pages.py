"""What the pages of the restricted track share: for everybody who is signed in, never kept, never told of.

No message is put into the session, and nothing is written but by an action: where something went well, the page that
follows shows it.
"""

from django.views.generic import FormView

from slt_portal.views import PolicyMixin, is_signed_in


class Quiet(PolicyMixin):
    """A page for everybody who is signed in, whatever their organisation is (C10)."""

    policy = is_signed_in


class QuietForm(Quiet, FormView):
    """A form of it: what is wrong comes back with a sentence and what was typed, and is kept nowhere else."""

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def refused(self, form, field, sentence):
        """The form again, with a sentence at one field (None: at the whole)."""
        form.add_error(field, sentence)
        return self.form_invalid(form)
