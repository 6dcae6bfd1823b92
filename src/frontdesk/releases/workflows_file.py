"""workflows/NAME.yaml: what the assistant does for customers step by step, as whoever answers for the rules writes it.

    owner: Payments team                           # who answers for these rules
    version: 3                                     # 1 where it is not written
    title: {en: the status of a refund, de: der Stand einer Erstattung}
    needs: verified                                # anyone, verified (default), stepped_up: who may begin it
    share: 1                                       # of conversations that have it; 0 switches it off
    channels: {voice: 0}                           # another share for single channels
    examples:                                      # how customers begin it, in any language
      - Where is my refund?
      - Wo bleibt mein Geld?
    slots:
      order:
        type: id                                   # text id email number money date time yes_no choice
        choose_from: orders                        # or `choices: {value: label, …}`, or free with `pattern`, `minimum`, …
        choose_by: number
        label: {en: "{number} of {placed_on|date}", de: "{number} vom {placed_on|date}"}
        ask: {en: "Which order is it: {values}?", de: "Um welche Bestellung geht es: {values}?"}
        why: {en: A refund belongs to an order., de: Eine Erstattung gehört zu einer Bestellung.}
        missing: {en: It is in the e-mail we sent., de: Sie steht in unserer E-Mail.}
        if_missing: no_order                       # the step after "I don't have that"; needed with choose_from
    steps:
      - call: shop.orders                          # the result is named `orders`, like the operation, or `as: name`
      - ask: order                                 # goes on at once where it is known
      - calls:                                     # several at the same time, each under its result's name
          refund: {call: payments.refund, with: {order: order}}
          parcel: {call: shipping.parcel, with: {order: order}, skip_if: order.is_returned == false}
        failures: {not_found: no_refund, any: hand_over}
      - decide:
          - when: refund.status == "paid"
            go: paid
          - when: refund.status == "declined" and today - refund.asked_on > days(14)
            go: hand_over
        otherwise: under_way                       # the next step of the list where it is not written
      - id: paid                                   # an id is needed where another step leads to it
        say:
          en: "{refund.amount|money} went back on {refund.paid_on|date}."
          de: "{refund.amount|money} sind am {refund.paid_on|date} zurückgegangen."
        next: end                                  # the next step of the list where it is not written
      - id: under_way
        confirm:                                   # shows every value that is sent; the customer says yes or no
          en: "Shall I ask for the refund of {order} to be hurried?"
          de: "Soll ich die Erstattung zu {order} beschleunigen lassen?"
        does: payments.hurry                       # an effect, made only after a yes
        with: {order: order}
        otherwise: end                             # after a no (`end` where it is not written)
        failures: {rejected: hand_over}
        undo: {call: payments.unhurry, with: {order: order}}    # if a later effect of this run fails
      - end: acted                                 # or `end`: answered, acted where something was done
      - id: no_refund
        say: {en: "There is no refund for {order}.", de: "Zu {order} gibt es keine Erstattung."}
      - ask: order                                 # back to a value that led nowhere:
        again: true                                # forgets it and asks anew; a road back needs this
        next: read_refund_and_parcel
      - id: no_order
        hand_over: {en: I pass you on., de: Ich gebe dich weiter.}
        queue: payments
        why: The customer has no order at hand.

Roads
    `next`, `go`, `otherwise`, `failures` and `if_missing` name steps by id. `end` and `hand_over` are always there. Ids
    that are not written: ask_SLOT, read_RESULT, read_A_and_B, confirm_RESULT. Failures: silent, unavailable,
    rate_limited, rejected, malformed, not_yours, not_found, limit, denied, any; without a road the customer is told
    and a person takes over.
Conditions and arguments
    order · refund.status == "paid" · refund.amount <= 200 · status in ["open", "paid"] · and, or, not · + - * /
    today - order.delivered_on <= days(30) · days() hours() minutes() day(time) · known(name) · failed(parcel)
    any(one.status == "lost" for one in parcels) · all() count() sum() smallest() largest()
    first(one.price for one in items if one.number == item). A slot that was chosen from records has the record's
    fields: order.status. What is not known makes a comparison untrue. Texts stand in quotation marks; in `with`, a
    number, a date, true and false stand for themselves, and a text is written '"like this"'.
Texts
    per language, all in the languages of the title, or one text in the assistant's default language.
    {order} · {order|label} for the words of a choice · {refund.amount|money} with the record's `currency` (or
    |money EUR) · {refund.paid_on|date} · {refund.paid_at|time} · {parcel.carrier|else the carrier} for what may be
    missing · {each orders: {number}, {status}} joined by commas · {lines orders: {number}} one to a line.
    Quotation marks are needed around a text with {…}, a comma or a colon in it. Of `say`, `about: [refund]` names the results it rests on where its values don't show it.
Slots
    type, ask, why, missing, if_missing, pattern, choices ({broken: {en: broken, de: kaputt}} or
    {broken: {label: …, words: [defect, hin]}}), choose_from, choose_by, label, minimum, maximum, not_before_days,
    not_after_days, max_chars, examples, is_volunteered (false: only as an answer to its question).
Also
    name (the file's), silent (said when a system does not answer), time_limit_hours (24), max_asks (3), and of a
    confirmation `as` and `expires_minutes` (15).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.domain.workflow import Workflow
from frontdesk.releases.workflows_checks import check_workflow
from frontdesk.releases.workflows_entries import KNOWN, WorkflowFile
from frontdesk.releases.workflows_made import make_workflow
from frontdesk.releases.yaml_files import YamlFile, read_yaml

FOLDER = "workflows"


def read_workflows(
    folder: Path, *, operations: Mapping[str, OperationSpec] | None = None, default_language: str = "en"
) -> tuple[Workflow, ...]:
    """The workflows of an assistant folder, by name.

    Args:
        operations: those of connectors.yaml by qualified name; None leaves calls unchecked.
        default_language: of texts that name none.
    Raises:
        ConfigError: every mistake of every file, each as `file:line`.
    """
    found, problems = find_workflows(folder, operations=operations, default_language=default_language)
    if problems:
        raise ConfigError(problems)
    return found


def find_workflows(
    folder: Path, *, operations: Mapping[str, OperationSpec] | None, default_language: str
) -> tuple[tuple[Workflow, ...], list[ConfigProblem]]:
    """Those that can be read, and every mistake of all."""
    found: list[Workflow] = []
    problems: list[ConfigProblem] = []
    for path in workflow_files(folder):
        file = read_yaml(path, WorkflowFile, problems, known=KNOWN)
        if file is None:
            continue
        workflow, mistakes = resolve_workflow(file, operations=operations, default_language=default_language)
        problems.extend(mistakes)
        found.extend([workflow] if not mistakes else [])
    return tuple(found), problems


def workflow_files(folder: Path) -> Sequence[Path]:
    """The files of the folder `workflows`, by name; those below it are no workflows."""
    return sorted(path for path in (folder / FOLDER).glob("*.yaml") if path.is_file())


def resolve_workflow(
    file: YamlFile, *, operations: Mapping[str, OperationSpec] | None, default_language: str
) -> tuple[Workflow, list[ConfigProblem]]:
    """The workflow with short forms written out, and what is wrong with it."""
    written: WorkflowFile = file.value
    made = make_workflow(file.path.stem, written, default_language)
    return made.workflow, list(_check_name(file)) + list(check_workflow(file, made, operations, default_language))


def _check_name(file: YamlFile) -> Iterator[ConfigProblem]:
    if file.value.name not in ("", file.path.stem):
        hint = f"Call the file {file.value.name}.yaml, or leave `name` out."
        yield ConfigProblem(where=file.where("name"), message="`name` is not the file's name.", hint=hint)
