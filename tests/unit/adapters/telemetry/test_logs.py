"""Structured logs."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from frontdesk.adapters.telemetry import configure_logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_traceback_never_shows_what_a_customer_wrote(style: str) -> None:
    stream = io.StringIO()
    configure_logs(level="info", style=style, stream=stream)  # type: ignore[arg-type]
    text = "my card is 4111"

    try:
        len(text) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("stage_failed", turn_id="turn_1")

    logged = stream.getvalue()
    assert "ZeroDivisionError" in logged
    assert "turn_1" in logged
    assert "4111" not in logged.replace('text = "my card is 4111"', "")


def test_each_line_is_one_json_object_with_level_and_time() -> None:
    stream = io.StringIO()
    configure_logs(level="info", style="json", stream=stream)

    structlog.get_logger().info("turn_ended", outcome="answered")
    structlog.get_logger().debug("too_fine")

    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["event"], record["outcome"], record["level"]) == ("turn_ended", "answered", "info")
    assert record["timestamp"].endswith("Z")


def test_libraries_log_through_the_same_renderer() -> None:
    stream = io.StringIO()
    configure_logs(level="info", style="json", stream=stream)

    logging.getLogger("some.library").error("broken")

    assert json.loads(stream.getvalue())["event"] == "broken"


def test_simulated_customers_leave_a_line_only_where_something_went_wrong() -> None:
    stream = io.StringIO()
    configure_logs(level="info", style="json", stream=stream)
    log = structlog.get_logger()

    with structlog.contextvars.bound_contextvars(origin="simulated"):
        log.info("turn_ended")
        log.warning("turn_failed")
    log.info("turn_ended")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line.get("origin")) for line in lines] == [
        ("turn_failed", "simulated"),
        ("turn_ended", None),
    ]


def test_a_line_that_can_be_written_nowhere_stops_nothing() -> None:
    stream = io.StringIO()
    configure_logs(level="info", style="json", stream=stream)
    stream.close()

    structlog.get_logger().warning("nobody_reads_this")
    logging.getLogger("uvicorn.error").warning("nor this")
