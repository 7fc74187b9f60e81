"""What came back, for pages of apps that do not know of it."""

from django import template

from notifications.trouble import Trouble, trouble_of

register = template.Library()


@register.simple_tag
def mail_trouble(user) -> Trouble | None:
    """What is wrong with a person's address, if anything is."""
    return trouble_of([user.pk]).get(user.pk)
