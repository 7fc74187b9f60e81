"""What each address of the portal is, by name. An address that is not here fails the walk until somebody decides."""

from .oracle import ADMIN, CAST, CSFP, DSS_FIELD, DSS_HQ, EVERYONE, LOOKS_AFTER_PEOPLE, MAY_FILE, PLATFORM

NOBODY_SIGNED_IN = "anonymous"

# Shown to anybody; the same for everybody but for the frame around it.
PUBLIC = {"healthz", "readyz", "robots", "security_txt", "demo:index", "demo:mail"}
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
    "notifications:stop",
}
# One's own account. Pages ask again for a factor, or send on: they show nothing of anybody else.
OWN_ACCOUNT = {
    "accounts:profile",
    "accounts:rules",
    "accounts:sessions",
    "organisations:my_roles",
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
    "incidents:search_save",
    "overview:told",
    "overview:told_area",
}
# Buttons: a GET leads to the page they are on (302), or to none at all for who may not press them (404).
BUTTONS = {
    "set_language",
    "demo:sign_in",
    "overview:follow",
    "overview:unfollow",
    "incidents:draft_save",
    "incidents:draft_keep",  # needs no session: its token is its proof, and it writes only (test_keeping)
    "incidents:acknowledge",
    "incidents:grade",
    "incidents:note",
    "incidents:answer",
    "incidents:proposal_take_back",
    "incidents:search_remove",
    "incidents:import_confirm",
    "incidents:import_discard",
    "overview:outbox_send_again",
    "organisations:address_right",
}
# Pages for some of the cast; absent for the others.
PAGES = {
    "home": CAST,
    "incidents:list": CAST,
    "incidents:file": MAY_FILE,
    "incidents:desk": {DSS_HQ, DSS_FIELD, CSFP},
    "incidents:export_list": MAY_FILE,  # whoever answers for people's safety may also take away what they see
    "incidents:exports": MAY_FILE,
    "areas:list": EVERYONE,
    "areas:detail": EVERYONE,
    "overview:statistics": EVERYONE,  # numbers of what the reader may see, in steps; test_statistics walks them
    "overview:statistics_file": EVERYONE,
    "organisations:people": LOOKS_AFTER_PEOPLE,
    "organisations:rules_of_members": {PLATFORM},  # numbers by organisation, no names
    "incidents:imports": {DSS_HQ},
    "incidents:import_start": {DSS_HQ},
    "operations:status": {ADMIN, DSS_HQ},  # words about the portal itself; no content
    "overview:outbox": {ADMIN, DSS_HQ},  # addresses, states and errors; no content
}
# Pages of one object: for whom the object exists. Walked object by object, here with one that does not exist.
OBJECTS = {
    "incidents:detail",
    "incidents:export",
    "incidents:export_file",
    "incidents:export_one",
    "incidents:receipt",
    "incidents:report",
    "incidents:follow_up",
    "incidents:follow_up_see",
    "incidents:audience",
    "incidents:withdraw",
    "incidents:readers",
    "incidents:desk_page",
    "incidents:propose",
    "incidents:decide",
    "incidents:ask",
    "incidents:draft_see",
    "incidents:attachments",
    "incidents:attachment",
    "incidents:attachment_remove",
    "incidents:draft_discard",
    "incidents:import",
    "incidents:import_quarantine",
    "incidents:import_rows",
    "organisations:people_of",
    "organisations:invite",
    "organisations:end_membership",
    "organisations:withdraw_invitation",
    "organisations:add_mailbox",
    "organisations:add_domain",
    "organisations:remove_domain",
    "organisations:exceptions",
    "organisations:exception_request",
    "organisations:exception_decide",
    "organisations:exception_renew",
    "organisations:leave",
}
ARGUMENTS = {
    "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    "areas:detail": {"code": "south-sudan"},
    "overview:follow": {"code": "south-sudan"},
    "overview:unfollow": {"code": "south-sudan"},
    "notifications:stop": {"token": "no-such-token"},
    "overview:told_area": {"code": "south-sudan"},
    "incidents:detail": {"ref": "INC-00000"},
    "incidents:export": {"pk": "00000000-0000-0000-0000-000000000000"},
    "incidents:export_file": {"pk": "00000000-0000-0000-0000-000000000000"},
    "incidents:export_one": {"ref": "INC-00000"},
    "incidents:search_remove": {"pk": "00000000-0000-0000-0000-000000000000"},
    "incidents:receipt": {"ref": "INC-00000"},
    "incidents:report": {"ref": "INC-00000", "number": 1},
    "incidents:follow_up": {"ref": "INC-00000"},
    "incidents:follow_up_see": {"ref": "INC-00000", "submission": "00000000-0000-0000-0000-000000000000"},
    "incidents:audience": {"ref": "INC-00000"},
    "incidents:withdraw": {"ref": "INC-00000"},
    "incidents:readers": {"ref": "INC-00000"},
    "incidents:desk_page": {"ref": "INC-00000"},
    "incidents:acknowledge": {"ref": "INC-00000"},
    "incidents:grade": {"ref": "INC-00000"},
    "incidents:note": {"ref": "INC-00000"},
    "incidents:answer": {"ref": "INC-00000", "question": "00000000-0000-0000-0000-000000000000"},
    "incidents:propose": {"ref": "INC-00000"},
    "incidents:proposal_take_back": {"ref": "INC-00000", "proposal": "00000000-0000-0000-0000-000000000000"},
    "incidents:decide": {"ref": "INC-00000"},
    "incidents:ask": {"ref": "INC-00000"},
    "incidents:draft_see": {"submission": "00000000-0000-0000-0000-000000000000"},
    "incidents:attachments": {"ref": "INC-00000"},
    "incidents:attachment": {"ref": "INC-00000", "number": 1000},
    "incidents:attachment_remove": {"ref": "INC-00000", "number": 1000},
    "incidents:import": {"ref": "IMP-00000"},
    "incidents:import_confirm": {"ref": "IMP-00000"},
    "incidents:import_discard": {"ref": "IMP-00000"},
    "incidents:import_quarantine": {"ref": "IMP-00000"},
    "incidents:import_rows": {"ref": "IMP-00000"},
    "incidents:draft_discard": {"submission": "00000000-0000-0000-0000-000000000000"},
    "organisations:people_of": {"ref": "ORG-00000"},
    "organisations:invite": {"ref": "ORG-00000"},
    "organisations:end_membership": {"ref": "ORG-00000", "membership": "MEM-00000"},
    "organisations:withdraw_invitation": {
        "ref": "ORG-00000",
        "invitation": "00000000-0000-0000-0000-000000000000",
    },
    "organisations:address_right": {"ref": "ORG-00000", "membership": "MEM-00000"},
    "organisations:add_mailbox": {"ref": "ORG-00000"},
    "organisations:add_domain": {"ref": "ORG-00000"},
    "organisations:remove_domain": {"ref": "ORG-00000", "domain": "nowhere.example"},
    "organisations:exceptions": {"ref": "ORG-00000"},
    "organisations:exception_request": {"ref": "ORG-00000"},
    "organisations:exception_decide": {"ref": "ORG-00000", "exception": "EXC-00000"},
    "organisations:exception_renew": {"ref": "ORG-00000", "exception": "EXC-00000"},
    "organisations:leave": {"membership": "MEM-00000"},
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
        return {302} if anonymous else {302, 404}
    if name in SIGNING_IN:
        return {200, 302, 404}
    if anonymous:
        return {302}
    if name in OWN_ACCOUNT:
        return {200, 302, 404}
    if name in PAGES:
        return {200, 302} if person in PAGES[name] else {404}
    return {404}
