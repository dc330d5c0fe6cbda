"""The names under which deploy/ asks for images."""

import re
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).parents[3] / "deploy"


def kafka_image() -> str:
    """Return the image of Kafka that the compose file names."""
    (name,) = set(re.findall(r"image: (apache/kafka:\S+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    return str(name)


def python_image() -> str:
    """Return the image of Python that the Containerfile begins with."""
    (name,) = set(re.findall(r"^FROM (python:\S+)", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE))
    return str(name)
