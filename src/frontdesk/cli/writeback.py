"""`writeback list|show|preview|resend|discard`: conversations on their way into the customer's record."""

import asyncio
from typing import Annotated, Any

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless, harmless_line, out, print_json
from frontdesk.cli.reaching import ask_server, running_address
from frontdesk.domain.errors import InputError
from frontdesk.settings import Settings

ConversationArgument = Annotated[str, typer.Argument(metavar="CONVERSATION", help="Its id, `conv_…`.")]
_PATH = "/v1/admin/integrations/write-backs"


def list_records(
    state: Annotated[
        str,
        typer.Option("--state", help="`stuck`, or one of queued, sending, sent, refused, dead, discarded."),
    ] = "stuck",
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Records in a state, changed last first; those that wait for a person where none is named.

    The server that runs on the data folder is asked, with a staff key: type it, or send it on standard input.
    """
    found = _ask(settings_for(data_dir=data_dir), "GET", f"{_PATH}?state={state}")
    if as_json:
        print_json(found["items"])
        return
    for item in found["items"]:
        out.print(f"{item['conversation_id']}  {item['state']}  since {item['queued_at']:.16}", markup=False)
        for error in item["errors"] or [{"field": "", "message": item["error"]}]:
            if error["message"]:
                out.print(f"    {_said(error)}", markup=False)
    if not found["items"]:
        err.print("There are none.", markup=False)


def show(conversation: ConversationArgument, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """How far one conversation has come. The running server is asked as for `list`."""
    _tell(_ask(settings_for(data_dir=data_dir), "GET", f"{_PATH}/{conversation}"), as_json)


def preview(conversation: ConversationArgument, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """A conversation's record as it would be sent now. The running server is asked as for `list`."""
    found = _ask(settings_for(data_dir=data_dir), "GET", f"{_PATH}/{conversation}/preview")
    if as_json:
        print_json(found)
        return
    for field in found["fields"]:
        out.print(f"{field['name']}: {harmless_line(field['text']) or '–'}", markup=False)
    for error in found["errors"]:
        err.print(f"Not to be sent so: {_said(error)}", markup=False)


def resend(
    conversation: Annotated[
        str | None, typer.Argument(metavar="[CONVERSATION]", help="Its id; without one, everything that is stuck.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A value in place of another.")
    ] = None,
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a stuck or discarded record again, with other values where some are given; or all that are stuck.

    The running server is asked as for `list`.
    """
    settings, mended = settings_for(data_dir=data_dir), dict(_pair(text) for text in values or [])
    if conversation is None:
        if mended:
            raise InputError("Name the conversation whose values these are.")
        told = _ask(settings, "POST", f"{_PATH}/resend")
        print_json(told) if as_json else out.print(f"Tried again: {told['resent']}", markup=False)
        return
    _tell(_ask(settings, "POST", f"{_PATH}/{conversation}/resend", json={"values": mended}), as_json)


def discard(
    conversation: ConversationArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who look later.")],
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never write a conversation, whatever is said in it later. The running server is asked as for `list`."""
    _tell(
        _ask(settings_for(data_dir=data_dir), "POST", f"{_PATH}/{conversation}/discard", json={"reason": reason}),
        as_json,
    )


def _ask(settings: Settings, method: str, path: str, **body: Any) -> dict[str, Any]:
    return asyncio.run(_asked(settings, method, path, **body))


async def _asked(settings: Settings, method: str, path: str, **body: Any) -> dict[str, Any]:
    address = await running_address(settings)
    if address is None:
        raise InputError(
            f"No server runs on {settings.data_dir}. Start one with `frontdesk serve` or `frontdesk up`: it knows the "
            "rules by which records are written."
        )
    return await ask_server(address, method, path, **body)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"`--set {harmless_line(text)}`: write it as FIELD=VALUE.")
    return name.strip(), value


def _tell(item: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(item)
        return
    out.print(f"{item['conversation_id']}: {item['state']}, written {item['versions']} times", markup=False)
    if item["reference"]:
        out.print(f"    there: {harmless_line(item['reference'])}", markup=False)
    if item["reason"]:
        out.print(f"    by {harmless(item['decided_by'])}: {harmless_line(item['reason'])}", markup=False)
    for error in item["errors"] or [{"field": "", "message": item["error"]}]:
        if error["message"]:
            out.print(f"    {_said(error)}", markup=False)


def _said(error: dict[str, str]) -> str:
    field = f"{harmless_line(error['field'])}: " if error["field"] else ""
    return f"{field}{harmless_line(error['message'])}"
