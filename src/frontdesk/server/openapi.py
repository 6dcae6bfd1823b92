"""The OpenAPI 3.1 document, written from what the routes declare."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from frontdesk import __version__
from frontdesk.server.access import Access
from frontdesk.server.problems import OPENAI_PREFIX
from frontdesk.server.routes import Operation

_PROBLEM_STATUSES = {Access.PUBLIC: (), Access.CONVERSATION: (401, 404, 429), Access.STAFF: (401, 429)}
_BODY_STATUSES = (400, 413, 415, 422)
_FILE_STATUSES = (400, 413, 415)
_REF = "#/components/schemas/{model}"
_TITLES = {200: "Done", 201: "Made", 202: "Accepted, and still under way", 503: "Not ready"}


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    field: str | None = None
    errors: list[dict[str, str]] | None = None


def build_openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document. Every operation has its parameters, bodies, problems and credentials."""
    listed = [operation for operation in operations if operation.is_listed]
    paths: dict[str, Any] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Frontdesk", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {"schemas": _schemas(listed), "securitySchemes": _SECURITY_SCHEMES},
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in listed)],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    summary, _, description = (operation.handler.__doc__ or "").strip().partition("\n")
    document: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "tags": [operation.tag],
        "summary": summary.rstrip("."),
        "description": re.sub(r"\n +", "\n", description.strip()),
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": _SECURITY[operation.access],
        "x-access": operation.access.value,
    }
    if operation.takes is not None:
        is_required = any(field.is_required() for field in operation.takes.model_fields.values())
        document["requestBody"] = {"required": is_required, "content": {"application/json": _schema(operation.takes)}}
    if operation.takes_files:
        content = {
            media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in operation.takes_files
        }
        document["requestBody"] = {"required": True, "content": content}
    return document


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", operation.path)
    in_path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    others = [
        {
            "name": parameter.name,
            "in": parameter.where,
            "required": parameter.is_required,
            "description": parameter.text,
            "schema": {"type": "string"},
        }
        for parameter in operation.parameters
    ]
    return in_path + others


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, what in operation.gives.items():
        content: dict[str, Any] = {what: {}} if isinstance(what, str) else {"application/json": _schema(what)}
        if operation.also_streams and status == min(operation.gives):
            content["text/event-stream"] = {"schema": {"type": "string"}}
        responses[str(status)] = {"description": _TITLES.get(status, "Done"), "content": content}
    statuses = {*_PROBLEM_STATUSES[operation.access], *operation.problems, 500}
    if operation.takes is not None:
        statuses |= {*_BODY_STATUSES}
    if operation.takes_files:
        statuses |= {*_FILE_STATUSES}
    is_openai = operation.path.startswith(OPENAI_PREFIX)
    problem: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    if is_openai:
        problem = {"application/json": {"schema": _OPENAI_ERROR}}
    for status in sorted(statuses):
        responses.setdefault(str(status), {"description": "Problem", "content": problem})
    return responses


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": _REF.format(model=model.__name__)}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    taken: list[type[BaseModel]] = [operation.takes for operation in operations if operation.takes is not None]
    given: list[type[BaseModel]] = [
        what for operation in operations for what in operation.gives.values() if not isinstance(what, str)
    ]
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    wanted += [(model, "validation") for model in dict.fromkeys(taken)]
    given.append(Problem)
    wanted += [(model, "serialization") for model in dict.fromkeys(given)]
    _, document = models_json_schema(wanted, ref_template=_REF)
    schemas: dict[str, Any] = document["$defs"]
    return schemas


_DESCRIPTION = "Answers customers from a company's own knowledge, checked before anyone sees them. Errors are problem details after RFC 9457."
_SECURITY_SCHEMES = {
    "conversationToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that POST /v1/conversations gave for this one conversation.",
    },
    "staffKey": {"type": "http", "scheme": "bearer", "description": "A staff key, `fd_…`."},
}
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.CONVERSATION: [{"conversationToken": []}, {"staffKey": []}],
    Access.STAFF: [{"staffKey": []}],
}
_OPENAI_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
    },
}
