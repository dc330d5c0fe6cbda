"""How sure a reading of a text is."""

from typing import Final

from broker.types.vocabulary import Word


class Certainty(Word):
    """How sure a reading is.

    ``CERTAIN``: the text allows no other. ``LIKELY``: another is possible and unusual, and the notes say which.
    ``UNSURE``: two readings are about as good; a person has to say, and nothing is filled in.
    """

    UNKNOWN = "UNKNOWN"
    UNSURE = "UNSURE"
    LIKELY = "LIKELY"
    CERTAIN = "CERTAIN"


_ORDER: Final = {member: rank for rank, member in enumerate(Certainty)}


def weakest(*certainties: Certainty) -> Certainty:
    """Return the least sure of *certainties*, which is how sure the whole is."""
    return min(certainties, key=_ORDER.__getitem__, default=Certainty.CERTAIN)
