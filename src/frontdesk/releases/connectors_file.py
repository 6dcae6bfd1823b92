"""connectors.yaml: the systems that workflows read from and act on.

    connectors:
      shop:                                        # workflows call `shop.orders`
        title: {en: the order system, de: das Bestellsystem}
        http:                                      # or mcp, sql, python
          base_url: https://shop.example/api/v2    # or simulator:backoffice, which `frontdesk up` runs
          auth: {kind: bearer, secret_env: SHOP_TOKEN}     # secrets are named by variables, never written here
          amounts: text                            # how it writes money: decimal (default), minor_units or text
          error_text: error.message                # where a refusal says why
          error_fields: error.fields               # and where it says so of each field
          openapi: openapi/shop.json               # optional: a file, checked whenever the folder is read, or a path such
                                                   # as /openapi.json, which `frontdesk doctor` asks the system for
        operations:
          orders:
            title: {en: your orders}
            arguments:
              customer: {type: id, bind: subject}  # comes from the verified session, and from nowhere else
              status: {type: choice, choices: [open, shipped], is_required: false}
            request: GET /customers/{customer}/orders
            query: {status: "{status}", limit: "50"}
            rows: data.orders                      # path to the record, or to the list of them
            is_list: true
            fields:
              order_id: {type: id, at: id}         # `at` is the field's own name where it is not written
              customer_id: {type: id, at: customer.id, is_private: true}
              status: {type: choice, choices: [open, shipped, cancelled], values: {OPEN: open, SENT: shipped}}
              total: money
              currency: text
              shipped_at: {type: time, is_required: false}
            owner_field: customer_id               # every record must name the verified customer here
            cache_s: 20
          refund:
            title: {en: the refund}
            kind: effect                           # needs a confirmation and has a key; read is the default
            needs: stepped_up                      # anyone, verified (default) or stepped_up
            arguments:
              order: id
              amount: money
            request: POST /orders/{order}/refunds
            body: {amount: "{amount}", note: "Asked for in the chat"}
            fields: {refund_id: {type: id, at: id}, status: text}
            max_amount: 200
            per_customer_day: 2
            # Where the system does not know keys: keeps_keys: false and read_back: refund_by_key, a read operation
            # with the argument `key` that finds the effect again.

Everything about an operation
    title, kind, needs, arguments, fields, is_list, rows, owner_field, timeout_s (2, for one attempt), cache_s,
    per_customer_day, max_amount, read_back, keeps_keys (true), and how it is asked for, by transport below.
Types of arguments and fields
    text, id, email, number, money, date, time, yes_no, choice. A name alone stands for `{type: …}`. Money is a decimal
    number in the main unit whatever the system writes. Text longer than `max_chars` (500), another choice, a missing
    field that `is_required` (true), or an amount written in another way makes the call fail as malformed.
    `encoding` says how one field is written: text, decimal, minor_units, seconds | milliseconds since 1970 for dates and
    times, or utc for times that have no zone. `minor_units` needs `currency`: a field (or, for amounts that are sent, an argument), or a code like EUR.
Paths
    status · customer.address.city · properties."hs.name" · parts[0].number · parts[-1].number ·
    meta[key=size].value · lines[*].title (joined by commas) · closed_at | updated_at (the first that is there)
http
    base_url, auth, headers, amounts, key_header (Idempotency-Key; "" sends none), error_text, error_fields, openapi,
    content_types, ca_file, and for all transports the bounds requests_per_minute, max_concurrency (16), max_bytes (1000000),
    attempts (3). auth: {kind: bearer, secret_env} · {kind: header, name, secret_env} · {kind: query, name, secret_env} ·
    {kind: basic, user_env, secret_env?} · {kind: client_credentials, user_env, secret_env, token_path}.
    Of an operation: request, query, body (JSON) or form, failures ({409: rejected}), and
    pages: {kind: page, parameter: page, page_size: 50} · {kind: cursor, parameter: after, at: paging.next.after} ·
    {kind: last_record, parameter: starting_after, at: id, more_at: has_more} · {kind: link} · {kind: next_url, at: next};
    at most max_pages (5) of them and 100 records are read.
    `{argument}` fills in an argument, `{key}` the key of an effect. A parameter or a member of a body that is nothing
    but an argument which was not given is left out.
mcp
    command: [python, -m, my_server] with environment: {API_KEY: MY_VARIABLE} and folder, or url with auth and headers.
    Of an operation: tool, pin (`frontdesk connector pin` writes it), send ({query: "{text}"}; by default every argument
    under its own name), key_argument, rows and fields of what the tool returns as JSON.
sql
    url_env: WAREHOUSE_URL, or file: data/shop.db. Of an operation: sql, one SELECT with :argument in it; reads only.
python
    folder: . (searched first). Of an operation: function: my_shop.rules:open_refunds, called with the arguments by name;
    it returns a record or a list of them, as dicts.
"""

from collections.abc import Iterator
from pathlib import Path

from frontdesk.domain.connector_source import ConnectorSource, HttpSource
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.releases.connectors_checks import check_connectors
from frontdesk.releases.connectors_entries import KNOWN, ConnectorsFile
from frontdesk.releases.connectors_made import to_sources
from frontdesk.releases.connectors_openapi import mismatches
from frontdesk.releases.openapi_document import read_document
from frontdesk.releases.yaml_files import YamlFile, read_yaml

FILE = "connectors.yaml"


def read_connectors(folder: Path) -> tuple[ConnectorSource, ...]:
    """The systems of an assistant folder, in their order; none where there is no such file.

    Raises:
        ConfigError: every mistake, each as `file:line`.
    """
    problems: list[ConfigProblem] = []
    try:
        file = read_yaml(folder / FILE, ConnectorsFile, problems, known=KNOWN)
    except FileNotFoundError:
        return ()
    sources, found = resolve_connectors(file) if file is not None else (None, problems)
    if sources is None:
        raise ConfigError(found)
    return sources


def resolve_connectors(file: YamlFile) -> tuple[tuple[ConnectorSource, ...] | None, list[ConfigProblem]]:
    """The systems as they are written, with short forms written out; None where there are problems."""
    problems = list(check_connectors(file))
    if problems:
        return None, problems
    sources = to_sources(file.value)
    problems = [problem for source in sources for problem in _check_described(file, source)]
    return (None if problems else sources), problems


def _check_described(file: YamlFile, source: ConnectorSource) -> Iterator[ConfigProblem]:
    """A mapping against the OpenAPI document beside it; one at an address is looked at by the doctor."""
    if not isinstance(source, HttpSource) or not source.openapi or source.openapi.startswith("/"):
        return
    at = ("connectors", source.name)
    try:
        document = read_document(file.path.parent / source.openapi)
    except (OSError, ValueError) as error:
        message = f"`{source.name}`: {source.openapi} can't be read: {error}."
        yield ConfigProblem(where=file.where(*at, "http", "openapi"), message=message)
        return
    for found in mismatches(document, source):
        where = file.where(*at, "operations", found.operation, *found.key.split("."))
        message = f"`{source.name}.{found.operation}`: {found.message}."
        yield ConfigProblem(where=where, message=message, hint=found.hint)
