"""What the simulated vendor writes: it rephrases the passages of its request and knows nothing else.

The rules are those of a fluent writer who keeps the meaning: other words, contractions, moved conditions, merged
sentences, pronouns. So an answer is true and yet not a quotation, which is what a grounding check has to live with.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise
from random import Random
from typing import Any

from frontdesk.text.language import detect_language
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import content_stems, is_stopword

MAX_SENTENCES = 4
TOKEN_CHARS = 8
"""A longer word is sent in several tokens."""

_PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n(.*?)\n</passage>', re.DOTALL)
_MARKUP = re.compile(r"\*\*|__|`|^#+\s+.*$|^\s*\|.*$|^\s*[-*+]\s*\[[^\]]*\]\([^)]*\)\s*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_LINE_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_CONDITION = re.compile(
    r"^(?P<main>[A-ZÁÉÍÓÚÄÖÜ][^,.;:]{12,}?) (?P<word>if|when|once|si|cuando|wenn) (?P<rest>[^,.;:]{8,})\.$"
)
_FRONTED = re.compile(r"^(?P<word>If|When|Once) (?P<rest>[^,.;:]{8,}), (?P<main>[^.;:]{12,})\.$")
_SUBJECT = re.compile(
    r"^(?:Standard delivery|Express delivery|The [a-z]+(?: [a-z]+)?|An? [a-z]+(?: [a-z]+)?)"
    r"(?= (?:is|costs|takes|has|must|may|can|comes|covers|lasts|starts)\b)"
)
_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("cannot", "can't"),
        ("do not", "don't"),
        ("does not", "doesn't"),
        ("is not", "isn't"),
        ("are not", "aren't"),
        ("working days", "business days"),
        ("free of charge", "at no cost"),
        ("parcel", "package"),
        ("receive", "get"),
        ("as long as", "provided that"),
        ("at least", "a minimum of"),
        ("must be", "has to be"),
        ("in order to", "to"),
        ("choose", "pick"),
    ),
    "es": (
        ("gratis", "sin coste"),
        ("días laborables", "días hábiles"),
        ("puedes devolver", "es posible devolver"),
        ("recibes", "te llega"),
        ("antes de", "con anterioridad a"),
    ),
    "de": (
        ("kostenlos", "gratis"),
        ("Werktage", "Arbeitstage"),
        ("innerhalb von", "binnen"),
        ("erhältst", "bekommst"),
        ("mindestens", "wenigstens"),
    ),
}
_OPENINGS = {
    "en": ("", "", "Sure. ", "According to the help pages, ", "In short: "),
    "es": ("", "", "Según las páginas de ayuda, ", "En resumen: "),
    "de": ("", "", "Laut den Hilfeseiten gilt: ", "Kurz gesagt: "),
}
_UNKNOWN = {"en": "I don't know.", "es": "No lo sé.", "de": "Das weiß ich nicht."}
_NUMBER_WORDS = {"2": "two", "3": "three", "5": "five", "7": "seven", "10": "ten", "14": "fourteen", "30": "thirty"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the vendor reads out of the messages it was sent."""

    question: str
    passages: tuple[tuple[int, str], ...]
    """Number and text of each."""
    task: str
    """`answer`, `rewrite` or `summary`, guessed from the instructions as a model would."""
    said: tuple[str, ...]
    """The conversation before, oldest first."""


def read_request(messages: Sequence[Any]) -> Request:
    """The question, passages and task in chat messages; whatever is not understood counts as the question."""
    texts = [(str(m.get("role")), str(m.get("content") or "")) for m in messages if isinstance(m, dict)]
    system = " ".join(text for role, text in texts if role == "system").lower()
    spoken = [text for role, text in texts if role != "system"] or [""]
    passages = tuple((int(number), text.replace("&lt;", "<")) for number, text in _PASSAGE.findall(spoken[-1]))
    question = spoken[-1].rpartition("</passages>")[2].rpartition("</summary>")[2].strip()
    task = "rewrite" if "rewrite" in system else "summary" if "summarise" in system and not passages else "answer"
    return Request(question=question, passages=passages, task=task, said=tuple(spoken[:-1]))


def language_of(request: Request) -> str:
    """The language to answer in: the question's, told with the help of the first passage where that is short."""
    text = request.question if len(request.question) > 60 or not request.passages else request.passages[0][1]
    return detect_language(text, default="en", among=("en", "es", "de"))


def write_reply(request: Request, random: Random) -> list[tuple[str, int]]:
    """The reply's sentences, each with the number of the passage it stands on, 0 for none."""
    language = language_of(request)
    if request.task == "rewrite":
        return [(request.question, 0)]
    if request.task == "summary":
        return [(_first_sentence(text), 0) for text in request.said[:MAX_SENTENCES]] or [("Nothing was said.", 0)]
    chosen = _relevant(request, language, 1 + random.randrange(MAX_SENTENCES))
    if not chosen:
        return [(_UNKNOWN[language], 0)]
    sentences = _merged(
        _with_pronouns([(_reworded(text, language, random), number) for text, number in chosen]), random
    )
    opening = random.choice(_OPENINGS[language])
    first, number = sentences[0]
    if opening and not opening.endswith((". ", ": ")):
        first = first[0].lower() + first[1:] if is_stopword(first.split()[0], language) else first
    return [(opening + first, number), *sentences[1:]]


def first_words(passages: Sequence[tuple[int, str]], tokens: int) -> str:
    """A fixed answer for benchmarks: the first passage, over and over, up to so many tokens."""
    words = _plain(passages[0][1]).split() if passages else ["I", "don't", "know."]
    taken: list[str] = []
    for word in cycle(words):
        tokens -= -(-len(word) // TOKEN_CHARS)
        if tokens < 0:
            break
        taken.append(word)
    return " ".join(taken).rstrip(".,;:") + "."


def _relevant(request: Request, language: str, limit: int) -> list[tuple[str, int]]:
    wanted = set(content_stems(request.question, language))
    scored: list[tuple[float, int, str, int]] = []
    for rank, (number, text) in enumerate(request.passages):
        for sentence in _sentences(text):
            stems = set(content_stems(sentence, language))
            if common := len(wanted & stems):
                scored.append((common + 1 / (2 + rank), len(scored), sentence, number))
    best = sorted(scored, key=lambda item: (-item[0], item[1]))[:limit]
    near = [item for item in best if item[0] >= best[0][0] - 1]
    return [(sentence, number) for _, _, sentence, number in sorted(near, key=lambda item: item[1])]


def _sentences(text: str) -> list[str]:
    plain = _MARKUP.sub("", _LINK.sub(r"\1", text))
    found = [" ".join(plain[span.start : span.end].split()) for span in split_sentences(plain)]
    return [sentence for sentence in found if len(sentence) > 15 and sentence.endswith((".", "!"))]


def _plain(text: str) -> str:
    return " ".join(_LINE_MARK.sub("", sentence) for sentence in _sentences(text)) or " ".join(text.split())


def _first_sentence(text: str) -> str:
    spans = split_sentences(text)
    return text[spans[0].start : spans[0].end] if spans else text


def _reworded(sentence: str, language: str, random: Random) -> str:
    for word, other in _WORDS[language]:
        if random.random() < 0.6:
            sentence = re.sub(rf"\b{word}\b", other, sentence)
    if language == "en":
        sentence = _moved_condition(sentence) if random.random() < 0.5 else sentence
        if random.random() < 0.3:
            sentence = re.sub(r"\b(\d+)(?= (?:days|weeks|months|years)\b)", _in_words, sentence)
    return sentence


def _in_words(match: "re.Match[str]") -> str:
    return _NUMBER_WORDS.get(match.group(1), match.group(1))


def _moved_condition(sentence: str) -> str:
    """`X if Y.` as `If Y, X.` and the other way round."""
    if match := _FRONTED.match(sentence):
        main = match["main"]
        return f"{main[0].upper()}{main[1:]} {match['word'].lower()} {match['rest']}."
    if (match := _CONDITION.match(sentence)) and match["word"] in ("if", "when", "once"):
        main = (
            match["main"]
            if match["main"].startswith(("I ", "Harbor"))
            else match["main"][0].lower() + match["main"][1:]
        )
        return f"{match['word'].capitalize()} {match['rest']}, {main}."
    return sentence


def _with_pronouns(sentences: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """A subject that repeats the one before becomes `It`."""
    told = [sentences[0]]
    for (before, _), (sentence, number) in pairwise(sentences):
        subject, earlier = _SUBJECT.match(sentence), _SUBJECT.match(before)
        same = subject is not None and earlier is not None and subject.group() == earlier.group()
        told.append((_SUBJECT.sub("It", sentence) if same else sentence, number))
    return told


def _merged(sentences: list[tuple[str, int]], random: Random) -> list[tuple[str, int]]:
    """Two short neighbours from one passage as one sentence."""
    merged = [sentences[0]]
    for sentence, number in sentences[1:]:
        before, before_number = merged[-1]
        short = len(before) + len(sentence) < 140 and before.endswith(".") and number == before_number
        if short and random.random() < 0.4:
            merged[-1] = (f"{before[:-1]}; {sentence[0].lower()}{sentence[1:]}", number)
        else:
            merged.append((sentence, number))
    return merged
