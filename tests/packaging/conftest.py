"""The built wheel, and a clean environment that holds nothing of ours but it."""

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from tests.packaging.installed import ROOT, Environment

EDITABLE = ("_editable_impl_tocsin", "__editable__", "tocsin-")
"""How the entries begin by which the checkout itself is installed for development."""


@pytest.fixture(scope="session")
def version() -> str:
    """Return the version that pyproject.toml states."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout, with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel into a new environment, without network.

    Its dependencies are those that are installed here, by links: all of them but the checkout.
    """
    folder = tmp_path_factory.mktemp("clean")
    home, dependencies = folder / "venv", folder / "dependencies"
    _run(sys.executable, "-m", "venv", "--without-pip", str(home))
    (site,) = (home / "lib").glob("python*/site-packages")
    _link_dependencies(dependencies)
    (site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    python = home / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"),
        *("install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)),
    )
    return Environment(home / "bin", site)


def _link_dependencies(folder: Path) -> None:
    folder.mkdir()
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(place).iterdir():
            if not entry.name.startswith(EDITABLE):
                (folder / entry.name).symlink_to(entry)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
