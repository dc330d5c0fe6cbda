"""The edition that ships with the package; the only place that reads it."""

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from broker.catalogue.catalogue import Catalogue, catalogue_of
from broker.records.catalogue import CatalogueCore

_FILE: Final = "edition.json"


@cache
def shipped_edition() -> CatalogueCore:
    """Return the international edition of this version of the package."""
    return msgspec.json.decode(shipped_text(), type=CatalogueCore)


@cache
def shipped_catalogue() -> Catalogue:
    """Return the catalogue that the shipped edition makes."""
    return catalogue_of((shipped_edition(),))


def shipped_text() -> str:
    """Return the shipped edition as the file that it is."""
    return (resources.files("broker.catalogue") / _FILE).read_text("utf-8")
