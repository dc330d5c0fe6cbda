"""The persons and companies of a request or an answer, as a JSON file names them: never on a command line.

::

    {"parties": [{"kind": "company", "role": "consignor", "name": "…", "address": "…"}], "fictitious": true}

Words are spelt as people do (``not-stated``) or as on the wire (``NOT_STATED``). No refusal repeats what is written.
"""

from pathlib import Path
from typing import Final

import msgspec

from broker.errors import InvalidRecord
from broker.records.checking import problems_in
from broker.records.problems import refuse
from tocsin.asking.goods import NOBODY, People
from tocsin.json_file import load_object
from tocsin.spelling import in_symbols


def read_people(path: Path | None) -> People:
    """Return the persons and companies in the file *path*; nobody where there is none.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is no JSON object.
        InvalidRecord: It says something that no party has; the message does not repeat it.
    """
    if path is None:
        return NOBODY
    document = load_object(path, example=_HINT, private=True)
    try:
        people = msgspec.convert(in_symbols(document, People), People)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{path.name}: {_place_of(error)} is not as it has to be", hint=_HINT) from None
    refuse(problem for problem in problems_in(people))
    if not people.are_there:
        raise InvalidRecord(f"{path.name} names nobody", hint=_HINT)
    return people


_HINT: Final = 'Write {"parties": [{"kind": "company", "role": "consignor", "name": "…"}], "fictitious": true}.'


def _place_of(error: msgspec.ValidationError) -> str:
    """Return where the mistake is: what is wrong there may be somebody's name."""
    _, separator, place = str(error).rpartition(" - at `$")
    return place.strip(".`") if separator and place.strip(".`") else "what it says"
