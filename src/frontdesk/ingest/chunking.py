"""Documents cut along their headings into pieces that fit the embedder's window."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from semantic_text_splitter import TextSplitter

from frontdesk.domain.ids import ChunkId
from frontdesk.domain.knowledge import Chunk, Document
from frontdesk.ingest.blocks import Block, scan_blocks
from frontdesk.text.hashing import content_hash

CountTokens = Callable[[str], int]

_LONGEST_TOKEN = 12
"""Characters per token at most. Word-piece vocabularies count a word of 100 characters or more as one unknown token."""
_WINDOW = 4_000
"""Characters handed to the splitter at once, whose time grows faster than its text."""
_BREADCRUMB_SHARE = 0.4
"""Most of a chunk's tokens that its breadcrumb may take; headings in the middle give way first. A guess."""
_PIECE = re.compile(r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\u9fff\uac00-\ud7af]|[^\W_]{1,6}|[^\w\s]|_")


def approximate_tokens(text: str) -> int:
    """About as many tokens as a word-piece vocabulary makes of it; for snapshots without an embedder."""
    return sum(1 for _ in _PIECE.finditer(text))


def chunk_document(document: Document, *, max_tokens: int, count_tokens: CountTokens) -> tuple[Chunk, ...]:
    """The chunks in order. Together they hold every word of the text but the headings, which their breadcrumbs carry.

    Args:
        max_tokens: upper bound per chunk, breadcrumb included, as `count_tokens` counts.
        count_tokens: the embedder's own count.

    Paragraphs, lists, tables and code stay whole where they fit. A table that does not fit is cut between rows, and
    every chunk after its first has the table's head as its last crumb.
    """
    seen: Counter[str] = Counter()
    chunks: list[Chunk] = []
    measure = _measure(count_tokens)
    for section in _sections(document):
        for piece in _cut_section(document.text, section, max_tokens, measure):
            chunks.append(_chunk(document, piece, len(chunks), seen))
    return tuple(chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    breadcrumb: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What is never cut again."""

    start: int
    end: int
    tokens: int
    head: str = ""
    """The head of its table, when the piece begins behind it."""
    breadcrumb: tuple[str, ...] = ()


def _measure(count_tokens: CountTokens) -> CountTokens:
    return lambda text: max(count_tokens(text), math.ceil(len(text) / _LONGEST_TOKEN))


def _sections(document: Document) -> Iterator[_Section]:
    """What lies between two headings, with the headings above it; a heading without words below it gives none."""
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for block in scan_blocks(document.text):
        if block.kind != "heading":
            blocks.append(block)
            continue
        if blocks:
            yield _Section(breadcrumb=_breadcrumb(document.title, path), blocks=tuple(blocks))
        blocks = []
        path = [*((level, title) for level, title in path if level < block.level), (block.level, block.title)]
    if blocks:
        yield _Section(breadcrumb=_breadcrumb(document.title, path), blocks=tuple(blocks))


def _breadcrumb(title: str, path: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Title and headings, none that repeats the one before it."""
    crumbs = [title] if title else []
    for _, heading in path:
        if not crumbs or heading.casefold() != crumbs[-1].casefold():
            crumbs.append(heading)
    return tuple(crumbs)


def _cut_section(text: str, section: _Section, max_tokens: int, measure: CountTokens) -> list[_Piece]:
    breadcrumb, taken = _fit_breadcrumb(section.breadcrumb, int(max_tokens * _BREADCRUMB_SHARE), measure)
    budget = max_tokens - taken
    pieces = [piece for block in section.blocks for piece in _pieces(text, block, budget, measure)]
    return [_placed(text, piece, breadcrumb) for piece in _pack(_glue(text, pieces, budget), budget)]


def _fit_breadcrumb(breadcrumb: tuple[str, ...], budget: int, measure: CountTokens) -> tuple[tuple[str, ...], int]:
    """The breadcrumb within its budget, and the tokens it takes."""
    tokens = measure(" › ".join(breadcrumb))
    while tokens > budget and breadcrumb:
        breadcrumb = _shorter(breadcrumb)
        tokens = measure(" › ".join(breadcrumb))
    return breadcrumb, tokens


def _shorter(breadcrumb: tuple[str, ...]) -> tuple[str, ...]:
    """Without the heading below the title; a last heading that stands alone is halved until nothing is left."""
    if len(breadcrumb) > 2:
        return (breadcrumb[0], *breadcrumb[2:])
    if len(breadcrumb) == 2:
        return breadcrumb[1:]
    half = breadcrumb[0][: len(breadcrumb[0]) // 2].rstrip()
    return (half,) if half else ()


def _pieces(text: str, block: Block, budget: int, measure: CountTokens) -> list[_Piece]:
    whole = _Piece(start=block.start, end=block.end, tokens=measure(text[block.start : block.end]))
    if whole.tokens <= budget:
        return [whole]
    if block.kind == "table":
        return _rows(text, block, budget, measure)
    spans = block.parts or ((block.start, block.end),)
    return [piece for start, end in spans for piece in _split(text, start, end, budget, measure)]


def _rows(text: str, block: Block, budget: int, measure: CountTokens) -> list[_Piece]:
    """The head with the first row, then row by row."""
    cells = text[slice(*block.parts[0])].split("|")
    head = " | ".join(cell.strip() for cell in cells if cell.strip())
    head_tokens = measure(" › " + head)
    if head_tokens > budget // 2:
        head, head_tokens = "", 0
    first = (block.parts[0][0], block.parts[min(2, len(block.parts) - 1)][1])
    pieces = _split(text, *first, budget, measure)
    for start, end in block.parts[3:]:
        for piece in _split(text, start, end, budget - head_tokens, measure):
            pieces.append(_Piece(start=piece.start, end=piece.end, tokens=piece.tokens, head=head))
    return pieces


def _split(text: str, start: int, end: int, budget: int, measure: CountTokens) -> list[_Piece]:
    """Cut at the best borders there are: lines, sentences, words, characters."""
    tokens = measure(text[start:end])
    if tokens <= budget:
        return [_Piece(start=start, end=end, tokens=tokens)]
    splitter = TextSplitter.from_callback(measure, max(1, budget))
    found: list[_Piece] = []
    for first, last in _windows(text, start, end):
        for offset, piece in splitter.chunk_indices(text[first:last]):
            at = first + offset
            found.append(_Piece(start=at, end=at + len(piece), tokens=measure(piece)))
    return found


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _WINDOW:
        border = max(
            text.rfind("\n", start + _WINDOW // 2, start + _WINDOW),
            text.rfind(". ", start + _WINDOW // 2, start + _WINDOW),
        )
        border = border if border > 0 else text.rfind(" ", start + _WINDOW // 2, start + _WINDOW)
        border = border + 1 if border > 0 else start + _WINDOW
        yield start, border
        start = border
    yield start, end


def _glue(text: str, pieces: list[_Piece], budget: int) -> list[_Piece]:
    """A line that announces what follows (it ends in a colon) stays with it."""
    glued: list[_Piece] = []
    for piece in pieces:
        before = glued[-1] if glued else None
        if (
            before
            and not piece.head
            and text[before.start : before.end].rstrip("*_ ").endswith(":")
            and before.tokens + piece.tokens <= budget
        ):
            glued[-1] = _Piece(start=before.start, end=piece.end, tokens=before.tokens + piece.tokens, head=before.head)
        else:
            glued.append(piece)
    return glued


def _pack(pieces: list[_Piece], budget: int) -> list[_Piece]:
    """Neighbours joined while they fit, into chunks of about the same length."""
    total = sum(piece.tokens for piece in pieces)
    wanted = total / max(1, math.ceil(total / max(1, budget)))
    packed: list[_Piece] = []
    for piece in pieces:
        before = packed[-1] if packed else None
        room = budget - (before.tokens if before else 0)
        if before and before.tokens < wanted and piece.tokens <= room:
            packed[-1] = _Piece(
                start=before.start, end=piece.end, tokens=before.tokens + piece.tokens, head=before.head
            )
        else:
            packed.append(piece)
    return packed


def _placed(text: str, piece: _Piece, breadcrumb: tuple[str, ...]) -> _Piece:
    words = text[piece.start : piece.end]
    start = piece.start + len(words) - len(words.lstrip())
    crumbs = (*breadcrumb, piece.head) if piece.head else breadcrumb
    return _Piece(start=start, end=start + len(words.strip()), tokens=piece.tokens, breadcrumb=crumbs)


def _chunk(document: Document, piece: _Piece, position: int, seen: Counter[str]) -> Chunk:
    """Its id depends on what it says and to whom, not on where it stands; equal chunks of a document are counted."""
    text = document.text[piece.start : piece.end]
    crumbs = " › ".join(piece.breadcrumb)
    digest = content_hash([f"{crumbs}\n{text}" if crumbs else text])
    identity = [document.document_id, digest, document.audience, document.language, document.url]
    chunk_id = ChunkId.mint(content_hash([*identity, str(seen[digest])])[:32])
    seen[digest] += 1
    return Chunk(
        chunk_id=chunk_id,
        document_id=document.document_id,
        position=position,
        breadcrumb=piece.breadcrumb,
        text=text,
        start=piece.start,
        end=piece.end,
        language=document.language,
        audience=document.audience,
        title=document.title,
        url=document.url,
        content_hash=digest,
    )
