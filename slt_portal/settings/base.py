"""What every way of running the portal shares. What differs is in embedded, production and testing beside it."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from slt_portal.environment import flag, number, text, words

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(text("SLT_DATA_DIR", str(BASE_DIR / "data"))).resolve()

# --- Applications, in import order (docs/architecture.md) --------------------------------------------------
DOMAIN_APPS = [
    "audit",
    "accounts",
    "areas",
    "notifications",
    "organisations",
    "documents",
    "sharing",
    "governance",
    "partners",
    "coordination",
    "incidents",
    "restricted",
    "implementation_levels",
    "feedback",
    "overview",
    "operations",
]
INSTALLED_APPS = [
    *DOMAIN_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "django_filters",
    "csp",
]
MIDDLEWARE = [
    "slt_portal.logs.RequestLog",
    "slt_portal.middleware.Isolation",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "slt_portal.middleware.NoStore",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sharing.wall_requests.Reader",
    "accounts.middleware.Language",
    "slt_portal.middleware.NoNulls",
    "slt_portal.middleware.RequestSize",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactor",
    "accounts.middleware.ConfidentialityRules",
    "accounts.middleware.CacheGone",
    "slt_portal.middleware.NoDeadEnd",
]
ROOT_URLCONF = "slt_portal.urls"
WSGI_APPLICATION = "slt_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "overview.navigation.navigation",
            ],
            "builtins": ["slt_portal.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "slt_portal.forms.PortalRenderer"

# --- Data ---------------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What slt_portal.prepared asks is by key, whatever the values are: one plan does, and is never made again.
POSTGRESQL_OPTIONS = {"options": "-c plan_cache_mode=force_generic_plan"}
# A superuser, where the second wall is to bind the owner of the tables as well (sharing/wall_policies.py).
DATABASE_WALL_KEEPER = ""
DATABASE_APP_ROLE = text("SLT_DB_APP_ROLE", "")  # who is granted rows after each migrate (audit/roles.py)

# --- Backups (operations/backups.py) --------------------------------------------------------------------------
BACKUP_DIR = text("SLT_BACKUP_DIR", "")  # on another disk than the data
BACKUP_KEYS_DIR = text("SLT_BACKUP_KEYS_DIR", "")  # the data keys, apart from what they open

# --- Accounts -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# django-guardian's backend stays out: has_perm is always true for superusers (docs/decisions).
AUTHENTICATION_BACKENDS = ["accounts.backends.SignIn"]
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # that backend is left out on purpose
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.passwords.NotCommonValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "notifications.account_mail.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
# By address alone a stranger could lock a desk out; by address and network together they cannot guess for long.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,100/h/key",
    "login": "120/m/ip",  # an office of fifty behind one address comes to work at nine
    "reset_password": "20/m/ip,5/m/key,20/d/key",
    "reauthenticate": "10/m/user,60/h/user",
    "join": "5/h/ip,200/d/key",  # expressions of interest: of one address, and of all together
}
ACCOUNT_FORMS = {"reset_password": "notifications.forms.PasswordResetForm"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "SLT portal"
MFA_TOTP_TOLERANCE = 1  # the code before and after: telephones' clocks differ, and a bad line takes its time
MFA_FORMS = {
    "activate_totp": "accounts.forms.SetUpForm",
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address is proved by the invitation; allauth's own rows know nothing of it
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # the longest, from signing in
SESSION_COOKIE_IDLE_AGE = 60 * 60  # since the last request; what was being typed is not lost (slt_portal/kept.py)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no second cookie that says something
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
RULES_RENEWED_AFTER_DAYS = 365  # the confidentiality rules are acknowledged again
ANONYMOUS_USER_NAME = None  # guardian would otherwise make a row that holds permissions

# --- Languages ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files -------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(text("SLT_STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security -----------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the QR code of the second factor is a data: URI
        "connect-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURITY_CONTACT = text("SLT_SECURITY_CONTACT", "")  # who is told of weaknesses: an address or URL, in security.txt
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has a use for our style sheets
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_HANDLERS = ["slt_portal.uploads.InMemory"]  # never in plain on the disk
ATTACHMENT_BYTES = 10 * 1024 * 1024
IMPORT_BYTES = 10 * 1024 * 1024
MEMBER_LIST_BYTES = 2 * 1024 * 1024
# Pages that take larger requests than forms are: name of the address, bytes of the largest file.
UPLOAD_PATHS = {
    "incidents:attachments": ATTACHMENT_BYTES,
    "incidents:import_start": IMPORT_BYTES,
    "partners:application_files": ATTACHMENT_BYTES,
    "partners:application_answer": ATTACHMENT_BYTES,
    "partners:memorandum_upload": ATTACHMENT_BYTES,
    "partners:member_list_upload": MEMBER_LIST_BYTES,
    "feedback:file": ATTACHMENT_BYTES,
    "feedback:message": ATTACHMENT_BYTES,
}
CSRF_FAILURE_VIEW = "incidents.views.keeping.csrf_failure"

# --- Jobs and mail ------------------------------------------------------------------------------------------
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False  # a dead broker must cost milliseconds: the minute tick drains anyway
# kombu retries a first connection for ever unless told otherwise; a worker has its own, endless, retry below.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1, "max_retries": 0}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # slt_portal.logs has it
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {
    "incidents.tasks.make_exports": {"queue": "long"},  # what takes long never delays a mail
    "incidents.tasks.run_imports": {"queue": "long"},
    "documents.tasks.make_documents": {"queue": "long"},
}
CELERY_BEAT_SCHEDULER = "slt_portal.beat:SteadyScheduler"
CELERY_BEAT_SCHEDULE = {
    "outbox": {"task": "notifications.tasks.drain_outbox", "schedule": 60.0},
    "password resets": {"task": "notifications.tasks.answer_password_resets", "schedule": 60.0},
    "final reports": {"task": "incidents.tasks.remind_of_final_reports", "schedule": 60 * 60.0},
    "exports": {"task": "incidents.tasks.make_exports", "schedule": 60.0},
    "imports": {"task": "incidents.tasks.run_imports", "schedule": 60.0},
    "documents": {"task": "documents.tasks.make_documents", "schedule": 60.0},
    "decisions": {"task": "governance.tasks.close_due", "schedule": 60.0},
    "digests": {"task": "notifications.tasks.send_digests", "schedule": 300.0},
    "bounces": {"task": "notifications.tasks.read_bounces", "schedule": 300.0},
    "address exceptions": {"task": "organisations.tasks.remind_of_exceptions", "schedule": 60 * 60.0},
    "bases": {"task": "partners.tasks.remind_of_bases", "schedule": 60 * 60.0},
    "global list": {"task": "partners.tasks.send_global_list", "schedule": 60 * 60.0},
    "member lists": {"task": "partners.tasks.look_after_member_lists", "schedule": 60 * 60.0},
    "confirmations": {"task": "partners.tasks.remind_of_confirmations", "schedule": 60 * 60.0},
    "hearings": {"task": "partners.tasks.remind_of_hearings", "schedule": 60 * 60.0},
    "area names": {"task": "areas.tasks.take_new_names", "schedule": 300.0},
    "level lists": {"task": "implementation_levels.tasks.publish_and_send", "schedule": 60.0},
    "list bounces": {"task": "implementation_levels.tasks.try_other_contacts", "schedule": 300.0},
    "level reviews": {"task": "implementation_levels.tasks.look_after_reviews", "schedule": 60 * 60.0},
    "level tasks": {"task": "implementation_levels.tasks.look_after_tasks", "schedule": 60 * 60.0},
    "support": {"task": "restricted.tasks.look_after_reports", "schedule": 60 * 60.0},
    "feedback": {"task": "feedback.tasks.look_after_cases", "schedule": 60 * 60.0},
    "consents": {"task": "incidents.tasks.look_after_consents", "schedule": 300.0},
    "emergencies": {"task": "sharing.tasks.end_emergencies", "schedule": 60.0},
    "figures": {"task": "overview.tasks.refresh_figures", "schedule": 60.0},
    "retention": {"task": "operations.tasks.sweep_daily", "schedule": 24 * 60 * 60.0},
    "orphan files": {"task": "documents.tasks.remove_orphan_files", "schedule": 24 * 60 * 60.0},
}
BOUNCE_ADDRESS = ""  # none: what comes back goes to the sender's address, and nobody reads it here
BOUNCE_IMAP: dict | None = None
BOUNCE_MAILDIR = ""
DEFAULT_FROM_EMAIL = text("SLT_MAIL_FROM", "SLT portal <portal@slt.example>")
EMAIL_TIMEOUT = 20
OUTBOX_LEASE_SECONDS = number("SLT_OUTBOX_LEASE_SECONDS", 120)  # what a killed worker held waits no longer than this
OUTBOX_BATCH = 50
EXPORT_LEASE_SECONDS = 900  # longer than the largest dossier takes
MASS_EXPORT_ITEMS = 100  # confidential items that one person exports in 24 hours before others are told
DIGEST_HOUR = 6  # of the morning, on each person's own clock
NOTIFICATIONS_PER_HOUR = 20  # what is more goes into the daily summary; never what is told when life is at risk

# --- Watching (operations/checks.py, operations/alarms.py) ----------------------------------------------------
OUTBOX_ALARM_MINUTES = number("SLT_OUTBOX_ALARM_MINUTES", 10)  # a mail that is due should have gone by then
BACKUP_ALARM_HOURS = 0  # 0: nobody waits for one, as under `make run`
DISK_ALARM_MB = number("SLT_DISK_ALARM_MB", 1024)  # less free space in the data folder than this is trouble
ALARM_AFTER_MINUTES = number("SLT_ALARM_AFTER_MINUTES", 5)  # trouble that passes sooner is not told
ALARM_TO = words("SLT_ALARM_TO")
ALARM_MAIL: dict = {}  # the server that alarms go over; none: the portal's
DATABASE_ROLES_APART = False  # whether the portal must not own its tables
# Logged only when the answer is not 200: the first two are asked every few seconds; that somebody was shown the
# mandatory channels is nobody's business (C10).
QUIET_VIEWS = {"healthz", "readyz", "feedback:start"}
# What the names of addresses begin with that never stand in a log, and whose typed words no page but their own gives
# back: who turned to the restricted track is nobody's business (C10). A fault of ours is logged all the same.
SILENT_VIEWS = ("restricted:",)

# --- Logs ---------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "slt_portal.logs.configure"
LOGGING = {"level": text("SLT_LOG_LEVEL", "INFO")}

# --- Incidents ----------------------------------------------------------------------------------------------
CHANGES_TOLD_AFTER_MINUTES = 30  # changes of one incident within this time come in one mail
FINAL_REPORT_DUE_DAYS = 30  # after the first report its authors are reminded of the final one
FINAL_REPORT_OVERDUE_DAYS = 45  # after the first report also their headquarters
CONSENT_DAYS = number("SLT_CONSENT_DAYS", 7)  # to answer whether something may be passed on; silence is no (C3)
EMERGENCY_ACCESS = flag("SLT_EMERGENCY_ACCESS", default=False)  # C8: whether DSS of an area may ask for it at all

# --- Restricted track for sexual violence (C10) ----------------------------------------------------------------------
# Handlers hear again of what nobody has taken on; then its sender is told not to wait. Within the 72 hours of PEP.
RESTRICTED_REMIND_HOURS = (4, 24, 48)
RESTRICTED_LATE_HOURS = 24
SERVICE_CONFIRMED_DAYS = 182  # who helps: older than that it is marked as not confirmed

# --- Partnership: none of these figures is in the guidelines; bodies page and docs/settings.md say so --------------
INTEREST_DAYS = 14  # within which DSS headquarters answers an expression of interest
APPLICATION_CHECK_DAYS = 42  # the check by the Working Group, as a rule
APPLICATION_ANSWER_DAYS = 30  # for an applicant to answer a question
APPLICATION_CONCLUDE_DAYS = 30  # from approval to a memorandum that both have signed, as a rule
DECISION_DAYS = number("SLT_DECISION_DAYS", 14)  # of the silence procedure of the Oversight Committee
COMMITTEE_QUORUM = number("SLT_COMMITTEE_QUORUM", 0)  # seats that must have spoken; 0: more than half of those held
AGREEMENT_DAYS = number("SLT_AGREEMENT_DAYS", 7)  # for those who must agree on a suspension in an area
HEARING_DAYS = number("SLT_HEARING_DAYS", 7)  # for an organisation to answer before it is suspended
CONFIRMATION_REMIND_DAYS = 7  # after it was asked, the person at the UN entity is reminded
CONFIRMATION_ESCALATE_DAYS = 14  # the entity's seat is told
CONFIRMATION_GIVE_UP_DAYS = 28  # "no answer" is recorded
BASIS_REMIND_DAYS = (90, 30, 7)  # before the basis of a partnership ends
BASIS_CONFIRM_DAYS = number("SLT_BASIS_CONFIRM_DAYS", 365)  # a basis without an end is confirmed anew after so long
MEMBER_LIST_DAYS = 182  # a platform's list is older than people should rely on: they are reminded, once
GLOBAL_LIST_DAYS = number("SLT_GLOBAL_LIST_DAYS", 182)  # the global list is sent this often, changed or not
INSTRUMENT_EN = text("SLT_INSTRUMENT_EN", "Memorandum of understanding")
INSTRUMENT_FR = text("SLT_INSTRUMENT_FR", "Mémorandum d'accord")
INSTRUMENT_PREFIX = text("SLT_INSTRUMENT_PREFIX", "MOU")  # of its numbers: the word itself may be disputed
GLOBAL_REGISTER_READERS = ("dss_world", "dss", "designated_official", "ocha", "oversight_committee", "working_group")
AREA_REGISTER_READERS = (*GLOBAL_REGISTER_READERS, "mechanism")

# --- Implementation levels: six months are in the guidelines, the other figures are not ------------------------------
LEVEL_REVIEW_MONTHS = 6  # §5d
LEVEL_LIST_MONTHS = 6  # §5e; counted from the last list, whatever it was made for
LEVEL_LIST_ATTACHED = flag("SLT_LEVEL_LIST_ATTACHED", default=True)  # the PDF goes with the mail, or only the link
LEVEL_LIST_WAITS_MINUTES = 15  # for its PDFs; then the list is sent with the link alone
# Who reads the levels and the lists (P8: all active partners, DSS, Designated Officials, OCHA, both bodies).
LEVEL_READERS = (
    *("community", "dss_world", "dss", "ocha", "designated_official", "mechanism"),
    *("oversight_committee", "working_group"),
)
# To whom each list goes (L5, G6): "circulation" are the addresses of departments and situation centres, if any.
LEVEL_LIST_RECIPIENTS = ("community", "dss_world", "dss", "ocha", "designated_official", "mechanism", "circulation")
CONSULTATION_DAYS = number("SLT_CONSULTATION_DAYS", 21)  # for partner organisations to say what they think of a level
URGENT_CONSULTATION_DAYS = 2
RECOMMENDATION_DAYS = number("SLT_RECOMMENDATION_DAYS", 14)  # after the consultation, for the Working Group
URGENT_DECISION_DAYS = number("SLT_URGENT_DECISION_DAYS", 2)  # of the silence procedure for one area in urgency
REQUEST_ANSWER_DAYS = 14  # for the Working Group to take up a request for an early review
LEVEL_TASK_DAYS = number("SLT_LEVEL_TASK_DAYS", 60)  # to live up to the reinforced level
STATEMENT_DAYS = 182  # what somebody said about a line of the check list no longer counts then
CONFIRMED_DAYS = 182  # who has which function in an area: older than that it is marked as not confirmed

# --- Feedback (§12): none of these figures is in the guidelines ----------------------------------------------------
FEEDBACK_INTAKE_DAYS = number("SLT_FEEDBACK_INTAKE_DAYS", 5)  # to classify a case and hand it over
FEEDBACK_HANDLING_DAYS = number("SLT_FEEDBACK_HANDLING_DAYS", 30)  # for the Working Group to propose a resolution
FEEDBACK_VIEW_DAYS = number("SLT_FEEDBACK_VIEW_DAYS", 14)  # for an office to give its view
FEEDBACK_ANSWER_DAYS = number("SLT_FEEDBACK_ANSWER_DAYS", 14)  # for the sender to answer a proposal
FEEDBACK_REOPEN_DAYS = 60  # a closed case can be opened again so long
FEEDBACK_REMIND_DAYS = 2  # before each deadline
# Where allegations of sexual exploitation or abuse by aid staff go: "name | address" each; shown, never stored (C10).
MANDATORY_CHANNELS = tuple(filter(None, text("SLT_MANDATORY_CHANNELS", "").split(";")))

# --- Dashboards and reports ----------------------------------------------------------------------------------------
FIGURES_MINUTES = number("SLT_FIGURES_MINUTES", 15)  # stored figures are counted anew so often, and after each change

# --- Retention (operations/retention.py); the organisation decides, 0: for ever --------------------------------
RETENTION_INCIDENT_YEARS = number("SLT_RETENTION_INCIDENT_YEARS", 0)  # then the text goes, never the codes
RETENTION_FEEDBACK_YEARS = number("SLT_RETENTION_FEEDBACK_YEARS", 0)  # after a case was closed: its text
RETENTION_RESTRICTED_MONTHS = number("SLT_RETENTION_RESTRICTED_MONTHS", 12)  # after it was closed: all of it
RETENTION_PEOPLE_YEARS = number("SLT_RETENTION_PEOPLE_YEARS", 0)  # after the last role: name and address
