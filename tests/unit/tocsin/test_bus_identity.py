"""What doctor says of a certificate that is shown to the bus."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.cluster.certificates import Authority, write_identity
from tocsin.doctor.bus import check_identity
from tocsin.doctor.check import Check, Level

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def an_identity(folder: Path, *, name: str = "NL", days: int = 90) -> Path:
    authority = Authority.make("participants", now=NOW)
    write_identity(folder, authority.issue(name, now=NOW, days=days), authority.certificate_pem)
    return folder


def looked_at(folder: Path, after: timedelta = timedelta()) -> list[Check]:
    return list(check_identity("bus identity", folder, "NL", NOW + after))


@pytest.mark.parametrize(
    ("after", "level", "says"),
    [
        (timedelta(days=-1), Level.BAD, "not valid before"),
        (timedelta(), Level.GOOD, "NL, until 2026-06-18"),
        (timedelta(days=59), Level.GOOD, "until"),
        (timedelta(days=61), Level.CARE, "expires in 29 days"),
        (timedelta(days=89, hours=1), Level.CARE, "expires in 0 days"),
        (timedelta(days=90, seconds=1), Level.BAD, "expired on 2026-06-18"),
    ],
)
def test_a_certificate_is_told_by_its_age(tmp_path: Path, after: timedelta, level: Level, says: str) -> None:
    (found,) = looked_at(an_identity(tmp_path / "bus"), after)

    assert level is found.level
    assert says in found.says


def test_a_certificate_of_somebody_else_is_bad(tmp_path: Path) -> None:
    (found,) = looked_at(an_identity(tmp_path / "bus", name="BE"))

    assert (Level.BAD, "the certificate is BE's and not NL's") == (found.level, found.says)


def test_a_key_that_others_may_read_is_bad(tmp_path: Path) -> None:
    folder = an_identity(tmp_path / "bus")
    (folder / "key.pem").chmod(0o644)

    assert [Level.BAD, Level.GOOD] == [one.level for one in looked_at(folder)]


@pytest.mark.parametrize("content", [None, b"", b"no certificate"], ids=["missing", "empty", "other"])
def test_a_certificate_that_cannot_be_read_is_bad(tmp_path: Path, content: bytes | None) -> None:
    folder = an_identity(tmp_path / "bus")
    (folder / "certificate.pem").unlink()
    if content is not None:
        (folder / "certificate.pem").write_bytes(content)
    (found,) = looked_at(folder)

    assert Level.BAD is found.level
    assert "clients authority" in found.remedy
