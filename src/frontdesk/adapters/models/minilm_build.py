"""The built-in embedder's ONNX graph, made once from its published weights.

Only the installing command imports this module: it needs the `onnx` package, which the server does not.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from frontdesk.adapters.models.minilm import BUILD_RECORD, GRAPH_FILE, TOKENIZER_FILE, session_options
from frontdesk.domain.errors import ChecksumError

MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors, all-MiniLM-L6-v2 as published by sentence-transformers."""
LAYERS, HEADS, HEAD_DIM, HIDDEN, EPSILON = 6, 12, 32, 384, 1e-12
"""From the model's config.json."""
OPSET = 20
"""The first with `Gelu`; `LayerNormalization` came with 17."""
PARITY = 0.985
"""Least cosine to the float32 graph at which an int8 graph is kept. Measured with AVX512-VNNI: 0.992 over `PROBES`,
0.989 over 102 longer texts, 0.985 for single words; without the last matrix of each layer in int8 it would be 0.994 at
twice the time."""
PROBES = (
    "Can I return boots that I have already worn outside?",
    "Where is my parcel? The tracking page has not changed for three days.",
    "Refunds are paid to the original payment method within 5 to 10 working days after we receive the item.",
    "Hello, I have a question about my order.",
    "Wie lange dauert der Versand nach Österreich und was kostet er?",
    "¿Puedo cambiar la dirección de entrega después de pagar?",
    (
        "Our tents carry a limited warranty of two years. It covers seams, poles and zips that fail in normal use. "
        "It does not cover sun damage, mould, or damage from stoves. Send photographs and your order number."
    ),
)
"""Texts on which a fresh int8 graph is compared with float32."""

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    folder: Path
    variant: str
    """int8; int7 or fp32 where that is not faithful enough on this processor."""
    parity: float
    """Least cosine of the last graph tried to float32, over `PROBES`."""
    was_there: bool
    """The graph had been built before; nothing was written."""


def build(weights_folder: Path, model_dir: Path, *, progress: Callable[[str], None]) -> BuildResult:
    """Make the graph under `model_dir/<sha>`; a build that is already there is kept.

    Args:
        weights_folder: holds `model.safetensors` and `tokenizer.json`.
    Raises:
        ChecksumError: the weights are not the pinned ones.
        OSError: the folder cannot be written.
    """
    target = model_dir / MODEL_SHA256
    if (target / BUILD_RECORD).is_file():
        record = json.loads((target / BUILD_RECORD).read_text("utf-8"))
        return BuildResult(folder=target, variant=record["variant"], parity=record["parity"], was_there=True)
    progress("checking the weights")
    weights = read_weights(weights_folder / "model.safetensors")
    model_dir.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=model_dir))
    try:
        shutil.copyfile(weights_folder / "tokenizer.json", scratch / TOKENIZER_FILE)
        variant, parity = _write_graph(weights, scratch, progress)
        _write_record(scratch, variant, parity)
        _publish(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return BuildResult(folder=target, variant=variant, parity=parity, was_there=False)


def read_weights(path: Path, *, sha256: str = MODEL_SHA256) -> Weights:
    """Tensors by name from a safetensors file: 8 bytes of header length, a JSON header, raw little-endian data.

    Raises:
        ChecksumError: the file's digest is another.
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ChecksumError(f"{path.name} is not the pinned model; its sha256 should be {sha256}.", file=str(path))
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {
        name: np.frombuffer(data, "<f4", int(np.prod(entry["shape"])), start + entry["data_offsets"][0]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }


class _Graph:
    """Nodes and constants as they are added; names are the operations' own."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, name: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, outputs or [name], name=name, **attributes))
        return name

    def linear(self, name: str, source: str, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """`source @ matrix.T + bias`, as the weights are stored."""
        product = self.add("MatMul", f"{name}.matmul", [source, self.constant(f"{name}.weight", matrix.T)])
        return self.add("Add", name, [product, self.constant(f"{name}.bias", bias)])

    def normalised(self, name: str, source: str, weights: Weights) -> str:
        scale = self.constant(f"{name}.scale", weights[f"{name}.weight"])
        shift = self.constant(f"{name}.shift", weights[f"{name}.bias"])
        return self.add("LayerNormalization", name, [source, scale, shift], axis=-1, epsilon=EPSILON)


def float_graph(weights: Weights) -> ModelProto:
    """The whole embedder: token ids (1, n) int64 to `embedding` (1, 384) float32 of unit length.

    The batch is always one text, so there is no padding, no mask, and the mean runs over every token.
    """
    graph = _Graph()
    state = _embeddings(graph, weights)
    for index in range(LAYERS):
        prefix = f"encoder.layer.{index}"
        attended = _attention(graph, prefix, state, weights)
        state = graph.normalised(
            f"{prefix}.attention.output.LayerNorm", graph.add("Add", f"{prefix}.res1", [attended, state]), weights
        )
        fed = _feed_forward(graph, prefix, state, weights)
        state = graph.normalised(
            f"{prefix}.output.LayerNorm", graph.add("Add", f"{prefix}.res2", [fed, state]), weights
        )
    axes = graph.constant("pool.axes", np.array([1], np.int64))
    pooled = graph.add("ReduceMean", "pool", [state, axes], keepdims=0)
    graph.add("LpNormalization", "embedding", [pooled], axis=1, p=2)
    return _model(graph)


def _embeddings(graph: _Graph, weights: Weights) -> str:
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    # every token is of type 0, so its embedding goes into the positions
    places = graph.constant(
        "positions",
        weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0],
    )
    first = graph.constant("positions.first", np.array([0], np.int64))
    length = graph.add("Shape", "length", ["ids"], start=1, end=2)
    place = graph.add("Slice", "place", [places, first, length, first])
    both = graph.add("Add", "tokens", [graph.add("Gather", "word", [words, "ids"]), place])
    return graph.normalised("embeddings.LayerNorm", both, weights)


def _attention(graph: _Graph, prefix: str, state: str, weights: Weights) -> str:
    own = f"{prefix}.attention.self"
    scale = np.float32(HEAD_DIM**-0.5)  # folded into the query, which saves a multiplication per layer
    factors = {"query": scale, "key": np.float32(1), "value": np.float32(1)}
    matrix = np.concatenate([weights[f"{own}.{name}.weight"] * factor for name, factor in factors.items()])
    bias = np.concatenate([weights[f"{own}.{name}.bias"] * factor for name, factor in factors.items()])
    joined = graph.linear(f"{own}.qkv", state, matrix, bias)
    parts = [f"{own}.query", f"{own}.key", f"{own}.value"]
    graph.add("Split", f"{own}.split", [joined], parts, axis=2, num_outputs=3)
    shape = graph.constant(f"{own}.heads", np.array([0, 0, HEADS, HEAD_DIM], np.int64))
    orders = ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
    query, key, value = (
        graph.add("Transpose", f"{part}.t", [graph.add("Reshape", f"{part}.r", [part, shape])], perm=order)
        for part, order in zip(parts, orders, strict=True)
    )
    scores = graph.add("Softmax", f"{own}.softmax", [graph.add("MatMul", f"{own}.scores", [query, key])], axis=-1)
    mixed = graph.add("Transpose", f"{own}.mixed", [graph.add("MatMul", f"{own}.mix", [scores, value])], perm=orders[0])
    flat = graph.constant(f"{own}.flat", np.array([0, 0, HIDDEN], np.int64))
    merged = graph.add("Reshape", f"{own}.merged", [mixed, flat])
    out = f"{prefix}.attention.output.dense"
    return graph.linear(out, merged, weights[f"{out}.weight"], weights[f"{out}.bias"])


def _feed_forward(graph: _Graph, prefix: str, state: str, weights: Weights) -> str:
    inner, outer = f"{prefix}.intermediate.dense", f"{prefix}.output.dense"
    wide = graph.linear(inner, state, weights[f"{inner}.weight"], weights[f"{inner}.bias"])
    return graph.linear(
        outer, graph.add("Gelu", f"{inner}.gelu", [wide]), weights[f"{outer}.weight"], weights[f"{outer}.bias"]
    )


def _model(graph: _Graph) -> ModelProto:
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "n"])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, HIDDEN])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )


def _write_graph(weights: Weights, folder: Path, progress: Callable[[str], None]) -> tuple[str, float]:
    progress("building the graph")
    graph = float_graph(weights)
    exact, small = folder / "float.onnx", folder / GRAPH_FILE
    exact.write_bytes(graph.SerializeToString())
    parity = 0.0
    for variant, reduce_range in (("int8", False), ("int7", True)):
        progress(f"quantising to {variant} and comparing with float32")
        quantise(graph, small, reduce_range=reduce_range)
        parity = least_cosine(exact, small, folder / TOKENIZER_FILE)
        if parity >= PARITY:
            exact.unlink()
            return variant, parity
    exact.replace(small)
    return "fp32", parity


def quantise(graph: ModelProto, target: Path, *, reduce_range: bool) -> None:
    """Weights of every `MatMul` and `Gather` as int8, one scale per output channel; activations at run time.

    Args:
        reduce_range: use 7 bits, for processors without VNNI, whose 16-bit sums of 8-bit products saturate.
    """
    logging.disable(logging.WARNING)  # it advises a step that changes nothing for this graph
    try:
        quantize_dynamic(graph, target, per_channel=True, weight_type=QuantType.QInt8, reduce_range=reduce_range)
    finally:
        logging.disable(logging.NOTSET)


def least_cosine(left: Path, right: Path, tokenizer_file: Path) -> float:
    """The smallest cosine between two graphs over `PROBES`."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    sessions = [InferenceSession(str(path), session_options(), ["CPUExecutionProvider"]) for path in (left, right)]
    worst = 1.0
    for text in PROBES:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        one, two = (session.run(None, {"ids": ids})[0][0] for session in sessions)
        worst = min(worst, float(one @ two))
    return worst


def _write_record(folder: Path, variant: str, parity: float) -> None:
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (GRAPH_FILE, TOKENIZER_FILE)}
    record = {"model_sha256": MODEL_SHA256, "variant": variant, "parity": round(parity, 5), "files": files}
    (folder / BUILD_RECORD).write_text(json.dumps(record, indent=1), "utf-8")
    for name in (*files, BUILD_RECORD):
        with (folder / name).open("rb") as handle:
            os.fsync(handle.fileno())


def _publish(scratch: Path, target: Path) -> None:
    try:
        scratch.rename(target)
    except OSError:
        if not (target / BUILD_RECORD).is_file():  # else another process was first, with the same content
            raise
