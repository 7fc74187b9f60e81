"""Addresses that show nothing of anybody else: public ones, signing in, one's own account, and buttons."""

NOBODY_SIGNED_IN = "anonymous"

# Shown to anybody; the same for everybody but for the frame around it.
PUBLIC = {
    "healthz",
    "readyz",
    "robots",
    "security_txt",
    "demo:index",
    "demo:mail",
    "restricted:support",  # without signing in: what helps now, and no handler's name
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
    "feedback:message",
    "feedback:inquiry_withdraw",
    "feedback:unlink",
    "feedback:handler_remove",
    "set_language",
    "demo:sign_in",
    "overview:follow",
    "overview:unfollow",
    "incidents:draft_save",
    "incidents:draft_keep",  # needs no session: its token is its proof, and it writes only (test_keeping)
    "incidents:acknowledge",
    "incidents:consent_take_back",
    "incidents:consent_withdraw",
    "incidents:consent_document",
    "incidents:emergency_step",
    "incidents:grade",
    "incidents:note",
    "incidents:answer",
    "incidents:proposal_take_back",
    "incidents:merge",
    "incidents:not_the_same",
    "incidents:take_out",
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
