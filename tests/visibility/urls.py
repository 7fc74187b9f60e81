"""What each address of the portal is, by name. An address that is not here fails the walk until somebody decides."""

from .oracle import (
    ADMIN,
    ALBA_FIELD,
    ALBA_HQ,
    APPLICANT,
    BENU_FIELD,
    BENU_HQ,
    CAST,
    CEDAR,
    COMMUNITY,
    CSFP,
    DO,
    DSS_CHAIR,
    DSS_FIELD,
    DSS_HQ,
    EVERYONE,
    GISF_CHAIR,
    HANDLER,
    ICVA,
    LAKE,
    LOCAL,
    LOOKS_AFTER_PEOPLE,
    MAY_FILE,
    OCHA,
    PLATFORM,
    SUSPENDED,
    WFP,
    WFP_SECURITY,
)

NOBODY_SIGNED_IN = "anonymous"

# Shown to anybody; the same for everybody but for the frame around it.
PUBLIC = {
    "healthz",
    "readyz",
    "robots",
    "security_txt",
    "demo:index",
    "demo:mail",
    "partners:join",
    "partners:join_received",  # empty but for who has just sent the form
}
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
    "partners:confirm",
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
    "partners:register_pdf",
    "coordination:mechanism_confirm",
    "implementation_levels:send_again",
    "coordination:assignment_confirm",
}
# Pages for some of the cast; absent for the others.
_READS_GLOBAL = {DSS_HQ, DSS_FIELD, CSFP, DO, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA}
_READS_LEVELS = EVERYONE - {LOCAL, HANDLER}
# Partner organisations and UN security officers where they work (§5c).
_CONSULTED = {DSS_FIELD, CSFP, WFP_SECURITY, ALBA_HQ, ALBA_FIELD, BENU_HQ, BENU_FIELD, CEDAR, LAKE}
PAGES = {
    "implementation_levels:reviews": {DSS_HQ, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "implementation_levels:review_open": {DSS_HQ, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "implementation_levels:request": {DSS_HQ, DSS_FIELD, DO, PLATFORM, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},  # South Sudan
    "implementation_levels:consultation": _CONSULTED,
    "implementation_levels:consultation_of": _CONSULTED,  # without an open consultation: that nothing is asked
    "implementation_levels:world": _READS_LEVELS,
    "implementation_levels:world_file": _READS_LEVELS,
    "implementation_levels:area": _READS_LEVELS,
    "implementation_levels:checklist": _READS_LEVELS,
    "implementation_levels:line": _READS_LEVELS,
    "implementation_levels:consistency": {DSS_HQ, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "implementation_levels:tasks": {DSS_HQ, DSS_FIELD, CSFP, DO, OCHA, PLATFORM, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "implementation_levels:lists": _READS_LEVELS,
    "implementation_levels:list_check": _READS_LEVELS,
    "partners:home": {
        *(DSS_HQ, DSS_FIELD, CSFP, DO, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA, PLATFORM),
        *(ALBA_HQ, BENU_HQ, SUSPENDED, APPLICANT),
    },
    "partners:register": _READS_GLOBAL,
    "partners:register_file": _READS_GLOBAL,
    "partners:issues": _READS_GLOBAL,
    "partners:register_area": (_READS_GLOBAL | {PLATFORM}) - {CSFP},  # of South Sudan
    "partners:record_eligibility": {DSS_HQ, DSS_FIELD},
    "partners:record_new": {DSS_HQ, DSS_FIELD},
    "partners:member_lists": {DSS_HQ, DSS_FIELD, CSFP, PLATFORM},
    "partners:member_list_upload": {PLATFORM},
    "partners:cases": {DSS_HQ, DSS_FIELD, CSFP, ICVA},
    "partners:applications": {DSS_HQ, OCHA, ICVA, DSS_CHAIR, GISF_CHAIR, WFP},
    "partners:confirmations": {DSS_HQ, OCHA, ICVA, WFP},
    "partners:suspensions": {
        DSS_HQ,
        DSS_FIELD,
        CSFP,
        DO,
        OCHA,
        PLATFORM,
        ICVA,
        DSS_CHAIR,
        GISF_CHAIR,
        WFP,
        ALBA_HQ,
        BENU_HQ,
        SUSPENDED,
        APPLICANT,
    },  # fmt: skip
    "partners:suspension_open": {DSS_HQ, DO},
    "partners:referrals": {DSS_HQ, DSS_FIELD, CSFP, DO},
    "partners:referral_record": {DSS_HQ, DSS_FIELD, CSFP, DO},
    "partners:interests": {DSS_HQ},
    "partners:template": {DSS_HQ},
    "partners:invite_organisation": {DSS_HQ},
    # Who is there, with addresses: whoever reads the levels; gaps of all areas: headquarters, OCHA, both bodies.
    "coordination:area": COMMUNITY | {DSS_CHAIR, GISF_CHAIR, WFP, ICVA, PLATFORM},
    "coordination:areas": {DSS_HQ, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "coordination:areas_file": {DSS_HQ, OCHA, DSS_CHAIR, GISF_CHAIR, WFP, ICVA},
    "coordination:mechanism_record": {DSS_HQ, DSS_FIELD, DO},  # of South Sudan
    "coordination:assign": set(),  # without a function in its address it is about nothing
    "home": CAST,
    "incidents:list": CAST,
    "incidents:file": MAY_FILE,
    "incidents:desk": {DSS_HQ, DSS_FIELD, CSFP},
    "incidents:export_list": MAY_FILE,  # whoever answers for people's safety may also take away what they see
    "incidents:exports": MAY_FILE,
    "areas:list": EVERYONE,
    "areas:detail": EVERYONE,
    "areas:history": EVERYONE,  # who did it: headquarters only (tests/areas/test_managing)
    "areas:add": {DSS_HQ},
    "areas:rename": {DSS_HQ},
    "areas:change": {DSS_HQ},
    "areas:split": {DSS_HQ},
    "areas:merge": {DSS_HQ},
    "areas:end": {DSS_HQ},
    "overview:statistics": EVERYONE,  # numbers of what the reader may see, in steps; test_statistics walks them
    "overview:statistics_file": EVERYONE,
    "organisations:people": LOOKS_AFTER_PEOPLE,
    "organisations:rules_of_members": {PLATFORM},  # numbers by organisation, no names
    "incidents:imports": {DSS_HQ},
    "incidents:import_start": {DSS_HQ},
    "operations:status": {ADMIN, DSS_HQ},  # words about the portal itself; no content
    "governance:bodies": {DSS_CHAIR, GISF_CHAIR, WFP, ICVA, DSS_HQ, OCHA, ADMIN},  # seats and terms; no decisions
    "governance:decisions": {DSS_CHAIR, GISF_CHAIR, WFP, ICVA, DSS_HQ, OCHA, DSS_FIELD, CSFP, DO, PLATFORM},
    "overview:outbox": {ADMIN, DSS_HQ},  # addresses, states and errors; no content
}
# Pages of one object: for whom the object exists. Walked object by object, here with one that does not exist.
OBJECTS = {
    "implementation_levels:review",
    "implementation_levels:task",
    "overview:level_evidence",
    "implementation_levels:close_consultation",
    "implementation_levels:review_request",
    "implementation_levels:decline",
    "implementation_levels:answer",
    "implementation_levels:recommendation",
    "implementation_levels:recommend",
    "implementation_levels:keep_rest",
    "implementation_levels:put",
    "implementation_levels:take_out",
    "implementation_levels:list",
    "implementation_levels:list_file",
    "implementation_levels:list_pdf",
    "implementation_levels:distribution",
    "implementation_levels:distribution_file",
    "implementation_levels:list_mail",
    "coordination:mechanism_end",
    "coordination:assignment_end",
    "partners:record_organisation",
    "partners:case_open",
    "partners:basis",
    "partners:basis_renew",
    "partners:basis_end",
    "partners:basis_ask",
    "partners:basis_give",
    "partners:basis_give_there",
    "partners:issue",
    "partners:case",
    "partners:member_list",
    "partners:member_list_record",
    "partners:member",
    "partners:register_document",
    "partners:register_document_file",
    "partners:review",
    "partners:review_declared",
    "partners:review_file",
    "partners:check",
    "partners:note",
    "partners:ask",
    "partners:go_on",
    "partners:recommend",
    "partners:ask_confirmation",
    "partners:confirmation",
    "partners:confirmation_cancel",
    "partners:suspension",
    "partners:suspension_hear",
    "partners:suspension_ask",
    "partners:suspension_drop",
    "partners:suspension_recommend",
    "partners:suspension_put",
    "partners:suspension_lift",
    "partners:suspension_ask_to_lift",
    "partners:referral",
    "partners:conclude",
    "partners:memorandum",
    "partners:memorandum_sign",
    "partners:memorandum_upload",
    "partners:memorandum_void",
    "partners:memorandum_file",
    "partners:letter",
    "partners:letter_file",
    "partners:interest",
    "partners:application",
    "partners:application_edit",
    "partners:application_submit",
    "partners:application_withdraw",
    "partners:application_answer",
    "partners:application_files",
    "partners:application_file",
    "partners:application_file_remove",
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
    "governance:decision",
    "organisations:people_of",
    "organisations:invite",
    "organisations:end_membership",
    "organisations:withdraw_invitation",
    "organisations:add_mailbox",
    "organisations:add_domain",
    "organisations:remove_domain",
    "organisations:add_name",
    "organisations:remove_name",
    "organisations:rename",
    "organisations:exceptions",
    "organisations:exception_request",
    "organisations:exception_decide",
    "organisations:exception_renew",
    "organisations:leave",
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
