"""`simulate vendor`: a model vendor on this machine."""

import sys
from typing import Annotated

import typer

from frontdesk.cli.output import out


def vendor(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 9100,
    first_token_ms: Annotated[float, typer.Option(help="Milliseconds until the first token.")] = 300.0,
    token_ms: Annotated[float, typer.Option(help="Milliseconds per token after it.")] = 20.0,
    falsehoods: Annotated[float, typer.Option(min=0, max=1, help="Share of sentences that are made false.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed tells the same falsehoods.")] = 0,
) -> None:
    """Serve an OpenAI-compatible API that paraphrases the passages it is sent, and breaks or lies on demand.

    Point models.yaml at it with adapter openai and base_url http://127.0.0.1:9100/v1.
    """
    from frontdesk.simulators.vendor import VendorBehaviour, run  # noqa: PLC0415  (a web stack of its own)

    behaviour = VendorBehaviour(first_token_ms=first_token_ms, ms_per_token=token_ms, lie_rate=falsehoods, seed=seed)
    run(host=host, port=port, behaviour=behaviour, on_ready=_announce)


def _announce(url: str) -> None:
    out.print(f"{url}/v1", markup=False)
    sys.stdout.flush()
