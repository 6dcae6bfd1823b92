"""connectors.yaml, once it is right, as sources."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from frontdesk.domain.connector import ArgumentSpec, FieldSpec, FieldType, OperationSpec
from frontdesk.domain.connector_source import (
    Amounts,
    Bounds,
    ConnectorSource,
    Encoding,
    FieldSource,
    HttpOperation,
    HttpSource,
    McpOperation,
    McpSource,
    Method,
    PythonOperation,
    PythonSource,
    ReplyShape,
    SqlOperation,
    SqlSource,
)
from frontdesk.releases.connectors_entries import (
    ArgumentEntry,
    ConnectorEntry,
    ConnectorsFile,
    FieldEntry,
    HttpEntry,
    McpEntry,
    OperationEntry,
    PythonEntry,
    SqlEntry,
)

_BOUNDS = tuple(Bounds.__dataclass_fields__)


def to_sources(written: ConnectorsFile) -> tuple[ConnectorSource, ...]:
    """Short forms are written out."""
    return tuple(_to_source(name, entry) for name, entry in written.connectors.items())


def transport_of(entry: ConnectorEntry) -> HttpEntry | McpEntry | SqlEntry | PythonEntry | None:
    """How it is reached; None where none or several are written."""
    found = [one for one in (entry.http, entry.mcp, entry.sql, entry.python) if one is not None]
    return found[0] if len(found) == 1 else None


def to_field(entry: FieldEntry | FieldType) -> FieldEntry:
    return entry if isinstance(entry, FieldEntry) else FieldEntry(type=entry)


def to_argument(entry: ArgumentEntry | FieldType) -> ArgumentEntry:
    return entry if isinstance(entry, ArgumentEntry) else ArgumentEntry(type=entry)


def _to_source(name: str, entry: ConnectorEntry) -> ConnectorSource:
    way = transport_of(entry)
    shared: dict[str, Any] = {
        "name": name,
        "title": entry.title,
        "bounds": Bounds(**{key: getattr(way, key) for key in _BOUNDS}),
    }

    def made(make: Callable[[OperationSpec, OperationEntry, ReplyShape, Amounts], Any]) -> tuple[Any, ...]:
        return tuple(
            make(_to_spec(name, short, entry, one), one, _to_shape(one, amounts), amounts)
            for short, one in entry.operations.items()
        )

    amounts: Amounts = way.amounts if way else "decimal"
    match way:
        case HttpEntry():
            return HttpSource(
                **shared,
                operations=made(_to_http),
                base_url=way.base_url.rstrip("/"),
                auth=way.auth,
                headers=way.headers,
                key_header=way.key_header,
                error_text=way.error_text,
                error_fields=way.error_fields,
                content_types=way.content_types,
                ca_file=way.ca_file,
                openapi=way.openapi,
            )
        case McpEntry():
            return McpSource(
                **shared,
                operations=made(_to_mcp),
                command=way.command,
                environment=way.environment,
                folder=way.folder,
                url=way.url,
                auth=way.auth,
                headers=way.headers,
                ca_file=way.ca_file,
            )
        case SqlEntry():
            return SqlSource(**shared, operations=made(_to_sql), url_env=way.url_env, file=way.file)
        case PythonEntry():
            return PythonSource(**shared, operations=made(_to_python), folder=way.folder)
        case None:
            raise ValueError(name)  # checked before


def _to_spec(connector: str, name: str, entry: ConnectorEntry, operation: OperationEntry) -> OperationSpec:
    arguments = {key: to_argument(one) for key, one in operation.arguments.items()}
    fields = {key: to_field(one) for key, one in operation.fields.items()}
    return OperationSpec(
        connector=connector,
        name=name,
        title=operation.title or entry.title,
        kind=operation.kind,
        arguments=tuple(
            ArgumentSpec(
                name=key,
                type=one.type,
                bind=one.bind,
                is_required=one.is_required,
                max_chars=one.max_chars,
                choices=one.choices,
            )
            for key, one in arguments.items()
        ),
        fields=tuple(
            FieldSpec(
                name=key,
                type=one.type,
                max_chars=one.max_chars,
                choices=one.choices,
                is_required=one.is_required,
                is_private=one.is_private,
            )
            for key, one in fields.items()
        ),
        is_list=operation.is_list,
        owner_field=operation.owner_field,
        needs=operation.needs,
        timeout_s=operation.timeout_s,
        cache_s=operation.cache_s,
        per_customer_day=operation.per_customer_day,
        max_amount=operation.max_amount,
        read_back=operation.read_back,
        keeps_keys=operation.keeps_keys,
    )


def _to_shape(operation: OperationEntry, amounts: Amounts) -> ReplyShape:
    fields = {key: to_field(one) for key, one in operation.fields.items()}
    return ReplyShape(
        rows=operation.rows,
        fields={
            key: FieldSource(
                at=one.at or key, encoding=_encoding(one, amounts), currency=one.currency, values=one.values
            )
            for key, one in fields.items()
        },
    )


def _encoding(field: FieldEntry, amounts: Amounts) -> Encoding:
    return field.encoding or (amounts if field.type == "money" else "")


def _to_http(spec: OperationSpec, entry: OperationEntry, shape: ReplyShape, amounts: Amounts) -> HttpOperation:
    method, _, path = entry.request.partition(" ")
    known: dict[str, Method] = {name: name for name in get_args(Method)}
    return HttpOperation(
        spec=spec,
        method=known[method],
        path=path.strip(),
        query=_texts(entry.query),
        body=entry.body,
        form=_texts(entry.form),
        amounts=amounts,
        currency=entry.currency,
        pages=entry.pages,
        failures=entry.failures,
        reply=shape,
    )


def _texts(values: Mapping[str, str | int | float | bool]) -> Mapping[str, str]:
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()}


def _to_mcp(spec: OperationSpec, entry: OperationEntry, shape: ReplyShape, amounts: Amounts) -> McpOperation:
    return McpOperation(
        spec=spec,
        tool=entry.tool,
        pin=entry.pin,
        send=entry.send,
        amounts=amounts,
        currency=entry.currency,
        key_argument=entry.key_argument,
        reply=shape,
    )


def _to_sql(spec: OperationSpec, entry: OperationEntry, shape: ReplyShape, _: Amounts) -> SqlOperation:
    return SqlOperation(spec=spec, query=entry.sql, reply=shape)


def _to_python(spec: OperationSpec, entry: OperationEntry, shape: ReplyShape, _: Amounts) -> PythonOperation:
    return PythonOperation(spec=spec, function=entry.function, reply=shape)
