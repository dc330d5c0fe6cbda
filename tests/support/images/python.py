"""A stand-in for the ``python`` base image: the interpreter that runs here, its standard library, pip and a shell.

Its version is the one that runs here, whatever the image's name says.
"""

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Final

from tests.support.images.root import Root, import_image, new_root

LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "site-packages", "dist-packages", "test", "idlelib", "tkinter")


def build_python(tag: str) -> None:
    """Make the image *tag*.

    Raises:
        CalledProcessError: The Docker engine did not take it.
    """
    with new_root() as root:
        root.basis("nobody")
        _interpreter(root)
        root.complete()
        import_image(root, tag, ['CMD ["python3"]'], {"PATH": "/usr/local/bin:/bin:/usr/bin", "LANG": "C.UTF-8"})


def _interpreter(root: Root) -> None:
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    programs = root.folder("usr/local/bin")
    shutil.copy(Path(sys.executable).resolve(), programs / name)
    for alias in ("python3", "python"):
        (programs / alias).symlink_to(name)
    library = root.path / "usr/local/lib" / name
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=LEFT_OUT, symlinks=True)
    pip = importlib.util.find_spec("pip")
    assert pip is not None, "no pip in the environment that runs this"
    assert pip.origin is not None
    shutil.copytree(Path(pip.origin).parent, library / "site-packages" / "pip", ignore=LEFT_OUT)
