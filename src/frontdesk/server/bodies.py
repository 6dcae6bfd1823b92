"""Reading request bodies: JSON into a model, or an error that names the field."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from frontdesk.domain.errors import MalformedError
from frontdesk.server.problems import BadJsonError, InvalidFieldsError, UnsupportedMediaError, mistakes_of

MAX_BODY_BYTES = 65_536
"""Largest body of any request but uploads and those below; a message has at most 8,000 characters, 32 kB."""
MAX_OPENAI_BODY_BYTES = 262_144
"""OpenAI clients send the whole conversation each time."""
_MAX_FORM_FIELDS = 100


class Body(BaseModel):
    """A request body: no unknown fields, no converted types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


async def read_body(request: Request, model: type[ModelT], *, is_optional: bool = False) -> ModelT:
    """The request's body as a model. An optional body may be missing altogether.

    Raises:
        UnsupportedMediaError: not JSON, compressed, or in another encoding than UTF-8.
        BadJsonError: not readable as JSON, or nested too deeply.
        InvalidFieldsError: readable, and a field is wrong, missing or unknown.
        TooLargeError: from the layer that counts the bytes.
    """
    body = await request.body()
    if not body and is_optional:
        return model()
    _check_media(request.headers)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            reason = str(first.get("ctx", {}).get("error", "it cannot be parsed"))
            raise BadJsonError(f"The body is not valid JSON: {reason}.") from None
        raise InvalidFieldsError(mistakes_of(error)) from None


async def read_file_body(request: Request, media_types: Sequence[str]) -> tuple[bytes, str]:
    """The request's body as it is, and the media type it is said to have.

    Raises:
        UnsupportedMediaError: compressed, or of none of these types.
        TooLargeError: from the layer that counts the bytes.
    """
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = kind.strip().lower()
    if media_type not in media_types:
        raise UnsupportedMediaError(f"Send a file as one of {', '.join(media_types)}.", field="Content-Type")
    if media_type == "text/plain":
        _check_charset(parameters)
    _check_encoding(request.headers)
    return await request.body(), media_type


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that a page of ours has sent; of a field given twice, the last.

    Raises:
        UnsupportedMediaError: not `application/x-www-form-urlencoded`.
        MalformedError: more fields than any of our forms has.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMediaError(
            "Send the form as Content-Type: application/x-www-form-urlencoded.", field="Content-Type"
        )
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS))
    except ValueError:
        raise MalformedError(f"A form has at most {_MAX_FORM_FIELDS} fields.") from None


def json_response(value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, headers, media_type="application/json")


def _check_media(headers: Mapping[str, str]) -> None:
    kind, _, parameters = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise UnsupportedMediaError("Send the body as Content-Type: application/json.", field="Content-Type")
    _check_charset(parameters)
    _check_encoding(headers)


def _check_charset(parameters: str) -> None:
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaError("Send the body in UTF-8.", field="Content-Type")


def _check_encoding(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaError("Send the body uncompressed.", field="Content-Encoding")
