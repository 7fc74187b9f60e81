"""What each address of the portal is, by name. An address that is not here fails the walk until somebody decides."""

from .oracle import ADMIN, CAST, DSS_HQ, EVERYONE, LOOKS_AFTER_PEOPLE, MAY_FILE

NOBODY_SIGNED_IN = "anonymous"

# Shown to anybody; the same for everybody but for the frame around it.
PUBLIC = {"healthz", "demo:index", "demo:mail"}
# Sign-in pages: for people who are not signed in; everybody else is sent on.
SIGNING_IN = {
    "account_login",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "organisations:accept",
}
# One's own account. Pages ask again for a factor, or send on: they show nothing of anybody else.
OWN_ACCOUNT = {
    "accounts:profile",
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "usersessions_list",
}
# Buttons: a GET finds no page (405), or none at all for who may not press them (404).
BUTTONS = {
    "set_language",
    "demo:sign_in",
    "notifications:follow",
    "notifications:unfollow",
    "incidents:draft_save",
    "overview:outbox_send_again",
}
# Pages for some of the cast; absent for the others.
PAGES = {
    "home": CAST,
    "incidents:list": CAST,
    "incidents:file": MAY_FILE,
    "areas:list": EVERYONE,
    "areas:detail": EVERYONE,
    "organisations:people": LOOKS_AFTER_PEOPLE,
    "overview:outbox": {ADMIN, DSS_HQ},  # addresses, states and errors; no content
}
# Pages of one object: for whom the object exists. Walked object by object, here with one that does not exist.
OBJECTS = {
    "incidents:detail",
    "incidents:receipt",
    "incidents:draft_discard",
    "organisations:people_of",
    "organisations:invite",
    "organisations:end_membership",
    "organisations:withdraw_invitation",
}
ARGUMENTS = {
    "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    "areas:detail": {"code": "south-sudan"},
    "notifications:follow": {"code": "south-sudan"},
    "notifications:unfollow": {"code": "south-sudan"},
    "incidents:detail": {"ref": "INC-00000"},
    "incidents:receipt": {"ref": "INC-00000"},
    "incidents:draft_discard": {"submission": "00000000-0000-0000-0000-000000000000"},
    "organisations:people_of": {"ref": "ORG-00000"},
    "organisations:invite": {"ref": "ORG-00000"},
    "organisations:end_membership": {"ref": "ORG-00000", "membership": "MEM-00000"},
    "organisations:withdraw_invitation": {
        "ref": "ORG-00000",
        "invitation": "00000000-0000-0000-0000-000000000000",
    },
    "organisations:accept": {"token": "no-such-token"},
    "overview:outbox_send_again": {"pk": "00000000-0000-0000-0000-000000000000"},
}
CLASSES = [PUBLIC, SIGNING_IN, OWN_ACCOUNT, BUTTONS, set(PAGES), OBJECTS]


def expected_status(name: str, person: str) -> set[int]:
    """What a GET of `name` by `person` (or by NOBODY_SIGNED_IN) may be answered with."""
    anonymous = person == NOBODY_SIGNED_IN
    if name in PUBLIC:
        return {200}
    if name in BUTTONS:
        return {302, 405} if anonymous else {404, 405}
    if name in SIGNING_IN:
        return {200, 302, 404}
    if anonymous:
        return {302}
    if name in OWN_ACCOUNT:
        return {200, 302, 404}
    if name in PAGES:
        return {200, 302} if person in PAGES[name] else {404}
    return {404}
