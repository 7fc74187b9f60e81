"""Background work about partnership."""

from celery import shared_task

from .actions import basis_reminders, confirmations, member_lists, member_settling, register_issues, suspensions


@shared_task
def remind_of_confirmations():
    """Remind who was asked whether an organisation is their partner, tell the agency, record that nobody answered."""
    confirmations.remind_and_escalate()


@shared_task
def remind_of_hearings():
    """Tell who opened a suspension that the time of the organisation to answer is over."""
    suspensions.remind_of_hearings()


@shared_task
def remind_of_bases():
    """Tell who has to know what of the bases of standings ends soon, or has lapsed."""
    basis_reminders.remind_of_bases()


@shared_task
def send_global_list():
    """Send the global list if it changed, or six months have passed."""
    register_issues.send_global_list()


@shared_task
def look_after_member_lists():
    """Remind of lists that are six months old; rows follow what the Working Group answered."""
    member_lists.remind_of_lists()
    member_settling.settle_referred()
