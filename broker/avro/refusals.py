"""What a record or its bytes are refused by, with the field where it happened.

No message repeats text of a record: it would carry the data into logs.
"""

from typing import Any, Final

from broker.avro.values import OutOfBounds
from broker.errors import InvalidRecord, MalformedError, SchemaError, UndecodableContent

FAILURES: Final = (SchemaError, MalformedError, ValueError, TypeError, LookupError, ArithmeticError)
"""Everything that single values are refused by."""


def expected(what: str, value: Any) -> TypeError:
    """Return the error for a *value* that is not *what* its type says."""
    return TypeError(f"expected {what}; it is of type {type(value).__name__}")


def unwritable(field: str, error: Exception) -> InvalidRecord:
    """Return the refusal of a record because of *error* in *field*."""
    if isinstance(error, InvalidRecord):
        return InvalidRecord(f"{field}.{error}")
    return InvalidRecord(f"{field}: {_reason(error)}")


def unreadable(field: str, error: Exception) -> SchemaError:
    """Return the refusal of bytes because of *error* in *field*."""
    if isinstance(error, SchemaError):
        return type(error)(f"{field}.{error}")
    if isinstance(error, OutOfBounds):
        return InvalidRecord(f"{field}: {error}")
    return UndecodableContent(f"{field}: {_reason(error)}")


def _reason(error: Exception) -> str:
    match error:
        case UnicodeError():
            return "is not UTF-8"
        case IndexError():
            return "the bytes end before it does"
        case KeyError():
            return "a choice that does not exist"
        case _:
            return str(error)
