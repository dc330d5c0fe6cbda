"""From a file with the reports of many countries to the drafts of each: every country's own rows, by its authority."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.countries import CODES
from producers.intake.files import file_digest, read_rows
from producers.intake.rows import Row
from producers.intake.supplement import read_supplement, supplement
from producers.intake.take_in import Refused, take_in
from producers.sources import Source
from tocsin.demo.profiles import Profiles


class Reports(msgspec.Struct, frozen=True):
    """The rows of a file, by the country that reports them; the homeless ones under the authority that gets them."""

    source: Source
    rows: Mapping[Participant, tuple[Row, ...]]


class Drafted(msgspec.Struct, frozen=True):
    """What intake made of the rows of one authority."""

    authority: Originator
    drafts: tuple[Draft, ...]
    refused: tuple[Refused, ...]


def read_reports(path: Path, *, nominal: Path | None, homeless: Participant) -> Reports:
    """Read a whole file.

    Args:
        nominal: Persons and companies for some rows; None where there are none.
        homeless: Who gets the rows without a country, or with a code that is none.

    Raises:
        MissingFile, BadFile, BadMapping: The file is not there or cannot be read.
    """
    rows: dict[Participant, list[Row]] = {}
    added = {} if nominal is None else read_supplement(nominal)
    for row in supplement(read_rows(path), added):
        country = row.values.get("reporting_country", "")
        rows.setdefault(Participant(country) if country in CODES else homeless, []).append(row)
    source = Source(path.name, Digest(file_digest(path)))
    return Reports(source, {code: tuple(found) for code, found in sorted(rows.items())})


def draft_reports(reports: Reports, profiles: Profiles, *, now: datetime) -> list[Drafted]:
    """Take the rows of each country in, under the marking profile of its authority."""
    drafted: list[Drafted] = []
    for code, rows in reports.rows.items():
        profile = profiles.profile(code)
        authority = Originator(profile.authority)
        made = list(take_in(rows, authority=authority, profile=profile, authored_at=now, status=Status.EXERCISE))
        drafts = tuple(one for one in made if isinstance(one, Draft))
        drafted.append(Drafted(authority, drafts, tuple(one for one in made if isinstance(one, Refused))))
    return drafted
