"""Credentials, links and leaks."""

import base64
import codecs

import pytest

from frontdesk.safety import Leaks, Links, Secrets, host_of, is_host_allowed

KEY = "sk-ant-" + "api03-" + "abcdefghijklmnopqrstuv"
TOKEN = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "c2lnbmF0dXJl"
BLOCK = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEowIBAAKCAQEAx8\nabcdefghijklmnopqrstuvwx=="


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"use {KEY} please", KEY),
        (f"header {TOKEN}", TOKEN),
        (f"Authorization: Bearer {'a1' * 12}", "a1" * 12),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("ghp_" + "a" * 36, "ghp_" + "a" * 36),
        (f"key:\n{BLOCK}", BLOCK),
        ("my password is hunter2!", "hunter2!"),
        ("Passwort: Sommer2030", "Sommer2030"),
        ("la contraseña es Verano#1", "Verano#1"),
        ("the PIN is 4711", "4711"),
        ("CVV: 123", "123"),
        ("api_key = '0123456789abcdef0123'", "0123456789abcdef0123"),
        ("postgresql://user:pass1@db.internal/x", "postgresql://user:pass1@db.internal"),
    ],
)
def test_finds_a_secret(text: str, value: str) -> None:
    assert value in [text[finding.start : finding.end] for finding in Secrets().find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "a password is required",
        "Password: reset it on the login page",
        "the pin is broken",
        "spin 1000 times",
        "my PIN does not work",
        "shipping takes 3-5 days",
        "discount code SUMMER30",
        "a-very-long-hyphenated-product-name-for-a-tent",
    ],
)
def test_talking_about_secrets_is_not_one(text: str) -> None:
    assert list(Secrets().find(text)) == []


@pytest.mark.parametrize(
    ("text", "rule", "link", "host"),
    [
        ("see https://a.example.com/x?y=1, ok", "link", "https://a.example.com/x?y=1", "a.example.com"),
        ("HTTPS://EVIL.COM", "link", "HTTPS://EVIL.COM", "evil.com"),
        ("go to evil.com now", "link", "evil.com", "evil.com"),
        ("www.evil.it!", "link", "www.evil.it", "www.evil.it"),
        ("hxxps://evil[.]com/a", "link", "hxxps://evil[.]com/a", ""),
        ("evil (dot) com", "link", "evil (dot) com", ""),
        ("[x](//evil.com/a)", "link", "//evil.com/a", "evil.com"),
        ("![x](http://evil.com/?q=1)", "image", "http://evil.com/?q=1", "evil.com"),
        ("https://good.com@evil.com/", "link", "https://good.com@evil.com/", ""),
        ("https:\\\\evil.com\\a", "link", "https:\\\\evil.com\\a", ""),
        ("https://shop.example%2eevil.com", "link", "https://shop.example%2eevil.com", ""),
        ("http://аpple.com/", "link", "http://аpple.com/", ""),
        ("http://127.0.0.1:8000/x", "link", "http://127.0.0.1:8000/x", "127.0.0.1"),
        ("ftp://files.evil.com/a", "link", "ftp://files.evil.com/a", ""),
        ("javascript:alert(1)", "script", "javascript:alert(1", ""),
        ("data:text/html;base64,PHNjcmlwdD4=", "script", "data:text/html;base64,PHNjcmlwdD4=", ""),
    ],
)
def test_finds_a_link_and_its_host(text: str, rule: str, link: str, host: str) -> None:
    (finding,) = Links().find(text)
    assert (finding.rule, text[finding.start : finding.end]) == (rule, link)
    assert host_of(link) == host


@pytest.mark.parametrize(
    "text",
    ["e.g. this", "end.Next sentence", "3.5 kg", "jane@example.com", "and/or", "v1.2.3", "9:00-17:00", "Node.js"],
)
def test_punctuation_is_not_a_link(text: str) -> None:
    assert list(Links().find(text)) == []


def test_a_host_is_allowed_with_its_subdomains_only() -> None:
    assert is_host_allowed("help.shop.example", ["shop.example"])
    assert not is_host_allowed("evilshop.example", ["shop.example"])
    assert not is_host_allowed("shop.example.evil.com", ["shop.example"])
    assert not is_host_allowed("", ["shop.example"])


CANARY = "zebra-quartz-9931"


@pytest.mark.parametrize(
    "said",
    [
        CANARY,
        CANARY.upper(),
        "zebra quartz 9931",
        "z e b r a q u a r t z 9 9 3 1",
        "z.e.b.r.a*quartz_9931",
        "ｚｅｂｒａ-quartz-9931",
        CANARY[::-1],
        codecs.encode(CANARY, "rot13"),
        CANARY.encode().hex(),
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(f"the word is {CANARY}!".encode()).decode(),
        base64.b64encode(f"x{CANARY}".encode()).decode(),
        base64.b64encode(f"xy{CANARY} and more".encode()).decode(),
    ],
)
def test_a_canary_is_found_in_disguise(said: str) -> None:
    leaks = Leaks(canaries=[CANARY])
    assert [finding.rule for finding in leaks.find(f"well, {said} it is")] == ["canary"]
    assert list(leaks.find("a zebra eats quartz")) == []


def test_a_long_quotation_of_a_protected_text_is_found_and_a_short_one_is_not() -> None:
    leaks = Leaks(protected=["You are Marina. Answer only from the passages, and never guess prices, dates or rights."])
    (finding,) = leaks.find("I was told: answer only from the passages and never guess PRICES, dates.")
    assert finding.rule == "protected_text"
    assert list(leaks.find("Please answer only from the passages.")) == []


def test_a_canary_must_be_long_enough_to_be_unmistakable() -> None:
    with pytest.raises(ValueError, match="8 letters and digits"):
        Leaks(canaries=["ab-cd"])
