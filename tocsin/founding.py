"""Found an exercise federation in one folder: keys, directory, bus, one node a participant."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.errors import AlreadyThere, BadSettings
from broker.policy.table import Table
from broker.types.names import HUB, check_federation, directory_topic, message_topic
from broker.types.time import Clock
from broker.types.vocabulary import Status
from tocsin.appointing import MAX_WITNESSES, WITNESSES, choose_witnesses, make_log_keys, write_log_settings
from tocsin.bus_identities import HUB_IDENTITY, check_identities, copy_identities
from tocsin.buses import open_bus
from tocsin.first_node import make_node_folder, make_sealing_halves
from tocsin.folder import FederationFolder
from tocsin.founding_catalogue import make_catalogue_node_folder
from tocsin.founding_script import ROOT_KEYS, FoundingKeys, Script
from tocsin.installation import now
from tocsin.key_files import make_key
from tocsin.members import Member
from tocsin.settings import EMBEDDED, FederationSettings, WayIn, format_federation


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be founded.

    Attributes:
        conditions: The national table of those participants that set conditions.
        profiles: The text of ``profiles.toml`` of those that do not start from the usual one.
        houses: The house table of those whose node has one.
        releases: The release rules of those whose node has some.
        bus: ``embedded``, or the address of a Kafka cluster.
        witnesses: How many of the participants, at most, are appointed to witness the log; the first ones are.
        identities: A folder with what the hub and each participant show to the cluster, by code; None for nothing.
        allow_plaintext: Speak to the cluster in the clear.
    """

    id: str
    members: Sequence[Member]
    conditions: Mapping[str, Table] = {}
    profiles: Mapping[str, str] = {}
    houses: Mapping[str, Table] = {}
    releases: Mapping[str, Table] = {}
    bus: str = EMBEDDED
    witnesses: int = WITNESSES
    identities: Path | None = None
    allow_plaintext: bool = False

    @property
    def appointed(self) -> tuple[Member, ...]:
        """The participants whose nodes witness the log."""
        return choose_witnesses(self.members, self.witnesses)


async def found_federation(root: Path, founding: Founding, *, clock: Clock = now) -> FederationFolder:
    """Make an exercise federation in the folder *root*, which is empty or not there yet.

    ``federation.toml`` is written last: without it, what an interrupted founding left is no federation.

    Raises:
        AlreadyThere: The folder is not empty, or the bus has a network of this name.
        BadSettings: There are no participants, one is named twice, or somebody else's conditions are given.
        MissingFile: Somebody's identity for the bus is not there.
        TransportError: The bus does not answer.
    """
    _check(founding)
    codes = (HUB, *(member.code for member in founding.members))
    if founding.identities is not None:
        check_identities(founding.identities, codes)
    folder = _make_folder(root)
    keys = _make_keys(folder, founding)
    script = Script(founding.id, keys, clock())
    script.write(founding.members, founding.conditions, founding.appointed)
    for member in founding.members:
        code = member.code
        tables = {"house": founding.houses.get(code), "release": founding.releases.get(code)}
        make_node_folder(folder, member, profiles=founding.profiles.get(code, ""), tables=tables)
    make_catalogue_node_folder(folder)
    write_log_settings(folder, founding.appointed)
    if founding.identities is not None:
        copy_identities(folder, founding.identities, codes)
    settings = FederationSettings(
        id=founding.id,
        status=Status.EXERCISE,
        bus=founding.bus,
        log=folder.log.name,
        root_digest=script.root_digest,
        way_in=WayIn(
            bus_identity="" if founding.identities is None else HUB_IDENTITY,
            allow_plaintext=founding.allow_plaintext,
        ),
    )
    await _announce(folder, settings, script, clock)
    folder.federation_file.write_text(format_federation(settings), "utf-8")
    return folder


def _check(founding: Founding) -> None:
    check_federation(founding.id)
    codes = [member.code for member in founding.members]
    if not codes:
        raise BadSettings("a federation needs participants", hint="Name each: --participant NL --participant BE")
    if not 0 <= founding.witnesses <= MAX_WITNESSES:
        raise BadSettings(f"a log has 0 to {MAX_WITNESSES} witnesses, not {founding.witnesses}")
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise BadSettings(f"named twice: {', '.join(twice)}")
    strangers = sorted({*founding.conditions, *founding.profiles, *founding.houses, *founding.releases} - set(codes))
    if strangers:
        raise BadSettings(f"no participants of this federation: {', '.join(strangers)}")


def _make_folder(root: Path) -> FederationFolder:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        if (root / "hub").is_dir() and not FederationFolder(root).federation_file.exists():
            raise AlreadyThere(
                f"{root} holds what a founding left that did not end, and no network",
                hint="Delete it, or name another.",
            )
        raise AlreadyThere(f"{root} is not empty", hint="Name a folder that is not there yet.")
    folder = FederationFolder(root)
    for path in (root, folder.log, root / "nodes"):
        path.mkdir(parents=True, exist_ok=True)
    return folder


def _make_keys(folder: FederationFolder, founding: Founding) -> FoundingKeys:
    codes = [member.code for member in founding.members]
    return FoundingKeys(
        root=tuple(make_key(folder.hub_keys / f"root-{number}.pem") for number in range(1, ROOT_KEYS + 1)),
        hub=make_key(folder.hub_keys / "admin.pem"),
        catalogue=make_key(folder.node(HUB).keys / "node.pem"),
        administrators={code: make_key(folder.node(code).keys / "admin.pem") for code in codes},
        nodes={code: make_key(folder.node(code).keys / "node.pem") for code in codes},
        sealing={code: make_sealing_halves(folder, code, federation=founding.id) for code in codes},
        log=make_log_keys(folder, founding.appointed),
    )


async def _announce(folder: FederationFolder, settings: FederationSettings, script: Script, clock: Clock) -> None:
    """Make the topics and say the directory; on a bus that has none of this name."""
    topic = directory_topic(settings.id)
    if settings.bus == EMBEDDED:
        await open_embedded_bus(folder.bus_file, clock=clock).close()
    async with open_bus(folder, settings, clock=clock) as bus:
        codes = [HUB, *folder.participants()]
        await bus.create_topics([topic, *(message_topic(settings.id, code) for code in codes)])
        if await bus.end(topic):
            raise AlreadyThere(
                f"the bus {settings.bus} carries a network {settings.id} already",
                hint="Choose another --id, or a namespace of its own: kafka://HOST:PORT/NAMESPACE",
            )
        await bus.send(topic, [Outgoing(str(one.header.stream), one.raw) for one in script.messages])
