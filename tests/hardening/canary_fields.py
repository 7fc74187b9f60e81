"""What must get a canary: every column in which something is sealed, every free text of the forms of what is
confidential. Whoever adds one finds it missing: it goes into the walk, or on a list here with the reason why not.
"""

import importlib
import pkgutil

from django import forms
from django.apps import apps
from django.db import connection, models

CONFIDENTIAL_APPS = ("sharing", "incidents", "feedback", "restricted")
WORDS = (models.CharField, models.TextField, models.JSONField)

# The columns that hold a canary after the long walk, and no others.
PUT = {
    "documents.StoredFile.sealed_name",
    *(f"feedback.{name}.sealed" for name in ("Case", "Entry", "Escalation", "Inquiry")),
    *(f"governance.{name}.sealed" for name in ("Closing", "Comment", "Decision", "Position")),
    *(f"incidents.{name}.sealed" for name in ("DeskEntry", "Draft", "Export", "IncidentRelease", "Proposal")),
    *(f"incidents.{name}.sealed" for name in ("Question", "Report", "SavedSearch")),
    "incidents.Proposal.sealed_reason",
    "incidents.Question.sealed_answer",
    "notifications.PasswordResetAsked.sealed",
    *(f"partners.{name}.sealed" for name in ("Agreement", "Application", "Check", "Inquiry", "Interest")),
    *(f"partners.{name}.sealed" for name in ("Note", "Recommendation", "Referral", "Suspension")),
    "restricted.Report.sealed",
    *(
        f"sharing.{name}"
        for name in ("ConsentRequest.sealed", "ConsentRequest.sealed_answer", "EmergencyAccess.sealed")
    ),
}
# Columns into which nothing is ever written: what is said of a file is sealed in documents.StoredFile.
EMPTY = {"partners.ApplicationFile.sealed"}
# Sealed in the same way; the walk does not come by. Each has a test of its own for what it seals.
_CONCLUDING = "the walk concludes no application; tests/partners"
_LEVELS = "tests/implementation_levels"
_REPORTS = "tests/overview"
_CODES = "of codes: no form about it takes words"
NOT_PUT = {
    **dict.fromkeys(EMPTY, "always empty, as the long walk finds"),
    "documents.DataKey.wrapped": "random bytes",
    "documents.DocumentOrder.sealed": "of memoranda and reports, which the walk does not conclude",
    "incidents.ReferenceVersion.sealed": "of public files",
    "notifications.AccountMail.sealed": "an address and a link",
    **{f"partners.{name}.sealed": _CONCLUDING for name in ("Confirmation", "EligibilityCase", "Letter")},
    **{f"partners.{name}.sealed": _CONCLUDING for name in ("Memorandum", "Signature")},
    **{f"implementation_levels.{name}.sealed": _LEVELS for name in ("Answer", "Review", "ReviewRequest")},
    "implementation_levels.ReviewedArea.sealed": _LEVELS,
    **{f"overview.{name}.sealed": _REPORTS for name in ("PeriodicReport", "Section")},
    **{f"restricted.{name}.sealed": _CODES for name in ("Choice", "Note")},
}
# Forms whose free text gets a canary from the walk, but for the fields below.
TYPED = {
    *(f"feedback.forms.filing.{name}Form" for name in ("Accept", "Filing", "Message", "Refuse", "Reopen")),
    *(f"feedback.forms.handling.{name}Form" for name in ("Answer", "Ask", "Escalate", "Propose")),
    *(f"feedback.forms.intake.{name}Form" for name in ("Clear", "HandOver", "Redirect")),
    "incidents.forms.account.AccountForm",
    *(f"incidents.forms.consent.Consent{name}Form" for name in ("Answer", "Ask")),
    *(f"incidents.forms.desk.{name}Form" for name in ("Answer", "Grade", "Note", "Proposal", "Question", "Refusal")),
    "incidents.forms.emergency.EmergencyForm",
    *(f"incidents.forms.filing.{name}Form" for name in ("Audience", "FollowUp", "Incident")),
    "incidents.forms.sharing.SharingForm",
    *(f"incidents.forms.withholding.{name}Form" for name in ("Warning", "Withholdable")),
    "incidents.views.exporting.ExportForm",
    "incidents.views.searches.SearchForm",
    *(f"restricted.forms.contact.{name}Form" for name in ("Contact", "NewReach", "Reach")),
    *(f"restricted.forms.report.{name}Form" for name in ("Call", "Report")),
}
_ADDRESSES = "addresses of people, who become readers: not kept as text"
_PUBLISHED = "written to be published"
_REFERENCE = "a reference"
NOT_TYPED = {
    "feedback.forms.handling.ConcludeForm.reasons": "kept with the other texts of the case",
    "feedback.forms.intake.ConcernedForm.others": "names of people, who are looked up: not kept as text",
    "feedback.forms.intake.LinkForm.target": _REFERENCE,
    "feedback.forms.lessons.LessonFilter.q": "looked for, not kept; searches of incidents are in the walk",
    **{
        f"feedback.forms.lessons.LessonForm.{name}_{code}": _PUBLISHED
        for name in ("text", "title")
        for code in ("en", "fr")
    },
    **{f"incidents.forms.filing.{name}Form.named_persons": _ADDRESSES for name in ("Audience", "Incident")},
    "incidents.forms.same_event.SameEventForm.other": _REFERENCE,
    "incidents.forms.sharing.SharingForm.named_persons": _ADDRESSES,
    **{f"incidents.forms.withholding.{name}Form.named_persons": _ADDRESSES for name in ("Warning", "Withholdable")},
    "incidents.forms.withholding.WarningForm.place_shown": "taken out of this form: a warning says no place",
    **{f"restricted.forms.helping.ServiceForm.{name}": "shown to everybody" for name in ("hours", "languages", "name")},
    **{f"restricted.forms.helping.ServiceForm.{name}": "shown to everybody" for name in ("telephone", "what")},
}


def sealed_columns() -> dict[str, tuple[type[models.Model], str]]:
    """Every column of bytes of every model of ours: all of them are sealed."""
    return {
        f"{model._meta.label}.{column.name}": (model, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.BinaryField)
    }


def columns_of_words() -> set[str]:
    """Every column that can hold words: text without a list of choices, and JSON."""
    return {
        f"{model._meta.label}.{column.name}"
        for model in apps.get_models()
        if model._meta.app_label not in {"demo", "support"}
        for column in model._meta.concrete_fields
        if isinstance(column, WORDS) and not column.choices
    }


def cells(model: type[models.Model], column: str) -> list[bytes]:
    """What is in a column, of everybody: past every manager."""
    table, name = (connection.ops.quote_name(one) for one in (model._meta.db_table, column))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")
        return [bytes(row[0]) for row in cursor.fetchall()]


def typed_fields() -> set[str]:
    """Every field for free text of every form of the confidential apps, as "module.Form.field"."""
    for app in CONFIDENTIAL_APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if module.name.split(".")[1] in {"forms", "views"}:
                importlib.import_module(module.name)
    return {
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in _below(forms.BaseForm)
        if form.__module__.split(".")[0] in CONFIDENTIAL_APPS
        and not form.__qualname__.rpartition(".")[2].startswith("_")
        for name, field in getattr(form, "base_fields", {}).items()
        if type(field).clean is forms.Field.clean and isinstance(field, forms.CharField) and not _is_hidden(field)
    }


def _below(form):
    return {form}.union(*(_below(one) for one in form.__subclasses__()))


def _is_hidden(field):
    return isinstance(field.widget, forms.HiddenInput)
