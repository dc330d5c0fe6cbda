"""A broker's ``server.properties``: it shows what no broker shows over the network."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from broker.errors import BadFile
from tocsin.cluster.check_brokers import HIDDEN
from tocsin.cluster.state import BrokerState, ClusterState

_LINE: Final = re.compile(r"\s*([^\s=:]+)\s*[=:\s]\s*(.*?)\s*")
_NUMBER: Final = ("node.id", "broker.id")


def parse_properties(text: str) -> dict[str, str]:
    """Parse the text of a properties file as Java does, without its escapes: brokers' settings need none.

    Raises:
        BadFile: A line is no setting.
    """
    found = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip() or line.lstrip()[0] in "#!":
            continue
        setting = _LINE.fullmatch(line)
        if setting is None:
            raise BadFile(f"a line of the properties file is no setting: {line.strip()[:40]!r}")
        found[setting[1]] = setting[2]
    return found


def reveal(state: ClusterState, properties: Mapping[str, str]) -> ClusterState:
    """Return *state* with what brokers hide: the one whose file it is, or all where the file names none.

    Raises:
        BadFile: The file is that of a broker that is not there.
    """
    number = next((properties[name] for name in _NUMBER if name in properties), None)
    if number is not None and number not in {str(one.id) for one in state.brokers}:
        raise BadFile(f"the properties file is that of broker {number[:20]}, which is not there")
    revealed = tuple(_reveal(one, properties) if number in (None, str(one.id)) else one for one in state.brokers)
    return msgspec.structs.replace(state, brokers=revealed)


def _reveal(broker: BrokerState, properties: Mapping[str, str]) -> BrokerState:
    seen = {name: properties[name] for name in HIDDEN if name in properties}
    return msgspec.structs.replace(broker, settings={**broker.settings, **seen}, hidden=broker.hidden - seen.keys())
