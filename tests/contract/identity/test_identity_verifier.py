"""What every identity verifier does, shown on signed tokens: attacks end in one and the same refusal."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from frontdesk.adapters.identity import JwtIdentityVerifier
from frontdesk.adapters.identity.signed_token import MAX_TOKEN_CHARS
from frontdesk.domain.errors import ConfigError, UnauthenticatedError
from frontdesk.ports.identity import IdentityVerifier

NOW = datetime(2030, 5, 4, 12, 0, tzinfo=UTC)
T = int(NOW.timestamp())
AUDIENCE = "frontdesk-shop"
ED = ed25519.Ed25519PrivateKey.generate()
OTHER_ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PrivateKey = Ed25519PrivateKey | RSAPrivateKey | ec.EllipticCurvePrivateKey
Change = Callable[[dict[str, Any]], dict[str, Any]]


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEYS = {"ed": public_pem(ED), "rsa": public_pem(RSA)}


def a_verifier(**changes: Any) -> JwtIdentityVerifier:
    settings: dict[str, Any] = {"keys": KEYS, "audience": AUDIENCE, "clock": StoppedClock()}
    return JwtIdentityVerifier(**(settings | changes))


def some_claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "c-17", "aud": AUDIENCE, "iat": T - 5, "exp": T + 600, "audiences": ["members"]}
    return {name: value for name, value in (claims | changes).items() if value is not ...}


def a_token(claims: Mapping[str, Any] | None = None, *, key: PrivateKey = ED, alg: str = "EdDSA", **header: Any) -> str:
    names = {"kid": "ed"} | header
    return jwt.encode(dict(claims or some_claims()), key, algorithm=alg, headers=names)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def refusal(token: str, verifier: IdentityVerifier | None = None) -> str:
    with pytest.raises(UnauthenticatedError) as refused:
        (verifier or a_verifier()).verify(token)
    assert refused.value.public_message == "The identity token is not valid."
    return str(refused.value.data["reason"])


@pytest.mark.parametrize(("key", "alg", "kid"), [(ED, "EdDSA", "ed"), (RSA, "RS256", "rsa")])
def test_a_signed_token_proves_a_customer_and_their_audiences(key: PrivateKey, alg: str, kid: str) -> None:
    principal = a_verifier().verify(a_token(key=key, alg=alg, kid=kid))
    assert principal.subject == "c-17"
    assert principal.customer_id is None
    assert principal.is_verified
    assert principal.audiences.labels == {"public", "members", "customer:c-17"}


def test_accepts_a_list_of_audiences_and_the_configured_issuer() -> None:
    token = a_token(some_claims(aud=["other", AUDIENCE], iss="https://shop.example"))
    assert a_verifier(issuer="https://shop.example").verify(token).subject == "c-17"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_refuses_an_unsigned_token(alg: str) -> None:
    unsigned = f"{part({'alg': alg, 'kid': 'ed'})}.{part(some_claims())}."
    assert refusal(unsigned) == "algorithm"


@pytest.mark.parametrize("kid", ["rsa", "ed"])
def test_refuses_a_public_key_used_as_a_shared_secret(kid: str) -> None:
    signed = f"{part({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{part(some_claims())}"
    mac = hmac.new(KEYS[kid].encode(), signed.encode(), hashlib.sha256).digest()
    assert refusal(f"{signed}.{part(mac)}") == "algorithm"


def test_refuses_the_algorithm_of_another_key() -> None:
    assert refusal(a_token(key=RSA, alg="RS256", kid="ed")) == "algorithm"
    assert refusal(a_token(key=RSA, alg="RS512", kid="rsa")) == "algorithm"
    assert refusal(a_token(key=RSA, alg="PS256", kid="rsa")) == "algorithm"


def test_refuses_a_signature_by_a_key_that_is_not_ours() -> None:
    assert refusal(a_token(key=OTHER_ED)) == "signature"


@pytest.mark.parametrize("kid", [None, "", "unknown", "../../etc/passwd", "ed' OR '1'='1", 7, ["ed"], {"ed": 1}])
def test_refuses_a_token_that_names_no_key_of_ours(kid: object) -> None:
    header = {"alg": "EdDSA"} | ({} if kid is None else {"kid": kid})
    assert refusal(f"{part(header)}.{part(some_claims())}.{part(b'x' * 64)}") in ("kid", "malformed")


def test_never_looks_at_keys_that_the_token_brings_along() -> None:
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(OTHER_ED.public_key(), as_dict=True)
    assert refusal(a_token(key=OTHER_ED, jwk=jwk, jku="https://attacker.example/keys")) == "signature"


def test_refuses_changed_claims_and_changed_signatures() -> None:
    head, _, signature = a_token().split(".")
    assert refusal(f"{head}.{part(some_claims(sub='c-18'))}.{signature}") == "signature"
    assert refusal(f"{head}.{part(some_claims())}.{part(bytes(64))}") == "signature"
    assert refusal(a_token().rpartition(".")[0] + ".") == "signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": ...}, "exp"),
        ({"exp": T - 11}, "expired"),
        ({"exp": T - 10_000, "iat": ...}, "expired"),
        ({"exp": "never"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": 10**40}, "exp"),
        ({"exp": T + 10 * 86_400}, "lifetime"),
        ({"exp": T + 10 * 86_400, "iat": ...}, "lifetime"),
        ({"exp": T + 60, "iat": T - 3 * 86_400}, "lifetime"),
        ({"iat": T + 60}, "not_yet_valid"),
        ({"nbf": T + 60}, "not_yet_valid"),
        ({"aud": ...}, "audience"),
        ({"aud": "another-shop"}, "audience"),
        ({"aud": ["another-shop"]}, "audience"),
        ({"aud": {AUDIENCE: 1}}, "audience"),
        ({"sub": ...}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": " c-17"}, "sub"),
        ({"sub": "c\n17"}, "sub"),
        ({"sub": "x" * 201}, "sub"),
        ({"sub": 17}, "sub"),
        ({"audiences": ["staff"]}, "audiences"),
        ({"audiences": ["customer:c-18"]}, "audiences"),
        ({"audiences": ["Members"]}, "audiences"),
        ({"audiences": "members"}, "audiences"),
        ({"audiences": [["members"]]}, "audiences"),
        ({"audiences": ["a" * 41]}, "audiences"),
        ({"audiences": [f"s{n}" for n in range(21)]}, "audiences"),
        ({"audiences": None}, "audiences"),
    ],
)
def test_refuses_claims_that_do_not_hold(changes: dict[str, Any], reason: str) -> None:
    payload = json.dumps(some_claims(**changes)).encode()
    assert refusal(jwt.PyJWS().encode(payload, ED, algorithm="EdDSA", headers={"kid": "ed"})) == reason


def test_tolerates_a_clock_that_is_a_few_seconds_off() -> None:
    token = a_token(some_claims(iat=T + 9, exp=T + 300))
    assert a_verifier(leeway_s=10).verify(token).is_verified
    assert refusal(token, a_verifier(leeway_s=0)) == "not_yet_valid"


@pytest.mark.parametrize("issuer", [..., "https://attacker.example", 7])
def test_refuses_another_issuer_where_one_is_configured(issuer: object) -> None:
    payload = json.dumps(some_claims(iss=issuer)).encode()
    token = jwt.PyJWS().encode(payload, ED, algorithm="EdDSA", headers={"kid": "ed"})
    assert refusal(token, a_verifier(issuer="https://shop.example")) == "issuer"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a" * 500,
        "ünïcode.token.x",
        "victim@example.com",
        a_token() + "\n",
        a_token().replace(".", ""),
        f"{part([])}.{part([])}.",
        f"{part(b'[' * 1_500)}.{part({})}.",
    ],
)
def test_refuses_what_is_no_token(token: str) -> None:
    assert refusal(token) in ("malformed", "kid", "size", "signature")


def test_refuses_a_signed_payload_that_is_no_object() -> None:
    for payload in (b"[]", b"7", b"{", b"\xff", b"[" * 1_500):
        token = jwt.PyJWS().encode(payload, ED, algorithm="EdDSA", headers={"kid": "ed"})
        assert refusal(token) == "malformed"


def test_refuses_an_oversized_token_unread() -> None:
    assert refusal(a_token(some_claims(pad="x" * MAX_TOKEN_CHARS))) == "size"


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"b64": True}, {"typ": "at+jwt"}])
def test_refuses_header_extensions_it_does_not_know(header: dict[str, Any]) -> None:
    signed = f"{part({'alg': 'EdDSA', 'kid': 'ed', 'typ': 'JWT'} | header)}.{part(some_claims())}"
    assert refusal(f"{signed}.{part(ED.sign(signed.encode()))}") in ("header", "malformed")


def test_lists_every_mistake_in_the_configuration_at_once() -> None:
    private = ED.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    keys = {
        "private": private,
        "curve": public_pem(ec.generate_private_key(ec.SECP256R1())),
        "short": public_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        "text": "secret",
    }
    with pytest.raises(ConfigError) as wrong:
        a_verifier(keys=keys, audience="", leeway_s=60)
    assert len(wrong.value.problems) == 6
    with pytest.raises(ConfigError):
        a_verifier(keys={})
