"""Ends what a test run started when the run itself is gone, however it went.

As a program, ``guardian.py COMMAND…``: it reads ``+PID`` and ``-PID`` from its standard input. When that ends, because
whoever held the other end has closed it or died, it kills what is left and runs COMMAND.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import final


@final
class Guardian:
    """One guarding process. It must be told of each process that is started, and of each that has ended."""

    def __init__(self, *command: str) -> None:
        # A session of its own: Ctrl-C in a terminal must not end the guardian before its work.
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__)), *command], stdin=subprocess.PIPE, start_new_session=True
        )

    def watch(self, pid: int) -> None:
        """Kill this process with the run."""
        self._tell(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        """Leave this number alone: its process has ended, and another may get it."""
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """Kill what is left, run the command, and return when that is done; twice is once."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()


def main(*command: str) -> None:
    watched: set[int] = set()
    for line in sys.stdin:
        number = int(line[1:])
        (watched.add if line.startswith("+") else watched.discard)(number)
    for pid in watched:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if command:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main(*sys.argv[1:])
