"""A Kafka to run here: its jars from Maven, kept in a folder of the checkout, and the Java to run them."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

import msgspec

VERSION: Final = "4.3.1"
CACHE: Final = Path(__file__).parents[3] / ".kafka"
OLDEST_JAVA: Final = 17
DOWNLOAD_SECONDS: Final = 900

# kafka-tools has the formatter of data folders; with Connect left out it brings little more than that. Kafka's jars
# hold no logging backend, and without one nothing says when a broker is ready.
_PROJECT: Final = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>brokers</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>2.25.5</version>
    </dependency>
  </dependencies>
</project>
"""
_LOGGING: Final = """\
status=error
appender.console.type=Console
appender.console.name=CONSOLE
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=CONSOLE
"""


class NoBroker(Exception):
    """There is no Kafka to be had here; the message says in one line what is missing."""


@final
class Distribution(msgspec.Struct, frozen=True):
    """Jars that are there, and the Java that runs them.

    Attributes:
        java: The command.
        folder: Holds ``libs/``, the logging configuration, and an archive of loaded classes once there is one.
        archive: Classes as this Java keeps them in memory; saves a second of every start. May be missing.
    """

    java: Path
    folder: Path
    archive: Path

    def command(self, *words: str, heap: str, options: Sequence[str] = ()) -> list[str]:
        """Return the command line that runs a class of Kafka; *heap* as Java writes sizes (``512m``)."""
        archive = [f"-XX:SharedArchiveFile={self.archive}", "-Xshare:auto"] if self.archive.exists() else []
        return [
            str(self.java),
            *("-Xms64m", f"-Xmx{heap}", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-Djava.awt.headless=true", f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"),
            "-Dlog4j.shutdownHookEnabled=false",  # else the last lines of a broker that stops are lost
            *archive,
            *options,
            # The same order every time: an archive belongs to one class path.
            *("-cp", ":".join(sorted(map(str, (self.folder / "libs").glob("*.jar"))))),
            *words,
        ]


def find_java(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return a ``java`` that is new enough, or None."""
    homes = [Path(environment["JAVA_HOME"]) / "bin"] if environment.get("JAVA_HOME") else []
    for found in (shutil.which("java", path=str(place)) for place in [*homes, environment.get("PATH", "")]):
        if found and java_version(_said_of_itself(found)) >= OLDEST_JAVA:
            return Path(found)
    return None


def java_version(said: str) -> int:
    """Return the feature version in what ``java -version`` says; 0 where there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def missing_for_maven() -> list[str]:
    """Return what a local cluster needs and this machine lacks, by name."""
    java = [] if find_java() else [f"Java {OLDEST_JAVA}"]
    maven = [] if _has_jars(CACHE / VERSION) or shutil.which("mvn") else ["Maven"]
    return [*java, *maven]


def obtain(cache: Path = CACHE) -> Distribution:
    """Return the distribution, downloaded before if need be.

    Raises:
        NoBroker: Java or Maven are missing, or Maven cannot get the jars.
    """
    java = find_java()
    if java is None:
        raise NoBroker(f"no Java {OLDEST_JAVA} or newer was found")
    folder = cache / VERSION
    if not _has_jars(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock"):
            if not _has_jars(folder):
                _download(folder)
    # An archive fits one Java and one place of the jars only.
    key = hashlib.sha256(f"{folder}\n{_said_of_itself(str(java))}".encode()).hexdigest()[:16]
    return Distribution(java, folder, folder / f"classes-{key}.jsa")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes that ask for the same *path* waiting meanwhile."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _has_jars(folder: Path) -> bool:
    return (folder / "libs").is_dir()


def _download(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBroker("no Maven (mvn) was found, and Kafka's jars were not fetched before")
    (folder / "pom.xml").write_text(_PROJECT, encoding="utf-8")
    (folder / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    coming = folder / "libs.coming"
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={coming}"]
    try:
        done = subprocess.run(
            [maven, "--quiet", "--batch-mode", "--strict-checksums", *goal],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoBroker(f"Maven did not get Kafka {VERSION} within {DOWNLOAD_SECONDS} seconds") from None
    if done.returncode:
        errors = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise NoBroker(f"Maven did not get Kafka {VERSION}: {' '.join(errors)[:500]}")
    coming.rename(folder / "libs")


def _said_of_itself(java: str) -> str:
    return subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
