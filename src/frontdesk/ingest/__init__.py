"""Journey 2: documents become a sealed snapshot.

| stage      | takes                          | gives                          | if it fails                         |
|------------|--------------------------------|--------------------------------|-------------------------------------|
| source     | `Source`                       | `RawDocument` or `Quarantined` | the run ends                        |
| parsing    | `RawDocument`                  | `Document`                     | the document is quarantined         |
| chunking   | `Document`                     | `Chunk`s that cover its text   | the document is quarantined         |
| validation | documents alone, then together | accepted or `Quarantined`      | quarantined; too many: run refused  |
| embedding  | `Chunk`s the cache has not     | `EmbeddedChunk`s               | the run ends; vectors made are kept |
| snapshot   | documents, `EmbeddedChunk`s    | `SnapshotManifest`, a diff     | the run ends                        |

Nothing is half published: a run either seals a whole snapshot or leaves the last one as it was.
"""

from frontdesk.ingest.diff import SnapshotDiff
from frontdesk.ingest.pipeline import build_snapshot
from frontdesk.ingest.report import IngestProgress, IngestReport, IngestStage
from frontdesk.ingest.validation import NearDuplicate

__all__ = [
    "IngestProgress",
    "IngestReport",
    "IngestStage",
    "NearDuplicate",
    "SnapshotDiff",
    "build_snapshot",
]
