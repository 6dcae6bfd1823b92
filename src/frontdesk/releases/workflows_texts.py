"""What can be wrong in the texts of a workflow: languages that are missing, and gaps that cannot be filled."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from frontdesk.domain.localised import Localised
from frontdesk.domain.workflow import AskStep, Choice, ConfirmStep, HandOverStep, SayStep, Slot
from frontdesk.releases.workflows_checked import Told
from frontdesk.releases.workflows_entries import WorkflowFile
from frontdesk.releases.workflows_made import Location, Made
from frontdesk.workflows.expression_types import Scope, shape_of
from frontdesk.workflows.expressions import Expression, ExpressionError, parse_expression
from frontdesk.workflows.shapes import Shape
from frontdesk.workflows.templates import Each, Gap, is_currency, parse_template, sibling

MAX_TEXT_CHARS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of the workflow and where it may be filled from."""

    place: Location
    texts: Localised
    known: frozenset[str] | None = None
    """What is sure to be known there; None where the text has no gaps."""
    row: str = ""
    """A result whose record's fields are names of their own."""
    may_list_values: bool = False
    is_needed: bool = True


def check_texts(
    written: WorkflowFile, made: Made, scope: Scope, known: Mapping[str, frozenset[str]], default_language: str
) -> Iterator[Told]:
    """Every text, in every language."""
    title = made.workflow.title
    for language in title:
        if not (len(language) == 2 and language.isascii() and language.islower()):
            yield ("title", language), f"`{language}` is no language code.", "Use ISO 639-1, such as `en`."
    if default_language not in title:
        hint = "Every text is also in the assistant's default language."
        yield ("title",), f"`title` has nothing in the default language '{default_language}'.", hint
    for text in _texts(made, known):
        yield from _check_languages(text, title)
        for language, words in text.texts.items():
            yield from (
                (text.place, f"In '{language}': {message}.", hint) for message, hint in _check(text, words, scope)
            )
    for step, place in made.places.items():
        found = made.workflow.steps[step]
        if isinstance(found, SayStep):
            yield from _check_about(place, written, scope, made, known.get(step, frozenset()))


def _check_about(
    place: Location, written: WorkflowFile, scope: Scope, made: Made, known: Collection[str]
) -> Iterator[Told]:
    number = place[1] if len(place) > 1 else 0
    own = getattr(written.steps[int(number)], "about", ())
    for name in own:
        if name not in scope or name in made.workflow.slots:
            yield (*place, "about"), f"`{name}` is no result.", "`about` names results that were read before."
        elif name not in known and f"{name}?" not in known:
            yield (*place, "about"), f"`{name}` may not be read yet.", "Put its `call` before it on every road."


def _texts(made: Made, known: Mapping[str, frozenset[str]]) -> Iterator[Text]:
    workflow = made.workflow
    yield Text(place=("title",), texts=workflow.title)
    yield Text(place=("silent",), texts=workflow.silent, is_needed=False)
    for slot in workflow.slots.values():
        yield from _texts_of(slot, made, known)
    for name, place in made.places.items():
        if name not in known:
            continue  # no road leads there, which is told elsewhere
        step, here = workflow.steps[name], known[name]
        if isinstance(step, SayStep):
            yield Text(place=(*place, "say"), texts=step.text, known=here)
        elif isinstance(step, ConfirmStep):
            yield Text(place=(*place, "confirm"), texts=step.text, known=here)
        elif isinstance(step, HandOverStep):
            yield Text(place=(*place, "hand_over"), texts=step.text, known=here, is_needed=False)


def _texts_of(slot: Slot, made: Made, known: Mapping[str, frozenset[str]]) -> Iterator[Text]:
    place: Location = ("slots", slot.name)
    asking = [
        known.get(name, frozenset())
        for name, step in made.workflow.steps.items()
        if isinstance(step, AskStep) and step.slot == slot.name
    ]
    here = frozenset.intersection(*asking) if asking else frozenset()
    yield Text(place=(*place, "ask"), texts=slot.ask, known=here, may_list_values=True)
    for key in ("why", "missing"):
        yield Text(place=(*place, key), texts=getattr(slot, key), is_needed=False)
    if slot.label:
        yield Text(place=(*place, "label"), texts=slot.label, known=here, row=slot.choose_from)
    for choice in slot.choices:
        yield _text_of_choice(place, choice)


def _text_of_choice(place: Location, choice: Choice) -> Text:
    return Text(place=(*place, "choices", choice.value), texts=choice.label)


def _check_languages(text: Text, title: Localised) -> Iterator[Told]:
    if not text.texts and not text.is_needed:
        return
    missing = [language for language in title if not text.texts.get(language, "").strip()]
    extra = [language for language in text.texts if language not in title]
    if missing:
        hint = "Every text is in all the languages of `title`."
        yield text.place, f"There is nothing in {_listed(missing)}.", hint
    if extra:
        yield text.place, f"There is a text in {_listed(extra)}, and no `title`.", "Write the title in it too."


def _listed(languages: Collection[str]) -> str:
    return ", ".join(f"'{language}'" for language in languages)


def _check(text: Text, words: str, scope: Scope) -> Iterator[tuple[str, str]]:
    if len(words) > MAX_TEXT_CHARS:
        yield f"it is longer than {MAX_TEXT_CHARS} characters", ""
    if text.known is None:
        if "{" in words or "}" in words:
            yield "this text has no gaps to fill", "Leave the braces out."
        return
    listed = words.replace("{values}", "") if text.may_list_values else words
    try:
        template = parse_template(listed)
        row = _record(text, scope)
        if text.row and row is None:
            return  # nobody has described its records
        for part in template.parts:
            if isinstance(part, Gap):
                yield from _check_gap(part, scope, text.known, row)
            elif isinstance(part, Each):
                yield from _check_each(part, scope, text.known)
    except ExpressionError as error:
        yield error.public_message, error.hint


def _record(text: Text, scope: Scope) -> Shape | None:
    shape = scope.get(text.row)
    return shape.item if shape else None


def _check_each(each: Each, scope: Scope, known: Collection[str]) -> Iterator[tuple[str, str]]:
    shape = shape_of(each.records, scope)
    if shape.kind not in ("list", "unknown"):
        yield f"`{each.records.text}` is no list", f"Write its fields, as in {{{each.records.text}.number}}."
    yield from _unsure(each.records, known)
    for gap in each.piece.gaps() if shape.kind == "list" else ():
        yield from _check_gap(gap, scope, known, shape.item)


def _check_gap(gap: Gap, scope: Scope, known: Collection[str], row: Shape | None) -> Iterator[tuple[str, str]]:
    own = row.fields if row else {}
    inner = {**scope, **own}
    shape = shape_of(gap.expression, inner)
    if shape.is_private:
        yield f"`{gap.expression.text}` is private and is never said", "Use it in conditions only."
    if not gap.filter("else"):
        yield from _unsure(gap.expression, {*known, *own})
        if not shape.is_certain and gap.expression.text.strip() not in known:
            remedy = f"Write {{{gap.expression.text}|else …}}, or ask known({gap.expression.text}) before."
            yield f"`{gap.expression.text}` may be missing", remedy
    yield from _check_format(gap, shape, inner)


def _unsure(expression: Expression, known: Collection[str]) -> Iterator[tuple[str, str]]:
    unsure = sorted(expression.names() - set(known))
    if unsure:
        remedy = f"Ask or read it before on every road, or write {{{expression.text}|else …}}."
        yield f"`{unsure[0]}` may not be known yet", remedy


def _check_format(gap: Gap, shape: Shape, scope: Scope) -> Iterator[tuple[str, str]]:
    shown, filters = gap.expression.text, {one.name for one in gap.filters}
    if shape.kind == "money" and "money" not in filters:
        yield f"`{shown}` is an amount and needs its currency", f"Write {{{shown}|money}}."
    if shape.kind in ("list", "record"):
        yield f"`{shown}` is no single value", f"Write {{{shown}.field}}, or {{each {shown}: {{field}}}}."
    for name, kinds in _FOR.items():
        if name in filters and shape.kind not in kinds:
            yield f"`|{name}` is not for `{shown}`", ""
    if "money" in filters and shape.kind in ("money", "number"):
        yield from _check_currency(gap, scope)


_FOR: Mapping[str, tuple[str, ...]] = {
    "money": ("money", "number", "unknown"),
    "date": ("date", "time", "unknown"),
    "time": ("time", "unknown"),
}


def _check_currency(gap: Gap, scope: Scope) -> Iterator[tuple[str, str]]:
    money = gap.filter("money")
    written = money.argument if money else ""
    if is_currency(written):
        return
    source = written or sibling(gap.expression.text, "currency")
    try:
        shape_of(parse_expression(source), scope)
    except ExpressionError:
        remedy = f"Write {{{gap.expression.text}|money EUR}}, or name the field after `money`."
        yield f"the currency of `{gap.expression.text}` is not known", remedy
