"""The root file system of an image while it is put together from files of this machine.

Such images stand in for those that deploy/ names, where none can be pulled: same paths, same environment, same user.
"""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

EXPECTED: Final = """
    libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libnss_dns.so.2 libnss_files.so.2
    libz.so.1 libgcc_s.so.1 libstdc++.so.6
"""
"""What programs load without saying so, and what wheels expect of any Linux."""
APPLETS: Final = """
    [ awk cat chmod chown cp cut date echo env false find grep head hostname id ln ls mkdir mv nc ps rm sed sh sleep
    tail test touch tr true wc
"""
ELF: Final = b"\x7fELF"


class Root:
    """A folder that becomes an image.

    Attributes:
        path: What will be ``/``.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._owned: list[str] = []

    def folder(self, name: str, *, owned: bool = False) -> Path:
        """Return the folder *name*, made where it is missing; *owned* gives it and what is in it to user 1000."""
        if owned:
            self._owned.append(name.strip("/"))
        place = self.path / name.strip("/")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def text(self, name: str, content: str, *, mode: int = 0o644) -> None:
        """Write a file."""
        place = self.folder(str(Path(name).parent)) / Path(name).name
        place.write_text(content, encoding="utf-8")
        place.chmod(mode)

    def basis(self, user: str) -> None:
        """Put in what every image has: a shell, the C library, and user 1000 by the name *user*."""
        for name in ("proc", "sys", "dev", "root", f"home/{user}"):
            self.folder(name, owned=name.startswith("home"))
        self.folder("tmp").chmod(0o1777)
        self.text("etc/passwd", f"root:x:0:0:root:/root:/bin/sh\n{user}:x:1000:1000::/home/{user}:/bin/sh\n")
        self.text("etc/group", f"root:x:0:\n{user}:x:1000:\n")
        self.text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        self._shell()
        self._libraries(_expected())

    def complete(self) -> None:
        """Put in every library of this machine that a program or library in the image asks for."""
        elves = [path for path in self.path.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)]
        self._libraries(one for one in _asked_for(elves) if not one.is_relative_to(self.path))

    def write(self, out: IO[bytes]) -> None:
        """Write the image's files as a tar archive."""
        with tarfile.open(fileobj=out, mode="w|") as archive:
            archive.add(self.path, arcname=".", filter=self._give)

    def _give(self, entry: tarfile.TarInfo) -> tarfile.TarInfo:
        name = entry.name.removeprefix("./")
        mine = any(name == folder or name.startswith(f"{folder}/") for folder in self._owned)
        entry.uid = entry.gid = 1000 if mine else 0
        entry.uname = entry.gname = ""
        return entry

    def _shell(self) -> None:
        busybox = shutil.which("busybox")
        if busybox is None:
            raise FileNotFoundError("busybox is not installed here (Debian: busybox-static); an image needs a shell")
        place = self.folder("bin")
        shutil.copy(Path(busybox).resolve(), place / "busybox")
        for applet in APPLETS.split():
            (place / applet).symlink_to("busybox")
        self.folder("usr/bin")
        (self.path / "usr/bin/env").symlink_to("/bin/busybox")

    def _libraries(self, libraries: Iterable[Path]) -> None:
        for library in libraries:
            place = self.path / str(library).lstrip("/")
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library.resolve(), place)


@contextmanager
def new_root() -> Iterator[Root]:
    """Give an empty root, and remove it."""
    with tempfile.TemporaryDirectory(prefix="tocsin-image-") as folder:
        yield Root(Path(folder))


def import_image(root: Root, tag: str, changes: Iterable[str], environment: Mapping[str, str]) -> None:
    """Give *root* to the Docker engine as the image *tag*.

    Args:
        changes: Instructions of a Containerfile that need no run: ``USER``, ``CMD``, ``VOLUME``.

    Raises:
        CalledProcessError: The engine did not take it.
    """
    said = [*(f"ENV {name}={value}" for name, value in environment.items()), *changes]
    command = ["docker", "import", *(word for one in said for word in ("--change", one)), "-", tag]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as importing:
        assert importing.stdin is not None
        root.write(importing.stdin)
        importing.stdin.close()
        if importing.wait():
            raise subprocess.CalledProcessError(importing.returncode, command)


def _expected() -> list[Path]:
    """Return the loader, and the libraries beside this machine's C library that any image has."""
    needed = _asked_for([Path(sys.executable)])
    (place,) = {path.parent for path in needed if path.name == "libc.so.6"}
    return [*needed, *(place / name for name in EXPECTED.split() if (place / name).exists())]


def _asked_for(programs: Iterable[Path]) -> list[Path]:
    """Return the loader and the libraries that the loader finds for *programs*."""
    said = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    return [Path(path) for path in sorted(set(re.findall(r"^\t(?:\S+ => )?(/\S+) \(0x", said, re.MULTILINE)))]


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == ELF
