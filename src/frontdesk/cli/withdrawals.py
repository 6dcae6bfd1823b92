"""`knowledge withdraw|restore|withdrawn`: documents that no answer may rest on."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless, out, print_json
from frontdesk.cli.reaching import ask_server, server_in_the_way
from frontdesk.domain.overlay import Overlay, Withdrawal
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.settings import Settings
from frontdesk.turn.withdrawals import find_document

DocumentArgument = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Its path, with or without its source; its address; or its id.")
]
BY = "command line"
_PATH = "/v1/admin/knowledge/withdrawals"


def withdraw(
    document: DocumentArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who look later.")],
    data_dir: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a document out of every answer, search, suggestion and help page, whatever release is live.

    Running servers follow within a second, and it stays so until it is restored. While a server runs on the data
    folder this goes through that server, which asks for a staff key: type it, or send it on standard input.
    """
    decided = asyncio.run(_withdraw(settings_for(data_dir=data_dir), document, reason))
    _tell(decided, as_json)


def restore(document: DocumentArgument, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a withdrawn document in again. A running server is asked as for `withdraw`."""
    decided = asyncio.run(_restore(settings_for(data_dir=data_dir), document))
    _tell(decided, as_json)


def withdrawn(data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """The documents that are withdrawn, by whom and why; the last one first."""
    from frontdesk.bootstrap import open_snapshot, read_overlay  # noqa: PLC0415  (half a second)

    settings = settings_for(data_dir=data_dir)
    overlay = asyncio.run(read_overlay(settings))
    items = _listed(overlay, open_snapshot(settings)) if overlay.withdrawn else []
    if as_json:
        print_json(items)
        return
    for item in items:
        name = item["where"] or "(not in the newest snapshot)"
        out.print(f"{item['document_id']}  {harmless(name)}", markup=False)
        out.print(f"    {item['at']:.16} by {harmless(item['by'])}: {harmless(item['reason'])}", markup=False)
    if not items:
        err.print("Nothing is withdrawn.", markup=False)


async def _withdraw(settings: Settings, document: str, reason: str) -> dict[str, Any]:
    if address := await server_in_the_way(settings):
        return await ask_server(address, "POST", _PATH, json={"document": document, "reason": reason})
    return await _decide(settings, document, is_withdrawn=True, reason=reason)


async def _restore(settings: Settings, document: str) -> dict[str, Any]:
    from frontdesk.bootstrap import open_snapshot  # noqa: PLC0415

    if address := await server_in_the_way(settings):
        document_id = find_document(open_snapshot(settings), document)
        return await ask_server(address, "DELETE", f"{_PATH}/{document_id}")
    return await _decide(settings, document, is_withdrawn=False, reason="")


async def _decide(settings: Settings, document: str, *, is_withdrawn: bool, reason: str) -> dict[str, Any]:
    from frontdesk.bootstrap import decide_withdrawal, start_logging  # noqa: PLC0415

    start_logging(settings)
    return asdict(await decide_withdrawal(settings, document, is_withdrawn=is_withdrawn, reason=reason, by=BY))


def _tell(decided: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(decided)
        return
    name = harmless(decided["title"]) or decided["document_id"]
    if decided["is_withdrawn"]:
        said = "Withdrawn" if decided["is_changed"] else "Was withdrawn already"
    else:
        said = "Let in again" if decided["is_changed"] else "Was not withdrawn"
    out.print(f"{said}: {name}", markup=False)


def _listed(overlay: Overlay, index: KnowledgeIndex) -> list[dict[str, Any]]:
    return [_describe(change, index) for change in overlay.withdrawn.values()]


def _describe(change: Withdrawal, index: KnowledgeIndex) -> dict[str, Any]:
    document = index.document(change.document_id)
    return {
        "document_id": change.document_id,
        "title": document.title if document else "",
        "where": f"{document.source}/{document.path}" if document else "",
        "reason": change.reason,
        "by": change.by,
        "at": change.at.isoformat(),
    }
