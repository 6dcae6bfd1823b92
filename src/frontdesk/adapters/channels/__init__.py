"""Ways to tell people."""

from frontdesk.adapters.channels.codes import WebhookCodeSender
from frontdesk.adapters.channels.notifiers import LogNotifier, WebhookNotifier

__all__ = ["LogNotifier", "WebhookCodeSender", "WebhookNotifier"]
