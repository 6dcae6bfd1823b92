"""Each conversation gets into the customer's record exactly once, whatever fails on the way."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

import pytest

from crm import CHOICES, RULES, Fault, SmallCrm, begin, say, target_of
from frontdesk.domain.connector import FailureKind
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import FieldRule, StoredWriteBack
from frontdesk.ports.stores import Database
from frontdesk.turn.write_back import WriteBackSender

Build = Callable[..., WriteBackSender]


class _KilledError(BaseException):
    """Nothing is left to handle it: a process that gets it is gone."""


def _kill() -> None:
    raise _KilledError


async def held(database: Database, conversation_id: ConversationId) -> StoredWriteBack:
    found = await database.read(lambda stores: stores.write_backs.get(conversation_id))
    assert found is not None
    return found


async def test_writes_a_conversation_with_every_field_in_the_other_systems_words(
    database: Database, a_sender: Build
) -> None:
    crm, one = SmallCrm(), await begin(database, "a")
    await say(database, one, "My card is 4111 1111 1111 1111. How long does a return take?")
    await a_sender(crm).step()
    ((key, written),) = crm.changes
    assert key.startswith(f"{one}:1:")
    assert written["customer"] == "C-7"
    assert written["outcome"] == "ANSWERED"
    assert written["tags"] == "RET"
    assert written["subject"] == "Chat about returns"
    assert written["turns"] == 1
    assert "[card number removed]" in str(written["note"])
    assert "4111" not in str(written)
    assert (await held(database, one)).reference == f"R-{one}"


async def test_writes_it_again_only_when_it_grew(database: Database, a_sender: Build) -> None:
    crm, one = SmallCrm(), await begin(database, "a")
    sender = a_sender(crm)
    await say(database, one)
    await sender.step()
    await sender.step()
    assert len(crm.changes) == 1
    await say(database, one, "And to Spain?", topic="shipping")
    await sender.step()
    assert [values["tags"] for _, values in crm.changes] == ["RET", "RET;SHIP"]
    assert len({values["id"] for _, values in crm.changes}) == 1
    await database.write(lambda stores: stores.write_backs.touch(one))
    await sender.step()
    assert len(crm.changes) == 2, "nothing is new"


WAYS = ((True, ""), (True, "find"), (False, "find"))
"""Whether the system keeps keys, and how what became of a call is looked up."""
FAULTS: Mapping[str, Sequence[Fault]] = {
    f"{kind}-{comes}": [Fault(kind, comes)] * 2
    for kind in get_args(FailureKind)
    for comes in ("before", "after")
    if kind in ("silent", "unavailable", "malformed") or (kind in ("rate_limited", "limit") and comes == "before")
}


@pytest.mark.parametrize(("keeps_keys", "read_back"), WAYS)
async def test_a_failed_try_is_made_up_for_and_never_doubled(
    database: Database, a_sender: Build, keeps_keys: bool, read_back: str
) -> None:
    for name, faults in FAULTS.items():
        crm = SmallCrm(faults, keeps_keys=keeps_keys, read_back=read_back)
        one, sender = await begin(database, name, subject=name), a_sender(crm)
        await say(database, one)
        for _ in range(5):
            await sender.step()
        kept = await held(database, one)
        assert (kept.state, kept.error, kept.outgoing) == ("sent", "", None), name
        assert len(crm.changes) == 1, name
        assert crm.records[f"R-{one}"]["turns"] == 1, name


@pytest.mark.parametrize(("keeps_keys", "read_back"), WAYS)
async def test_what_arrived_without_a_word_is_one_version_also_when_the_conversation_grew_meanwhile(
    database: Database, a_sender: Build, keeps_keys: bool, read_back: str
) -> None:
    crm = SmallCrm([Fault("silent", "after")], keeps_keys=keeps_keys, read_back=read_back)
    one, sender = await begin(database, "a"), a_sender(crm)
    await say(database, one)
    await sender.send_due(target_of(crm))
    await say(database, one, "And to Spain?", topic="shipping")
    for _ in range(4):
        await sender.step()
    assert [values["turns"] for _, values in crm.changes] == [1, 2]
    assert crm.doubled == []
    assert (await held(database, one)).versions == 2


@pytest.mark.parametrize(("keeps_keys", "read_back"), WAYS)
async def test_a_sender_that_dies_leaves_nothing_missing_and_nothing_doubled(
    database: Database, a_sender: Build, keeps_keys: bool, read_back: str
) -> None:
    for where in ("claimed", "before", "after"):
        crm = SmallCrm(keeps_keys=keeps_keys, read_back=read_back)
        one = await begin(database, where, subject=where)
        await say(database, one)
        if where == "claimed":
            await database.write(lambda stores: stores.write_backs.claim("dying", lease_s=0.0, limit=1))
        else:
            setattr(crm, where, _kill)
            with pytest.raises(_KilledError):
                await a_sender(crm, lease_s=0.0, owner="dying").send_due(target_of(crm))
            setattr(crm, where, lambda: None)
        heir = a_sender(crm, owner="heir")
        await heir.step()
        await heir.step()
        assert len(crm.changes) == 1, where
        assert (await held(database, one)).state == "sent", where


async def test_two_senders_at_once_write_each_conversation_once(database: Database, a_sender: Build) -> None:
    crm = SmallCrm(keeps_keys=False, read_back="find")
    for number in range(30):
        await say(database, await begin(database, f"c{number}", subject=f"C-{number}"))
    await asyncio.gather(*(a_sender(crm, owner=name).step() for name in ("one", "two", "three")))
    assert len(crm.changes) == 30
    assert len({values["id"] for _, values in crm.changes}) == 30


async def test_a_name_that_the_other_system_does_not_know_is_refused_before_anything_is_sent(
    database: Database, a_sender: Build, noted: "object"
) -> None:
    crm, one = SmallCrm(), await begin(database, "a")
    await say(database, one, topic="warranty")
    await a_sender(crm).step()
    kept = await held(database, one)
    assert (kept.state, crm.calls) == ("refused", [])
    (error,) = kept.errors
    assert (error.field, error.value) == ("tags", "warranty")
    assert "“warranty” has no counterpart" in error.message
    assert noted.kinds == ["write_back.stuck"]  # type: ignore[attr-defined]
    assert noted.details == [{"fields": "tags"}], "and no value of it"  # type: ignore[attr-defined]


async def test_a_refusal_of_the_other_system_is_kept_with_its_words_per_field(
    database: Database, a_sender: Build
) -> None:
    crm = SmallCrm([Fault("rejected", details={"field.subject": "is too plain"})])
    one = await begin(database, "a")
    await say(database, one)
    await a_sender(crm).step()
    kept = await held(database, one)
    assert (kept.state, kept.is_unclear) == ("refused", False)
    assert [(error.field, error.message) for error in kept.errors] == [("subject", "is too plain")]


async def test_an_outage_uses_up_no_tries_and_is_probed_with_one_record_at_a_time(
    database: Database, a_sender: Build
) -> None:
    crm, rules = SmallCrm(), replace(RULES, tries=3)
    for number in range(12):
        await say(database, await begin(database, f"c{number}", subject=f"C-{number}"))
    sender = a_sender(crm, rules=rules)
    crm.is_down = "unavailable"
    await sender.send_due(target_of(crm, rules))
    asked = len(crm.calls)
    for _ in range(20):
        await sender.send_due(target_of(crm, rules))
    assert len(crm.calls) - asked <= 20, "one record a try"
    crm.is_down = None
    await sender.step()
    assert len(crm.changes) == 12
    assert (await database.read(lambda stores: stores.write_backs.tally())).by_state == {"sent": 12}


async def test_while_the_connector_leaves_the_system_alone_nothing_counts_and_nobody_is_hurried(
    database: Database, a_sender: Build
) -> None:
    closed = Fault("unavailable", details={"cause": "breaker"})
    crm, one = SmallCrm([Fault("silent", "after"), closed, closed, closed]), await begin(database, "a")
    await say(database, one)
    sender, target = a_sender(crm, held_s=0.0), target_of(crm)
    for _ in range(4):
        await sender.send_due(target)
        await sender.send_due(target)
    kept = await held(database, one)
    assert (kept.state, len(crm.changes), kept.versions) == ("sent", 1, 1)


async def test_a_connector_that_asks_nobody_is_asked_once_a_moment_and_not_once_a_record(
    database: Database, a_sender: Build
) -> None:
    crm = SmallCrm([Fault("unavailable", details={"cause": "breaker"})] * 100)
    for number in range(20):
        await say(database, await begin(database, f"c{number}", subject=f"C-{number}"))
    await a_sender(crm, held_s=60.0).step()
    assert len(crm.calls) <= 8
    rows = await database.read(lambda stores: stores.write_backs.list_in(("queued",), limit=99))
    assert {row.attempts for row in rows} == {0}


async def test_a_record_that_only_ever_meets_silence_waits_for_a_person_in_the_end(
    database: Database, a_sender: Build
) -> None:
    crm, rules, one = SmallCrm(), replace(RULES, tries=3), await begin(database, "a")
    crm.is_down = "silent"
    await say(database, one)
    await a_sender(crm, rules=rules).step()
    kept = await held(database, one)
    assert (kept.state, len(crm.calls), kept.is_unclear) == ("dead", 3, True)


async def test_an_outage_longer_than_is_waited_for_leaves_the_record_to_a_person(
    database: Database, a_sender: Build
) -> None:
    crm, rules, one = SmallCrm(), replace(RULES, give_up_hours=0.0), await begin(database, "a")
    crm.is_down = "unavailable"
    await say(database, one)
    sender = a_sender(crm, rules=rules)
    await sender.step()
    await sender.step()
    assert (await held(database, one)).state == "dead"


async def test_people_hear_of_it_when_nothing_gets_through_for_long_and_when_something_does_again(
    database: Database, a_sender: Build, noted: "object"
) -> None:
    crm, rules, one = SmallCrm(), replace(RULES, alert_after_minutes=0.0), await begin(database, "a")
    crm.is_down = "unavailable"
    await say(database, one)
    sender = a_sender(crm, rules=rules)
    await sender.send_due(target_of(crm, rules))
    crm.is_down = None
    await sender.step()
    await sender.step()
    assert noted.kinds == ["write_back.failing", "write_back.recovered"]  # type: ignore[attr-defined]


async def test_every_outcome_of_ours_is_one_that_the_other_system_knows(database: Database, a_sender: Build) -> None:
    assert set(RULES.fields["outcome"].values.values()) == set(CHOICES)


async def test_an_update_goes_to_the_record_that_the_first_time_made(database: Database, a_sender: Build) -> None:
    crm = SmallCrm()
    save = crm.operations["save"]
    crm.operations["change"] = replace(
        save, name="change", arguments=(*save.arguments, replace(save.arguments[0], name="record"))
    )
    rules = replace(RULES, update="crm.change", fields={**RULES.fields, "record": FieldRule(source="record.reference")})
    one, sender = await begin(database, "a"), a_sender(crm, rules=rules)
    await say(database, one)
    await sender.step()
    await say(database, one, "And to Spain?", topic="shipping")
    await sender.step()
    assert crm.calls == ["save", "change"]
    assert [values.get("record") for _, values in crm.changes] == [None, f"R-{one}"]
