"""Where the checkout is, and what a clean installation consists of."""

from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]


class Environment(NamedTuple):
    """A virtual environment into which the wheel was installed.

    Attributes:
        bin: Where its commands lie.
        site: Where its packages lie.
    """

    bin: Path
    site: Path
