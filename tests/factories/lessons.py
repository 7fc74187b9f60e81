"""Lessons, and the case of a suspension, for the pages that are looked at."""

from datetime import date

from feedback.actions.suspensions import open_missing
from feedback.models import Case

from .feedback import GISF, ICVA, a_case, a_lesson

TEXTS = {
    "title_en": "A meeting that is called off at the last hour costs a day of travel",
    "title_fr": "Une réunion annulée à la dernière heure coûte une journée de route",
    "text_en": "A monthly meeting was called off twice on its own day. People from other towns had already left.\n\n"
    "Since then the day is confirmed two days before, by the same mail to all, and who cannot come takes part by "
    "telephone.\n\nWhat others can do: name one person who confirms the day, and one who stands in for them.",
    "text_fr": "Une réunion mensuelle a été annulée deux fois le jour même. Les personnes d'autres villes étaient déjà "
    "en route.\n\nDepuis, le jour est confirmé deux jours avant, par le même message à tous, et qui ne peut venir "
    "participe par téléphone.\n\nCe que d'autres peuvent faire : nommer une personne qui confirme le jour, et une "
    "autre qui la remplace.",
}


def of_lessons(cast) -> dict[str, str]:
    """References by what the paths of the pages call them; the suspensions are there already."""
    case = a_case(cast, "closed")
    shown = {"category": "coordination", "published_by": cast[ICVA], "published_on": date(2026, 9, 14)}
    lesson = a_lesson(case, by=cast[GISF], **shown, **TEXTS)
    other = TEXTS | {"title_en": "Whom to call at night", "title_fr": "Qui appeler la nuit"}
    a_lesson(case, by=cast[GISF], published_by=cast[ICVA], published_on=date(2026, 4, 2), **other)
    open_missing()
    return {
        "case_closed": case.ref,
        "lesson": lesson.ref,
        "lesson_draft": a_lesson(case, by=cast[GISF], state="draft", **TEXTS).ref,
        "case_of_suspension": Case.objects.for_system("looked at").filter(kind="suspension").latest("pk").ref,
    }
