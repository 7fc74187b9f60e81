"""Lessons: what partners learn from cases, without names (F4)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.codes import Category
from feedback.models.cases import Case
from feedback.querysets import LessonQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def lesson_reference() -> str:
    """A fresh public reference of a lesson."""
    return new_reference("LES")


class Lesson(models.Model):
    """One lesson in both languages. From which case it comes, its readers never learn."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RETRACTED = "retracted", _("taken back")

    STEPS = (
        Step("edit", (State.DRAFT,), State.DRAFT, ("author",)),
        Step("publish", (State.DRAFT,), State.PUBLISHED, ("second_reader",)),  # never who wrote it
        Step("discard", (State.DRAFT,), State.RETRACTED, ("author", "second_reader")),
        Step("retract", (State.PUBLISHED,), State.RETRACTED, ("author", "second_reader")),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=lesson_reference)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    category = models.CharField(max_length=16, choices=Category)
    title_en = models.CharField(max_length=120)
    title_fr = models.CharField(max_length=120)
    text_en = models.TextField()
    text_fr = models.TextField()
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_on = models.DateField(null=True, blank=True)
    retracted_on = models.DateField(null=True, blank=True, help_text="Only of what was published.")

    objects = LessonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_by__isnull=False, published_on__isnull=False),
                name="published_by_somebody",
            ),
        ]

    def __str__(self):
        return self.ref
