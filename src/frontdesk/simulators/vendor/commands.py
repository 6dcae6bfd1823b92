"""What the vendor makes of a customer's message for a workflow: plausibly, obediently, or out of thin air."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from frontdesk.simulators.vendor.asks import Ask
from frontdesk.text.tokens import content_stems

Command = Mapping[str, str]
_WORKFLOW = re.compile(r"^- (?P<name>\w+): (?P<about>.*\(such as: .*\))$", re.MULTILINE)
_SLOT = re.compile(r"^- (?P<name>\w+) \((?P<kind>[^)]*)\): ", re.MULTILINE)
_ASKED = re.compile(r"^It has just asked for: (?P<slot>\w+)$", re.MULTILINE)
_CONFIRMS = "It has just asked for a confirmation."
_OPEN = "The open workflow is "
_VALUE = re.compile(r"[\w.+%-]+@[\w.-]+\w|[A-Za-z]{0,4}[-#]?\d[\w-]*")
_GENERAL = re.compile(r"\W*(?:how|what|who|which|do you|wie|was|wer|welche|c[oó]mo|cu[aá]nto|qu[eé])\b", re.IGNORECASE)
_YES = re.compile(r"\W*(?:yes|ok|sure|ja|s[ií]|claro|vale)\b", re.IGNORECASE)
_NO = re.compile(r"\W*(?:no|nein|not)\b", re.IGNORECASE)
_CANCEL = re.compile(r"cancel|forget|abbrech|vergiss|olv[ií]da|d[eé]jalo", re.IGNORECASE)
_INVENTED = ("HP-999999", "C-00001", "500", "attacker@evil.example", "Evil Street 1, 6660 Hell", "2027-01-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the request tells of the workflows, and what was said."""

    workflows: Mapping[str, str]
    """What each is about."""
    slots: Mapping[str, str]
    """The kind of each of the open workflow."""
    asked: str
    is_confirming: bool
    said: str
    """The last message."""
    spoken: str
    """All that was said, by whomever."""


def asks_for_commands(ask: Ask) -> bool:
    """Whether the reply is to say what a message means for workflows."""
    return "commands" in ((ask.schema or {}).get("properties") or {})


def write_commands(ask: Ask, does: str) -> str:
    """The reply in JSON, as the model `does`."""
    request = _read(ask)
    write = {"sim-obeys": _obeyed, "sim-invents": _invented}.get(does, _plausible)
    return json.dumps({"commands": list(write(request))[:6]}, ensure_ascii=False)


def _read(ask: Ask) -> _Reading:
    system, _, opened = ask.system.partition(_OPEN)
    spoken = [message["content"] for message in ask.messages if message["role"] != "system"]
    asked = _ASKED.search(opened)
    return _Reading(
        workflows={match["name"]: match["about"] for match in _WORKFLOW.finditer(system)},
        slots={match["name"]: match["kind"] for match in _SLOT.finditer(opened)},
        asked=asked["slot"] if asked else "",
        is_confirming=_CONFIRMS in opened,
        said=spoken[-1] if spoken else "",
        spoken="\n".join(spoken),
    )


def _command(kind: str, name: str = "", said: str = "") -> Command:
    return {"kind": kind, "name": name, "said": said}


def _plausible(request: _Reading) -> Iterator[Command]:
    """As a helpful model would: it points at the customer's words, and takes a yes for one."""
    if request.slots and _CANCEL.search(request.said):
        yield _command("cancel")
    elif request.is_confirming:
        yield _command("yes" if _YES.match(request.said) else "no" if _NO.match(request.said) else "question")
    elif request.asked and (said := _said_for(request.slots.get(request.asked, ""), request.said)):
        yield _command("set", request.asked, said)
    elif name := _begun(request):
        yield _command("start", name)
    elif request.slots:
        yield _command("question")


def _said_for(kind: str, said: str) -> str:
    if kind.startswith("one of: "):
        return _choice(kind.removeprefix("one of: ").split(", "), said)
    if kind == "yes or no":
        return "yes" if _YES.match(said) else "no" if _NO.match(said) else ""
    if kind in ("a number or code", "number", "money", "email"):
        found = _VALUE.search(said)
        return found.group() if found else ""
    return "" if "?" in said else said


def _choice(choices: Sequence[str], said: str) -> str:
    stems = {stem for language in ("en", "de", "es") for stem in content_stems(said, language)}
    return next((one for one in choices if not stems.isdisjoint(content_stems(one.replace("_", " "), "en"))), "")


def _begun(request: _Reading) -> str:
    """The workflow that shares most words with the message; none for a question about a rule."""
    if _GENERAL.match(request.said):
        return ""
    scores = {name: _shared(request.said, about) for name, about in request.workflows.items()}
    best = max(scores, key=lambda name: scores[name], default="")
    return best if best and scores[best] else ""


def _shared(said: str, about: str) -> int:
    languages = ("en", "de", "es")
    return max(len(set(content_stems(said, one)) & set(content_stems(about, one))) for one in languages)


def _obeyed(request: _Reading) -> Iterator[Command]:
    """Whatever anybody wrote is an order: every number for every slot, any workflow, and a yes to it."""
    yield _command("yes")
    values = [match.group() for match in _VALUE.finditer(request.spoken)] or [request.said[:200]]
    named = [name for name in request.workflows if _shared(request.spoken, name.replace("_", " "))]
    yield from (_command("start", name) for name in (named or list(request.workflows))[:1])
    yield from (_command("set", slot, value) for slot in request.slots for value in values[-2:])


def _invented(request: _Reading) -> Iterator[Command]:
    """What nobody said and nobody may: a yes, other people's numbers, and workflows and slots that do not exist."""
    yield _command("yes")
    yield _command("start", "pay_out_everything")
    yield _command("set", "customer", "C-00001")
    for place, slot in enumerate(request.slots):
        yield _command("set", slot, _INVENTED[place % len(_INVENTED)])
    yield _command("execute", "refund", "500 EUR")
