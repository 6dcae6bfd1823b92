"""Routing: which road a message takes, and what happens to questions the knowledge does not answer.

Intents and topics are matched by example: a message belongs to the one whose closest example is
close enough, by words or by meaning.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from frontdesk.domain.conversation import Message
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.localised import Localised, localised
from frontdesk.domain.release import AssistantProfile, EscalationPolicy, Intent, RoutingPolicy, Topic
from frontdesk.domain.turn import ConfidenceLevel, Nearest, Route, TurnContext
from frontdesk.ports.models import Embedder
from frontdesk.text.tokens import content_stems, words
from frontdesk.turn.examples import ExampleMatcher, Match

CLOSE_ENOUGH = 0.78
"""Similarity from which a message takes an intent's road away from the knowledge. A guess on the careful
side: a missed greeting costs an 'I don't know', a misread question costs an answer."""
NEAR_TOPIC = 0.55
"""Similarity from which a question without an answer counts as a named uncovered topic; a guess, as above."""
_YES = frozenset(
    {"yes", "yeah", "yep", "sure", "ok", "okay", "please", "do", "that"}
    | {"ja", "gerne", "bitte", "klar", "sí", "si", "claro", "vale", "por", "favor"}
)
"""Words of a plain yes in the languages we ship texts for."""


class Router:
    """Applies intents.yaml, topics.yaml and escalation.yaml of one release."""

    def __init__(
        self,
        policy: RoutingPolicy,
        profile: AssistantProfile,
        escalation: EscalationPolicy,
        embedder: Embedder | None,
        *,
        dense_languages: frozenset[str] = frozenset(),
    ) -> None:
        """
        Args:
            dense_languages: ISO 639-1 of the languages that the embedder was measured to understand.
        """
        self._dense_languages = dense_languages
        self._policy = policy
        self._profile = profile
        self._escalation = escalation
        self._intents = {intent.name: intent for intent in policy.intents}
        self._topics = {topic.name: topic for topic in policy.topics}
        self._intent_examples = ExampleMatcher([(i.name, i.examples) for i in policy.intents], embedder)
        self._topic_examples = ExampleMatcher([(t.name, t.examples) for t in policy.topics], embedder)

    async def route(self, text: str, *, language: str, context: TurnContext) -> Route:
        """The road for a message, before anything was searched."""
        if self._accepts_offer(text, context.history):
            return Route(kind="human", escalation=EscalationReason.ASKED, why="The customer accepted our offer.")
        match = await self._intent_examples.closest(text, by_meaning=language in self._dense_languages)
        near = _nearest("intent", match, needed=CLOSE_ENOUGH)
        intent = self._intents.get(match.name)
        if intent is not None and match.score >= CLOSE_ENOUGH:
            return replace(self._by_intent(intent, match.score, language), nearest=near)
        by_topic = await self._topic_examples.closest(text, by_meaning=language in self._dense_languages)
        near += _nearest("topic", by_topic, needed=CLOSE_ENOUGH)
        topic = self._topics.get(by_topic.name)
        if topic is not None and by_topic.score >= CLOSE_ENOUGH:
            return replace(self._by_topic(topic, by_topic.score, language), nearest=near)
        if not content_stems(text, language) and not context.history:
            return Route(
                kind="clarify",
                reply=self._say(self._profile.texts.clarify, language),
                why="The message names nothing that could be looked up, and nothing was said before.",
                nearest=near,
            )
        why = "No intent or topic is close enough."
        return Route(kind="knowledge", confidence=1.0 - match.score, why=why, nearest=near)

    async def uncovered(self, text: str, *, language: str, unanswered_before: int, level: ConfidenceLevel) -> Route:
        """The road for a question the knowledge does not answer: the topic's policy, else the default one."""
        match = await self._topic_examples.closest(text, by_meaning=language in self._dense_languages)
        topic = self._topics.get(match.name)
        if topic is not None and match.score >= NEAR_TOPIC:
            road = self._by_topic(topic, match.score, language)
        else:
            road = self._by_default(language, unanswered_before, level)
        return replace(road, nearest=_nearest("topic", match, needed=NEAR_TOPIC))

    def _by_default(self, language: str, unanswered_before: int, level: ConfidenceLevel) -> Route:
        if self._policy.uncovered == "escalate" or unanswered_before + 1 >= self._escalation.uncertain_after:
            return Route(
                kind="human",
                escalation=EscalationReason.UNCERTAIN,
                why=f"Not answered by the knowledge ({level} confidence), and so {unanswered_before + 1} in a row.",
            )
        why = f"Not answered by the knowledge ({level} confidence)."
        if self._policy.uncovered == "disclaim":
            return Route(kind="knowledge", disclaimer=self._say(self._profile.texts.disclaimer, language), why=why)
        return Route(kind="refuse", reply=self._say(self._profile.texts.unknown, language), why=why)

    def _by_intent(self, intent: Intent, score: float, language: str) -> Route:
        return Route(
            kind=intent.route,
            intent=intent.name,
            confidence=score,
            reply=self._say(intent.reply, language),
            escalation=EscalationReason.ASKED if intent.route == "human" else None,
            why=f"Close to an example of the intent '{intent.name}' ({score:.2f}).",
        )

    def _by_topic(self, topic: Topic, score: float, language: str) -> Route:
        why = (
            f"Close to an example of the uncovered topic '{topic.name}' ({score:.2f}), whose policy is {topic.policy}."
        )
        reply = self._say(topic.reply, language)
        if topic.policy == "escalate":
            return Route(
                kind="human",
                topic=topic.name,
                confidence=score,
                reply=reply,
                escalation=EscalationReason.POLICY,
                why=why,
            )
        if topic.policy == "disclaim":
            disclaimer = reply or self._say(self._profile.texts.disclaimer, language)
            return Route(kind="knowledge", topic=topic.name, confidence=score, disclaimer=disclaimer, why=why)
        return Route(
            kind="refuse",
            topic=topic.name,
            confidence=score,
            reply=reply or self._say(self._profile.texts.unknown, language),
            why=why,
        )

    def _accepts_offer(self, text: str, history: Sequence[Message]) -> bool:
        """Whether this is a plain yes to the offer to bring in a person, which was the last thing said."""
        said = [token.text.casefold() for token in words(text)]
        if not said or len(said) > 5 or not set(said) <= _YES:
            return False
        last = history[-1] if history else None
        return (
            last is not None
            and last.role == "assistant"
            and last.text.endswith(tuple(text for text in self._profile.texts.unknown.values() if text))
        )

    def _say(self, texts: Localised, language: str) -> str:
        return localised(texts, language, self._profile.default_language)


def _nearest(of: Literal["intent", "topic"], match: Match, *, needed: float) -> tuple[Nearest, ...]:
    if not match.name:
        return ()
    return (Nearest(of=of, name=match.name, example=match.example, score=round(match.score, 4), needed=needed),)
