"""What has to be there before the first test: it may take minutes, and a test has seconds."""

import os
import shutil
import subprocess
from typing import Final, assert_never

from tests.support.kafka.archive import make_archive
from tests.support.kafka.choice import Choice, Way, choose_here
from tests.support.kafka.container import obtain_image
from tests.support.kafka.distribution import NoBroker, missing_for_maven, obtain

INSTALL_SECONDS: Final = 900
_PACKAGES: Final = ("default-jdk-headless", "maven")


def prepare(*, clusters: bool) -> Choice:
    """Choose a broker and fetch what it needs.

    Args:
        clusters: Whether local clusters are needed too, if they can be had at all.

    Raises:
        NoBroker: There is none to be had.
    """
    choice = choose_here()
    match choice.way:
        case Way.DOCKER:
            obtain_image()
        case Way.MAVEN:
            clusters = True
        case Way.ADDRESS:
            pass
        case _:
            assert_never(choice.way)
    if clusters and not missing_for_maven():
        make_archive(obtain())
    return choice


def install_missing() -> None:
    """Install Java and Maven where they are missing and that is ours to do: as root, on Debian and its kin.

    Raises:
        NoBroker: The packages could not be installed.
    """
    if not missing_for_maven() or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(
            ["apt-get", "--quiet=2", *words],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if done.returncode:
            raise NoBroker(f"apt-get {words[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
