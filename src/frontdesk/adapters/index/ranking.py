"""The best of many scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.domain.knowledge import Hit, Ranking


def best(rows: NDArray[Any], scores: NDArray[np.float32], limit: int) -> Ranking:
    """The `limit` highest scores, best first, ties by row.

    Args:
        rows, scores: (n,); each row once.
    """
    if limit <= 0 or len(rows) == 0:
        return ()
    rows, scores = strongest(rows, scores, limit)
    order = np.lexsort((rows, -scores))
    return tuple(
        Hit(row=row, score=score) for row, score in zip(rows[order].tolist(), scores[order].tolist(), strict=True)
    )


def strongest(rows: NDArray[Any], scores: NDArray[np.float32], limit: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """The rows of the `limit` highest scores, in no order; of equal ones at the border, the lower rows."""
    if len(rows) <= limit:
        return rows, scores
    border = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    above = np.flatnonzero(scores > border)
    level = np.flatnonzero(scores == border)[: limit - len(above)]
    chosen = np.concatenate([above, level])
    return rows[chosen], scores[chosen]
