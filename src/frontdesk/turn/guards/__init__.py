"""Guards: findings become a verdict, by policy, on the way in and on the way out."""

from frontdesk.turn.guards.guard import Guard
from frontdesk.turn.guards.masks import mask_for
from frontdesk.turn.guards.outbound import OutboundStream

__all__ = ["Guard", "OutboundStream", "mask_for"]
