"""What the keys of figures are called. Figures with the same sort of keys share `names`, so that a page asks once."""

from django.utils.translation import gettext as _

from areas.models import Area
from organisations.models import Organisation
from overview.figures.registry import Figure

EVERYWHERE = "everywhere"


class ByArea(Figure):
    """A figure whose keys are codes of areas, or EVERYWHERE."""

    def names(self, keys: list[str]) -> dict[str, str]:
        """The names of the areas; one query."""
        return {area.code: area.name for area in Area.objects.filter(code__in=keys)}

    def label(self, key: str) -> str:
        """EVERYWHERE in words; a code where nothing better is known."""
        return _("everywhere") if key == EVERYWHERE else key


class ByOrganisation(Figure):
    """A figure whose keys are references of organisations."""

    def names(self, keys: list[str]) -> dict[str, str]:
        """The names of the organisations; one query."""
        return dict(Organisation.objects.filter(ref__in=keys).values_list("ref", "name"))

    def label(self, key: str) -> str:
        """The reference itself."""
        return key
