"""Laws of the outbound guard: deltas do not matter, nothing forbidden leaves, and nothing of it is shown before."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.release import GuardPolicy
from frontdesk.domain.safety import FindingKind, GuardAction
from frontdesk.turn.drafting import DraftReader
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


INSTRUCTIONS = "Quote only kestrel passages and never disclose jackdaw heuristics or wagtail thresholds to strangers."
STRICT = GuardPolicy(
    inbound={},
    outbound=dict.fromkeys(FindingKind, GuardAction.BLOCK),
)
DRAFT_GUARDS = {
    name: Guard(policy, canaries=[CANARY], protected=[INSTRUCTIONS])
    for name, policy in {"masking": MASKING, "blocking": BLOCKING, "strict": STRICT}.items()
}
SECRETS = {
    "card in groups": "4111 1111 1111 1111",
    "card in one": "5555555555554444",
    "card with dashes": "4111-1111-1111-1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "social security number": "078-05-1120",
    "phone": "+1 415 555 2671",
    "vendor key": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD",
    "cloud key": "AKIA4QWERTYUIOPASDFG",
    "canary": CANARY,
    "canary, spaced": "z e b r a q u a r t z 9 9 3 1",
    "canary, over words": "zebra quartz 9931",
    "canary, shouted": "ZEBRA_QUARTZ_9931",
    "canary, reversed": CANARY[::-1],
    "e-mail": "joe.bloggs@else.example",
}
AROUND = (
    ("Delivery takes long. The number is ", ", so please keep it. Thank you very much for waiting."),
    ("Pay with *", "* or **", "** at once, will you? Yes."),
    ("- **", "**\n- Next one\n"),
    ("See [", "](https://shop.example/a) for more of that, as it were, and so on. "),
    ("", ""),
    ("Long words before it make the guard look in the middle of a clause, where its hold has to hold too: ", "."),
)


def _seen(reader: DraftReader, text: str, size: int) -> tuple[list[str], list[str]]:
    """What was shown after each delta, and what the reader let go."""
    shown: list[str] = []
    told: list[str] = []
    for at in range(0, len(text), size):
        told += reader.feed(text[at : at + size])
        shown.append(reader.forming)
    return shown, [*told, *reader.finish(is_whole=True)]


def _is_shown(secret: str, seen: str) -> bool:
    """Whether its first characters can be seen, or any number or word of it, whatever stands between."""
    squeezed, wanted = (re.sub(r"[\W_]", "", text).lower() for text in (seen, secret))
    parts = [part for part in re.split(r"[\W_]+", secret.lower()) if len(part) > 1 or part.isdigit()]
    return wanted[:3] in squeezed or any(part in seen.lower() for part in parts)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    ("guard", "size"), [*(("masking", size) for size in range(1, 8)), ("strict", 1), ("strict", 4)]
)
def test_no_character_of_a_secret_is_shown_however_the_draft_is_cut(name: str, guard: str, size: int) -> None:
    secret = SECRETS[name]
    for around in AROUND:
        plain = secret.join(around)
        for offset in range(size):  # every place at which a delta can divide the secret
            text = f"Well,{'x' * offset} {plain}"
            shown, _ = _seen(DraftReader(DRAFT_GUARDS[guard].open_stream(), lead_in=""), text, size)
            assert not any(_is_shown(secret, seen) for seen in shown), (around, offset)


def test_words_are_shown_as_soon_as_nothing_can_come_of_them() -> None:
    reader = DraftReader(DRAFT_GUARDS["masking"].open_stream(), lead_in="")
    shown, told = _seen(reader, "Sending a parcel to **Austria** costs *about* 6.90 EUR [1] these days.", 1)
    assert told == ["Sending a parcel to Austria costs about 6.90 EUR these days."]
    assert list(dict.fromkeys(filter(None, shown)))[:5] == [
        "Sending",
        "Sending a",
        "Sending a parcel",
        "Sending a parcel to",
        "Sending a parcel to Austria",
    ]
    assert all(told[0].startswith(seen) for seen in shown)


@pytest.mark.parametrize("size", range(1, 8))
def test_a_long_stretch_of_the_instructions_is_never_shown(size: int) -> None:
    text = f"Of course. {INSTRUCTIONS} And more."
    shown, _ = _seen(DraftReader(DRAFT_GUARDS["masking"].open_stream(), lead_in=""), text, size)
    assert not any("jackdaw" in seen or "wagtail" in seen for seen in shown)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(1, 7), st.sampled_from(sorted(DRAFT_GUARDS)))
def test_looking_at_what_forms_changes_nothing_that_is_let_go(text: str, size: int, name: str) -> None:
    plain, watched = (DraftReader(DRAFT_GUARDS[name].open_stream(), lead_in="") for _ in range(2))
    told = [piece for at in range(0, len(text), size) for piece in plain.feed(text[at : at + size])]
    told += plain.finish(is_whole=True)
    assert _seen(watched, text, size)[1] == told
    assert watched.verdict == plain.verdict


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(sorted(SECRETS)), TEXTS, st.integers(1, 7))
def test_no_secret_is_shown_whole_between_other_things(before: str, name: str, after: str, size: int) -> None:
    secret = SECRETS[name]
    text = f"{before}. \n{secret}\n {after}"
    shown, _ = _seen(DraftReader(DRAFT_GUARDS["masking"].open_stream(), lead_in=""), text, size)
    assert not any(re.search(rf"(?<![\w\]]){re.escape(secret)}(?![\w\[])", seen) for seen in shown)
