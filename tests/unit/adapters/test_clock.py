from frontdesk.adapters.clock import SystemTokens
from frontdesk.domain.ids import TurnId


def test_tokens_never_repeat_and_make_ids() -> None:
    tokens = SystemTokens()
    drawn = [tokens.token() for _ in range(1000)]
    assert len(set(drawn)) == len(drawn)
    assert {len(token) for token in drawn} == {26}
    assert all(TurnId.parse(TurnId.mint(token), field="turn_id") for token in drawn)
