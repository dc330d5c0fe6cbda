"""Who founds a federation: each participant with its authorities; usual ones, or as a small TOML file describes them.

::

    [NL]
    name = "Netherlands"

    [[NL.authorities]]
    name = "customs"              # becomes NL/customs
    sector = "customs"
    roles = ["publisher", "subscriber"]          # from here on all may be left out
    purposes = ["prevention", "investigation"]
    takes_part_in_exercises = true
    languages = ["nl", "en"]
    desk = "Duty desk"
    telephone = "+31 00 000 0000"
    email = "duty@customs.example"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.directory.entries import AuthorityEntry, DutyContact
from broker.errors import BadSettings, BrokerError, MissingFile
from broker.policy.vocabulary import nearest
from broker.types.names import check_authority, check_participant
from broker.types.vocabulary import Purpose, Role, Sector

_PURPOSES: Final[Mapping[Sector, tuple[Purpose, ...]]] = {
    Sector.POLICE: (Purpose.INVESTIGATION, Purpose.PREVENTION),
    Sector.CUSTOMS: (Purpose.INVESTIGATION, Purpose.PREVENTION),
    Sector.JUDICIARY: (Purpose.INVESTIGATION,),
    Sector.LABORATORY: (Purpose.INVESTIGATION, Purpose.PREVENTION),
    Sector.REGULATOR: (Purpose.REGULATION, Purpose.PREVENTION),
    Sector.HEALTH: (Purpose.PUBLIC_HEALTH, Purpose.PREVENTION),
    Sector.INDUSTRY_LIAISON: (Purpose.PREVENTION,),
}
"""What an authority of a sector usually needs information for."""
_USUAL: Final = (Sector.CUSTOMS, Sector.POLICE, Sector.REGULATOR, Sector.HEALTH)
_BOTH: Final = (Role.PUBLISHER, Role.SUBSCRIBER)


class Post(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An authority that is to be; its name without the participant."""

    name: str
    sector: Sector
    roles: tuple[Role, ...] = _BOTH
    purposes: tuple[Purpose, ...] = ()
    takes_part_in_exercises: bool = True
    languages: tuple[str, ...] = ("en",)
    desk: str = ""
    telephone: str = "+000 000 000"
    email: str = ""

    def entry(self, participant: str, node: str) -> dict[str, Any]:
        """Return the fields of its directory entry but the time from which it is active."""
        return {
            "authority": f"{participant}/{self.name}",
            "name": f"{self.name.replace('-', ' ')} of {participant}",
            "sector": self.sector,
            "roles": self.roles,
            "purposes": self.purposes or _PURPOSES[self.sector],
            "parent": None,
            "node": node,
            "languages": self.languages,
            "takes_part_in_exercises": self.takes_part_in_exercises,
            "contact": DutyContact(
                desk=self.desk or f"duty desk of {participant}/{self.name}",
                telephone=self.telephone,
                email=self.email or f"duty@{self.name}.{participant.lower()}.example",
            ),
            "active_to": None,
        }


class Member(msgspec.Struct, frozen=True):
    """A participant that is to be."""

    code: str
    name: str
    authorities: tuple[Post, ...]


def usual_member(text: str) -> Member:
    """Return the participant ``NL`` or ``NL=Netherlands``, with customs, police (the focal point), regulator, health.

    Raises:
        BadName: The code is no participant's.
    """
    code, _, name = text.partition("=")
    posts = tuple(
        Post(name=sector.word, sector=sector, roles=(*_BOTH, Role.FOCAL_POINT) if sector is Sector.POLICE else _BOTH)
        for sector in _USUAL
    )
    return Member(check_participant(code.strip()), name.strip() or code.strip(), posts)


def load_members(path: Path) -> tuple[Member, ...]:
    """Read the file *path* that describes participants.

    Raises:
        MissingFile: There is no such file.
        BadSettings: It has mistakes; the message names all of them.
    """
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path.name} cannot be read: {error}") from None
    mistakes: list[str] = []
    members = [_member(code, table, mistakes) for code, table in document.items()]
    if mistakes:
        raise BadSettings("\n".join(f"{path.name}: {one}" for one in mistakes))
    return tuple(members)


def active_entry(post: Post, participant: str, node: str, **changes: Any) -> AuthorityEntry:
    """Return the directory entry of *post*, with *changes*."""
    return AuthorityEntry(**{**post.entry(participant, node), **changes})


def _member(code: str, table: Any, mistakes: list[str]) -> Member:
    if not isinstance(table, dict):
        mistakes.append(f"{code[:40]}: expected a table [{code[:40]}]")
        return Member(code, code, ())
    mistakes += (
        f"[{code}] {key[:40]!r} is unknown; {nearest(key[:40], ('name', 'authorities'))}"
        for key in table
        if key not in ("name", "authorities")
    )
    posts: list[Post] = []
    try:
        check_participant(code)
    except BrokerError as error:
        mistakes.append(str(error))
    for number, one in enumerate(table.get("authorities", []), start=1):
        try:
            post = _post(one)
            check_authority(f"{code}/{post.name}")
            posts.append(post)
        except (msgspec.ValidationError, BrokerError) as error:
            mistakes.append(f"[{code}] authority {number}: {error}")
    return Member(code, str(table.get("name", code)), tuple(posts))


def _post(table: Mapping[str, Any]) -> Post:
    symbols = dict(table)
    if "sector" in symbols:
        symbols["sector"] = Sector.from_word(str(symbols["sector"]))
    for key, words in (("roles", Role), ("purposes", Purpose)):
        if key in symbols:
            symbols[key] = [words.from_word(str(word)) for word in symbols[key]]
    return msgspec.convert(symbols, Post)
