"""The ledger of an audit: a piece is entered whole or not at all, and nobody else's work is gone on with."""

from pathlib import Path

import pytest

from broker.database import open_engine, writing
from broker.errors import MissingFile, StaleDatabase
from broker.types.names import ZERO_DIGEST, Digest
from consumers.audit.ledger import Ledger, remove_ledger, temporary_ledger
from consumers.audit.resuming import Begun, begin, check_directory
from consumers.audit.units import AuditPlan, BrokenRow, MessageRow, Part, PartResult
from tests.support.federation import a_seed

PART = Part("exercise-2026.msg.NL", 1, 0, 10)
PLAN = AuditPlan(federation="exercise-2026", root_digest=ZERO_DIGEST, now=1)
BEGUN = Begun(PLAN, {"exercise-2026.directory": 3, "exercise-2026.msg.NL": 10}, b"checkpoint")


def a_row(offset: int, name: str = "a message") -> MessageRow:
    return MessageRow(
        PART.place(offset), a_seed(name), "NL/customs/1", offset + 1, ZERO_DIGEST, 5, a_seed("x"), b"k" * 16
    )


def test_a_piece_that_cannot_be_entered_whole_is_not_entered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    broken = BrokenRow(PART.place(1), None, "bad-framing", "rubbish")
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.enter(PART, PartResult(2, [a_row(0)], [broken, broken]))
    assert (None, 0) == (ledger.done(PART), ledger.number("SELECT count(*) FROM message"))
    ledger.close()


def test_a_piece_that_was_entered_is_done(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.enter(PART, PartResult(7, [a_row(0)]))
    ledger.close()
    again = Ledger(tmp_path / "ledger")
    assert (7, 1) == (again.done(PART), again.number("SELECT count(*) FROM message"))
    again.close()


def test_a_file_that_is_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "other.sqlite")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE precious (id INTEGER)")
    engine.dispose()
    with pytest.raises(StaleDatabase):
        Ledger(tmp_path / "other.sqlite")


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger").close()
    engine = open_engine(tmp_path / "ledger")
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA user_version = 999")
    engine.dispose()
    with pytest.raises(StaleDatabase):
        Ledger(tmp_path / "ledger")


def test_what_an_audit_began_with_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    assert BEGUN == begin(ledger, BEGUN)
    later = Begun(
        AuditPlan(federation=PLAN.federation, root_digest=ZERO_DIGEST, now=9), BEGUN.ends | {"more": 4}, b"new"
    )
    assert BEGUN == begin(ledger, later)
    ledger.close()


@pytest.mark.parametrize(
    "other",
    [
        Begun(AuditPlan(federation="another", root_digest=ZERO_DIGEST, now=1), BEGUN.ends, b"checkpoint"),
        Begun(AuditPlan(federation=PLAN.federation, root_digest=Digest(a_seed("root")), now=1), BEGUN.ends, None),
        Begun(AuditPlan(federation=PLAN.federation, root_digest=ZERO_DIGEST, now=1, content=False), BEGUN.ends, None),
        Begun(PLAN, BEGUN.ends | {"exercise-2026.msg.NL": 9}, b"checkpoint"),
        Begun(PLAN, {"exercise-2026.directory": 3}, b"checkpoint"),
    ],
    ids=["federation", "root digest", "content", "a shorter topic", "a topic that is gone"],
)
def test_the_work_of_another_audit_is_refused(tmp_path: Path, other: Begun) -> None:
    ledger = Ledger(tmp_path / "ledger")
    begin(ledger, BEGUN)
    with pytest.raises(StaleDatabase):
        begin(ledger, other)
    ledger.close()


def test_another_directory_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    check_directory(ledger, a_seed("directory"))
    check_directory(ledger, a_seed("directory"))
    with pytest.raises(StaleDatabase):
        check_directory(ledger, a_seed("another"))
    ledger.close()


def test_a_temporary_ledger_goes_with_its_owner() -> None:
    ledger = temporary_ledger()
    path = ledger.path
    assert path.exists()
    del ledger
    assert not path.exists()


def test_a_ledger_that_is_only_read_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        Ledger(tmp_path / "ledger", readonly=True)


def test_a_ledger_is_removed_with_all_that_lies_beside_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.close()
    remove_ledger(tmp_path / "ledger")
    assert [] == list(tmp_path.iterdir())
