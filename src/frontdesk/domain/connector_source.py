"""Where other systems are and how they are spoken to, as connectors.yaml says it; what they do is an `OperationSpec`.

Files and folders are named as they are written: whole, or from the assistant folder on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.connector import FailureKind, OperationSpec
from frontdesk.domain.localised import Localised

Amounts = Literal["decimal", "minor_units", "text"]
"""How a system writes money: a number in the main unit, a whole number of cents, or text such as `"12.50"`."""
Encoding = Literal["", "decimal", "minor_units", "text", "seconds", "milliseconds", "utc"]
"""How a system writes one field: an amount as above, a number or a yes as text, a time as seconds or milliseconds since
1970, or as a time without a zone that means UTC. Empty is what JSON has for it, and ISO 8601 for dates and times."""
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
JsonTemplate = None | bool | int | float | str | list["JsonTemplate"] | dict[str, "JsonTemplate"]
"""A JSON value whose texts may hold `{argument}`."""
SIMULATOR = "simulator:"
"""Begins the `base_url` of a system that `frontdesk simulate` plays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSource:
    """Where a field is found in a record, and how it is written there."""

    at: str
    """Path inside the record; see `domain.record_path`."""
    encoding: Encoding = ""
    currency: str = ""
    """Of `minor_units`: the field that names the currency, or the currency itself."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of `choice`: the system's word > ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyShape:
    """How records are found in what a system returns."""

    rows: str = ""
    """Path to the record, or to the list of them; empty is the whole reply."""
    fields: Mapping[str, FieldSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How we prove who we are. Secrets are named by environment variables, and never written down."""

    kind: Literal["none", "bearer", "header", "basic", "query", "client_credentials"] = "none"
    """What is sent: nothing, `Authorization: Bearer`, a header or parameter of its own, a name and password, or a token
    that is asked for first."""
    secret_env: str = ""
    """Variable with the token, key, password or client secret."""
    user_env: str = ""
    """Of `basic` and `client_credentials`: variable with the user's name or client id."""
    name: str = ""
    """Of `header` and `query`: what the header or parameter is called."""
    token_path: str = ""
    """Of `client_credentials`: path below `base_url`, or whole address, where tokens are given out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one process asks of a system at most, and takes from it."""

    requests_per_minute: int = 0
    """The system's own limit, kept here so that it is not run into; 0 where there is none."""
    max_concurrency: int = 16
    """Calls at the same time; more of them wait."""
    max_bytes: int = 1_000_000
    """A longer reply is malformed."""
    attempts: int = 3
    """Of one call, the first included, as far as its deadline allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How a long list is read on; at most `max_pages` and MAX_ROWS records."""

    kind: Literal["page", "cursor", "last_record", "link", "next_url"]
    """
    page         `parameter` counts up from `first`
    cursor       `parameter` takes the value found at `at`
    last_record  `parameter` takes the value found at `at` in the last record, while `more_at` is true
    link         the `Link` header names the next page
    next_url     the value found at `at` is its address, on the same host
    """
    parameter: str = ""
    """The parameter that says which page."""
    at: str = ""
    """Path to what leads on."""
    more_at: str = ""
    """Path to a yes or no that tells whether there is more."""
    first: int = 1
    """Of `page`: the first page's number."""
    page_size: int = 0
    """Of `page`: a page with fewer records is the last one."""
    max_pages: int = 5
    """More are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOperation:
    spec: OperationSpec
    method: Method
    path: str
    """Below `base_url`; may hold `{argument}`."""
    query: Mapping[str, str] = field(default_factory=dict)
    """A parameter whose arguments are all missing is left out."""
    body: JsonTemplate = None
    """Sent as JSON."""
    form: Mapping[str, str] = field(default_factory=dict)
    """Sent as a form, in place of a body."""
    amounts: Amounts = "decimal"
    """How `money` arguments are sent."""
    currency: str = ""
    """Of `minor_units`: the argument that names the currency of money that is sent, or the currency itself."""
    pages: Pages | None = None
    failures: Mapping[int, FailureKind] = field(default_factory=dict)
    """What a status means, where it isn't the usual."""
    reply: ReplyShape = field(default_factory=ReplyShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSource:
    """A system that is spoken to over HTTP."""

    name: str
    title: Localised
    base_url: str
    """An address, or `simulator:backoffice`."""
    operations: tuple[HttpOperation, ...]
    auth: Auth = field(default_factory=Auth)
    headers: Mapping[str, str] = field(default_factory=dict)
    key_header: str = "Idempotency-Key"
    """Carries the key of an effect; empty sends none."""
    error_text: str = ""
    """Path to the reason in a refusal's JSON."""
    error_fields: str = ""
    """Path to an object there that says what is wrong with each field."""
    content_types: tuple[str, ...] = ("application/json", "text/json")
    """A reply of another type is malformed; types that end in `+json` are always taken."""
    ca_file: str = ""
    """Certificates to trust in place of the machine's. There is no way not to check them."""
    openapi: str = ""
    """The system's OpenAPI document: a file, or a path of the system that begins with a slash."""
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpOperation:
    spec: OperationSpec
    tool: str
    pin: str
    """`sha256:…` of the tool's schema as it was agreed to; another one is refused."""
    send: Mapping[str, JsonTemplate] = field(default_factory=dict)
    """What the tool is given; every argument under its own name where nothing is written."""
    amounts: Amounts = "decimal"
    currency: str = ""
    key_argument: str = ""
    """The tool's argument that takes the key of an effect."""
    reply: ReplyShape = field(default_factory=ReplyShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSource:
    """A server of the Model Context Protocol: a process of ours, or an address."""

    name: str
    title: Localised
    operations: tuple[McpOperation, ...]
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variable of the process > variable of ours that it takes its value from. It gets no others but PATH, HOME, LANG."""
    folder: str = ""
    """Where the process is started; the assistant folder where it is empty."""
    url: str = ""
    auth: Auth = field(default_factory=Auth)
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: str = ""
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOperation:
    spec: OperationSpec
    query: str
    """One SELECT with `:argument` for each argument."""
    reply: ReplyShape = field(default_factory=ReplyShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSource:
    """A database that is only read."""

    name: str
    title: Localised
    operations: tuple[SqlOperation, ...]
    url_env: str = ""
    """Variable with its address, such as `postgresql://user:password@host/database`."""
    file: str = ""
    """A SQLite file, in place of an address."""
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonOperation:
    spec: OperationSpec
    function: str
    """`module:function`. It is called with the arguments by name, and `key` for an effect where it takes one."""
    reply: ReplyShape = field(default_factory=ReplyShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonSource:
    """Functions of one's own."""

    name: str
    title: Localised
    operations: tuple[PythonOperation, ...]
    folder: str = ""
    """Searched for the modules before anything else; the assistant folder where it is empty."""
    bounds: Bounds = field(default_factory=Bounds)


ConnectorSource = HttpSource | McpSource | SqlSource | PythonSource
Operation = HttpOperation | McpOperation | SqlOperation | PythonOperation


def operations_of(sources: Iterable[ConnectorSource]) -> Mapping[str, OperationSpec]:
    """What all systems do for us, by qualified name."""
    specs = (operation.spec for source in sources for operation in source.operations)
    return {spec.qualified: spec for spec in specs}
