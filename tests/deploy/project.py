"""compose.yaml in a Docker engine: from a copy of the checkout, under a name of its own, without any registry."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.deploy.files import ROOT
from tests.support.images.kafka import build_kafka
from tests.support.images.names import kafka_image, python_image
from tests.support.images.python import build_python
from tests.support.kafka.distribution import obtain
from tests.support.kafka.guardian import Guardian

UP_SECONDS: Final = 1200
COMMAND_SECONDS: Final = 300
NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", "*.whl")


class Project:
    """A running network.

    Attributes:
        folder: The copy of the checkout.
        name: Stands before the names of containers and volumes.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder: Final = folder
        self.name: Final = name
        self._file: Final = str(folder / "deploy" / "compose.yaml")

    def command(self, *words: str) -> list[str]:
        """Return the command line of a command of Compose."""
        return [*compose_command(), "--project-name", self.name, "--file", self._file, *words]

    def compose(self, *words: str, seconds: float = COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a command of Compose."""
        return _run(self.command(*words), seconds=seconds, environment={**os.environ, "PIP_NO_INDEX": "1"})

    def left(self) -> str:
        """Return what there still is of the network: containers and volumes, by the engine's names for them."""
        mine = ("--quiet", "--filter", f"label=com.docker.compose.project={self.name}")
        return checked(_run(["docker", "ps", "--all", *mine])) + checked(_run(["docker", "volume", "ls", *mine]))

    def execute(self, service: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of *service*."""
        return _run(["docker", "exec", self._container(service), *words])

    def container(self, service: str) -> Mapping[str, Any]:
        """Return what the engine knows of the container of *service*."""
        (found,) = json.loads(checked(_run(["docker", "inspect", self._container(service)])))
        return dict(found)

    def is_well(self, service: str) -> bool:
        """Say whether the healthcheck of *service* is content."""
        return bool(self.container(service)["State"]["Health"]["Status"] == "healthy")

    def says_it_is_well(self, service: str) -> bool:
        """Do now what the healthcheck of *service* does every 15 s, and say whether it is content."""
        kind, *command = self.container(service)["Config"]["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.execute(service, *command).returncode == 0

    def wait(self, what: str, condition: Callable[[], bool], *, seconds: float = COMMAND_SECONDS) -> None:
        """Wait until *condition* holds.

        Raises:
            AssertionError: It does not within *seconds*.
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (
                f"not within {seconds} s: {what}\n{self.compose('logs', '--tail', '40').stdout}"
            )
            time.sleep(0.5)

    def _container(self, service: str) -> str:
        """Return the engine's name for the container of *service*; the engine is asked, for Compose needs seconds."""
        labels = {"project": self.name, "service": service, "oneoff": "False"}
        filters = [
            word for key, value in labels.items() for word in ("--filter", f"label=com.docker.compose.{key}={value}")
        ]
        (identity,) = checked(_run(["docker", "ps", "--all", "--quiet", *filters])).split()
        return identity


@contextmanager
def running_project(folder: Path) -> Iterator[Project]:
    """Bring the network up, give it when all of it is well, and take it down with its volumes, however this ends."""
    copy_checkout(folder)
    make_images()
    checked(_run(["sh", str(folder / "deploy/wheels/fetch.sh")], environment=_with_this_python(), seconds=UP_SECONDS))
    project = Project(folder, f"tocsin-{uuid.uuid4().hex[:8]}")
    guardian = Guardian(*project.command("down", "--volumes", "--timeout", "2"))
    try:
        checked(project.compose("build", "certificates", seconds=UP_SECONDS))
        checked(project.compose("up", "--detach", seconds=UP_SECONDS))
        project.wait("the nodes follow", lambda: all(map(project.says_it_is_well, ("nl", "be"))))
        yield project
    finally:
        guardian.close()
    assert "" == project.left()


@cache
def compose_command() -> tuple[str, ...]:
    """Return how Compose is called here: as a plugin of Docker, or by itself."""
    if _run(["docker", "compose", "version"]).returncode == 0:
        return ("docker", "compose")
    assert shutil.which("docker-compose"), "Docker Compose is not installed here (Debian: docker-compose)"
    return ("docker-compose",)


def copy_checkout(folder: Path) -> None:
    """Copy what an image is built of, and deploy/, to *folder*."""
    admitted = (ROOT / ".dockerignore").read_text("utf-8")
    names = {line[1:].split("/")[0] for line in admitted.splitlines() if line.startswith("!")}
    for name in sorted(names | {".dockerignore"}):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=NOT_COPIED)
        else:
            shutil.copy(source, folder / name)


def make_images() -> None:
    """Have the base images in the engine: pulled where that is possible, else stand-ins from this machine."""
    for tag, build in ((kafka_image(), _stand_in_kafka), (python_image(), build_python)):
        is_there = _run(["docker", "image", "inspect", tag]).returncode == 0
        if not is_there and not _pulls(tag):
            build(tag)


def _pulls(tag: str) -> bool:
    try:
        return _run(["docker", "pull", "--quiet", tag], seconds=UP_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:  # from a registry that takes the connection and says nothing
        return False


def checked(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of a command that has to succeed."""
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _stand_in_kafka(tag: str) -> None:
    build_kafka(tag, sorted((obtain().folder / "libs").glob("*.jar")))


def _with_this_python() -> dict[str, str]:
    """Return an environment whose ``python3`` is the one that runs here: the wheels are fetched for it."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _run(
    command: list[str], *, seconds: float = COMMAND_SECONDS, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, env=environment)
