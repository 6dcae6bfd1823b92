"""Names of files as they are shown and saved."""

import pytest

from frontdesk.turn.attachments import clean_name


@pytest.mark.parametrize(
    ("sent", "media_type", "shown"),
    [
        ("boots.JPEG", "image/jpeg", "boots.JPEG"),
        ("C:\\Users\\ann\\boots.png", "image/png", "boots.png"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("invoice\u202efdp.exe", "application/pdf", "invoicefdp.exe.pdf"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("page.html", "text/plain", "page.html.txt"),
        ("photo.png", "image/jpeg", "photo.png.jpg"),
        ("  two\n\tlines \x1b[31m.txt", "text/plain", "two lines.txt"),
        ("Größe 漢字 👢.webp", "image/webp", "Größe 漢字 👢.webp"),
        ('a"b<c>|?*.gif', "image/gif", "a_b_c____.gif"),
        ("", "image/png", "file.png"),
        ("...", "application/pdf", "file.pdf"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ("/", "text/plain", "file.txt"),
        ("table.csv", "text/plain", "table.csv"),
    ],
)
def test_shows_no_folders_nothing_invisible_and_a_fitting_ending(sent: str, media_type: str, shown: str) -> None:
    assert clean_name(sent, media_type) == shown


def test_cuts_a_long_name_before_its_ending() -> None:
    name = clean_name("x" * 500 + ".png", "image/png")
    assert len(name) == 120
    assert name.endswith("x.png")
