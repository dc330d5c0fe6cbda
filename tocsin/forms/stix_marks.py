"""Markings in STIX 2.1: TLP 2.0 by the extension of OASIS, and what else binds a message as statements.

The ids and the moment of the TLP markings are fixed by OASIS: a reader knows them without reading the object.
Source: OASIS CTI, cti-stix-common-objects, extension-definition-specifications/tlp-2.0.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from broker.figures.derived import Derived
from broker.types.vocabulary import Status, Tlp
from tocsin.forms.handling import handling_lines

SPEC: Final = "2.1"
NAMESPACE: Final = uuid.UUID("6f0b6a3e-7c11-5d0e-9a53-2f4a8f3f5d21")
"""Of all ids that are made here: the same message gives the same object, however often it is exported."""

TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_CREATED: Final = "2022-10-01T00:00:00.000Z"
TLP_MARKINGS: Final[Mapping[Tlp, str]] = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}


def made_id(kind: str, *named_by: str) -> str:
    """Return the id of an object of a *kind* that is told apart by *named_by* (a UUID of version 5)."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, chr(0).join((kind, *named_by)))}"


def tlp_marking(tlp: Tlp) -> dict[str, Any]:
    """Return the marking definition of a TLP 2.0 label, as OASIS has it."""
    return {
        "type": "marking-definition",
        "spec_version": SPEC,
        "id": TLP_MARKINGS[tlp],
        "created": TLP_CREATED,
        "name": f"TLP:{tlp.word}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.word.lower()}},
    }


def statement_marking(derived: Derived, status: Status) -> dict[str, Any]:
    """Return the marking definition that says in words what binds a message."""
    statement = " ".join(handling_lines(derived, status))
    return {
        "type": "marking-definition",
        "spec_version": SPEC,
        "id": made_id("marking-definition", statement),
        "created": TLP_CREATED,
        "definition_type": "statement",
        "definition": {"statement": statement},
    }
