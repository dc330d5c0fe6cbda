"""The checkers in Go: where Go is, how they are built, how one is run.

They are what other people say about our formats, so nothing of ours is in them and nothing of theirs in us.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

MODULE: Final = Path(__file__).parent
FSCK: Final = "github.com/transparency-dev/tessera/cmd/fsck"
PACKAGES: Final = ("./logcheck", "./evidence", FSCK)
BUILD_SECONDS: Final = 600
RUN_SECONDS: Final = 180

_VERSION: Final = re.compile(r"go(\d+)\.(\d+)")


class NoGo(Exception):
    """There is no Go to be had here, or not what the checkers are built of; the message says in one line what."""


class Programs(msgspec.Struct, frozen=True):
    """The built checkers, in one folder."""

    folder: Path

    def logcheck(self, questions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the answer to each question about a log: empty where it holds, else what is wrong."""
        ran = _run([str(self.folder / "logcheck")], text=json.dumps(questions))
        if ran.returncode:
            raise AssertionError(f"logcheck: {ran.stderr}")
        return list(json.loads(ran.stdout))

    def fsck(self, url: str, origin: str, key: Path) -> str:
        """Return what tessera's fsck says about the log at *url*, of few tiles. It ends with 0 whatever it found."""
        # A worker that finds a wrong tile ends; with none left and more tiles to come, fsck waits for ever.
        words = ("--ui=false", "--N=16", f"--storage_url={url}", f"--origin={origin}", f"--public_key={key}")
        return _run([str(self.folder / "fsck"), *words]).stderr

    def evidence(self, file: Path, root_digest: str) -> tuple[int, list[dict[str, str]]]:
        """Return the exit code and the steps of the checklist; none where it is no evidence file."""
        ran = _run([str(self.folder / "evidence"), root_digest, str(file)])
        if ran.returncode not in (0, 4, 6):
            raise AssertionError(f"evidence: {ran.returncode} {ran.stderr}")
        return ran.returncode, json.loads(ran.stdout) if ran.stdout else []


def build(folder: Path) -> Programs:
    """Build the checkers into *folder*, where another process may do the same; what is there is taken.

    Raises:
        NoGo: There is no Go that is new enough, or a module is not here and cannot be fetched.
    """
    programs, made = Programs(folder / "programs"), folder / "programs.made"
    with _locked(folder / "programs.lock"):
        if not made.exists():
            _check_modules()
            built = go("build", "-o", f"{programs.folder}{os.sep}", *PACKAGES)
            if built.returncode:
                raise AssertionError(f"the checkers do not build: {built.stderr}")
            made.touch()
    return programs


def go(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Go in the module of the checkers.

    Raises:
        NoGo: There is none that is new enough.
    """
    return _run([find_go(), *words], seconds=BUILD_SECONDS)


def gofmt(*files: Path) -> str:
    """Return the names of those of *files* that are not formatted as Go is, or what else gofmt has to say.

    Raises:
        NoGo: There is no Go that is new enough.
    """
    beside = Path(go("env", "GOROOT").stdout.strip()) / "bin" / "gofmt"
    ran = _run([str(beside if beside.exists() else Path(find_go()).parent / "gofmt"), "-l", *map(str, files)])
    return ran.stdout + ran.stderr


@cache
def find_go() -> str:
    """Return the path of a Go that is new enough.

    Raises:
        NoGo: There is none.
    """
    needed = _version((MODULE / "go.mod").read_text(encoding="utf-8").replace("\ngo ", "\ngo"))
    found = []
    for place in _places():
        if path := shutil.which("go", path=place):
            version = _run([path, "env", "GOVERSION"]).stdout.strip()
            if _version(version) >= needed:
                return path
            found.append(version)
    wanted = ".".join(map(str, needed))
    raise NoGo(f"the independent checkers need Go {wanted}; there is {', '.join(found) or 'none'}")


def _places() -> Iterator[str]:
    yield os.environ.get("PATH", os.defpath)
    if root := os.environ.get("GOROOT"):
        yield str(Path(root) / "bin")
    yield str(Path(sys.executable).parent)  # a Go that came as a package of Python's registry
    yield str(Path.home() / "go" / "bin")


def _version(text: str) -> tuple[int, int]:
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _check_modules() -> None:
    """Have all modules here, so that what fails after this is our own mistake."""
    listed = go("list", "-deps", *PACKAGES)
    if listed.returncode:
        raise NoGo(f"the modules of the independent checkers cannot be had: {listed.stderr.strip().splitlines()[-1]}")


def _run(command: Sequence[str], *, text: str = "", seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
    # GOTOOLCHAIN: no other Go is fetched than the one that is here.
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    return subprocess.run(
        command, cwd=MODULE, input=text, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
