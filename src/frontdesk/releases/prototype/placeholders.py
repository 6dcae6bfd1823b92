"""Placeholders of other frameworks in a prompt: ours where we have one, words where they stand in a sentence, else gone.

Here the question, the conversation and the passages travel beside the instructions, not inside them.
"""

import re
from collections.abc import Iterator

_PLACEHOLDER = re.compile(
    r"\{\{-?\s{0,9}(?P<double>[A-Za-z_][\w.]{0,60})(?:\s{0,9}\|[^{}\n]{0,80})?\s{0,9}-?\}\}"
    r"|\$\{(?P<dollar>[A-Za-z_]\w{0,60})\}"
    r"|(?<!\{)\{(?P<single>[A-Za-z_][\w.]{0,60})\}(?!\})"
    r"|%\((?P<percent>[A-Za-z_]\w{0,60})\)s"
)
_JINJA = re.compile(r"\{%[^%]{0,500}%\}|\{#.{0,2000}?#\}", re.DOTALL)
_OURS = {
    "{organisation}": "brand business company company_name org organisation organisation_name organization",
    "{name}": "agent_name assistant assistant_name bot bot_name",
    "{language}": "lang language locale user_language",
    "{voice}": "persona personality style tone voice",
}
_WORDS = {
    "the numbered passages": "articles chunks context context_str docs documents faq knowledge passages retrieved_docs "
    "search_results sources summaries",
    "the customer's question": "customer_message human_input input message prompt q query query_str question text "
    "user_input user_message user_query user_question",
    "the conversation so far": "chat_history conversation conversation_history history memory messages",
    "the customer": "customer customer_name first_name user user_name username",
}
_MEANS = {word: meaning for table in (_OURS, _WORDS) for meaning, words in table.items() for word in words.split()}
_INTRODUCES = re.compile(
    r"(?:\bare|\bam|\bi'm|\bnamed|\bcalled|\bname is|\bbist|\beres|\bheißt)[\s\"“*]{1,4}\Z", re.IGNORECASE
)
_LABEL = re.compile(r"\s*[#>*\-]*\s*\**[^\W\d_][\w' /()]{0,40}\**:\**[\s\"'`]*\Z")
_BARE = re.compile(r"[\W_]*\Z")
_EMPTY_ELEMENT = re.compile(r"<(\w{1,40})>\s*</\1>")
_EMPTY_FENCE = re.compile(r"(```|\"\"\"|''')\w{0,20}\s*\1")


def map_placeholders(text: str) -> tuple[str, tuple[str, ...]]:
    """The prompt with our placeholders only, and a sentence for each that was another's."""
    notes: dict[str, str] = {}
    if blocks := _JINJA.findall(text):
        notes["{%"] = f"{len(blocks)} template instructions such as {blocks[0][:40]} were removed"
    is_format = any(match["single"] for match in _PLACEHOLDER.finditer(text))
    lines = list(_mapped_lines(_JINJA.sub("", text), notes))
    mapped = "\n".join(_without_last_label(lines) if notes else lines)
    if is_format:  # braces that str.format reads as one
        mapped = mapped.replace("{{", "{").replace("}}", "}")
    mapped = _EMPTY_FENCE.sub("", _EMPTY_ELEMENT.sub("", mapped)) if notes else mapped
    return re.sub(r"\n{3,}", "\n\n", mapped).strip(), tuple(notes.values())


def _mapped_lines(text: str, notes: dict[str, str]) -> Iterator[str]:
    """Lines that only hand over data are gone, with the label above them."""
    waiting = ""  # a label that may have to go
    for line in text.split("\n"):
        rest = _PLACEHOLDER.sub("", line)
        only_data = rest != line and _is_data(line) and (_BARE.match(rest) or _LABEL.match(rest))
        if only_data:
            for match in _PLACEHOLDER.finditer(line):
                notes.setdefault(match[0], f"{match[0]} was removed: Frontdesk hands that over itself")
            waiting = "" if _BARE.match(rest) else waiting
            continue
        if waiting:
            yield waiting
        waiting = ""
        mapped = _PLACEHOLDER.sub(lambda match: _mapped(match, notes), line)
        if _LABEL.match(mapped):
            waiting = mapped
        else:
            yield mapped
    if waiting:
        yield waiting


def _is_data(line: str) -> bool:
    return not any(_MEANS.get(_name(match), "") in _OURS for match in _PLACEHOLDER.finditer(line))


def _mapped(match: re.Match[str], notes: dict[str, str]) -> str:
    name, before = _name(match), match.string[: match.start()]
    meaning = _MEANS.get(name, "")
    if name == "name":  # whose?
        meaning = "{name}" if _INTRODUCES.search(before) else "the customer"
    if meaning != match[0]:
        what = f"became {meaning}" if meaning else "was removed: nothing here fills it"
        notes.setdefault(match[0], f"{match[0]} {what}")
    starts = not before.strip() or before.rstrip()[-1] in ".!?"
    return meaning[:1].upper() + meaning[1:] if starts and meaning[:1].isalpha() else meaning


def _name(match: re.Match[str]) -> str:
    found = next(value for value in match.groupdict().values() if value)
    return found.rpartition(".")[2].lower() if found.count(".") else found.lower()


def _without_last_label(lines: list[str]) -> list[str]:
    """`Answer:` at the end asked a completion model to go on."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or _LABEL.match(kept[-1])):
        kept.pop()
    return kept
