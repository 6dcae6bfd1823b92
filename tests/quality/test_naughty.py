"""Every string of the Big List of Naughty Strings, sent by a customer, gets a normal turn.

Required: 1 of 1, since nothing here is random. A string that is nothing but blanks is refused as empty.
"""

import gzip
import json
import os
from pathlib import Path

import pytest

from frontdesk.bootstrap import sync_knowledge
from frontdesk.domain.errors import MalformedError
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from shop import DEMO, a_shop

DATA = Path(os.environ.get("QUALITY_DATA", Path(__file__).parents[3] / "shared/data"))
STRINGS = DATA / "naughty_strings" / "strings.jsonl.gz"
pytestmark = [pytest.mark.quality, pytest.mark.skipif(not STRINGS.is_file(), reason="no folder of public data sets")]


async def test_every_naughty_string_gets_a_normal_turn(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, assistant_dir=DEMO, embedder="none")
    sync_knowledge(settings, read_assistant(DEMO), None)
    with gzip.open(STRINGS, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    empty, odd = 0, []
    async with a_shop(tmp_path, embedder="none") as shop:
        for text in texts:
            try:
                reply = await shop.ask(await shop.conversation(), text)
            except MalformedError:
                empty += 1
                continue
            if reply.outcome not in ("answered", "clarified", "refused", "escalated") or not reply.text:
                odd.append((text, reply.outcome))
    assert odd == []
    assert empty <= 4
    assert len(texts) > 200
