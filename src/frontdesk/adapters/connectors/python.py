"""Functions of one's own as a system: called with the arguments by name, plain ones in a thread of their own."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog

from frontdesk.adapters.connectors.failing import CallError
from frontdesk.adapters.connectors.records import Raw
from frontdesk.adapters.connectors.threads import in_thread
from frontdesk.domain.connector import Value
from frontdesk.domain.connector_source import PythonSource
from frontdesk.domain.errors import ConfigError, ConfigProblem

log = structlog.get_logger()


class PythonTransport:
    """What a function raises is `unavailable`; LookupError is `not_found`, and ValueError `rejected`."""

    def __init__(self, source: PythonSource, *, folder: Path) -> None:
        """Raises: ConfigError: a function can't be imported, or can't take its arguments."""
        self._functions = {
            one.spec.name: _load(one.function, folder, [argument.name for argument in one.spec.arguments])
            for one in source.operations
        }
        self._kinds = {one.spec.name: one.spec.kind for one in source.operations}

    async def ask(self, operation: str, arguments: Mapping[str, Value], *, key: str, timeout_s: float) -> Raw:  # noqa: ARG002
        function = self._functions[operation]
        given: dict[str, Any] = {name: value for name, value in arguments.items() if value is not None}
        if self._kinds[operation] == "effect" and "key" in inspect.signature(function).parameters:
            given["key"] = key
        try:
            if inspect.iscoroutinefunction(function):
                found = await function(**given)
            else:
                found = await in_thread(lambda: function(**given), name="connector-function")
        except LookupError as error:
            raise CallError("not_found", "there is no such record", cause="function") from error
        except ValueError as error:
            raise CallError("rejected", "the function refuses", cause="function") from error
        except Exception as error:
            log.exception("connector_function_failed", operation=operation)
            why = f"the function failed ({type(error).__name__})"
            raise CallError("unavailable", why, cause="function", is_unclear=True, health="5xx") from error
        return Raw(replies=[_plain(found)])

    async def close(self) -> None:
        """Threads end with their functions."""


def _plain(value: Any) -> Any:
    """Records as dicts and lists; a float has the digits that it shows."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _load(target: str, folder: Path, arguments: list[str]) -> Callable[..., Any]:
    module_name, _, path = target.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        what = traceback.format_exception_only(error)[-1].strip()
        hint = "Is it installed here, or does it lie in the connector's `folder`?"
        raise _problem(f"module '{module_name}' can't be imported: {what}.", hint) from error
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise _problem(f"module '{module_name}' has no function '{path}'.", "Write it as module:function.")
    try:
        inspect.signature(found).bind_partial(**dict.fromkeys(arguments))
    except TypeError as error:
        raise _problem(f"`{target}` can't take its arguments: {error}.", "They are given by name.") from error
    function: Callable[..., Any] = found
    return function


def _problem(message: str, hint: str) -> ConfigError:
    return ConfigError([ConfigProblem(where="connectors.yaml", message=message, hint=hint)])
