"""``python -m tests.support.images kafka|python``: make a stand-in under the name that deploy/ uses."""

import argparse
import time

from tests.support.images.kafka import build_kafka
from tests.support.images.names import kafka_image, python_image
from tests.support.images.python import build_python
from tests.support.kafka.distribution import obtain


def main() -> None:
    """Make one image and say so."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.images", description=__doc__)
    parser.add_argument("image", choices=["kafka", "python"])
    parser.add_argument("--tag", help="its name, where it is not the one that deploy/ uses")
    asked = parser.parse_args()
    begun = time.monotonic()
    if asked.image == "kafka":
        tag = asked.tag or kafka_image()
        build_kafka(tag, sorted((obtain().folder / "libs").glob("*.jar")))
    else:
        tag = asked.tag or python_image()
        build_python(tag)
    print(f"{tag}: made in {time.monotonic() - begun:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
