"""Taking out what one sees, as a table or a dossier (C9): asked for here, made by a worker, fetched by the rule again.

What a person may see is asked when the export is made and again when it is fetched. The file belongs to one person and
is gone, with its key, after a day, or as soon as something in it changed or closed.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from documents import files
from sharing.access import Access
from sharing.models import Release
from slt_portal.crypto import SealBroken

from .export_runs import holds, remove
from .models import Export
from .tasks import nudge

_State, _Problem = Export.State, Export.Problem
REASONS = {
    _Problem.TOO_MANY: gettext_lazy(
        "These are more incidents than one export may hold. Narrow the list and try again."
    ),
    _Problem.NOTHING: gettext_lazy("There is nothing left to export. Look at the list again."),
    _Problem.NOT_ALLOWED: gettext_lazy("Your role does not include exports any more."),
    _Problem.FILTERS: gettext_lazy("The filters of this export no longer make sense. Set them again on the list."),
    _Problem.NO_PDF: gettext_lazy("A PDF could not be made on this machine. Choose CSV, or tell the administrator."),
    _Problem.NOT_STORED: gettext_lazy("The portal could not keep the file. Try again later."),
    _Problem.BROKEN: gettext_lazy(
        "Something went wrong while this was made. Try again; if it stays, tell the administrator."
    ),
    _Problem.CHANGED: gettext_lazy(
        "Something in it was changed or is no longer open to you. The file was removed. Make a new one."
    ),
    _Problem.OVER: gettext_lazy("Exports are removed after a day. Make a new one if you still need it."),
}


class Busy(Exception):
    """This person has an export under way; `export` is that one."""

    def __init__(self, export: Export):
        super().__init__(str(export.pk))
        self.export = export


def ask_export(*, by, format: str, purpose: str, with_hxl: bool = False, query: str = "", ref: str = "") -> Export:
    """Queue an export of the list with the filters `query`, or of the incident `ref`, for `by` (C9). Returns it.

    One at a time per person: raises Busy with the one that is under way.
    """
    export = Export(owner=by, format=Export.Format(format), with_hxl=with_hxl)
    export.seal_wish({"purpose": purpose, "query": query, "ref": ref})
    try:
        with transaction.atomic():
            export.save(force_insert=True)
            transaction.on_commit(nudge)
    except IntegrityError:
        running = Export.objects.of(by).filter(state__in=[_State.QUEUED, _State.RUNNING]).first()
        if running is None:  # it came to its end this moment
            return ask_export(by=by, format=format, purpose=purpose, with_hxl=with_hxl, query=query, ref=ref)
        raise Busy(running) from None
    return export


class Gone(Exception):
    """The file is not to be had any more; the export says why."""


def fetch(export: Export, *, access: Access) -> bytes:
    """The bytes of a finished export, if everything in it is still open to its owner in just this version (C9).

    Otherwise the file is removed and Gone raised. Raises files.FileBroken, with a sentence, if it cannot be opened.
    """
    if export.state != _State.DONE or export.file is None:
        raise Gone
    if export.expires_at <= timezone.now():
        remove(export, _Problem.OVER)
        raise Gone
    if not _is_still_open(export, access):
        remove(export, _Problem.CHANGED)
        raise Gone
    return files.read(export.file)


def _is_still_open(export, access):
    return holds(export.releases, Release.objects.visible_to(access))


def purpose_of(export: Export) -> str:
    """What its owner said it is for; nothing if that cannot be opened."""
    try:
        return export.wish["purpose"]
    except SealBroken:
        return ""
