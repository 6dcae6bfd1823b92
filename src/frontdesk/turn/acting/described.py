"""Commands in words, for traces."""

from frontdesk.domain.workflow import Command, InvalidSlot, SetSlot, Signal, StartWorkflow


def describe(command: Command) -> str:
    match command:
        case StartWorkflow():
            return f"start {command.workflow}"
        case SetSlot():
            return f"{'correct' if command.is_correction else 'set'} {command.slot}: {command.value}"
        case InvalidSlot():
            return f"no {command.slot} ({command.why.replace('_', ' ')}): {command.said}"
        case Signal():
            return command.kind.replace("_", " ")
    return f"one of {', '.join(command.workflows)}"
