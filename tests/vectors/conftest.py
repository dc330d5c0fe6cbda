"""Where other people's test vectors lie. They are read there, never copied into the project."""

import os
from pathlib import Path

import pytest

BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared" / "data" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of the vectors: the variable TOCSIN_VECTORS, or ``shared/data/vectors`` beside the checkout."""
    folder = Path(os.environ.get("TOCSIN_VECTORS", BESIDE_THE_CHECKOUT))
    if not folder.is_dir():
        missing = "test vectors are absent; TOCSIN_VECTORS names their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
