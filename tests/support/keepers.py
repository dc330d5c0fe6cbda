"""A network with its directory as everybody has it, and the keepers of its root keys."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from broker.directory import Directory, apply, fold
from broker.directory.proposal import (
    Proposal,
    check_next,
    check_proposal,
    finish_proposal,
    propose,
    root_chain,
    sign_proposal,
)
from broker.directory.root_change import RootChange, change_root
from broker.envelope.message import Opened, open_envelope
from broker.signing.keys import SigningKey
from broker.types.names import Digest
from tests.support.federation import FEDERATION, FOUNDED, Federation

LATER = FOUNDED + timedelta(days=30)
"""When root records are proposed."""


class Keepers:
    """Those who keep the root keys of a network; what they publish is added to *messages*."""

    def __init__(self, federation: Federation) -> None:
        self.digest = Digest(federation.root_digest)
        self.messages = [open_envelope(raw) for raw in federation.messages]
        self.keys = federation.root_keys

    @property
    def directory(self) -> Directory:
        return fold(self.messages, self.digest, FEDERATION)

    def propose(self, change: RootChange, signers: Sequence[SigningKey] = (), **said: Any) -> Proposal:
        after = msgspec.structs.replace(change_root(self.directory.root, change), **said)
        chain = root_chain(self.messages, self.digest, FEDERATION)
        named = [key.id for key in signers]
        return propose(self.directory, chain, after, named, issued_at=LATER, salt=b"s" * 32)

    def sign(self, proposal: Proposal, *keys: SigningKey) -> Proposal:
        for key in keys:
            proposal = sign_proposal(check_proposal(proposal, self.digest), key)
        return proposal

    def publish(self, proposal: Proposal) -> Opened:
        checked = check_proposal(proposal, self.digest)
        opened = finish_proposal(checked)
        check_next(checked, self.directory)
        apply(self.directory, opened)
        self.messages.append(opened)
        return opened
