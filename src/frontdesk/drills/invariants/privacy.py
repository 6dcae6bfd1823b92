"""I9: no word of one customer's stands in another's prompt, answer, event or trace."""

import re
from collections.abc import Iterable, Iterator, Sequence

from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept
from frontdesk.drills.invariants.violations import Violation


def check(kept: Kept, histories: Sequence[History]) -> Iterator[Violation]:
    owners = {history.canary: history.conversation_id for history in histories if history.canary}
    if not owners:
        return
    any_canary = re.compile("|".join(map(re.escape, sorted(owners))))
    for conversation_id, where, text in _everything(kept, histories):
        for canary in set(any_canary.findall(text)):
            if owners[canary] != conversation_id:
                what = f"{where} holds a word of {owners[canary]}"
                yield Violation(invariant="I9", harm="mixed", where=conversation_id, what=what)


def _everything(kept: Kept, histories: Sequence[History]) -> Iterable[tuple[str, str, str]]:
    """Conversation, place and text of all that was kept and told."""
    for row in kept.payloads:
        yield row["conversation_id"], f"the payload of {row['noun']} {row['number']}", row["body"] or ""
    for row in kept.events:
        yield row["conversation_id"], f"event {row['seq']}", str(row["data"])
    for row in kept.conversations:
        yield row["conversation_id"], "the summary", row["summary"]
    for history in histories:
        yield history.conversation_id, "what the customer heard", "".join(event.frame for event in history.heard)
