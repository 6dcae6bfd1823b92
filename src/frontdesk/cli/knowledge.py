"""`knowledge sync|status|search`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import complain, err, harmless, out, print_json, progress_of_ingest
from frontdesk.domain.conversation import PUBLIC, Audiences
from frontdesk.domain.turn import RetrievalResult
from frontdesk.releases import read_assistant
from frontdesk.settings import Settings

if TYPE_CHECKING:
    from frontdesk.ingest import IngestReport


def sync(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Seal also when far fewer documents came than last time.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read the documents in and seal a snapshot. Only what changed is embedded. Exit code 1 when it was refused."""
    from frontdesk.bootstrap import (  # noqa: PLC0415  (half a second)
        book_apart,
        open_embedder,
        open_meter,
        sync_knowledge,
    )

    settings = settings_for(assistant, data_dir)
    content = read_assistant(settings.assistant_dir)
    meter = open_meter(settings)
    try:
        with progress_of_ingest() as tell:
            report = sync_knowledge(settings, content, open_embedder(settings, meter=meter), progress=tell, force=force)
    finally:
        book_apart(settings, meter)
    if as_json:
        print_json(_as_json(report))
    else:
        _print_report(report)
    raise typer.Exit(1 if report.is_refused else 0)


def status(assistant: AssistantOption = None, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """What the newest snapshot holds."""
    from frontdesk.bootstrap import open_snapshot, read_overlay  # noqa: PLC0415  (half a second)

    settings = settings_for(assistant, data_dir)
    index = open_snapshot(settings)
    manifest = index.manifest
    withdrawn = [one for one in asyncio.run(read_overlay(settings)).documents if index.document(one)]
    facts: dict[str, Any] = {
        "snapshot_id": manifest.snapshot_id,
        "created_at": manifest.created_at.isoformat(),
        "documents": manifest.document_count,
        "withdrawn": len(withdrawn),
        "chunks": manifest.chunk_count,
        "languages": dict(manifest.languages),
        "audiences": dict(manifest.audiences),
        "embedder": manifest.embedder or None,
    }
    if as_json:
        print_json(facts)
        return
    facts["embedder"] = manifest.embedder or "none (lexical search only)"
    for name, value in facts.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        out.print(f"{name:12} {shown}", markup=False)


def search(
    question: Annotated[str, typer.Argument(help="What a customer would write.")],
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    audience: Annotated[
        list[str] | None, typer.Option("--audience", help="What the asker may see besides public.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="ISO 639-1; empty detects it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Search as a turn would, and show why. Exit code 1 when nothing was found."""
    audiences = Audiences(labels=frozenset({PUBLIC, *(audience or ())}))
    found = asyncio.run(_search(settings_for(assistant, data_dir), question, language, audiences))
    if as_json:
        print_json(
            {
                "query": found.query.text,
                "confidence": round(found.confidence, 4),
                "level": found.level,
                "degraded": list(found.degraded),
                "passages": [
                    {
                        "chunk_id": passage.chunk_id,
                        "document_id": passage.document_id,
                        "title": passage.title,
                        "url": passage.url,
                        "audience": passage.audience,
                        "score": round(passage.score, 4),
                        "lexical_score": passage.lexical_score,
                        "dense_score": passage.dense_score,
                        "text": passage.text,
                    }
                    for passage in found.passages
                ],
            }
        )
        raise typer.Exit(0 if found.passages else 1)
    out.print(f"confidence {found.confidence:.3f} ({found.level}) {' '.join(found.degraded)}", style="bold")
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name, justify in (("score", "right"), ("bm25", "right"), ("cosine", "right"), ("passage", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for passage in found.passages:
        trail = " › ".join(passage.breadcrumb) or passage.title
        table.add_row(
            f"{passage.score:.2f}",
            "" if passage.lexical_score is None else f"{passage.lexical_score:.1f}",
            "" if passage.dense_score is None else f"{passage.dense_score:.2f}",
            harmless(f"{trail}\n{passage.text[:200].strip()}\n"),
        )
    out.print(table)
    raise typer.Exit(0 if found.passages else 1)


async def _search(settings: Settings, question: str, language: str, audiences: Audiences) -> RetrievalResult:
    from frontdesk.bootstrap import read_overlay, search_knowledge  # noqa: PLC0415  (half a second)

    overlay = await read_overlay(settings)
    return await search_knowledge(
        settings, question, language=language, audiences=audiences, withdrawn=overlay.documents
    )


def _print_report(report: "IngestReport") -> None:
    for item in report.quarantined:
        err.print(
            f"kept out  {item.source}/{item.path}: {item.reason}, {harmless(item.detail)}", style="yellow", markup=False
        )
    for note in report.notes:
        err.print(note, style="yellow", markup=False)
    if report.manifest is None:
        complain(f"nothing was sealed: {report.refused}")
        return
    diff = report.diff
    out.print(
        f"{report.manifest.snapshot_id}  {report.accepted} documents, {report.chunks} chunks"
        f"  (+{len(diff.added)} ~{len(diff.changed)} -{len(diff.removed)}; {report.embedded} embedded, {report.cached} known)",
        markup=False,
    )


def _as_json(report: "IngestReport") -> dict[str, Any]:
    return {
        "snapshot_id": report.manifest.snapshot_id if report.manifest else None,
        "refused": report.refused or None,
        "is_new": report.is_new,
        "accepted": report.accepted,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "cached": report.cached,
        "added": list(report.diff.added),
        "changed": list(report.diff.changed),
        "removed": list(report.diff.removed),
        "quarantined": [
            {"source": item.source, "path": item.path, "reason": item.reason, "detail": item.detail}
            for item in report.quarantined
        ],
        "notes": list(report.notes),
        "seconds": dict(report.seconds),
    }
