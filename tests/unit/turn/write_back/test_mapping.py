"""The mapping: every value in the other system's words, or refused with its field before anything is sent."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.domain.connector import ArgumentSpec, FieldType, OperationSpec, Value
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import FieldRule, Mended, WriteBack
from frontdesk.turn.write_back.facts import ConversationFacts, Fact
from frontdesk.turn.write_back.formats import format_phone
from frontdesk.turn.write_back.mapping import MappedRecord, map_record, outgoing_of

ONE = ConversationId("conv_1")
AT = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
FACTS: Mapping[str, Fact] = {
    "conversation.id": ONE,
    "conversation.started_at": AT,
    "conversation.channel": "web_chat",
    "conversation.turns": 3,
    "topics": ("returns", "shipping"),
    "question": "  Two\nlines\x00 ",
    "customer.subject": None,
    "answer": "0151 / 234 567 89",
}


def mapped(
    rule: FieldRule,
    kind: FieldType = "text",
    *,
    facts: Mapping[str, Fact] = FACTS,
    mended: Mapping[str, Mended] | None = None,
    version: int = 1,
    **argument: Any,
) -> MappedRecord:
    spec = OperationSpec(
        connector="crm",
        name="save",
        title={},
        kind="effect",
        arguments=(ArgumentSpec(name="x", type=kind, **{"is_required": False, **argument}),),
    )
    return map_record(
        ConversationFacts(conversation_id=ONE, seq=7, values=facts),
        WriteBack(operation="crm.save", fields={"x": rule}),
        spec,
        version=version,
        reference="",
        mended=mended or {},
    )


@pytest.mark.parametrize(
    ("rule", "kind", "value"),
    [
        (FieldRule(source="conversation.started_at"), "text", "2026-11-29T23:30:00Z"),
        (FieldRule(source="conversation.started_at"), "time", AT),
        (FieldRule(source="conversation.started_at", format="date"), "date", date(2026, 11, 29)),
        (FieldRule(source="conversation.started_at", format="date", time_zone="Europe/Berlin"), "text", "2026-11-30"),
        (FieldRule(source="conversation.started_at", format="%d.%m.%Y"), "text", "29.11.2026"),
        (FieldRule(source="conversation.started_at", format="seconds"), "number", 1_795_995_000),
        (FieldRule(source="conversation.turns"), "number", 3),
        (FieldRule(text="2.50"), "number", Decimal("2.50")),
        (FieldRule(source="topics", join=";"), "text", "returns;shipping"),
        (FieldRule(source="topics", most=1, case="upper"), "text", "RETURNS"),
        (FieldRule(source="topics", values={"returns": "R"}, otherwise="?", join=""), "text", "R?"),
        (FieldRule(source="question", format="line"), "text", "Two lines"),
        (FieldRule(source="answer", format="phone", country="49"), "text", "+4915123456789"),
        (FieldRule(source="customer.subject", default="nobody"), "text", "nobody"),
        (FieldRule(source="customer.subject"), "text", None),
        (FieldRule(text="By {customer.subject}", default="By nobody"), "text", "By nobody"),
        (FieldRule(text="{conversation.channel}: {topics}", max_chars=12), "text", "web_chat: r…"),
        (FieldRule(text="frontdesk"), "text", "frontdesk"),
        (FieldRule(source="record.version"), "number", 1),
    ],
)
def test_writes_a_value_as_the_rule_says(rule: FieldRule, kind: FieldType, value: Value) -> None:
    record = mapped(rule, kind)
    assert record.errors == ()
    assert record.values.get("x") == value


@pytest.mark.parametrize(
    ("rule", "argument", "said"),
    [
        (FieldRule(source="topics", values={"returns": "R"}), {}, "“shipping” has no counterpart"),
        (FieldRule(source="customer.subject", required=True), {}, "required"),
        (FieldRule(source="customer.subject"), {"is_required": True}, "required"),
        (FieldRule(source="topics", max_chars=5, when_longer="refuse"), {}, "has 17 characters, and 5 are allowed"),
        (FieldRule(source="topics", pattern="[a-z]+"), {}, "is not of the shape"),
        (FieldRule(source="conversation.turns", maximum=Decimal(2)), {}, "3 is above 2."),
        (FieldRule(source="conversation.turns", minimum=Decimal(4)), {}, "3 is below 4."),
        (FieldRule(source="topics", minimum=Decimal(4)), {}, "is no number"),
        (FieldRule(source="topics"), {"kind": "number"}, "is no number"),
        (FieldRule(text="NaN"), {"kind": "number"}, "is no number"),
        (FieldRule(source="topics"), {"kind": "date"}, "is no date"),
        (FieldRule(source="topics"), {"kind": "yes_no"}, "neither yes nor no"),
        (FieldRule(source="topics"), {"kind": "email"}, "no e-mail address"),
        (FieldRule(source="conversation.channel"), {"kind": "choice", "choices": ("CHAT",)}, "is none of CHAT"),
        (FieldRule(source="answer", format="phone"), {}, "no telephone number with its country"),
    ],
)
def test_refuses_a_value_that_is_not_allowed_and_names_its_field(
    rule: FieldRule, argument: dict[str, Any], said: str
) -> None:
    record = mapped(rule, argument.pop("kind", "text"), **argument)
    (error,) = record.errors
    assert error.field == "x"
    assert said in error.message
    assert record.values == {}


def test_a_mended_value_stands_as_long_as_what_it_replaced_would_be_the_same() -> None:
    rule = FieldRule(source="topics", join=";")
    (field,) = mapped(rule).fields
    mended = {"x": Mended(value="other", instead_of=field.computed_hash)}
    assert mapped(rule, mended=mended).values == {"x": "other"}
    grown = {**FACTS, "topics": ("returns", "shipping", "repairs")}
    assert mapped(rule, mended=mended, facts=grown).values == {"x": "returns;shipping;repairs"}


def test_a_record_that_becomes_again_what_it_was_is_another_effect() -> None:
    rule = FieldRule(source="topics")
    spec = OperationSpec(connector="crm", name="save", title={}, kind="effect")
    first, third = (outgoing_of(mapped(rule, version=version), ONE, spec, version=version, seq=1) for version in (1, 3))
    assert first.digest == third.digest
    assert first.effect_id != third.effect_id


FACT = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.integers(-(10**9), 10**9),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.lists(st.text(max_size=12), max_size=5).map(tuple),
)
RULE = st.builds(
    FieldRule,
    source=st.just("answer"),
    values=st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=3),
    otherwise=st.sampled_from(["", "O"]),
    default=st.sampled_from(["", "D"]),
    format=st.sampled_from(["", "line", "phone", "date", "iso", "seconds"]),
    case=st.sampled_from(["", "upper", "lower", "title"]),
    max_chars=st.integers(0, 20),
    when_longer=st.sampled_from(["cut", "refuse"]),
    most=st.integers(0, 3),
    pattern=st.sampled_from(["", "[a-z]*", r"\d+"]),
    required=st.booleans(),
)
KIND = st.sampled_from(["text", "id", "number", "date", "time", "yes_no", "email"])


@given(fact=FACT, rule=RULE, kind=KIND, required=st.booleans())
def test_whatever_is_said_a_value_is_valid_or_refused_and_the_same_again(
    fact: Fact, rule: FieldRule, kind: FieldType, required: bool
) -> None:
    facts = {"answer": fact}
    record, again = (mapped(rule, kind, facts=facts, is_required=required, max_chars=30) for _ in range(2))
    assert record == again, "the same facts give the same digest"
    value = record.values.get("x")
    if record.errors:
        assert value is None
        return
    assert value is not None or not (required or rule.required)
    (field,) = record.fields
    assert len(field.text) <= min(30, rule.max_chars or 30)
    if isinstance(value, str):
        assert not any(char < " " and char not in "\n\t" for char in value)


@given(st.text(alphabet="+0123456789 ()/-x", max_size=25), st.sampled_from(["", "44", "49"]))
def test_a_telephone_number_is_plus_and_digits_or_refused(text: str, country: str) -> None:
    try:
        written = format_phone(text, country=country)
    except ValueError:
        return
    assert written[0] == "+"
    assert written[1:].isdigit()
    assert format_phone(written, country=country) == written
