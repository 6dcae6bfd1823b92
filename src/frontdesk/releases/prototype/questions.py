"""Past questions and answers, one shape for all the shapes they are logged in."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from frontdesk.releases.prototype.tables import Row, Table
from frontdesk.releases.prototype.values import FoundFile, LoggedQuestion
from frontdesk.safety import ContactData, NationalIds, PaymentNumbers, Secrets
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import MAX_CHARS, clean_text
from frontdesk.turn.guards.masks import masked

_ASKS = ("question", "query", "pregunta", "frage", "prompt", "instruction", "usermessage", "userinput", "user", "input")
_MAY_ASK = ("message", "text", "customer", "q")
"""Names that other tables have as well: they ask only where another column answers."""
_ANSWERS = (
    "answer", "response", "completion", "output", "assistant", "reply", "respuesta", "antwort", "botresponse", "botmessage",
    "bot", "expected", "expectedanswer", "groundtruth", "a",
)  # fmt: skip
_TALKS = ("messages", "conversations", "conversation", "turns")
_SESSIONS = ("conversationid", "sessionid", "session", "threadid", "chatid", "conversation", "thread")
_SAYS = ("content", "text", "message", "value", "body")
_ROLES = ("role", "from", "sender", "author", "speaker")
_CUSTOMER = frozenset({"user", "human", "customer", "client", "visitor", "kunde", "cliente"})
_ASSISTANT = frozenset({"assistant", "gpt", "bot", "ai", "agent", "model", "system_response"})
_DETECTORS = (ContactData(), PaymentNumbers(), NationalIds(), Secrets())
_FAQ = re.compile(r"(?:faqs?|knowledge(?:[_\- ]?base)?|kb|help)(?:[_\-. ]|\Z)")


def has_questions(table: Table) -> bool:
    """Whether its columns are those of a log of questions."""
    columns = table.columns
    is_talk = any(name in columns for name in _TALKS) or bool(_role_columns(columns))
    is_asked = any(name in columns for name in _ASKS) or any(name in columns for name in _MAY_ASK)
    needs_answer = not {"question", "query", "pregunta", "frage", "prompt"} & columns
    return is_talk or (is_asked and not (needs_answer and not any(name in columns for name in _ANSWERS)))


def is_faq(file: FoundFile) -> bool:
    """Whether questions and answers were written for customers, by the file's name: these are knowledge, not a log."""
    return bool(_FAQ.match(file.stem))


def read_pairs(table: Table) -> Iterator[tuple[int, str, str]]:
    """Row, question and answer; of a conversation only its first question, for the others lean on what was said."""
    if roles := _role_columns(table.columns):
        yield from _from_lines_of_talk(table.rows, *roles)
        return
    for row in table.rows:
        if talk := _first_of(row.values, _TALKS, list):
            pair = _from_talk(talk)
        else:
            pair = (_first_of(row.values, (*_ASKS, *_MAY_ASK), str), _first_of(row.values, _ANSWERS, str))
        if pair[0].strip():
            yield row.number, pair[0].strip(), pair[1].strip()


def take_questions(pairs: Iterable[tuple[str, str, str]], *, default: str) -> tuple[list[LoggedQuestion], int]:
    """Distinct questions, the most frequent first, and how many were asked in all.

    Args:
        pairs: source, question, answer.
        default: ISO 639-1 of questions too short to tell.
    """
    times: defaultdict[str, int] = defaultdict(int)
    first: dict[str, tuple[str, str, str]] = {}
    for source, question, answer in pairs:
        text = clean_text(question).strip()
        if not text or len(text) > MAX_CHARS:
            continue
        key = " ".join(re.findall(r"\w+", text.casefold())) or text
        times[key] += 1
        first.setdefault(key, (source, text, clean_text(answer).strip()))
    ordered = sorted(first, key=lambda key: -times[key])
    return [_logged(*first[key], times=times[key], default=default) for key in ordered], sum(times.values())


def _logged(source: str, question: str, answer: str, *, times: int, default: str) -> LoggedQuestion:
    shown, reply = _without_personal_data(question), _without_personal_data(answer)
    return LoggedQuestion(
        question=shown,
        answer=reply,
        language=detect_language(question, default=default),
        source=source,
        times=times,
        is_masked=(shown, reply) != (question, answer),
    )


def _without_personal_data(text: str) -> str:
    return masked(text, [finding for detector in _DETECTORS for finding in detector.find(text)])


def _from_talk(talk: Sequence[Any]) -> tuple[str, str]:
    said = [(_role_of(item), _said(item)) for item in talk if isinstance(item, dict)]
    asked = next((place for place, (role, text) in enumerate(said) if role in _CUSTOMER and text), None)
    if asked is None:
        return "", ""
    reply = next((text for role, text in said[asked + 1 :] if role in _ASSISTANT), "")
    return said[asked][1], reply


def _from_lines_of_talk(rows: Sequence[Row], role: str, says: str, session: str) -> Iterator[tuple[int, str, str]]:
    """Logs with one line per thing that was said."""
    talks: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        talks[str(row.values.get(session, ""))].append(row)
    for said in talks.values():
        question, answer = _from_talk([{"role": row.values.get(role), "content": row.values.get(says)} for row in said])
        if question:
            yield said[0].number, question, answer


def _role_columns(columns: frozenset[str]) -> tuple[str, str, str] | None:
    """The columns of who, what and in which conversation, where a log has one line per thing that was said."""
    role = next((name for name in _ROLES if name in columns), "")
    says = next((name for name in _SAYS if name in columns), "")
    session = next((name for name in _SESSIONS if name in columns), "")
    return (role, says, session) if role and says and session else None


def _role_of(item: Mapping[str, Any]) -> str:
    return str(next((item[name] for name in _ROLES if item.get(name)), "")).strip().lower()


def _said(item: Mapping[str, Any]) -> str:
    """What a message says; of one in parts, its texts."""
    value = next((item[name] for name in _SAYS if item.get(name)), "")
    if isinstance(value, list):
        value = "\n".join(str(part.get("text", "")) for part in value if isinstance(part, dict))
    return value.strip() if isinstance(value, str) else ""


def _first_of(values: Mapping[str, Any], names: Sequence[str], kind: type[Any]) -> Any:
    """The first of these columns that holds something of the kind; else an empty one."""
    return next((values[name] for name in names if isinstance(values.get(name), kind) and values[name]), kind())
