"""A report that is being written. It is not an incident and nobody but its owner sees it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import Truncator

from documents.models import DataKey
from sharing.models import Item
from sharing.scoping import ScopedQuerySet
from slt_portal.crypto import SealBroken

_FIRST_WORDS = 40


class DraftQuerySet(ScopedQuerySet):
    def of(self, user) -> "DraftQuerySet":
        """The drafts of one person, newest first; also asked for by the bearer of a token, whom nobody signed in, and
        where the incident of a further report is closed to them meanwhile: their own words stay theirs."""
        return (
            self.filter(owner=user)
            .select_related("data_key", "item__area", "item__data_key")
            .order_by("-saved_at")
            ._beside_the_wall(f"drafts of {user.pk}")
        )


class Draft(models.Model):
    """What a person has typed so far, encrypted. The form makes `submission`, which becomes the report's."""

    submission = models.UUIDField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, related_name="+", help_text="Of the incident it reports on further."
    )
    sealed = models.BinaryField()
    revision = models.PositiveIntegerField(default=1, help_text="Counts the times it was saved.")
    saved_at = models.DateTimeField(default=timezone.now)

    wall = "owner"
    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "submission"], name="each_draft_once")]

    def __str__(self):
        return f"draft {self.submission}"

    @property
    def context(self) -> str:
        """What the text of this draft is sealed for."""
        return f"draft {self.submission}"

    @property
    def typed(self) -> dict[str, list[str]]:
        """The form's fields as they were typed."""
        return self.data_key.open_json(self.sealed, context=self.context)

    @property
    def first_words(self) -> str:
        """How it begins, for its owner to tell it from others; empty if it has no words, or cannot be opened."""
        try:
            typed = self.typed
        except SealBroken:
            return ""
        written = next((text for name in ("news", "what") for text in typed.get(name, []) if text.strip()), "")
        return Truncator(" ".join(written.split())).chars(_FIRST_WORDS)
