"""Signed links that act once: the token is nowhere in the database, and the second use is refused."""

from datetime import timedelta

import pytest
import time_machine
from django.core import serializers
from django.utils import timezone

from accounts.actions import make_link, token_of, use_link
from accounts.models import ActionLink
from slt_portal.states import StaleState

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_token_is_derived_again_and_stored_nowhere():
    link, token = make_link("trial", "reference", DAY)
    stored = ActionLink.objects.get(pk=link.pk)
    assert token_of(stored) == token
    assert token not in serializers.serialize("json", [stored])
    assert ActionLink.objects.live("trial", token) == stored


def test_two_links_have_two_tokens():
    assert make_link("trial", "one", DAY)[1] != make_link("trial", "two", DAY)[1]


def test_a_token_is_of_one_purpose():
    _, token = make_link("trial", "reference", DAY)
    assert ActionLink.objects.live("something else", token) is None


def test_without_the_secret_key_there_is_no_token(settings):
    link, token = make_link("trial", "reference", DAY)
    settings.DIGEST_KEY = "another " * 8
    assert token_of(link) != token


def test_a_link_is_used_once():
    link, token = make_link("trial", "reference", DAY)
    again = ActionLink.objects.get(pk=link.pk)
    use_link(link)
    assert ActionLink.objects.live("trial", token) is None
    with pytest.raises(StaleState):
        use_link(again)


def test_looking_does_not_use_it_up():
    _, token = make_link("trial", "reference", DAY)
    assert ActionLink.objects.live("trial", token) == ActionLink.objects.live("trial", token) is not None


def test_a_link_expires():
    link, token = make_link("trial", "reference", DAY)
    with time_machine.travel(timezone.now() + DAY, tick=False):
        assert ActionLink.objects.live("trial", token) is None
        with pytest.raises(StaleState):
            use_link(link)
