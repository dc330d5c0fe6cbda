"""The catalogue: what the newest edition of each issuer says, put together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from broker.catalogue.folding import fold
from broker.catalogue.names import NameIndex, index_names
from broker.catalogue.standing import UN_1988, Scheduled, Standing, scheduled_by, standings_on
from broker.errors import UnknownSubstance
from broker.records.catalogue import CatalogueCore, CatalogueStatus, CatalogueSubstance
from broker.types.names import HUB

_SHOWN: Final = 60


class Catalogue:
    """All substances and statuses of some editions. Nothing in it changes."""

    def __init__(self, editions: Sequence[CatalogueCore]) -> None:
        self.editions: Final = tuple(editions)
        substances = {one.id: one for edition in editions for one in edition.substances}
        self.substances: Final[Mapping[str, CatalogueSubstance]] = substances
        self.ids: Final = tuple(self.substances)
        self.names: Final[NameIndex] = index_names(_named(self.editions))
        self._statuses: Final = _by_substance(editions)
        self._numbers: Final = _by_number(self.substances.values())
        self._exact: Final = {text: tuple(one.substance for one in found) for text, found in self.names.folded.items()}

    @property
    def unplaced(self) -> tuple[CatalogueStatus, ...]:
        """Statuses of substances that no edition describes: they are asked for in vain."""
        return tuple(one for key, found in self._statuses.items() if key not in self.substances for one in found)

    def substance(self, key: str) -> CatalogueSubstance:
        """Return the substance whose identifier is *key*.

        Raises:
            UnknownSubstance: There is none.
        """
        found = self.substances.get(key)
        if found is None:
            raise UnknownSubstance(
                f"the catalogue has no substance {key[:_SHOWN]!r}", hint="Look it up: tocsin substance find NAME"
            )
        return found

    def name_of(self, key: str) -> str:
        """Return the first name of the substance whose identifier is *key*.

        Raises:
            UnknownSubstance: There is none.
        """
        return self.substance(key).names[0].text

    def exact_ids(self, text: str) -> tuple[str, ...]:
        """Return whose name *text* is, letter by letter but for case, accents and punctuation; several if ambiguous."""
        return self._exact.get(fold(text), ())

    def by_cas(self, number: str) -> tuple[str, ...]:
        """Return the substances that have the CAS number *number*, in any of their forms."""
        return self._numbers.get(number, ())

    def statuses(self, key: str) -> tuple[CatalogueStatus, ...]:
        """Return all statuses that the substance has or had, by scheme and first day.

        Raises:
            UnknownSubstance: There is none of this identifier.
        """
        self.substance(key)
        return self._statuses.get(key, ())

    def status_on(self, key: str, day: date) -> tuple[Standing, ...]:
        """Return the standing on *day* under the 1988 Convention and each scheme that ever listed the substance.

        A scheme has several where the day lies in a change whose date is not known exactly.

        Raises:
            UnknownSubstance: There is none of this identifier.
        """
        statuses = self.statuses(key)
        schemes = dict.fromkeys((UN_1988, *(one.scheme for one in statuses)))
        return tuple(
            standing
            for scheme in schemes
            for standing in standings_on([one for one in statuses if one.scheme == scheme], scheme, day)
        )

    def is_scheduled(self, key: str, day: date, scheme: str = UN_1988) -> Scheduled:
        """Return whether the substance is listed under *scheme* on *day*.

        Raises:
            UnknownSubstance: There is none of this identifier.
        """
        return scheduled_by(standings_on([one for one in self.statuses(key) if one.scheme == scheme], scheme, day))


def catalogue_of(editions: Sequence[CatalogueCore]) -> Catalogue:
    """Return the catalogue that the newest of *editions* of each issuer make.

    Newest is the one of the latest day of issue; of two of one day, the one that stands later in *editions*.
    """
    newest: dict[str, CatalogueCore] = {}
    for edition in editions:
        known = newest.get(edition.issuer)
        if known is None or edition.issued_on >= known.issued_on:
            newest[edition.issuer] = edition
    return Catalogue(tuple(newest[issuer] for issuer in sorted(newest)))


def _named(editions: Sequence[CatalogueCore]) -> Iterator[CatalogueSubstance]:
    """Yield all substances with the names that they are found by.

    What the international edition calls its own nobody else's edition takes: one country's list would make a name
    ambiguous for all.
    """
    common = [one for edition in editions if edition.issuer == HUB for one in edition.substances]
    yield from common
    taken = {fold(name.text) for one in common for name in one.names}
    for edition in editions:
        if edition.issuer != HUB:
            for one in edition.substances:
                names = tuple(name for name in one.names if fold(name.text) not in taken)
                yield msgspec.structs.replace(one, names=names)


def _by_substance(editions: Sequence[CatalogueCore]) -> Mapping[str, tuple[CatalogueStatus, ...]]:
    found: dict[str, list[CatalogueStatus]] = defaultdict(list)
    for status in (one for edition in editions for one in edition.statuses):
        found[status.substance].append(status)
    return {key: tuple(sorted(some, key=lambda one: (one.scheme, one.starts_on))) for key, some in found.items()}


def _by_number(substances: Iterable[CatalogueSubstance]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for substance in substances:
        for one in substance.cas:
            found[one.number][substance.id] = None
    return {number: tuple(ids) for number, ids in found.items()}
