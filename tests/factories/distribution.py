"""A list as it was sent, with everything that can become of its mails."""

from accounts.models import User
from documents.issue import document_of
from implementation_levels.actions.distribution import note_opening, send_due, try_other_contacts
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.lists import current_list
from notifications.models import Message
from organisations.models import Membership, Organisation, Standing

from .levels import a_list, a_pdf

CEDAR, LAKE = "field@cedar.example", "io@lake.example"


def of_distribution(cast) -> dict[str, object]:
    """The newest list, or the first, sent: Cedar is not reached, for Lake a colleague is tried, one has no contact."""
    level_list = current_list() or a_list(cast, pdfs=False)
    for language in LANGUAGES:
        if document_of(level_list.document_number, language) is None:
            a_pdf(level_list, language)
    mute = Organisation.objects.create(name="INGO Without Anybody", kind=Organisation.Kind.INGO)
    Standing.objects.create(organisation=mute, kind=Standing.Kind.PARTNER)
    send_due()
    mails = Message.objects.filter(subject=level_list.subject)
    mails.filter(recipient__email__in=(CEDAR, LAKE)).update(state="failed", last_error="550 5.1.1 no such user")
    colleague = User.objects.create_user("headquarters@lake.example", name="Asha Mwakyusa")
    Membership.objects.create(user=colleague, organisation=cast.organisations["lake"], role="partner_headquarters")
    try_other_contacts()
    note_opening(level_list, user=cast["hq@alba.example"], by_link=True)
    return {"sent_list": level_list.number}
