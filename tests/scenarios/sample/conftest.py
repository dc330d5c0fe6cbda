"""Where the sample data lies that the shipped file is compared with."""

import os
from pathlib import Path

import pytest

BESIDE_THE_CHECKOUT = Path(__file__).parents[4] / "shared" / "data" / "vectors"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the sample data, which is the one that holds the test vectors."""
    folder = Path(os.environ.get("TOCSIN_VECTORS", BESIDE_THE_CHECKOUT)).parent
    if not (folder / "incidents.csv").is_file():
        missing = "the shared sample data are absent; TOCSIN_VECTORS names the folder of vectors beside them"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
