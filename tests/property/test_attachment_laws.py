"""Whatever is uploaded: a file of an allowed kind, or a refusal with a name; never a crash, never a long wait."""

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.attachments import MAX_NAME_CHARS, MEDIA_TYPES
from frontdesk.domain.errors import InputError
from frontdesk.turn.attachments import ReadFile, clean_name, read_file
from frontdesk.turn.attachments.images import MAX_PIXELS
from pictures import a_gif, a_jpeg, a_png, a_webp

PICTURES = (a_png(9, 9), a_gif(9, 9), a_jpeg(9, 9), a_webp(9, 9), a_webp(9, 9, kind="VP8L"), a_webp(9, 9, kind="VP8 "))
Cut = tuple[int, int, bytes]

cuts = st.tuples(st.integers(0, 80), st.integers(0, 12), st.binary(max_size=12))
"""Where, how many bytes go, and what comes in their place."""
damaged = st.builds(
    lambda body, changes: _damage(body, changes), st.sampled_from(PICTURES), st.lists(cuts, min_size=1, max_size=3)
)


def _damage(body: bytes, changes: list[Cut]) -> bytes:
    for at, length, new in changes:
        body = body[:at] + new + body[at + length :]
    return body


@settings(max_examples=400)
@given(body=st.one_of(damaged, st.binary(max_size=200)), media_type=st.sampled_from(MEDIA_TYPES))
def test_a_file_is_kept_whole_or_refused_by_name(body: bytes, media_type: str) -> None:
    try:
        file = read_file(body, media_type)
    except InputError as refused:
        named = refused.data["field"]
    else:
        named = None
        _check(file, body, media_type)
    assert named in (None, "body", "Content-Type")


def _check(file: ReadFile, body: bytes, media_type: str) -> None:
    assert file.media_type == media_type
    assert file.body
    if media_type.startswith("image/"):
        assert file.width is not None
        assert file.height is not None
        assert 1 <= file.width * file.height <= MAX_PIXELS
        assert body.startswith(file.body)


@given(
    body=st.one_of(
        damaged, st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
    )
)
def test_what_was_kept_once_is_kept_as_it_is(body: bytes) -> None:
    for media_type in MEDIA_TYPES:
        try:
            kept = read_file(body, media_type)
        except InputError:
            continue
        assert read_file(kept.body, media_type) == kept


@given(raw=st.text(max_size=300), media_type=st.sampled_from(MEDIA_TYPES))
def test_a_name_is_short_visible_and_stays_what_it_is(raw: str, media_type: str) -> None:
    name = clean_name(raw, media_type)
    assert 0 < len(name) <= MAX_NAME_CHARS
    assert not set(name) & set('/\\<>:"|?*\n\r\t\x00')
    assert not name.startswith(".")
    assert clean_name(name, media_type) == name
