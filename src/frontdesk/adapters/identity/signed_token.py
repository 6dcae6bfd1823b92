"""Customers proved by a JSON Web Token that the company's own login signs.

What the token's header says decides nothing but which configured key is tried: the algorithm belongs to the
key, keys named inside the token (`jwk`, `jku`, `x5u`) are never looked at, and a token without `kid` names none.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidSignatureError, PyJWTError

from frontdesk.domain.conversation import PUBLIC, STAFF, Audiences, Principal
from frontdesk.domain.errors import ConfigError, ConfigProblem, UnauthenticatedError
from frontdesk.ports.clock import Clock

MAX_TOKEN_CHARS = 4_096
MAX_SUBJECT_CHARS = 200
MAX_SEGMENTS = 20
MAX_LEEWAY_S = 30.0
"""Widest tolerated difference between the company's clock and ours."""
MIN_RSA_BITS = 2_048
_SEGMENT = re.compile(r"[a-z0-9_-]{1,40}\Z")
_PUBLIC_MESSAGE = "The identity token is not valid."
"""One message for every failure, so that an answer tells nobody how close a forgery came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PinnedKey:
    algorithm: str
    key: Ed25519PublicKey | RSAPublicKey


class JwtIdentityVerifier:
    """Verifies tokens signed with EdDSA (Ed25519) or RS256.

    A token must carry `kid`, `sub`, `aud` and `exp`. Its claim `audiences` lists the customer's segments.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, str],
        audience: str,
        clock: Clock,
        issuer: str | None = None,
        leeway_s: float = 10.0,
        max_lifetime_s: float = 86_400.0,
    ) -> None:
        """
        Args:
            keys: public keys in PEM by their `kid`.
            audience: what `aud` must name: this installation.
            issuer: what `iss` must be; not looked at when None.
            max_lifetime_s: longest time a token may be valid for, from `iat` and from now.
        Raises:
            ConfigError: no key, a key of another kind, a short RSA key, a private key, too wide a leeway.
        """
        problems = _settings_problems(keys, audience, leeway_s)
        self._keys: dict[str, _PinnedKey] = {}
        for kid, pem in keys.items():
            pinned = _load_key(kid, pem)
            if isinstance(pinned, ConfigProblem):
                problems.append(pinned)
            else:
                self._keys[kid] = pinned
        if problems:
            raise ConfigError(problems)
        self._audience, self._issuer, self._clock = audience, issuer, clock
        self._leeway_s, self._max_lifetime_s = leeway_s, max_lifetime_s
        self._jws = PyJWS(algorithms=["EdDSA", "RS256"])

    def verify(self, token: str) -> Principal:
        """The customer a signed token proves.

        Raises:
            UnauthenticatedError: always with the same public message; `data["reason"]` is for the log.
        """
        claims = self._signed_claims(token)
        self._check_times(claims)
        self._check_parties(claims)
        subject = _subject(claims)
        labels = {PUBLIC, f"customer:{subject}", *_segments(claims)}
        return Principal(audiences=Audiences(labels=frozenset(labels)), subject=subject, proof="signed_token")

    def _signed_claims(self, token: str) -> dict[str, Any]:
        if not token or len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise _refused("size")
        try:
            header = self._jws.get_unverified_header(token)
            pinned = self._pinned(header)
            payload = self._jws.decode(token, pinned.key, algorithms=[pinned.algorithm])
            return _json_object(payload)
        except InvalidSignatureError as error:
            raise _refused("signature") from error
        except (PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused("malformed") from error

    def _pinned(self, header: Mapping[str, Any]) -> _PinnedKey:
        kid = header.get("kid")
        pinned = self._keys.get(kid) if isinstance(kid, str) else None
        if pinned is None:
            raise _refused("kid")
        if header.get("alg") != pinned.algorithm:
            raise _refused("algorithm")
        if "crit" in header or "b64" in header or str(header.get("typ", "JWT")).upper() != "JWT":
            raise _refused("header")
        return pinned

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        expires = _instant(claims, "exp")
        issued = _instant(claims, "iat") if "iat" in claims else now
        starts = _instant(claims, "nbf") if "nbf" in claims else issued
        if expires <= now - self._leeway_s:
            raise _refused("expired")
        if max(issued, starts) > now + self._leeway_s:
            raise _refused("not_yet_valid")
        if expires - min(issued, now) > self._max_lifetime_s + self._leeway_s:
            raise _refused("lifetime")

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if self._audience not in named:
            raise _refused("audience")
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise _refused("issuer")


def _settings_problems(keys: Mapping[str, str], audience: str, leeway_s: float) -> list[ConfigProblem]:
    problems = []
    if not keys:
        problems.append(ConfigProblem(where="identity keys", message="At least one public key is needed."))
    if not audience:
        problems.append(ConfigProblem(where="identity audience", message="It must not be empty."))
    if not 0 <= leeway_s <= MAX_LEEWAY_S:
        message = f"It must lie between 0 and {MAX_LEEWAY_S:.0f} seconds."
        problems.append(ConfigProblem(where="identity leeway", message=message))
    return problems


def _load_key(kid: str, pem: str) -> _PinnedKey | ConfigProblem:
    where = f"identity key '{kid}'"
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        hint = "Give the PEM that starts with '-----BEGIN PUBLIC KEY-----'."
        return ConfigProblem(where=where, message="It is not a public key in PEM.", hint=hint)
    if isinstance(key, Ed25519PublicKey):
        return _PinnedKey(algorithm="EdDSA", key=key)
    if isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return _PinnedKey(algorithm="RS256", key=key)
    return ConfigProblem(where=where, message=f"Only Ed25519 and RSA of at least {MIN_RSA_BITS} bits are accepted.")


def _json_object(payload: Any) -> dict[str, Any]:
    claims = json.loads(payload)
    if not isinstance(claims, dict):
        raise _refused("malformed")
    return claims


def _instant(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519): seconds since 1970, no text, no truth value, no infinity."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(name)
    if not math.isfinite(value) or abs(value) > 1e12:
        raise _refused(name)
    return float(value)


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS:
        raise _refused("sub")
    if not subject.isprintable() or subject != subject.strip():
        raise _refused("sub")
    return subject


def _segments(claims: Mapping[str, Any]) -> Sequence[str]:
    segments = claims.get("audiences", [])
    if not isinstance(segments, list) or len(segments) > MAX_SEGMENTS:
        raise _refused("audiences")
    for segment in segments:
        if not isinstance(segment, str) or not _SEGMENT.match(segment) or segment == STAFF:
            raise _refused("audiences")
    return segments


def _refused(reason: str) -> UnauthenticatedError:
    return UnauthenticatedError(_PUBLIC_MESSAGE, reason=reason)
