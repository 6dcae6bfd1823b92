"""connectors.yaml as it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Tag

from frontdesk.domain.connector import MAX_TEXT_CHARS, FailureKind, FieldType, Need
from frontdesk.domain.connector_source import Amounts, Auth, Encoding, Pages
from frontdesk.domain.localised import Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEntry:
    """A field of what an operation returns."""

    type: FieldType
    """What it is."""
    at: str = ""
    """Path to it in a record; its own name where it is not written."""
    max_chars: int = MAX_TEXT_CHARS
    """A longer text is malformed, not cut."""
    choices: tuple[str, ...] = ()
    """Of `choice`: the values there are."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of `choice`: the system's words, and which of the choices each means."""
    is_required: bool = True
    """Whether a record without it is malformed."""
    is_private: bool = False
    """Used in conditions and arguments, and never said, shown or kept."""
    encoding: Encoding = ""
    """How the system writes it, where that isn't the usual way."""
    currency: str = ""
    """Of `minor_units`: the field with the currency, or the currency itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentEntry:
    """An argument of an operation."""

    type: FieldType
    """What it is."""
    bind: Literal["", "subject"] = ""
    """`subject`: the verified customer. A workflow can't set it."""
    is_required: bool = True
    """Whether the operation can't be called without it."""
    max_chars: int = 200
    """A longer text is not sent."""
    choices: tuple[str, ...] = ()
    """Of `choice`: the values there are."""


def _tag(value: Any) -> str:
    return "<type>" if isinstance(value, str) else "<entry>"


_Field = Annotated[Annotated[FieldEntry, Tag("<entry>")] | Annotated[FieldType, Tag("<type>")], Discriminator(_tag)]
_Argument = Annotated[
    Annotated[ArgumentEntry, Tag("<entry>")] | Annotated[FieldType, Tag("<type>")], Discriminator(_tag)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEntry:
    """One thing that a system does."""

    title: Localised = field(default_factory=dict)
    """As customers read it; the connector's title where it is not written."""
    kind: Literal["read", "effect"] = "read"
    """An effect changes something out there."""
    needs: Need = "verified"
    """Who may use it."""
    arguments: Mapping[str, _Argument] = field(default_factory=dict)
    """What it is told, by name."""
    fields: Mapping[str, _Field] = field(default_factory=dict)
    """What it returns, by name."""
    is_list: bool = False
    """Whether it returns any number of records."""
    rows: str = ""
    """Path to the record, or to the list of them."""
    owner_field: str = ""
    """The field that must name the verified customer in every record."""
    timeout_s: float = 2.0
    """For one attempt."""
    cache_s: float = 0.0
    """Seconds for which the same customer's same question may be answered from memory."""
    per_customer_day: int = 0
    """Effects a customer may have in 24 hours; 0 sets no bound."""
    max_amount: Decimal | None = None
    """The largest amount that needs no person."""
    read_back: str = ""
    """The read operation that finds an effect by its `key`."""
    keeps_keys: bool = True
    """Whether the system answers a second call with the same key with the first one's result."""
    request: str = ""
    """Of `http`: method and path, such as `GET /orders/{order}`."""
    query: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Of `http`: parameters behind the path."""
    body: Any = None
    """Of `http`: sent as JSON."""
    form: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Of `http`: sent as a form."""
    pages: Pages | None = None
    """Of `http`: how a long list is read on."""
    failures: Mapping[int, FailureKind] = field(default_factory=dict)
    """Of `http`: what a status means, where it isn't the usual."""
    tool: str = ""
    """Of `mcp`: the tool's name."""
    pin: str = ""
    """Of `mcp`: digest of the tool's schema as it was agreed to."""
    send: Mapping[str, Any] = field(default_factory=dict)
    """Of `mcp`: what the tool is given."""
    key_argument: str = ""
    """Of `mcp`: the tool's argument that takes the key of an effect."""
    currency: str = ""
    """Of money that is sent in minor units: the argument with the currency, or the currency itself."""
    sql: str = ""
    """Of `sql`: one SELECT with `:argument` in it."""
    function: str = ""
    """Of `python`: `module:function`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounded:
    requests_per_minute: int = 0
    """The system's own limit, kept here so that it is not run into; 0 where there is none."""
    max_concurrency: int = 16
    """Calls at the same time."""
    max_bytes: int = 1_000_000
    """A longer reply is malformed."""
    attempts: int = 3
    """Of one call, the first included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpEntry(_Bounded):
    """A system that is spoken to over HTTP."""

    base_url: str
    """An address, or `simulator:backoffice`."""
    auth: Auth = field(default_factory=Auth)
    """How we prove who we are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request; no secrets."""
    amounts: Amounts = "decimal"
    """How it writes money."""
    key_header: str = "Idempotency-Key"
    """Carries the key of an effect; empty sends none."""
    error_text: str = ""
    """Path to the reason in a refusal's JSON."""
    error_fields: str = ""
    """Path to an object there that says what is wrong with each field."""
    content_types: tuple[str, ...] = ("application/json", "text/json")
    """A reply of another type is malformed."""
    ca_file: str = ""
    """Certificates to trust in place of the machine's."""
    openapi: str = ""
    """The OpenAPI document that the mapping is checked against: a file, or a path of the system, such as `/openapi.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpEntry(_Bounded):
    """A server of the Model Context Protocol."""

    command: tuple[str, ...] = ()
    """Starts it as a process that is spoken to over its standard input and output."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variable of the process > variable of ours that it takes its value from."""
    folder: str = ""
    """Where it is started."""
    url: str = ""
    """Its address, where it runs elsewhere."""
    auth: Auth = field(default_factory=Auth)
    """How we prove who we are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request; no secrets."""
    amounts: Amounts = "decimal"
    """How it writes money."""
    ca_file: str = ""
    """Certificates to trust in place of the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlEntry(_Bounded):
    """A database that is only read."""

    url_env: str = ""
    """Variable with its address."""
    file: str = ""
    """A SQLite file, in place of an address."""
    amounts: Amounts = "decimal"
    """How it keeps money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonEntry(_Bounded):
    """Functions of one's own."""

    folder: str = ""
    """Searched for the modules before anything else; the assistant folder where it is not written."""
    amounts: Amounts = "decimal"
    """How they return money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorEntry:
    """A system with its operations."""

    title: Localised
    """What customers read it is called, as in "the order system"."""
    operations: Mapping[str, OperationEntry]
    """By their names."""
    http: HttpEntry | None = None
    """Where it is spoken to over HTTP."""
    mcp: McpEntry | None = None
    """Where it is a server of the Model Context Protocol."""
    sql: SqlEntry | None = None
    """Where it is a database."""
    python: PythonEntry | None = None
    """Where it is functions of one's own. One of the four is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorsFile:
    """connectors.yaml"""

    connectors: Mapping[str, ConnectorEntry] = field(default_factory=dict)
    """By their names."""


SCHEMAS: tuple[Any, ...] = (
    ConnectorsFile,
    ConnectorEntry,
    HttpEntry,
    McpEntry,
    SqlEntry,
    PythonEntry,
    OperationEntry,
    FieldEntry,
    ArgumentEntry,
    Auth,
    Pages,
)
for _schema in SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")
KNOWN = {name for part in SCHEMAS for name in part.__dataclass_fields__}
