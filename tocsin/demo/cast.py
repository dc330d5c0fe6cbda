"""Who takes part in the demo, what they have agreed, and whose views are shown."""

from collections.abc import Iterable

import msgspec

from broker.types.names import Originator, check_participant, participant_of
from broker.types.vocabulary import Role, Sector
from tocsin.demo.material import CAST, text_of
from tocsin.members import Member, Post


class CastAuthority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An authority besides those through which the countries publish."""

    name: str
    sector: str


class CastReader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An authority whose view is shown, and what it stands for."""

    authority: Originator
    stands_for: str = msgspec.field(name="is")


class CastAgreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a participant agreed to share with others."""

    by: str
    name: str
    title: str
    parties: tuple[str, ...]


class CastGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A joint team, led by a participant."""

    by: str
    name: str
    title: str
    members: tuple[str, ...]


class Cast(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that the demo invents around the reports.

    Attributes:
        homeless: The authority that is handed the rows of no country.
        conditions: By participant, the file of the conditions that it publishes.
        house: By participant, the file of its house rules.
        release: By participant, the file of its release rules.
        names: Of participants, by code.
    """

    federation: str
    homeless: Originator
    authority: tuple[CastAuthority, ...]
    reader: tuple[CastReader, ...]
    agreement: tuple[CastAgreement, ...]
    group: tuple[CastGroup, ...]
    conditions: dict[str, str]
    house: dict[str, str]
    release: dict[str, str]
    names: dict[str, str]

    def members(self, publishers: Iterable[Originator]) -> tuple[Member, ...]:
        """Return everybody who takes part, by code: the participants of *publishers*, and those of the cast."""
        sectors = {name: _sector_in(name) for name in publishers if name != self.homeless}
        sectors |= {Originator(one.name): Sector.from_word(one.sector) for one in self.authority}
        codes = sorted({participant_of(name) for name in sectors})
        return tuple(
            Member(
                check_participant(code),
                self.names.get(code, code),
                tuple(_post(name, sectors[name]) for name in sorted(sectors) if participant_of(name) == code),
            )
            for code in codes
        )


def load_cast() -> Cast:
    """Return the cast that ships."""
    return msgspec.toml.decode(text_of(CAST), type=Cast)


def _sector_in(authority: Originator) -> Sector:
    """Return the sector that an authority's own name says, as ``NL/customs`` does."""
    return Sector.from_word(_label(authority))


def _post(authority: Originator, sector: Sector) -> Post:
    roles = (Role.PUBLISHER, Role.SUBSCRIBER)
    return Post(
        name=_label(authority),
        sector=sector,
        roles=(*roles, Role.FOCAL_POINT) if sector is Sector.POLICE else roles,
    )


def _label(authority: Originator) -> str:
    return authority.removeprefix(f"{participant_of(authority)}/")
