"""All modules that declare figures, in the order in which dashboards and reports show them."""

from . import partnership, levels, areas, incidents, mail, feedback, governance  # noqa: F401, I001
