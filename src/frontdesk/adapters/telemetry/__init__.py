"""Metrics and logs."""

from frontdesk.adapters.telemetry.logs import configure_logs
from frontdesk.adapters.telemetry.metrics import PrometheusTelemetry

__all__ = ["PrometheusTelemetry", "configure_logs"]
