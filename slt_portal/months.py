"""Months of the calendar: what is due "in six months" is due on a day, whatever the length of the months."""

from datetime import date

from dateutil.relativedelta import relativedelta


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is too short (31 August + 6: 28 February)."""
    return day + relativedelta(months=months)
