"""The pictures of a report on paper, drawn from what stands in its tables."""

from django import template

from overview import charts
from overview.disclosure import Figure
from overview.figures import values

register = template.Library()
NOTHING = Figure(0, 0)


@register.inclusion_tag("overview/paper/picture.html")
def paper_picture(picture: dict, ident: str, title: str) -> dict:
    """The picture of a table, of rows [label, value]; `title` says what it shows, and is read out with its values."""
    rows = [(label, values.figure(value), values.words(value)) for label, value in picture["rows"]]
    said = "; ".join(f"{label}: {words}" for label, _figure, words in rows)
    context = {"ident": ident, "title": f"{title}. {said}", "description": "", "width": charts.WIDTH}
    if picture["kind"] == "trend":
        drawn = charts.trend([label for label, _figure, _words in rows], [figure for _label, figure, _words in rows])
        return context | {"trend": drawn, "left": charts.LEFT}
    drawn = charts.bars([(label, *_sides(figure), words) for label, figure, words in rows])
    return context | {"bars": drawn, "height": max(len(drawn), 1) * charts.ROW, "thick": charts.BAR}


def _sides(figure):
    """Full for what is exact, hatched for what is in steps."""
    return (figure, NOTHING) if figure.is_exact else (NOTHING, figure)
