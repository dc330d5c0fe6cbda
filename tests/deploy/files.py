"""What deploy/ says, read as text."""

import re
import shlex
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final = (DEPLOY / "compose.yaml").read_text("utf-8")
SETUP: Final = (DEPLOY / "setup.sh").read_text("utf-8")
CONTAINERFILE: Final = (DEPLOY / "Containerfile").read_text("utf-8")
UNITS: Final = {path.name: path.read_text("utf-8") for path in sorted((DEPLOY / "systemd").glob("*.service"))}


def properties(text: str) -> dict[str, str]:
    """Return the settings of a properties file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", maxsplit=1) for line in lines)


def section(name: str) -> str:
    """Return what compose.yaml says of a service, without what it shares with others."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert found is not None, f"compose.yaml has no service {name}"
    return found[1]


def services() -> list[str]:
    """Return the services of compose.yaml."""
    _, _, rest = COMPOSE.partition("\nservices:\n")
    return re.findall(r"^  ([a-z0-9-]+):$", rest.partition("\nnetworks:\n")[0], re.MULTILINE)


def compose_commands() -> list[list[str]]:
    """Return the words after ``tocsin`` in each service that runs it with nothing in between."""
    listed = [section(name) for name in services()]
    found = [re.search(r"^    command: \[(.*)\]$", one, re.MULTILINE) for one in listed if "entrypoint" not in one]
    return [[word.strip(' "') for word in one[1].split(",")] for one in found if one is not None]


def readme_commands() -> list[list[str]]:
    """Return the words after ``tocsin`` in each command that the README runs in a container."""
    text = (DEPLOY / "README.md").read_text("utf-8")
    return [line.split() for line in re.findall(r"^    docker compose .* exec [a-z]+ tocsin (.*)$", text, re.MULTILINE)]


def shell_commands(text: str) -> list[list[str]]:
    """Return the words after ``tocsin`` in each command of a shell script, its variables put in."""
    joined = text.replace("\\\n", " ")
    variables = dict(re.findall(r"^(\w+)='?([^'\n]*)'?$", joined, re.MULTILINE))
    lines = re.findall(r"^\s*(?:exec )?tocsin (.*)$", joined, re.MULTILINE)
    return [shlex.split(re.sub(r"\$(\w+)", lambda name: variables[name[1]], line)) for line in lines]
