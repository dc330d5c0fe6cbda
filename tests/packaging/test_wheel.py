"""The wheel is tested, not the checkout: what is in it, and that it works where nothing else of ours is."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.packaging.installed import ROOT, Environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PACKAGES = ("broker", "consumers", "producers", "schemas", "tocsin")
DEMO_SECONDS = 600


def names_in(wheel: Path) -> frozenset[str]:
    """Return the names of all files in *wheel*."""
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def run(environment: Environment, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of *environment* in *folder*, with as little around it as a new user has."""
    settings = {"PATH": f"{environment.bin}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        [environment.bin / command[0], *command[1:]],
        cwd=folder, env=settings, capture_output=True, text=True, timeout=DEMO_SECONDS, check=False,
    )  # fmt: skip


def test_the_wheel_brings_exactly_its_own_names(wheel: Path, version: str) -> None:
    assert {*PACKAGES, f"tocsin-{version}.dist-info"} == {name.split("/")[0] for name in names_in(wheel)}


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    in_checkout = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert in_checkout == {name for name in names_in(wheel) if name.split("/")[0] in PACKAGES}


def test_the_wheel_has_the_schemas(wheel: Path) -> None:
    shipped = {name for name in names_in(wheel) if name.startswith("schemas/avro/")}

    assert {
        "schemas/avro/envelope.avsc",
        "schemas/avro/header.avsc",
        "schemas/avro/incident/core.avsc",
        "schemas/avro/release/release.avsc",
    } <= shipped


def test_the_wheel_has_no_tests_and_no_secrets(wheel: Path) -> None:
    strays = ("test_", "conftest.py", ".pem", ".sqlite", ".env")

    assert [] == [name for name in names_in(wheel) if Path(name).name.startswith(strays) or name.endswith(strays)]


def test_the_wheel_carries_its_licence(wheel: Path, version: str) -> None:
    assert f"tocsin-{version}.dist-info/licenses/LICENSE" in names_in(wheel)


def test_only_the_installed_packages_are_imported(environment: Environment, tmp_path: Path) -> None:
    script = f"import {', '.join(PACKAGES)}; print(*[one.__file__ for one in ({', '.join(PACKAGES)})], sep='\\n')"

    done = run(environment, tmp_path, "python", "-c", script)

    assert (0, "") == (done.returncode, done.stderr)
    assert [str(environment.site / name / "__init__.py") for name in PACKAGES] == done.stdout.splitlines()


def test_the_installed_command_states_its_version(environment: Environment, tmp_path: Path, version: str) -> None:
    done = run(environment, tmp_path, "tocsin", "--version")

    assert (0, f"tocsin {version}") == (done.returncode, done.stdout.partition(",")[0]), done.stderr


def test_the_demo_works_from_the_installed_wheel(environment: Environment, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "tocsin", "demo", "--json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    told = {"taken_in", "refused", "published", "views", "alerts", "audit", "tampering"}
    assert {*told, "sealing", "permission", "recall", "log", "evidence"} == set(document)
    assert {"messages", "log_size", "witnesses", "signatures", "findings"} == set(document["audit"])
    assert document["published"] > 0
    for view in document["views"]:
        assert {"reader", "released", "redacted", "denied"} == set(view)
        assert document["published"] == view["released"] + view["redacted"] + view["denied"]
    assert all(attempt["caught"] for attempt in document["tampering"])
    assert 0 == document["sealing"]["opened_without_keys"] < document["sealing"]["sealed"]
