"""Who among some people wants to hear of an area now."""

from .models import Subscription


def interested(user_ids: set[int], *, area_ids, working_there: set[int], life_safety: bool) -> set[int]:
    """Those of `user_ids` to be told at once of something in an area (G8).

    `area_ids` are the area and, after it, what it is part of: what a person chose for the part goes before the whole.
    People who work there are told unless they asked for life-safety only; others are told if they follow the area.
    When life is at risk, nobody who works there or follows it can be left out.
    """
    rows = Subscription.objects.filter(area__in=area_ids, user__in=user_ids).values_list("area_id", "user_id", "choice")
    choices: dict[int, str] = {}
    for _, user, choice in sorted(rows, key=lambda row: list(area_ids).index(row[0])):
        choices.setdefault(user, choice)
    concerned = {user for user in user_ids if user in working_there or user in choices}
    if life_safety:
        return concerned
    return {user for user in concerned if choices.get(user) != Subscription.Choice.LIFE_SAFETY}
