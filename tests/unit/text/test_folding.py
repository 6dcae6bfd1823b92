import pytest

from frontdesk.text.folding import fold


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("MÁLAGA", "malaga"),
        ("Straße", "STRASSE"),
        ("ﬁne", "FINE"),
        ("É", "e\u0301"),
        ("İstanbul", "istanbul"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_case_accents_and_ligatures_make_no_difference(left: str, right: str) -> None:
    assert fold(left) == fold(right)
    assert fold(fold(left)) == fold(left)


def test_what_no_database_takes_is_left_out() -> None:
    assert fold("a\x00b\ud800c") == "abc"


def test_other_scripts_stay_readable() -> None:
    assert fold("漢字 かな") == "漢字 かな"
