from frontdesk.domain.turn import Rewording
from frontdesk.text.rewordings import CREDIT, credit_of, ways_to_say

WAYS = ways_to_say(
    (
        Rewording(said=("send", "back"), meant=("return", "give back"), kind="synonym"),
        Rewording(said=("shippng",), meant=("shipping",), kind="correction"),
    ),
    "en",
)


def test_a_word_itself_counts_whole_and_one_that_means_it_a_little_less() -> None:
    assert credit_of("send", frozenset({"send"}), WAYS) == 1.0
    assert credit_of("send", frozenset({"return"}), WAYS) == CREDIT["synonym"]
    assert credit_of("back", frozenset({"return"}), WAYS) == CREDIT["synonym"]
    assert credit_of("shippng", frozenset({"ship"}), WAYS) == CREDIT["correction"]


def test_a_phrase_needs_all_of_its_words() -> None:
    assert credit_of("send", frozenset({"give", "money"}), WAYS) == 0.0
    assert credit_of("send", frozenset({"give", "back"}), WAYS) == CREDIT["synonym"]


def test_a_word_without_other_ways_is_there_or_not() -> None:
    assert credit_of("jacket", frozenset({"return"}), WAYS) == 0.0
