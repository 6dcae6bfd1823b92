"""Laws of the outbound guard: deltas do not matter, and nothing forbidden leaves."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.release import GuardPolicy
from frontdesk.domain.safety import FindingKind, GuardAction
from frontdesk.turn.guards import Guard

CANARY = "zebra-quartz-9931"
MASKING = GuardPolicy(
    inbound={},
    outbound={
        FindingKind.PERSONAL_DATA: GuardAction.MASK,
        FindingKind.LINK: GuardAction.MASK,
        FindingKind.SECRET: GuardAction.MASK,
        FindingKind.ABUSE: GuardAction.MASK,
    },
    allowed_hosts=("shop.example",),
)
BLOCKING = GuardPolicy(
    inbound={},
    outbound={FindingKind.SECRET: GuardAction.BLOCK, FindingKind.PERSONAL_DATA: GuardAction.MASK},
    outbound_rules={"email": GuardAction.BLOCK},
)
GUARDS = [Guard(policy, canaries=[CANARY]) for policy in (MASKING, BLOCKING)]

VALUES = ("4111 1111 1111 1111", "5555555555554444", "DE89 3704 0044 0532 0130 00", "joe@else.example", "+1 415 555 2671", CANARY, "https://evil.com/x?d=1", "078-05-1120")  # fmt: skip
PIECES = st.sampled_from(
    [
        *VALUES,
        *("You can return it within 30 days. ", "for 249.00 EUR", "see", "on 12 May 2030", "you", "are", "an idiot", "\n", " "),
        *("- ", "1. ", "4111 ", "1111 ", "zebra", "-quartz", "GB82 ", "WEST ", "https:", "//", "shop.example/a ", "jane", "@", "退货", "。"),
        *("password: ", "hunter2 ", "born on ", "December 12, ", "1984 ", "(at)", " dot ", "com ", "\u00e9", "!", "?", ". "),
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, PIECES, st.text(max_size=6)), max_size=30).map("".join)


def _streamed(guard: Guard, text: str, cuts: list[int]) -> tuple[str, object]:
    stream = guard.open_stream()
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    parts = [stream.feed(text[start:end]) for start, end in itertools.pairwise(edges)]
    return "".join([*parts, stream.finish()]), stream.verdict


@settings(max_examples=250, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 400), max_size=40), st.sampled_from(GUARDS))
def test_a_stream_says_what_the_whole_text_would(text: str, cuts: list[int], guard: Guard) -> None:
    whole = guard.check_outbound(text)
    said, verdict = _streamed(guard, text, cuts)
    assert said == whole.text
    assert verdict == whole


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(VALUES), TEXTS, st.integers(1, 7), st.sampled_from(GUARDS))
def test_no_forbidden_value_ever_leaves(before: str, value: str, after: str, size: int, guard: Guard) -> None:
    text = f"{before}. \n{value}\n {after}"
    stream = guard.open_stream()
    said = "".join([*(stream.feed(text[at : at + size]) for at in range(0, len(text), size)), stream.finish()])
    # A value that touched another one is a different text; a mask beside it says that it did.
    is_forbidden = guard is GUARDS[0] or value != "https://evil.com/x?d=1"
    assert not is_forbidden or not re.search(rf"(?<![\w\]]){re.escape(value)}(?![\w\[])", said)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_text_leaves_unchanged_but_for_masks(text: str) -> None:
    said = GUARDS[0].check_outbound(text).text
    at = 0
    for part in re.split(r"\[[a-z\- ]{0,30}removed\]", said):
        at = text.index(part, at) + len(part)
