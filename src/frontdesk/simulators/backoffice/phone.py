"""A page that shows the codes sent to an invented customer, as their telephone would."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="3">
<title>Telephone</title>
<style>
body {{ margin: 0 auto; max-width: 24rem; padding: 1.5rem 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
h1 {{ margin: 0; font-size: 1.125rem; }}
p {{ margin: 0 0 1.5rem; opacity: .75; }}
ul {{ display: grid; gap: .75rem; margin: 0; padding: 0; list-style: none; }}
li {{ padding: .75rem 1rem; border-radius: .75rem; background: color-mix(in srgb, currentColor 8%, transparent); }}
b {{ font-size: 1.25rem; letter-spacing: .1em; }}
time {{ display: block; font-size: .875rem; opacity: .75; }}
</style>
</head>
<body>
<h1>Telephone {number}</h1>
<p>{note}</p>
<ul>
{messages}
</ul>
</body>
</html>
"""
_MESSAGE = '<li>Your code is <b>{code}</b><time datetime="{at}">{clock} UTC</time></li>'


def phone_page(number: str, codes: Sequence[Mapping[str, Any]]) -> str:
    """HTML.

    Args:
        codes: rows with `at` and `code`, newest first.
    """
    messages = "\n".join(
        _MESSAGE.format(code=escape(row["code"]), at=escape(row["at"]), clock=escape(row["at"][11:16])) for row in codes
    )
    note = "Messages to an invented customer." if codes else "No message yet. This page looks again by itself."
    return _PAGE.format(number=escape(number), note=note, messages=messages)
