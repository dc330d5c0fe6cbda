"""A stand-in for the image ``apache/kafka``: a Java made small, the jars, and an entry with the same environment."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.support.images.root import Root, import_image, new_root

ETC: Final = Path(__file__).parent / "etc"
MODULES: Final = """
    java.base java.desktop java.logging java.management java.naming java.net.http java.security.jgss java.security.sasl
    java.xml jdk.crypto.ec jdk.management jdk.naming.dns jdk.net jdk.security.auth jdk.security.jgss jdk.unsupported
    jdk.zipfs
"""
"""What the broker and its log library use; ``java.desktop`` only because log4j asks for java.beans."""
CHANGES: Final = (
    "USER 1000",
    "EXPOSE 9092",
    'VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]',
    'CMD ["/etc/kafka/docker/run"]',
)


def build_kafka(tag: str, jars: Iterable[Path]) -> None:
    """Make the image *tag* of the *jars* of one Kafka version.

    Raises:
        FileNotFoundError: There is no JDK here that can make a small Java.
        CalledProcessError: The Docker engine did not take it.
    """
    with new_root() as root:
        root.basis("appuser")
        for name in ("etc/kafka", "opt/kafka", "var/lib/kafka/data", "mnt/shared/config", "etc/kafka/secrets"):
            root.folder(name, owned=True)
        _java(root)
        _broker(root, jars)
        root.complete()
        import_image(root, tag, CHANGES, {"PATH": "/opt/java/bin:/bin:/usr/bin", "LANG": "C.UTF-8"})


def _java(root: Root) -> None:
    jlink = shutil.which("jlink")
    if jlink is None:
        raise FileNotFoundError("jlink is not installed here (Debian: openjdk-17-jdk-headless)")
    java = root.folder("opt") / "java"
    small = ["--strip-java-debug-attributes", "--no-header-files", "--no-man-pages"]
    subprocess.run([jlink, "--add-modules", ",".join(MODULES.split()), *small, "--output", str(java)], check=True)
    subprocess.run([str(java / "bin/java"), "-Xshare:dump"], check=True, capture_output=True)


def _broker(root: Root, jars: Iterable[Path]) -> None:
    libraries = root.folder("opt/kafka/libs")
    for jar in jars:
        shutil.copy(jar, libraries)
    for name in ("opt/kafka/config", "opt/kafka/logs"):
        root.folder(name)
    for file in sorted(ETC.iterdir()):
        root.text(f"etc/kafka/docker/{file.name}", file.read_text("utf-8"), mode=0o755 if file.suffix == "" else 0o644)
