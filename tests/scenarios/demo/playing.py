"""Run the demo in this process and keep everything that it says."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec

from tests.support.patience import every_witness_waited_for
from tocsin.demo import Options, run
from tocsin.demo.document import Document
from tocsin.folder import FederationFolder, open_folder


class Played(msgspec.Struct, frozen=True):
    """A demo that was run: its exit code, and what it printed."""

    code: int
    document: Document
    out: str
    err: str
    root: Path | None

    @property
    def folder(self) -> FederationFolder:
        """The federation that it left."""
        assert self.root is not None
        return open_folder(self.root)


def play_demo(options: Options) -> Played:
    """Run the demo with ``--json``."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), every_witness_waited_for():
        code = run(options)
    document = msgspec.json.decode(out.getvalue(), type=Document, strict=True)
    return Played(code, document, out.getvalue(), err.getvalue(), options.folder)
