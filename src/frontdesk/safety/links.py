"""Links of every kind a channel might make clickable or fetch, and the host each leads to."""

import re
from collections.abc import Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.detector import without_overlaps

_END = r"[^\s<>\"'`)\]}|\u3000-\u303f\uff00-\uff0f]"
_URL = re.compile(
    r"(?<![A-Za-z0-9])(?:h(?:tt|xx)ps?|ftps?|sftp|wss?|ssh|smb)\s?(?:\[:\]|:)\s?(?://|\\\\|/\\)(?:\[\.\]|" + _END + r"){1,2000}", re.IGNORECASE
)  # fmt: skip
_SCRIPT = re.compile(
    r"(?<![A-Za-z0-9])(?:javascript|vbscript|data:[a-z]{1,20}/[a-z0-9.+\-]{1,40}|blob|file)\s?:" + _END + r"{1,2000}"
    r"|(?<![A-Za-z0-9])data:[a-z]{1,20}/[a-z0-9.+\-]{1,40}[;,]" + _END + r"{0,4000}",
    re.IGNORECASE,
)
_PROTOCOL_RELATIVE = re.compile(
    r"(?:(?<=\]\()|(?<=src=[\"'])|(?<=href=[\"'])|(?<=\s)|^)//[\w\-]{1,63}\.[\w.\-]{2,190}" + _END + "{0,2000}"
)
_DOT = r"(?:\.|\[\.\]|\(\.\)| ?\[dot\] ?| ?\(dot\) ?|\u3002|\uff0e)"
_SURE_TLDS = (
    "com|net|org|info|biz|edu|gov|mil|int|io|ai|app|dev|shop|store|online|site|website|xyz|top|club|live|link|click|tech|cloud"
    "|page|blog|news|email|support|help|services|agency|co|uk|de|es|fr|nl|eu|pl|pt|se|dk|fi|ie|cz|sk|hu|ro|gr|tr|ru|ua|cn|jp"
    "|kr|br|mx|ca|au|nz|ch|lu|tv|cc|ws|gg|ly|tk|ml|ga|cf|gq|pw|icu|vip|fun|win|bid|loan|men|zip|mov|test|example|invalid|localhost"
)
_DOMAIN = re.compile(
    rf"(?<![\w@.\-/:%+])(?:[^\W_](?:[\w\-]{{0,61}}[^\W_])?{_DOT}){{1,5}}(?:{_SURE_TLDS})(?![\w\-]|@|\.[^\W\d_])"
    r"(?::\d{2,5})?(?:[/?#]" + _END + r"{0,2000})?",
    re.IGNORECASE,
)
_ANY_TLD = re.compile(
    r"(?<![\w@.\-/:%+])(?:www\.[\w\-]{1,63}\.[\w.\-]{2,190}(?:[/?#]" + _END + r"{0,2000})?"
    r"|(?:[\w\-]{1,63}\.){1,5}[a-z]{2,24}/" + _END + r"{1,2000}"
    r"|(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5})?/" + _END + r"{0,2000})",
    re.IGNORECASE,
)  # fmt: skip
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\(\s?\Z")
_HINT = re.compile(r"\w(?:\.[^\W_]|\[\.|\(\.| ?[\[(]dot|[\u3002\uff0e]\w)|//|\\\\|:\\|:/|script\s?:|data:|blob:|file:|\[:\]", re.IGNORECASE)  # fmt: skip
_TRAILING = ".,;:!?'\"*_~"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.\-]{0,251}[a-z0-9])?\Z")


class Links:
    """Addresses with a scheme, with `www.`, with a known ending or taken apart (`hxxp`, `[.]`), scripts and data.

    Rules: `link`, `image` (a Markdown image, which is fetched without a click), `script`.
    """

    name = "links"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        if not _HINT.search(text):
            return ()
        found = [_finding("script", match, text, 1.0) for match in _SCRIPT.finditer(text)]
        for pattern, score in ((_URL, 1.0), (_PROTOCOL_RELATIVE, 0.9), (_ANY_TLD, 0.85), (_DOMAIN, 0.8)):
            found += [_finding("link", match, text, score) for match in pattern.finditer(text)]
        return without_overlaps(found)


def host_of(link: str) -> str:
    """The host a link leads to, in lower case; empty where it is not plain, and so never to be allowed.

    Not plain: user names before the host, percent or foreign letters in it, taken-apart dots, scripts, data.
    """
    rest = link.strip().lower()
    scheme, separator, after = rest.partition("://")
    if separator and scheme not in ("http", "https"):
        return ""
    authority = re.split(r"[/?#\\]", after if separator else rest.removeprefix("//"), maxsplit=1)[0]
    host, _, port = authority.partition(":")
    host = host.removesuffix(".")
    is_plain = _HOST.match(host) and "." in host and (not port or port.isdigit())
    return host if is_plain else ""


def is_host_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether a host is one of the allowed ones or below one of them."""
    return bool(host) and any(host == name or host.endswith("." + name) for name in allowed)


def _finding(rule: str, match: re.Match[str], text: str, score: float) -> Finding:
    end = match.start() + len(match[0].rstrip(_TRAILING))
    if rule == "link" and _IMAGE.search(text, max(0, match.start() - 204), match.start()):
        rule = "image"
    return Finding(kind=FindingKind.LINK, rule=rule, start=match.start(), end=max(end, match.start() + 1), score=score)
