"""UN/LOCODE: codes of ports and other places, or the text that stands where one might."""

import re
from typing import Final

from broker.notation.countries import codes, read_country

_LOCODE: Final = re.compile(r"([A-Z]{2}) ?([A-Z2-9]{3})")


def read_locode(text: str, country: str = "") -> str | None:
    """Return the UN/LOCODE that *text* is, without its space; None where it is a name.

    Its form and country are checked; whether the place is in the list, of which there are two editions a year, is not.

    Args:
        country: Where the place is said to lie; a code of another country is taken for a name.
    """
    found = _LOCODE.fullmatch(text.strip())
    if found is None or found[1] not in codes() or (country and found[1] != country):
        return None
    return None if read_country(text) is not None else found[1] + found[2]
