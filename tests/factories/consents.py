"""Passing on, for tests: asked and answered through the actions, as the pages would."""

import uuid
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import RulesAcknowledgement, User
from incidents import consents
from organisations.models import Membership
from sharing.consent_terms import Terms, Wish
from sharing.models import ConsentRequest, Item

from .incidents import file_report

ASKER, ALBA, LAKE, LOCAL = "field@benu.example", "field@alba.example", "io@lake.example", "local@nngo.example"
PURPOSE = "CANARY-PURPOSE planning of movements"
DESKS_AND_BENU = ["dss_desks", "named_organisations"]
PARTS = ["what", "consequences", "category", "when", "casualties"]


def colleague(cast, email, *, organisation="alba", area="chad") -> User:
    """One more focal point of an organisation, in another area; as secured and as bound as those of the cast."""
    user = User.objects.create(email=email, name="Idriss Mahamat", language="en", created_at=cast[ALBA].created_at)
    of = {"organisation": cast.organisations[organisation], "area": cast.areas[area], "role": "partner_field"}
    Membership.objects.create(user=user, starts_at=Membership.objects.get(user=cast[ALBA]).starts_at, **of)
    for model in (Authenticator, RulesAcknowledgement):
        for row in model.objects.filter(user=cast[ALBA]):
            row.pk, row.user, row._state.adding = None, user, True
            row.save()
    cast.people[email] = user
    return user


def shared_with_benu(cast, marking="TLP:AMBER", **how) -> Item:
    """A report of Alba that DSS and Benu may read, and nobody else."""
    report = file_report(cast, marking=marking, choices=DESKS_AND_BENU, organisations=["benu"], **how)
    return loaded(report.incident.item)


def loaded(item: Item) -> Item:
    """The item as it is now, with area, key and originator."""
    rows = Item.objects.for_system("test").select_related("area", "data_key", "originator")
    return rows.get(pk=item.pk)


def again(request: ConsentRequest) -> ConsentRequest:
    """The request as it is now."""
    return ConsentRequest.objects.for_system("test").with_item().get(pk=request.pk)


def asked(
    cast,
    item,
    *,
    by=ASKER,
    organisation="benu",
    recipients="organisations",
    to=("lake",),
    fields=PARTS,
    days=30,
    donor="",
    purpose=PURPOSE,
    submission=None,
) -> ConsentRequest:
    """Benu asks whether Lake may have a part of it."""
    wish = Wish(
        recipients=recipients,
        purpose=purpose,
        fields=list(fields),
        until=timezone.now().date() + timedelta(days=days),
        organisations=[] if donor else [cast.organisations[key] for key in to],
        donor=donor,
    )
    return consents.ask(
        item,
        by=cast[by],
        organisation=cast.organisations[organisation],
        wish=wish,
        submission=submission or uuid.uuid4(),
    )


def asked_for_donor(cast, item, **how) -> ConsentRequest:
    """The same for a donor outside the portal."""
    return asked(cast, item, recipients="donor", donor="CANARY-DONOR Fund of the North", **how)


def given(cast, request, *, by=ALBA, edited=None, **changes) -> ConsentRequest:
    """Alba consents, with `changes` to the terms and the texts `edited`."""
    request = again(request)
    shared, _texts = consents.shared_of(request.item)
    terms = {
        "fields": request.fields,
        "until": request.until,
        "organisations": list(request.named.all()),
        "is_edited": bool(changes or edited),
    }
    consents.give(
        request, by=cast[by], terms=Terms(**{**terms, **changes}), version=shared.release.version, edited=edited
    )
    return again(request)


def asked_and_given(cast, item=None, **how) -> ConsentRequest:
    """Both."""
    return given(cast, asked(cast, item or shared_with_benu(cast), **how))


def of_consents(cast) -> dict[str, object]:
    """One that waits, one that was given with changes, one for a donor."""
    item = shared_with_benu(cast)
    done = given(cast, asked(cast, item), edited={"what": "Two vehicles were stopped."})
    donor = given(cast, asked_for_donor(cast, shared_with_benu(cast)))
    waits = asked(cast, shared_with_benu(cast))
    refs = {"consent_given": done.ref, "consent_donor": donor.ref, "consent_waits": waits.ref}
    return {**refs, "passed_on": item.ref}
