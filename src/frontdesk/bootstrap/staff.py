"""Ways in for staff that the server itself gives out."""

import hashlib
from datetime import timedelta

from frontdesk.bootstrap.app import App

LINK_HOURS = 1


async def create_staff_link(app: App, name: str = "owner") -> str:
    """The secret of a link that signs browsers in as `name` for an hour.

    It belongs behind the `#` of the address: `…/console/sign-in#link=fdl_…`. Only its hash is kept.
    """
    secret = f"fdl_{app.tokens.secret()}"
    digest, now = hashlib.sha256(secret.encode()).hexdigest(), app.clock.now()
    until = now + timedelta(hours=LINK_HOURS)
    await app.database.write(
        lambda stores: stores.staff_sessions.add(digest, name=name, kind="link", at=now, until=until)
    )
    return secret
