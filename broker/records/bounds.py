"""Numbers and bytes with the bounds that their Avro types have; msgspec checks them wherever records come in."""

from typing import Annotated, Final, TypeAlias

import msgspec

from broker import limits
from broker.types.names import Digest

_MAX_INT: Final = 2**31 - 1
_MAX_LONG: Final = 2**63 - 1

Index: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INT)]
"""Zero-based."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_LONG)]
Writer: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_WRITER)]
Sequence: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SEQUENCE)]
Sha256: TypeAlias = Annotated[Digest, msgspec.Meta(min_length=32, max_length=32)]
"""32 bytes."""
