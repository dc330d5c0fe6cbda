"""A released schema cannot change by accident: its digest is its name on the wire."""

from importlib.resources import files

import pytest

import schemas
from tests.support.schema_rules import lock_text


def test_the_lock_file_lists_every_schema_as_it_is() -> None:
    # A schema that was never released may change; then, in schemas/avro:
    #   sha256sum *.avsc */*.avsc | LC_ALL=C sort -k 2 > SHA256SUMS
    locked = (files(schemas) / "avro" / "SHA256SUMS").read_text(encoding="ascii")
    assert locked.splitlines() == lock_text().splitlines()


def test_lists_the_paths_sorted_and_reads_each() -> None:
    assert sorted(schemas.paths()) == list(schemas.paths())
    assert all(schemas.read(path).startswith(b"{") for path in schemas.paths())


def test_refuses_a_path_that_does_not_ship() -> None:
    with pytest.raises(KeyError):
        schemas.read("incident/../../__init__")
