"""Doctor on the installed packages."""

from tocsin.doctor.check import Level
from tocsin.doctor.program import check_owners


def test_another_owner_of_one_of_our_names_is_found() -> None:
    checks = list(check_owners({"broker": ["tocsin", "broker"], "tocsin": ["tocsin"], "pytest": ["pytest"]}))

    assert [Level.BAD] == [one.level for one in checks]
    assert "broker is owned by broker as well" in checks[0].says


def test_names_of_our_own_are_good() -> None:
    assert [Level.GOOD] == [one.level for one in check_owners({"broker": ["tocsin"], "schemas": ["tocsin"]})]
