"""Measures under way."""

import uuid
from datetime import date

from overview.actions.measures import add_measure, change_measure
from overview.figures.stored import refresh
from overview.models import Measure

HQ, ICVA = "dss.hq@un.example", "wg@icva.example"
SAID = {
    "title_en": "Contact lists of all areas with a reinforced level confirmed every six months",
    "title_fr": "Listes de contacts confirmées tous les six mois dans toutes les zones de niveau renforcé",
    "owner": "DSS headquarters",
    "state": "ongoing",
    "note_en": "",
    "note_fr": "",
}


def a_measure(cast, **fields) -> Measure:
    """One of DSS headquarters."""
    return add_measure(submission=uuid.uuid4(), **SAID | fields, by=cast[HQ])


def of_measures(cast) -> dict[str, object]:
    """The table as it is looked at: `measure` has a history."""
    row = a_measure(cast, on=date(2027, 3, 31))
    note = {"note_en": "Thirty-one of thirty-eight areas are done.", "note_fr": "Trente et une zones sur trente-huit."}
    change_measure(row, number=1, **SAID | note, on=date(2027, 6, 30), by=cast[ICVA])
    a_measure(
        cast,
        title_en="A common form for incidents in all situation centres of the United Nations system",
        title_fr="Un formulaire commun pour les incidents dans tous les centres de veille du système des Nations Unies",
        owner="United Nations Operations and Crisis Centre",
        state="planned",
    )
    a_measure(cast, title_en="Hotline of Chad", title_fr="Ligne d'urgence du Tchad", state="done", on=date(2026, 9, 1))
    a_measure(cast, title_en="Radio rooms", title_fr="Salles radio", owner="OCHA", state="dropped")
    return {"measure": row.ref}


def of_dashboards(cast) -> dict[str, object]:
    """The figures of everything that is there, counted."""
    refresh()
    return {}
