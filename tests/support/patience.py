"""How long tests wait: long, for a time limit is there to end what hangs, and not to fail what is slow.

A story starts processes and waits for the disk, and so do all tests that run beside it on the same machine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.notary import cosigning

STORY_SECONDS = 240
"""For a test that runs many commands, where the 30 seconds that all others have are a few times the usual."""
ANSWER_SECONDS = 60
"""For something that comes at once, or never."""


def allow(items: Sequence[pytest.Item], folder: Path, seconds: float) -> None:
    """Give each test in *folder* so many seconds that says nothing of its own."""
    for item in items:
        if item.path.is_relative_to(folder) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(seconds))


@contextmanager
def every_witness_waited_for() -> Iterator[None]:
    """Let a notary of this process wait for all its witnesses: the last may well come after its short grace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cosigning, "WAIT_SECONDS", float(ANSWER_SECONDS))
        patch.setattr(cosigning, "GRACE_SECONDS", float(ANSWER_SECONDS))
        yield
