"""Forwards: sections of another originator's message, passed on with the salts and signatures that prove them.

What is told is the original's: whoever reads a forward verifies the original's signatures and commitments, and believes
the forwarder nothing but that it passed this on. The types say what is carried, not that it holds.
"""

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, RelatedAs, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems


class ForwardedSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One section of the original: everything that its commitment is over."""

    salt: Sha256
    schema_id: Sha256
    avro: bytes


class ForwardOperational(ForwardedSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operational section of the original."""


class ForwardNominal(ForwardedSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The nominal section of the original."""


class ForwardEvidence(ForwardedSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The evidence section of the original."""


class ForwardTrade(ForwardedSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trade section of the original."""


class ForwardCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The forwarder's own marking, the original envelope without any body, and the original's core section.

    Attributes:
        grant: Header digest of the grant that it is passed on by; None if it needs none.
    """

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    original: bytes
    grant: Sha256 | None = None
    salt: Sha256
    schema_id: Sha256
    avro: bytes

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the forward, as far as it can be said without opening the original."""
        yield from head_problems(self)
        if not self.original:
            yield Problem("original", "missing", "a forward carries the original's header and signatures")
        if self.grant is not None:
            yield from digest_problems("grant", self.grant)
        if sum(one.relation is RelatedAs.FORWARDS for one in self.related) != 1:
            yield Problem("related", "missing", "a forward names the one message that it passes on")

    @property
    def forwarded(self) -> ForwardedSection:
        """The original's core section."""
        return ForwardedSection(salt=self.salt, schema_id=self.schema_id, avro=self.avro)
