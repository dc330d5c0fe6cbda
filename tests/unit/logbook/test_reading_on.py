"""A node reads the log and grows the tree itself: what it stores has led to a root that the notary signed."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from broker.database import writing
from broker.errors import (
    BadNote,
    BadSignature,
    ChangedTile,
    LogRolledBack,
    LogUnavailable,
    SplitView,
    UntrustedCheckpoint,
)
from broker.log.checkpoint import Checkpoint
from broker.logbook import Assurance, Logbook
from broker.logbook.book import ENTRIES_AT_ONCE
from broker.logbook.tables import log_book
from tests.support.logbook import AT, a_book, a_digest, a_leaf, a_log_of, leaves
from tests.support.notes import WITNESSES, a_log_trust, a_signed_checkpoint
from tests.support.plain_log import Files, PlainLog

TRUST = a_log_trust()


def read(book: Logbook, files: Files) -> int:
    return book.catch_up(files, TRUST, AT).state.size


def test_tells_where_a_message_stands_and_when_it_was_seen(engine: Engine) -> None:
    book = a_book(engine)
    assert 20 == read(book, a_log_of(leaves(20)))
    place = book.place(a_digest(7))
    assert place is not None
    assert (7, AT + timedelta(seconds=7)) == (place.index, place.seen_at)
    assert book.place(a_digest(20)) is None
    assert {a_digest(7), a_digest(19)} == set(book.places([a_digest(7), a_digest(19), a_digest(20)]))


def test_reads_on_from_where_it_was_in_a_new_process(engine: Engine) -> None:
    assert 300 == read(a_book(engine), a_log_of(leaves(300)))
    assert 700 == read(a_book(engine), a_log_of(leaves(700)))
    assert PlainLog(leaves(700)).root(0, 700) == a_book(engine).state.head.root


def test_reads_a_log_of_many_transactions(engine: Engine) -> None:
    size = ENTRIES_AT_ONCE + 300
    assert size == read(a_book(engine), a_log_of(leaves(size)))
    assert size - 1 == (place.index if (place := a_book(engine).place(a_digest(size - 1))) else None)


class _Interrupted(Files):
    """A log that goes away behind its first bundles."""

    def read(self, path: str, *, most: int) -> bytes | None:
        if path.startswith("tile/entries/") and int(path.removeprefix("tile/entries/")[:3]) >= 16:
            raise LogUnavailable("gone")
        return super().read(path, most=most)


def test_what_was_read_before_an_interruption_stays_and_counts(engine: Engine) -> None:
    whole = a_log_of(leaves(ENTRIES_AT_ONCE + 300))
    with pytest.raises(LogUnavailable):
        read(a_book(engine), _Interrupted(whole))
    assert ENTRIES_AT_ONCE == a_book(engine).state.size
    assert a_book(engine).place(a_digest(5)) is not None
    assert len(leaves(ENTRIES_AT_ONCE + 300)) == read(a_book(engine), whole)


def test_an_empty_log_is_no_log_yet(engine: Engine) -> None:
    advance = a_book(engine).catch_up(Files(), TRUST, AT)
    assert (0, None) == (advance.state.size, advance.state.newest)


def test_a_log_of_another_history_is_a_split_view_and_both_notes_are_kept(engine: Engine) -> None:
    ours, theirs = a_log_of(leaves(20)), a_log_of(leaves(25, parting=10))
    read(a_book(engine), ours)
    with pytest.raises(SplitView, match=r"20 entries .* and one of 25"):
        read(a_book(engine), theirs)
    (split,) = a_book(engine).splits
    assert (ours["checkpoint"], theirs["checkpoint"]) == (split.ours, split.theirs)
    assert 20 == a_book(engine).state.size


def test_two_roots_over_one_size_are_a_split_view(engine: Engine) -> None:
    read(a_book(engine), a_log_of(leaves(20)))
    with pytest.raises(SplitView):
        read(a_book(engine), a_log_of(leaves(20, parting=19)))


def test_a_shorter_log_of_another_history_is_a_split_view(engine: Engine) -> None:
    long, short = a_log_of(leaves(600)), a_log_of(leaves(520, parting=3))
    read(a_book(engine), long)
    with pytest.raises(SplitView):
        read(a_book(engine), Files(long | {"checkpoint": short["checkpoint"]}))


def test_a_log_that_parted_within_many_transactions_is_a_split_view(engine: Engine) -> None:
    read(a_book(engine), a_log_of(leaves(300)))
    with pytest.raises(SplitView):
        read(a_book(engine), a_log_of(leaves(ENTRIES_AT_ONCE + 300, parting=100)))
    assert 300 == a_book(engine).state.size


@pytest.mark.parametrize("shown", [Files(), a_log_of(leaves(12))], ids=["nothing", "fewer entries"])
def test_a_log_that_is_shorter_than_before_was_rolled_back(engine: Engine, shown: Files) -> None:
    read(a_book(engine), a_log_of(leaves(20)))
    with pytest.raises(LogRolledBack, match="had 20"):
        read(a_book(engine), shown)
    assert (20, ()) == (a_book(engine).state.size, a_book(engine).splits)


def changed(files: Files, path: str) -> Files:
    data = bytearray(files[path])
    data[-3] ^= 1
    return Files(files | {path: bytes(data)})


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/001.p/144"])
def test_a_changed_entry_is_found_and_nothing_of_it_is_stored(engine: Engine, path: str) -> None:
    whole = a_log_of(leaves(400))
    with pytest.raises(ChangedTile):
        read(a_book(engine), changed(whole, path))
    assert 0 == a_book(engine).state.size
    assert 400 == read(a_book(engine), whole)


def test_a_changed_tile_is_not_taken_for_another_history(engine: Engine) -> None:
    whole = a_log_of(leaves(600))
    read(a_book(engine), a_log_of(leaves(300)))
    with pytest.raises(ChangedTile):
        read(a_book(engine), changed(changed(whole, "tile/0/000"), "tile/entries/001"))
    assert () == a_book(engine).splits


def test_a_missing_bundle_is_found(engine: Engine) -> None:
    whole = a_log_of(leaves(300))
    del whole["tile/entries/000"]
    with pytest.raises(ChangedTile, match="missing"):
        read(a_book(engine), whole)


@pytest.mark.parametrize(
    ("note", "error"),
    [
        (b"not a note", BadNote),
        (a_signed_checkpoint(Checkpoint("another/log", 20, PlainLog(leaves(20)).root(0, 20))), UntrustedCheckpoint),
        (a_log_of(leaves(20))["checkpoint"][:-8] + b"AAAAAA==\n", BadNote),
    ],
)
def test_what_the_notary_did_not_sign_is_refused(engine: Engine, note: bytes, error: type[Exception]) -> None:
    files = a_log_of(leaves(20))
    files["checkpoint"] = note
    with pytest.raises((error, BadSignature)):
        read(a_book(engine), files)
    assert 0 == a_book(engine).state.size


def test_of_a_message_that_was_logged_twice_the_first_leaf_counts(engine: Engine) -> None:
    read(a_book(engine), a_log_of([a_leaf(0), a_leaf(1), a_leaf(0)]))
    place = a_book(engine).place(a_digest(0))
    assert place is not None
    assert 0 == place.index


def test_a_leaf_that_is_no_entry_of_ours_has_its_place_and_says_nothing(engine: Engine) -> None:
    strange = [a_leaf(0), b"anything", a_leaf(2, federation="another"), a_leaf(3)]
    advance = a_book(engine).catch_up(a_log_of(strange), TRUST, AT)
    assert (4, (1, 2)) == (advance.state.size, advance.odd)
    assert {a_digest(0), a_digest(3)} == set(a_book(engine).places([a_digest(number) for number in range(4)]))


def test_the_assurance_of_a_message_grows_by_itself(engine: Engine) -> None:
    def assurance() -> Assurance:
        return a_book(engine).state.assurance(a_book(engine).place(a_digest(5)))

    book = a_book(engine)
    found = [assurance()]
    read(book, a_log_of(leaves(6), WITNESSES[:2]))
    found.append(assurance())
    read(book, a_log_of(leaves(6), WITNESSES[:3]))
    found.append(assurance())
    read(book, a_log_of(leaves(9)))
    found.append(assurance())
    assert [Assurance.RECEIVED, Assurance.LOGGED, Assurance.WITNESSED, Assurance.WITNESSED] == found
    state = book.state
    assert state.newest is not None
    assert state.witnessed is not None
    assert (9, 6, 3) == (state.newest.size, state.witnessed.size, state.witnessed.witnesses)
    assert Assurance.LOGGED == state.assurance(book.place(a_digest(8)))


def test_more_cosignatures_are_taken_over_and_fewer_are_not(engine: Engine) -> None:
    book = a_book(engine)
    for count in (3, 5, 4):
        read(book, a_log_of(leaves(6), WITNESSES[:count]))
    witnessed = book.state.witnessed
    assert witnessed is not None
    assert 5 == witnessed.witnesses


def test_another_process_that_is_faster_does_no_harm(engine: Engine) -> None:
    whole = a_log_of(leaves(600))

    class Overtaken(Files):
        """A log during whose reading another process reads further."""

        def read(self, path: str, *, most: int) -> bytes | None:
            found = super().read(path, most=most)
            if path.startswith("tile/entries/"):
                read(a_book(engine), whole)
            return found

    assert 600 == read(a_book(engine), Overtaken(a_log_of(leaves(300))))
    assert 599 == (place.index if (place := a_book(engine).place(a_digest(599))) else None)
    assert () == a_book(engine).splits


def test_a_database_that_was_changed_is_no_proof_of_two_logs(engine: Engine) -> None:
    """Else whoever edits a node's database lets it accuse an honest notary for ever."""
    a_book(engine).catch_up(a_log_of(leaves(20)), a_log_trust(), AT)
    with writing(engine) as connection:
        connection.execute(update(log_book).values(peaks=bytes(64)))

    for size in (20, 25):
        with pytest.raises(ChangedTile, match="database was changed"):
            a_book(engine).catch_up(a_log_of(leaves(size)), a_log_trust(), AT)

    assert () == a_book(engine).splits
