"""Pictures as inline SVG with presentation attributes only, for every page: each stands beside its table.

Every picture needs `title` (what it shows) and `description` (what it says, in words). Exact figures are full, figures
in steps hatched: legible without colour. The text colour is the page's, so that they follow dark mode and print.
"""

from django import template

from overview import charts

register = template.Library()
FOLDER = "overview/charts"


@register.inclusion_tag(f"{FOLDER}/bars.html")
def bar_chart(rows, title: str, description: str, ident: str) -> dict:
    """Bars of rows (label, exact figure, stepped figure, words); `ident` is a word for the ids of this picture."""
    drawn = charts.bars(rows)
    return {
        "bars": drawn,
        "height": max(len(drawn), 1) * charts.ROW,
        "width": charts.WIDTH,
        "thick": charts.BAR,
        "title": title,
        "description": description,
        "ident": ident,
    }


@register.inclusion_tag(f"{FOLDER}/trend.html")
def line_chart(labels, figures, title: str, description: str, ident: str, height: int = 150, parts=None) -> dict:
    """The trend of one measure over `labels`; see charts.trend for `parts`."""
    return {
        "trend": charts.trend(labels, figures, height, parts),
        "width": charts.WIDTH,
        "left": charts.LEFT,
        "title": title,
        "description": description,
        "ident": ident,
    }


@register.inclusion_tag(f"{FOLDER}/map.html")
def symbol_map(rows, title: str, description: str, ident: str) -> dict:
    """Symbols on a map of land, for rows (words, point, exact figure, stepped figure)."""
    return {
        "symbols": charts.symbols(rows),
        "width": charts.MAP_WIDTH,
        "height": charts.MAP_HEIGHT,
        "title": title,
        "description": description,
        "ident": ident,
    }
