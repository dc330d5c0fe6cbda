"""The STIX 2.1 bundle: valid by the OASIS validator, marked by TLP 2.0, the same for the same messages."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from stix2validator import ValidationOptions, validate_instance  # type: ignore[import-untyped]

from broker.types.vocabulary import Handling, Section, Tlp
from tests.support.forms import AT, a_departure, an_export
from tests.support.records import a_marking
from tocsin.forms.leaving import Departure
from tocsin.forms.stix import EXTENSION, stix_bundle
from tocsin.forms.stix_marks import TLP_EXTENSION, TLP_MARKINGS

UUID_4_ONLY = "103"
"""The one recommendation that is not followed: ids are made of names (UUID of version 5), so that they are stable."""

OASIS = {
    "CLEAR": "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""As OASIS publishes them, beside the extension 60a3c5c5-0d10-413e-aab3-9e08dde9e88d."""


def bundle(departure: Departure) -> dict[str, Any]:
    return stix_bundle(departure, title="Incidents", at=AT)


def of_type(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in found["objects"] if one["type"] == kind]


def findings(found: dict[str, Any]) -> list[str]:
    options = ValidationOptions(version="2.1", disabled=UUID_4_ONLY, strict=True, enforce_refs=True)
    results = validate_instance(msgspec.json.decode(msgspec.json.encode(found)), options)
    return [str(one) for one in (*results.errors, *getattr(results, "warnings", ()))]


@pytest.mark.parametrize("tlp", [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED])
def test_a_bundle_of_each_label_is_valid(tlp: Tlp) -> None:
    assert [] == findings(bundle(a_departure(an_export(tlp=tlp))))


def test_a_bundle_of_several_that_relate_is_valid() -> None:
    first, again = an_export("NL/customs/1#2"), an_export("NL/customs/1#3", duplicates="NL/customs/1#2")
    found = bundle(a_departure(first, again))

    assert [] == findings(found)
    assert 1 == sum(one["relationship_type"] == "duplicate-of" for one in of_type(found, "relationship"))


def test_the_validator_finds_what_is_wrong() -> None:
    found = bundle(a_departure())
    of_type(found, "incident")[0].pop("name")

    assert findings(found)


def test_labels_are_those_of_oasis() -> None:
    assert {label: f"marking-definition--{number}" for label, number in OASIS.items()} == {
        tlp.word: number for tlp, number in TLP_MARKINGS.items()
    }
    (marking,) = [one for one in of_type(bundle(a_departure()), "marking-definition") if "extensions" in one]
    assert ("TLP:GREEN", "2022-10-01T00:00:00.000Z") == (marking["name"], marking["created"])
    assert {
        "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
            "extension_type": "property-extension",
            "tlp_2_0": "green",
        }
    } == marking["extensions"]
    assert TLP_EXTENSION in marking["extensions"]


def test_each_incident_has_its_own_marking_and_the_report_the_strictest() -> None:
    narrow = an_export("NL/customs/1#3", tlp=Tlp.RED, marking=a_marking(handling=(Handling.H2,)))
    found = bundle(a_departure(an_export(), narrow))
    labels = {one["name"].split()[-1]: one["object_marking_refs"][0] for one in of_type(found, "incident")}
    (report,) = of_type(found, "report")
    statements = {one["id"]: one["definition"]["statement"] for one in of_type(found, "marking-definition")
                  if "definition" in one}  # fmt: skip

    assert {"NL/customs/1#2": TLP_MARKINGS[Tlp.GREEN], "NL/customs/1#3": TLP_MARKINGS[Tlp.RED]} == labels
    assert TLP_MARKINGS[Tlp.RED] == report["object_marking_refs"][0]
    assert "not to be passed on without permission (H2)" in statements[report["object_marking_refs"][1]]


def test_every_object_but_definitions_and_the_tool_is_marked() -> None:
    found = bundle(a_departure())
    unmarked = [one["type"] for one in found["objects"] if "object_marking_refs" not in one]

    assert {"marking-definition", "extension-definition", "identity"} == set(unmarked)
    assert 1 == unmarked.count("identity")


def test_ids_are_the_same_whenever_a_message_is_exported() -> None:
    early, late = (stix_bundle(a_departure(), title="Incidents", at=AT + timedelta(days=day)) for day in (0, 3))

    assert of_type(early, "incident") == of_type(late, "incident")


def test_the_extension_says_what_the_stub_cannot() -> None:
    (incident,) = of_type(bundle(a_departure()), "incident")
    told = incident["extensions"][EXTENSION]

    assert ["AA"] == [one["id"] for one in told["substances"]]
    assert [("kg", "400", "400")] == [(one["unit"], one["low"], one["high"]) for one in told["amounts"]]
    assert "behind paper" == told["concealment"]


def test_no_person_and_no_company_stands_in_a_bundle() -> None:
    named = an_export(sections=(Section.OPERATIONAL, Section.NOMINAL))

    assert b"Voorbeeld" not in msgspec.json.encode(bundle(a_departure(named)))
