"""How a request finds its person: password and session as allauth does it, and two proofs that every page asks for."""

from functools import lru_cache

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef, Subquery

from slt_portal.prepared import prepared

from . import rules
from .models import User
from .second_factor import authenticators


class SignIn(AuthenticationBackend):
    """The person of a session comes with `has_second_factor`, whether there is an authenticator app, and
    `rules_acknowledged_at`, when the current rules were acknowledged (or None): one question for all three."""

    def get_user(self, user_id: int) -> User | None:
        """The person with this id; nobody if they are gone or deactivated."""
        found = _person_by(rules.RULES_VERSION)(user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@lru_cache(maxsize=2)
def _person_by(version):
    """The question, for this version of the rules."""

    @prepared
    def person(user_id):
        acknowledged_at = Subquery(rules.latest(OuterRef("pk"), version).values("at")[:1])
        return User.objects.filter(pk=user_id).annotate(
            has_second_factor=Exists(authenticators(OuterRef("pk"))), rules_acknowledged_at=acknowledged_at
        )

    return person
