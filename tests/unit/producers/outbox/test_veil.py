"""The outbox knows drafts again by keyed digests: whoever has the database alone can test no guess about a person."""

import hashlib
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import select

from broker.database import reading, scrub, writing
from broker.errors import UnusableDatabase
from broker.records.core import RelatedAs
from broker.records.incident import IncidentCore
from broker.sealing.rest import RestKey
from broker.types.vocabulary import Section
from producers import veil
from producers.draft import Draft
from producers.outbox import drafts, sources, unpack_related
from producers.publish import Already, Declined, Taken, Terms, take, take_within
from producers.sources import Source
from producers.veil import TAG, Veil
from tests.support.federation import a_seed
from tests.support.messages import a_digest
from tests.support.outbox import PublishingNode, a_draft, a_file, some_drafts

KEYED = RestKey(a_seed("rest")).keyed_digests(TAG)
SECRET = "FICTITIOUS Jan Voorbeeld carries the drums."


def take_all(
    node: PublishingNode, rows: Sequence[Draft], source: Source | None = None, **terms: object
) -> list[object]:
    return list(take(node.engine, lambda: rows, msgspec.structs.replace(Terms(source=source, keyed=KEYED), **terms)))


def disk(node: PublishingNode) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(node.path.parent.glob(f"{node.path.name}*")))


def guesses(draft: Draft, source: Source) -> list[bytes]:
    """Return what somebody would look for who guessed right."""
    made = draft.national_reference.encode()
    return [draft.content_digest, draft.content_digest[:8].hex().encode(), made.rpartition(b"-")[0], source.digest]


def a_row(content: str = SECRET) -> tuple[Source, list[Draft]]:
    source, rows = a_file("persons.csv", content)
    made = f"made-{hashlib.sha256(content.encode()).hexdigest()[:16]}-1"
    core = msgspec.structs.replace(rows[0].core, national_reference=made)
    return source, [msgspec.structs.replace(rows[0], sections=msgspec.structs.replace(rows[0].sections, core=core))]


async def test_nothing_in_the_database_confirms_a_guess(node: PublishingNode) -> None:
    source, rows = a_row()
    (taken,) = take_all(node, rows, source)
    assert isinstance(taken, Taken)
    await node.flusher.flush()
    scrub(node.engine, rebuild=True)

    found = disk(node)
    assert [False] * 4 == [guess in found for guess in guesses(rows[0], source)]
    (message,) = await node.messages()
    core = node.read(message).content[Section.CORE]
    assert isinstance(core, IncidentCore)
    assert taken.national_reference == core.national_reference


def test_without_a_key_the_same_guesses_are_confirmed(node: PublishingNode) -> None:
    source, rows = a_row()
    take_all(node, rows, source, keyed=None)
    scrub(node.engine, rebuild=True)

    assert [guess in disk(node) for guess in guesses(rows[0], source)] == [True, False, True, True]


def test_the_same_file_again_adds_nothing(node: PublishingNode) -> None:
    source, rows = a_row()
    take_all(node, rows, source)
    (again,) = take_all(node, rows, source)

    assert isinstance(again, Already)


def test_an_equal_row_of_another_file_is_still_noticed(node: PublishingNode) -> None:
    source, rows = a_row()
    take_all(node, rows, source)
    other = Source("other.csv", a_digest("other"))
    (declined,) = take_all(node, rows, other)
    (new,) = take_all(node, rows, Source("third.csv", a_digest("third")), new=True)

    assert isinstance(declined, Declined)
    assert "possible-duplicate" == declined.problems[0].code
    assert isinstance(new, Taken)
    assert new.national_reference.endswith("-2")


def test_what_an_older_version_took_is_known_again_and_its_digests_go(node: PublishingNode) -> None:
    source, rows = a_row()
    old = a_draft("R-1", summary=SECRET)
    take_all(node, rows, source, keyed=None)
    take_all(node, [old], keyed=None)

    again = take_all(node, rows, source) + take_all(node, [old])
    assert [Already, Already] == [type(one) for one in again]
    content, _, made, file = guesses(rows[0], source)
    found = disk(node)
    assert [False, False, False] == [guess in found for guess in (content, file, old.content_digest)]
    with reading(node.engine) as connection:
        digests = [*connection.scalars(select(drafts.c.content_digest)), *connection.scalars(select(sources.c.digest))]
        kept = [*connection.scalars(select(drafts.c.row_key)), *connection.scalars(select(drafts.c.made_reference))]
    assert {33} == {len(one) for one in digests}
    assert all(made.decode() not in one for one in kept if one)


def test_a_reference_made_of_all_that_is_said_shows_a_token_in_its_place() -> None:
    draft = a_draft("R-1")
    named = a_draft(f"answer-{draft.content_digest[:8].hex()}-after")
    named = msgspec.structs.replace(named, content_digest=draft.content_digest)
    veiled = Veil(KEYED).draft(named)

    assert named.content_digest[:8].hex() not in veiled.national_reference
    assert (len("answer-") + 24 + len("-after")) == len(veiled.national_reference)
    assert veiled.national_reference == Veil(KEYED).draft(named).national_reference


def test_what_names_a_made_reference_names_its_token(node: PublishingNode) -> None:
    source, rows = a_row()
    second = a_draft("R-2", related=[rows[0].national_reference], line=3)
    taken = take_all(node, [*rows, second], source)
    veiled = Veil(KEYED).draft(second)

    assert isinstance(taken[0], Taken)
    assert [(taken[0].national_reference, RelatedAs.DUPLICATES)] == [tuple(one) for one in veiled.related_references]


@pytest.mark.parametrize("reference", ["made-by-hand", "made-0123-1", "R-1", "made-0123456789ABCDEF-1"])
def test_a_reference_of_the_authoritys_own_stays(reference: str) -> None:
    assert reference == Veil(KEYED).draft(a_draft(reference)).national_reference


def plain_digests(node: PublishingNode) -> int:
    with reading(node.engine) as connection:
        found = [*connection.scalars(select(drafts.c.content_digest)), *connection.scalars(select(sources.c.digest))]
    return sum(len(one) == 32 for one in found)


def test_what_an_older_version_added_behind_is_rekeyed_too(node: PublishingNode) -> None:
    source, rows = a_row()
    take_all(node, rows, source)
    take_all(node, [a_draft("R-1", summary=SECRET)], keyed=None)
    take_all(node, rows, source, keyed=None, new=True)  # it knows neither file nor row again
    assert 3 == plain_digests(node)

    (again,) = take_all(node, [a_draft("R-1", summary=SECRET)])
    assert isinstance(again, Already)
    assert 0 == plain_digests(node)
    (same,) = take_all(node, rows, source)
    assert isinstance(same, Already)


def test_a_draft_of_before_is_named_by_the_reference_that_it_was_sent_under(node: PublishingNode) -> None:
    source, rows = a_row()
    (old,) = take_all(node, rows, source, keyed=None)
    assert isinstance(old, Taken)
    take_all(node, [a_draft("R-2", related=[old.national_reference])])

    with reading(node.engine) as connection:
        packed = connection.scalar(select(drafts.c.related).where(drafts.c.national_reference == "R-2"))
    assert [old.national_reference] == [one.national_reference for one in unpack_related(packed)]


def test_an_answer_of_before_is_known_again(node: PublishingNode) -> None:
    draft = a_draft("R-1")
    named = a_draft(f"answer-{draft.content_digest[:8].hex()}")
    named = msgspec.structs.replace(named, content_digest=draft.content_digest)
    take_all(node, [named], keyed=None)

    (again,) = take_all(node, [named])
    assert isinstance(again, Already)
    assert named.national_reference == again.national_reference


def test_more_rows_than_are_rekeyed_at_once(node: PublishingNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(veil, "_ROWS_AT_ONCE", 2)
    take_all(node, some_drafts(5), keyed=None)

    assert [Already] * 5 == [type(one) for one in take_all(node, some_drafts(5))]
    assert 0 == plain_digests(node)


def test_no_room_to_write_the_database_anew_keeps_nothing_back(
    node: PublishingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise UnusableDatabase("no space left")

    take_all(node, some_drafts(1), keyed=None)
    monkeypatch.setattr(veil, "scrub", full)
    (taken,) = take_all(node, [a_draft("R-9")])

    assert isinstance(taken, Taken)
    assert 0 == plain_digests(node)


def test_what_is_taken_in_the_callers_transaction_is_keyed_too(node: PublishingNode) -> None:
    with writing(node.engine) as connection:
        take_within(connection, some_drafts(1), Terms(keyed=KEYED))

    assert 0 == plain_digests(node)
