"""The second verifier of evidence files, in Go, built beside the demo where Go and a checkout are there.

It shares no code with the first, so what both say is worth more than what one says. It is built while the story is
told, on one processor at most; where that takes too long, or anything else is missing, one sentence says so, and the
demo goes on.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

import tocsin
from tocsin import environment

PATIENCE_SECONDS: Final = 10.0
"""How long the build is waited for when all the rest is done."""
_RUN_SECONDS: Final = 20.0
_SOURCE: Final = Path(tocsin.__file__).parent.parent / "tests" / "independent"
_EXITS: Final = {0: True, 4: False, 6: False}
"""No step failed; it is no evidence file; a step failed."""
_NO_SOURCE: Final = "it comes with the source of tocsin, not with an installed one"
_NO_GO: Final = "there is no Go here to build it with"


class Second(msgspec.Struct, frozen=True):
    """What the second verifier says.

    Attributes:
        verdict: Whether no step failed; None where it was not tried.
        outcomes: Of each step, by its name.
        why_not: Why it was not tried; empty where it was.
    """

    verdict: bool | None = None
    outcomes: Mapping[str, str] = {}
    why_not: str = ""


class SecondVerifier:
    """The verifier, which may still be being built."""

    def __init__(self, program: Path, build: subprocess.Popen[bytes] | None, why_not: str) -> None:
        self._program = program
        self._build = build
        self._why_not = why_not

    async def verify(self, file: Path, root_digest: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Second:
        """Return what it says about an evidence file; the build is waited for, for a while.

        Args:
            root_digest: Whom to trust, in hexadecimal.
        """
        return await asyncio.to_thread(self._verify, file, root_digest, patience_seconds)

    def _verify(self, file: Path, root_digest: str, patience_seconds: float) -> Second:
        why_not = self._why_not or self._wait(patience_seconds)
        if why_not:
            return Second(why_not=why_not)
        try:
            ran = subprocess.run(  # noqa: S603 - our own program
                [self._program, root_digest, file], capture_output=True, timeout=_RUN_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Second(why_not=f"it did not run: {type(error).__name__}")
        if ran.returncode not in _EXITS:
            return Second(why_not=f"it did not run: it ended with {ran.returncode}")
        steps = json.loads(ran.stdout) if ran.stdout else []
        return Second(_EXITS[ran.returncode], {one["step"]: one["outcome"] for one in steps})

    def _wait(self, patience_seconds: float) -> str:
        """Wait for the build; return why there is no program, or nothing where there is one."""
        if self._build is None:
            return _NO_GO
        try:
            code = self._build.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            return "building it takes too long here; the next time it is quicker"
        return f"the Go that is here does not build it (go build ended with {code})" if code else ""


@contextmanager
def second_verifier(source: Path = _SOURCE) -> Iterator[SecondVerifier]:
    """Begin to build the second verifier, and give it; what is left of the build goes at the end.

    Args:
        source: The folder of the independent checkers; an installed tocsin has none.
    """
    if not (source / "evidence" / "main.go").is_file():
        yield SecondVerifier(source, None, _NO_SOURCE)
        return
    go = shutil.which("go")
    if go is None:
        yield SecondVerifier(source, None, _NO_GO)
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-verifier-", ignore_cleanup_errors=True) as place:
        program = Path(place) / "evidence"
        build = _begin(go, source, program)
        try:
            yield SecondVerifier(program, build, "")
        finally:
            _end(build)


def _begin(go: str, source: Path, program: Path) -> "subprocess.Popen[bytes]":
    # No other Go is fetched than the one that is here, and nothing else from anywhere.
    settings = environment.for_a_program(
        CGO_ENABLED="0",
        GOFLAGS="-mod=readonly -buildvcs=false",
        GOMAXPROCS="1",
        GOPROXY="off",
        GOTMPDIR=str(program.parent),
        GOTOOLCHAIN="local",
        GOWORK="off",
    )
    return subprocess.Popen(  # noqa: S603 - the Go of this machine, on our own source
        [go, "build", "-p", "1", "-o", program, "./evidence"],
        cwd=source,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def _end(build: "subprocess.Popen[bytes]") -> None:
    if build.poll() is None:
        with suppress(ProcessLookupError):
            # With the compilers that it has started.
            os.killpg(build.pid, signal.SIGKILL)
    build.wait()
