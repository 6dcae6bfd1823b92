"""The protocol over standard input and output: one message a line."""

from typing import TextIO

from frontdesk.simulators.backoffice.mcp.protocol import Speaker


def run_stdio(speaker: Speaker, lines: TextIO, out: TextIO) -> None:
    """Answer until the input ends."""
    for line in lines:
        if not line.strip():
            continue
        if (answer := speaker.answer_text(line)) is not None:
            out.write(answer + "\n")
            out.flush()
