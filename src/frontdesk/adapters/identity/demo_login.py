"""The login of a demo: it signs whoever asks in as whom they choose. Its key is made at a start and kept nowhere."""

from collections.abc import Sequence
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from frontdesk.ports.clock import Clock

KEY_ID = "demo"
LIFETIME = timedelta(hours=12)
"""A page that is left open over a working day still begins a conversation."""


class DemoLogin:
    """Stands where a company has its own login."""

    def __init__(self, *, audience: str, clock: Clock) -> None:
        """
        Args:
            audience: what the tokens' `aud` names: this installation.
        """
        self._key = Ed25519PrivateKey.generate()
        self._audience, self._clock = audience, clock

    @property
    def public_key(self) -> str:
        """PEM; a verifier that knows it by `KEY_ID` takes the tokens."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign_in(self, subject: str, audiences: Sequence[str]) -> str:
        """A token that proves this customer."""
        now = self._clock.now()
        claims = {
            "sub": subject,
            "aud": self._audience,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "audiences": list(audiences),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": KEY_ID})
