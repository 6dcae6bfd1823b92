"""How a system says no: one shape for all of them."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse


class Refused(Exception):  # noqa: N818  (a no is an answer)
    """The system understood, and will not."""

    def __init__(self, status: int, code: str, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, dict(fields or {})

    def to_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return {"error": {**error, "fields": self.fields} if self.fields else error}


def not_found(what: str) -> Refused:
    return Refused(404, "not_found", f"There is no such {what}.")


async def answer_refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101  (registered for it)
    return JSONResponse(error.to_json(), status_code=error.status)


async def answer_invalid(_: Request, error: Exception) -> JSONResponse:
    """A request that does not fit the description, field by field."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it)
    fields = {".".join(str(part) for part in item["loc"][1:]) or "body": item["msg"] for item in error.errors()}
    refused = Refused(422, "invalid", "Some fields are not valid.", fields)
    return JSONResponse(refused.to_json(), status_code=422)
