"""What customers do in the middle of something: ask, turn to something else, come back, stop, and be silent."""

import json
from dataclasses import replace
from pathlib import Path

from frontdesk.adapters.clock import SystemTokens
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.workflow import AskStep, EndStep, SayStep, Slot, Workflow
from frontdesk.turn.fork import fork_conversation
from frontdesk.turn.handover import hand_over
from frontdesk.turn.running.runner import RunnerLimits
from payments import ADA, ORDERS, REFUND_FLOW, Payments, a_till

AUSTRIA = "How much does shipping to Austria cost?"
SMALL = Workflow(
    name="small",
    version=1,
    owner="tests",
    title={"en": "the small thing"},
    examples=("small",),
    first="ask",
    needs="anyone",
    slots={"colour": Slot(name="colour", type="text", ask={"en": "Which colour?"})},
    steps={
        "ask": AskStep(step="ask", slot="colour", next="say"),
        "say": SayStep(step="say", text={"en": "It will be {colour}."}, next="end"),
        "end": EndStep(step="end"),
    },
)


async def test_a_question_for_the_knowledge_is_answered_and_the_own_question_asked_again(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund")
        answer = await till.say(conversation, AUSTRIA)
        assert "6.90 EUR" in answer["text"]
        assert answer["text"].endswith("Back to your refund:\n\nWhich order is it about?")
        assert answer["outcome"] == "answered"
        assert [citation["document_id"][:10] for citation in answer["citations"]] != []
        shown = await till.say(conversation, "order_id=10482")
        assert "€49.90" in shown["text"]


async def test_small_talk_in_the_middle_does_not_lose_the_thread(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund")
        answer = await till.say(conversation, "Hello!")
        assert "Which order is it about?" in answer["text"]
        assert not answer["text"].startswith("Back")
        assert len(await till.runs(conversation)) == 1


async def test_nothing_is_offered_just_before_a_confirmation_that_a_yes_could_mean_as_well(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund")
        shown = await till.say(conversation, "order_id=10482")
        answer = await till.say(conversation, "Do you sell zeppelins on Neptune?")
        release = till.releases[""]
        offer = release.say(release.content.profile.texts.unknown, "en")
        assert "I don't find an answer to that." in answer["text"]
        assert offer not in answer["text"]
        assert answer["text"].endswith(shown["text"])


async def test_something_else_comes_first_and_the_first_thing_afterwards(tmp_path: Path, url: str) -> None:
    async with a_till(tmp_path, REFUND_FLOW, SMALL, url=url) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await till.say(conversation, "start small")
        assert [run.status for run in await till.runs(conversation)] == ["active", "suspended"]
        back = await till.say(conversation, "colour=red")
        assert back["text"].startswith("It will be red.\n\nBack to your refund:")
        assert "€49.90" in back["text"]
        done = await till.say(conversation, "yes")
        assert done["outcome"] == "acted"
        assert len(till.payments.made) == 1


async def test_a_cancelled_run_is_over_and_the_one_before_it_comes_back(tmp_path: Path) -> None:
    async with a_till(tmp_path, REFUND_FLOW, SMALL) as till:
        conversation = await till.a_customer(ADA)
        stopped = await till.say(conversation, "start refund", "start small", "cancel")
        assert "stopped" in stopped["text"]
        assert "Which order" in stopped["text"]
        assert [run.workflow for run in await till.runs(conversation)] == ["refund"]


async def test_whoever_means_one_of_two_is_asked_which(tmp_path: Path) -> None:
    async with a_till(tmp_path, REFUND_FLOW, SMALL) as till:
        conversation = await till.a_customer(ADA)
        asked = await till.say(conversation, "which refund small")
        assert "your refund or the small thing" in asked["text"]
        assert (await till.record(asked))["options"] == ["your refund", "the small thing"]
        assert await till.runs(conversation) == ()


async def test_a_run_that_was_left_too_long_is_closed_and_says_so(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund")
        till.world.clock.advance(2 * 86_400)
        answer = await till.say(conversation, "order_id=10482")
        assert "open for too long" in answer["text"]
        assert await till.runs(conversation) == ()
        assert till.payments.asked == []


async def test_a_person_who_takes_over_ends_the_run_with_its_yes(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        run = (await till.runs(conversation))[0]
        await hand_over(
            till.database,
            till.world.release,
            conversation,
            clock=till.world.clock,
            tokens=SystemTokens(),
            telemetry=till.world.telemetry,
        )
        escalation = await till.database.read(lambda stores: stores.escalations.open_on(conversation))
        assert await till.runs(conversation) == ()
        assert escalation.collected.slots == {"order_id": "10482"}
        assert escalation.collected.readings["order"][0]["state"] == "returned"
        assert "token" not in escalation.collected.readings["order"][0]
        approval = await till.database.read(lambda stores: stores.approvals.find(run.run_id, "confirm"))
        assert approval is None


async def test_a_run_whose_release_is_gone_is_handed_over(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        old = till.world.release
        components = {**old.manifest.components, "workflows": "other"}
        manifest = replace(old.manifest, release_id=type(old.manifest.release_id)("rel_new"), components=components)
        till.releases[""] = replace(old, manifest=manifest)
        answer = await till.say(conversation, "yes")
        assert answer["outcome"] == "escalated"
        assert "can't go on here" in answer["text"]
        assert till.payments.made == {}
        escalation = await till.database.read(lambda stores: stores.escalations.open_on(conversation))
        assert escalation.collected.workflow == "refund"


async def test_a_release_with_the_very_same_workflows_goes_on_with_a_run(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        old = till.world.release
        manifest = replace(old.manifest, release_id=type(old.manifest.release_id)("rel_new"))
        till.releases[""] = replace(old, manifest=manifest)
        assert (await till.say(conversation, "yes"))["outcome"] == "acted"


async def test_a_run_goes_on_with_the_definition_that_it_began_with(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        old = till.world.release
        other = replace(REFUND_FLOW, version=2, steps={**REFUND_FLOW.steps, "say_done": EndStep(step="say_done")})
        components = {**old.manifest.components, "workflows": "other"}
        manifest = replace(old.manifest, release_id=type(old.manifest.release_id)("rel_new"), components=components)
        till.releases[old.manifest.release_id] = old
        till.releases[""] = replace(old, manifest=manifest, workflows={"refund": other})
        assert "on its way" in (await till.say(conversation, "yes"))["text"]


async def test_a_link_in_a_record_is_not_said(tmp_path: Path) -> None:
    orders = {"10483": {**ORDERS["10483"], "state": "see http://evil.example/x?d=1"}}
    async with a_till(tmp_path, payments=Payments(orders=orders)) as till:
        conversation = await till.a_customer(ADA)
        answer = await till.say(conversation, "start refund order_id=10483")
        assert "evil.example" not in json.dumps(answer)


async def test_a_person_who_is_asked_for_by_another_road_gets_what_was_collected(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await till.say(conversation, "I want to talk to a person")
        escalation = await till.database.read(lambda stores: stores.escalations.open_on(conversation))
        assert escalation.reason == "asked"
        assert escalation.collected.slots == {"order_id": "10482"}
        assert await till.runs(conversation) == ()


async def test_a_fork_begins_without_what_was_under_way(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        source = await till.database.read(lambda stores: stores.conversations.get(conversation))
        fork = replace(source, conversation_id=ConversationId("conv_fork"), last_seq=0, forked_from=conversation)
        mint = SystemTokens().token
        await till.database.write(
            lambda stores: fork_conversation(stores, conversation, fork, turn_id=None, token_hash="h", mint=mint)
        )
        await till.say(fork.conversation_id, "yes")
        assert till.payments.made == {}
        assert [run.workflow for run in await till.runs(conversation)] == ["refund"]


async def test_a_customer_who_is_erased_in_the_middle_still_gets_an_end(tmp_path: Path) -> None:
    async def erase(operation: str) -> None:
        at = till.world.clock.now()
        source = await till.database.read(lambda stores: stores.conversations.get(conversation))
        customer = source.principal.customer_id
        if operation == "order" and not erased:
            erased.append(await till.database.write(lambda stores: stores.payloads.erase(customer, at=at)))

    erased: list[int] = []
    limits = RunnerLimits(lease_s=0.4, claim_every_s=0.05)
    async with a_till(tmp_path, payments=Payments(before_reply=erase), limits=limits) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund")
        answer = await till.say(conversation, "order_id=10482")
        assert erased
        assert answer["outcome"] in ("clarified", "refused", "answered")
        assert await till.runs(conversation) == ()
        assert till.payments.made == {}
