"""One-time codes: what needs more proof than a session waits until the customer has shown a code that only they got."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from frontdesk.turn.acting.codes import MAX_TRIES, MOST_A_DAY, find_code, hash_code
from payments import ADA, BOB, REFUND, REFUND_FLOW, Payments, Till, a_till

GUARDED = replace(REFUND, needs="stepped_up")


@asynccontextmanager
async def a_guarded_till(folder: Path, *, url: str = "sqlite://") -> AsyncIterator[Till]:
    async with a_till(folder, url=url, payments=Payments(refund=GUARDED)) as till:
        yield till


async def test_an_effect_that_needs_a_code_is_shown_after_the_right_one_only(tmp_path: Path, url: str) -> None:
    async with a_guarded_till(tmp_path, url=url) as till:
        conversation = await till.a_customer(ADA)
        asked = await till.say(conversation, "start refund order_id=10482")
        assert "code of six digits" in asked["text"]
        assert "€49.90" not in asked["text"]
        ((subject, code),) = till.postbox.sent
        wrong = await till.say(conversation, f"{(int(code) + 1) % 10**6:06d}")
        assert "not right" in wrong["text"]
        yes = await till.say(conversation, "yes")
        assert "I still need the code" in yes["text"]
        right = await till.say(conversation, f"it is {code[:3]} {code[3:]}")
        assert "€49.90" in right["text"]
        done = await till.say(conversation, "yes")
        assert subject == ADA
        assert done["outcome"] == "acted"
        assert len(till.payments.made) == 1
        assert await till.audited() == ["code.sent", "code.wrong", "code.right", "effect.done"]


async def test_no_code_is_kept_that_could_be_read(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        asked = await till.say(conversation, "start refund order_id=10482")
        code = till.postbox.sent[0][1]
        told = str(await till.world.events(conversation)) + str(await till.record(asked)) + str(await till.audited())
        assert code not in told


async def test_too_many_wrong_codes_lock_and_bring_a_person(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        code = till.postbox.sent[0][1]
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        answers = [await till.say(conversation, wrong) for _ in range(MAX_TRIES)]
        assert [answer["outcome"] for answer in answers] == ["clarified"] * (MAX_TRIES - 1) + ["escalated"]
        assert "wrong too often" in answers[-1]["text"]
        assert "code.locked" in await till.audited()
        assert till.payments.made == {}


async def test_a_code_holds_for_its_own_conversation_and_customer(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        ada, other = await till.a_customer(ADA), await till.a_customer(ADA)
        bob = await till.a_customer(BOB)
        for conversation, order in ((ada, "10482"), (other, "10482"), (bob, "20777")):
            await till.say(conversation, f"start refund order_id={order}")
        codes = [code for _, code in till.postbox.sent]
        await till.say(ada, codes[1] if codes[1] != codes[0] else "000000")
        await till.say(ada, codes[2] if codes[2] != codes[0] else "000000")
        right = await till.say(ada, codes[0])
        assert "€49.90" in right["text"]
        assert "€49.90" not in (await till.say(other, "yes"))["text"]


async def test_a_new_code_comes_for_whoever_did_not_get_it_and_the_old_one_is_void(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await till.say(conversation, "has_not")
        (_, first), (_, second) = till.postbox.sent
        if first != second:
            assert "not right" in (await till.say(conversation, first))["text"]
        assert "€49.90" in (await till.say(conversation, second))["text"]


async def test_where_no_code_can_be_sent_a_person_takes_over(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        till.postbox.is_open = False
        conversation = await till.a_customer(ADA)
        answer = await till.say(conversation, "start refund order_id=10482")
        assert answer["outcome"] == "escalated"
        assert "can't send you a code" in answer["text"]
        assert till.payments.made == {}


async def test_a_customers_telephone_is_not_flooded(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        for _ in range(MOST_A_DAY):
            await till.say(await till.a_customer(ADA), "start refund order_id=10482")
        answer = await till.say(await till.a_customer(ADA), "start refund order_id=10482")
        assert len(till.postbox.sent) == MOST_A_DAY
        assert answer["outcome"] == "escalated"


async def test_a_question_in_the_middle_is_answered_and_the_code_asked_for_again(tmp_path: Path) -> None:
    async with a_guarded_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        answer = await till.say(conversation, "How much does shipping to Austria cost?")
        assert "6.90 EUR" in answer["text"]
        assert "I still need the code" in answer["text"]
        assert "€49.90" in (await till.say(conversation, till.postbox.sent[0][1]))["text"]


async def test_a_workflow_may_need_the_code_before_it_reads_anything(tmp_path: Path) -> None:
    async with a_till(tmp_path, replace(REFUND_FLOW, needs="stepped_up")) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        assert till.payments.asked == []
        assert "€49.90" in (await till.say(conversation, till.postbox.sent[0][1]))["text"]


def test_a_code_is_found_where_nothing_else_is_a_number() -> None:
    assert find_code("123456") == "123456"
    assert find_code("It's 123 456, thanks") == "123456"
    assert find_code("order 10482 and 123456") == ""
    assert find_code("1234567") == find_code("12345") == ""
    assert hash_code("a", "123456") != hash_code("b", "123456")
