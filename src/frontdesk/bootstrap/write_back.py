"""Where conversations are written to: the live release's rules, over its connector."""

from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.write_back import Target


def write_back_target(release: ServedRelease) -> Target | None:
    """None where the release writes nothing back."""
    rules = release.content.write_back
    connector = release.connectors.get(rules.connector) if rules else None
    if rules is None or connector is None:
        return None
    return Target(rules=rules, connector=connector, guard=release.guard)
