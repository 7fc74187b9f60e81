"""Logs: one JSON object per line, a request id on each, and never any content.

What people write (narratives, names, addresses, search words) reaches a log through three doors, and all three are
shut here: the arguments of other libraries' messages (a path, a parameter), the text of an exception (a database
quotes the row it refused), and the path of a request (it holds references and invitation tokens). What stays is
enough to find the place in the code: template of the message, type of the exception, frames, name of the URL.
"""

import logging
import sys
import time
import traceback
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from gunicorn.glogging import Logger as GunicornLogger

log = structlog.get_logger("slt_portal.requests")


def _name_of_job(_logger: object, _method: str, event: dict) -> dict:
    """Keep a job's name and id, which the template of Celery's message has lost."""
    job = getattr(event.get("_record"), "data", None)
    if isinstance(job, dict) and event.get("logger", "").startswith("celery"):
        event |= {"job": job.get("name"), "job_id": job.get("id")}
    return event


def _exception_without_text(_logger: object, _method: str, event: dict) -> dict:
    """Replace exc_info by the types of the exceptions, cause first, and the frames of the last one."""
    raised = event.pop("exc_info", None)
    event.pop("exception", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if not isinstance(error, BaseException):
        return event
    frames = traceback.extract_tb(error.__traceback__)
    event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    types: list[str] = []
    while error is not None and len(types) < 10:
        types.insert(0, f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    event["raised"] = types
    return event


SHARED_STEPS = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _name_of_job,
    _exception_without_text,
]


def configure(options: dict) -> None:
    """Send every logger to standard error as JSON; `options` is settings.LOGGING: {"level": "INFO"}."""
    if not structlog.is_configured():  # once: loggers keep what they were made with
        structlog.configure(
            processors=[*SHARED_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=True,
        )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED_STEPS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            use_get_message=False,  # the template of a message, without its arguments
            keep_exc_info=False,  # the traceback, with its text, would be appended below the JSON
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options.get("level", "INFO"))
    for name in ("celery.worker.strategy", "celery.app.trace"):  # a job writes its own line (slt_portal/celery.py)
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("django", "django.server", "gunicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True


class WebServerLogger(GunicornLogger):
    """gunicorn's own messages in the same shape as the portal's (`gunicorn --logger-class`)."""

    def setup(self, cfg: object) -> None:
        """Let gunicorn set itself up, then take its handlers away: the root logger has ours."""
        super().setup(cfg)
        configure({"level": self.error_log.level or "INFO"})


class RequestLog:
    """Middleware: give the request an id, return it in X-Request-ID, write one line when it is answered.

    The line names the URL pattern and never the path. An id sent by a proxy is taken if it is a UUID.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its id bound to every log line written meanwhile."""
        request_id = _request_id(request.headers.get("X-Request-ID", ""))
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            match = request.resolver_match
            view = match.view_name if match else None
            if not is_silent(view) or response.status_code >= 500:
                is_quiet = view in settings.QUIET_VIEWS and response.status_code == 200
                (log.debug if is_quiet else log.info)(
                    "request",
                    method=request.method,
                    view=view,
                    status=response.status_code,
                    milliseconds=round((time.monotonic() - started) * 1000),
                )
        response["X-Request-ID"] = request_id
        return response


def is_silent(view: str | None) -> bool:
    """Whether an address of this name never stands in a log (SILENT_VIEWS)."""
    return bool(view) and view.startswith(settings.SILENT_VIEWS)


def _request_id(offered: str) -> str:
    """The id a proxy offered if it is a UUID, else a fresh one."""
    try:
        return str(uuid.UUID(offered))
    except ValueError:
        return str(uuid.uuid4())
