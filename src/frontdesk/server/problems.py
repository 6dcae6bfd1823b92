"""The only place that turns errors into HTTP: problem details after RFC 9457.

    InputError  400   MalformedError, BadJsonError 400   InvalidFieldsError 422   TooLargeError 413   NotFoundError 404
                      ConflictError 409   UnauthenticatedError 401   PermissionDeniedError 403
                      UnsupportedMediaError 415   SignedOutError 401
    DependencyError 502   timeout 504   unavailable, rate limited 503
    LimitError  503   deadline 504   TooManyAttemptsError, TooManyRequestsError 429
    everything else 500, without a word about the inside

Paths below /openai answer with the error object that OpenAI clients read. A browser that asked for a page gets one, from
the function that `install_problems` is given.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.domain import errors
from frontdesk.ports.clock import TokenSource

log = structlog.get_logger()

OPENAI_PREFIX = "/openai/"
_MAX_LISTED = 20
"""Field mistakes told at once."""


class UnsupportedMediaError(errors.InputError):
    code = "unsupported_media_type"


class BadJsonError(errors.InputError):
    code = "invalid_json"


class TooManyAttemptsError(errors.LimitError):
    code = "too_many_attempts"
    retryable = True


class TooManyRequestsError(errors.LimitError):
    """One address begins more than its share."""

    code = "too_many_requests"
    retryable = True


class SignedOutError(errors.UnauthenticatedError):
    """Nobody is signed in with this browser, or no longer."""

    code = "signed_out"


class InvalidFieldsError(errors.InputError):
    """One or more fields of the body are not what they must be."""

    code = "invalid_fields"

    def __init__(self, mistakes: Sequence[Mapping[str, str]]) -> None:
        first = mistakes[0]
        super().__init__(f"{first['field']}: {first['message']}", field=first["field"])
        self.mistakes = tuple(mistakes)


_STATUS: Mapping[type[errors.FrontdeskError], int] = {
    errors.InputError: 400,
    BadJsonError: 400,
    InvalidFieldsError: 422,
    UnsupportedMediaError: 415,
    errors.TooLargeError: 413,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.UnauthenticatedError: 401,
    SignedOutError: 401,
    errors.PermissionDeniedError: 403,
    errors.DependencyError: 502,
    errors.DependencyTimeoutError: 504,
    errors.UnavailableError: 503,
    errors.RateLimitedError: 503,
    errors.LimitError: 503,
    errors.DeadlineError: 504,
    TooManyAttemptsError: 429,
    TooManyRequestsError: 429,
}
"""By class; a class that is not named has the status of its parent."""

_TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "A credential is needed",
    403: "Not allowed",
    404: "Not found",
    405: "This path has no such method",
    409: "It clashes with what is stored",
    413: "Too large",
    415: "Unsupported content",
    422: "A field is not what it must be",
    429: "Too many attempts",
    500: "Something went wrong on our side",
    502: "Something we depend on failed",
    503: "Not available at this moment",
    504: "It takes too long",
}
_HTTP_CODES: Mapping[int, str] = {404: "not_found", 405: "method_not_allowed"}
_OPENAI_TYPES: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}

PROBLEM_CODES: Mapping[str, int] = {
    cls.code: status for cls, status in _STATUS.items() if cls not in (errors.DependencyError, errors.LimitError)
} | {"method_not_allowed": 405, "internal": 500}
"""Every code a client can meet, with its status; the reference lists them."""


def status_of(error: errors.FrontdeskError) -> int:
    """The HTTP status for the error's class, else its nearest ancestor's; 500 for what is ours alone."""
    return next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500)


def mistakes_of(error: ValidationError) -> list[dict[str, str]]:
    """What is wrong with which field, in words; never the value that was sent."""
    listed = error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_LISTED]
    return [{"field": _path(item["loc"]), "message": _message(item["type"], item["msg"])} for item in listed]


ShowTrouble = Callable[[Request, Mapping[str, Any], Mapping[str, str]], Response | None]
"""Turns a problem and the headers that go with it into an answer for a person; None where a program asked."""


def install_problems(app: FastAPI, *, show: ShowTrouble = lambda *_: None) -> None:
    app.state.show_trouble = show
    app.add_exception_handler(errors.FrontdeskError, _on_frontdesk_error)
    app.add_exception_handler(HTTPException, _on_http_error)


class CatchErrors:
    """Outermost layer: whatever was not expected is logged and told as a plain 500."""

    def __init__(self, app: ASGIApp, *, tokens: TokenSource) -> None:
        self._app, self._tokens = app, tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["tokens"] = self._tokens
        has_started = False

        async def watch(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            log.debug("client_left", path=scope["path"])  # in the middle of its own request; nobody reads an answer
        except Exception as error:
            response = to_response(error, Request(scope))
            if not has_started:
                await response(scope, receive, send)


def to_response(error: Exception, request: Request) -> Response:
    """The problem document for any error; what has no public message gets none."""
    instance = _instance(request)
    if not isinstance(error, errors.FrontdeskError) or status_of(error) == 500:
        log.error("request_failed", path=request.url.path, instance=instance, exc_info=error)
        detail = "The mistake is ours and has been noted. Please try again."
        return _response(request, 500, code="internal", detail=detail, instance=instance)
    status = status_of(error)
    if status > 500:
        log.warning("request_refused", path=request.url.path, code=error.code, instance=instance)
    field = error.data.get("field")
    extra: dict[str, Any] = {"field": field} if field else {}
    if isinstance(error, InvalidFieldsError):
        extra["errors"] = list(error.mistakes)
    if isinstance(error, SignedOutError):
        extra["has_ended"] = bool(error.data.get("has_ended"))
    return _response(
        request,
        status,
        code=error.code,
        detail=error.public_message,
        instance=instance,
        extra=extra,
        headers=_headers(status, error),
    )


def refusal(error: errors.LimitError) -> Response:
    """The problem document for one of thousands that are refused unread: nobody looks for a page, and no log line tells
    of each; who refuses counts them."""
    status = status_of(error)
    problem = _problem(status, code=error.code, detail=error.public_message)
    return _document(problem, _headers(status, error))


def openai_error(detail: str, *, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    """The error object of the OpenAI API."""
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": detail, "type": kind, "param": param, "code": code}}


async def _on_frontdesk_error(request: Request, error: Exception) -> Response:
    return to_response(error, request)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return to_response(error, request)
    code = _HTTP_CODES.get(error.status_code, "invalid_input")
    detail = "There is nothing here." if error.status_code == 404 else "Another method is needed, see the header Allow."
    headers = dict(error.headers or {})
    return _response(request, error.status_code, code=code, detail=detail, instance=_instance(request), headers=headers)


def _response(
    request: Request,
    status: int,
    *,
    code: str,
    detail: str,
    instance: str,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    if request.url.path.startswith(OPENAI_PREFIX):
        body = openai_error(detail, status=status, code=code, param=(extra or {}).get("field"))
        return Response(json.dumps(body), status, headers, media_type="application/json")
    problem = {**_problem(status, code=code, detail=detail), **(extra or {}), "instance": instance}
    return _show(request, problem, headers or {}) or _document(problem, headers)


def _problem(status: int, *, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"/docs#problem-{code}",
        "title": _TITLES.get(status, "The request was refused"),
        "status": status,
        "detail": detail,
        "code": code,
    }


def _document(problem: Mapping[str, Any], headers: Mapping[str, str] | None) -> Response:
    text = json.dumps(problem, ensure_ascii=False)
    return Response(text, problem["status"], headers, media_type="application/problem+json")


def _show(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response | None:
    try:
        show: ShowTrouble = request.app.state.show_trouble
        return show(request, problem, headers)
    except Exception:  # a page that cannot be drawn must not hide the problem that it was to tell
        log.exception("problem_page_failed", path=request.url.path)
        return None


def _headers(status: int, error: errors.FrontdeskError) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (429, 503):
        return {"Retry-After": str(error.data.get("retry_after_s", 1))}
    return {}


def _instance(request: Request) -> str:
    """Names this one request in the problem and in the log."""
    tokens: TokenSource | None = request.scope.get("tokens")
    return f"urn:frontdesk:request:{tokens.token()}" if tokens else ""


def _path(location: Sequence[str | int]) -> str:
    """`messages[2].content`; `body` for the whole of it."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "body"


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "There is no such field."
    return f"{message[:1].upper()}{message[1:]}."
