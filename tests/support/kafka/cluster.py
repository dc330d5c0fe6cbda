"""A real Kafka on this machine, of one node or three, thrown away at the end."""

import base64
import os
import re
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, final

import msgspec

from broker.bus.kafka.connection import Address
from tests.support.kafka.distribution import Distribution
from tests.support.kafka.guardian import Guardian
from tests.support.kafka.identities import PARTICIPANTS, Identities, password
from tests.support.kafka.ports import Ports
from tests.support.kafka.settings import LOCALHOST, Listener, Place, Stores, format_properties, server_properties

START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 45.0
_LOOK_SECONDS: Final = 0.02
_READY: Final = "Kafka Server started (kafka.server.KafkaRaftServer)"
_SECRETS: Final = re.compile(r"UserScramCredentialRecord\(.*?\)")


@final
class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of cluster.

    Attributes:
        nodes: 1 or 3.
        secure: With TLS on every listener, certificates, passwords and access rules; else in the clear.
        properties: Beside and above our own, for every node.
        data: Where a node keeps its data, if not in the cluster's own folder.
        heap: For each node, as Java writes sizes.
        options: For each node's Java.
    """

    nodes: int = 1
    secure: bool = False
    properties: Mapping[str, str] = {}
    data: Mapping[int, Path] = {}
    heap: str = "512m"
    options: tuple[str, ...] = ()


class NodeFailed(Exception):
    """A node did not start or stop as it should; the message ends with the end of its log."""


@final
class Cluster:
    """Nodes are numbered from 1. All calls block; none of them needs the others' thread.

    Attributes:
        folder: Everything that the cluster writes; removed when it stops, or when this process is gone.
        identities: Only for a secure cluster.
    """

    def __init__(self, shape: Shape, distribution: Distribution) -> None:
        self.shape = shape
        self.folder = Path(tempfile.mkdtemp(prefix=f"kafka-{os.getpid()}-"))
        self.identities: Identities | None = Identities(self.folder / "identities") if shape.secure else None
        self._distribution = distribution
        self._ports = Ports()
        self._guardian = Guardian("rm", "-rf", str(self.folder))
        self._stores: Mapping[int, Stores] = (
            {node: self.identities.stores(node) for node in self.nodes} if self.identities else {}
        )
        self._running: dict[int, _Running] = {}

    @property
    def nodes(self) -> range:
        """The numbers of all nodes, running or not."""
        return range(1, self.shape.nodes + 1)

    def start(self) -> None:
        """Make the nodes' data folders, and start all; return when all are ready.

        Raises:
            NodeFailed: One of them does not come up.
        """
        raw = uuid.uuid4().bytes
        name = "k" + base64.urlsafe_b64encode(raw).decode().rstrip("=")[1:]  # a leading hyphen would be an option
        with ThreadPoolExecutor(self.shape.nodes) as together:
            list(together.map(lambda node: self._format(node, name), self.nodes))
        for node in self.nodes:
            self.restart(node)
        for node in self.nodes:
            self.wait_ready(node)

    def stop(self) -> None:
        """Kill all nodes and remove what they wrote; twice is once."""
        for node in self.nodes:
            self.kill(node)
        self._guardian.close()
        self._ports.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────

    def bootstrap(self, listener: Listener = Listener.CLIENT) -> str:
        """Return ``HOST:PORT,…`` of a listener on all nodes."""
        return ",".join(self.reached_at(node, listener) for node in self.nodes)

    def reached_at(self, node: int, listener: Listener = Listener.CLIENT) -> str:
        """Return ``HOST:PORT`` of one node."""
        return f"{LOCALHOST}:{self._ports_of(node)[listener]}"

    def address(self, namespace: str = "", listener: Listener = Listener.CLIENT) -> Address:
        """Return the address of the cluster, as tocsin is told it."""
        return Address(tuple(self.bootstrap(listener).split(",")), namespace)

    def data(self, node: int) -> Path:
        """Return the folder that holds a node's log segments, a folder ``TOPIC-0`` for each topic."""
        return self.shape.data.get(node, self.folder / f"data-{node}")

    def keystore(self, node: int) -> Path:
        """Return the file with a secure node's key and certificate."""
        return self._stores[node].keystore

    def log(self, node: int) -> str:
        """Return what a node has logged, over all its lives."""
        return self._log(node).read_text(encoding="utf-8", errors="replace") if self._log(node).exists() else ""

    # ── what happens to a node ───────────────────────────────────────────────────────────────────────────────────────

    def restart(
        self, node: int, *, environment: Mapping[str, str] | None = None, properties: Mapping[str, str] | None = None
    ) -> None:
        """Start a node, killed before if it runs; it is not ready on return.

        Args:
            environment: For this life of the node, beside our own.
            properties: For this life of the node, above all others.
        """
        self.kill(node)
        settings = self.folder / f"node-{node}.properties"
        settings.write_text(format_properties(self._properties(node) | dict(properties or {})), encoding="utf-8")
        log_begins = self._log(node).stat().st_size if self._log(node).exists() else 0
        with self._log(node).open("ab") as log:
            process = subprocess.Popen(
                self._distribution.command(
                    "kafka.Kafka", str(settings), heap=self.shape.heap, options=self.shape.options
                ),
                cwd=self.folder,
                env=os.environ | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guardian.watch(process.pid)
        self._running[node] = _Running(process, log_begins, altered=bool(environment or properties))

    def wait_ready(self, node: int, within: float = START_SECONDS) -> None:
        """Return when the node serves.

        Raises:
            NodeFailed: It has ended, or needs more than *within* seconds.
        """
        running, last = self._running[node], time.monotonic() + within
        while _READY not in self._log(node).read_bytes()[running.log_begins :].decode(errors="replace"):
            if running.process.poll() is not None:
                raise self._failed(node, f"ended with status {running.process.returncode}")
            if time.monotonic() > last:
                raise self._failed(node, f"is not ready after {within:g} seconds")
            time.sleep(_LOOK_SECONDS)

    def is_running(self, node: int) -> bool:
        """Whether the node's process is there, perhaps frozen."""
        return node in self._running and self._running[node].process.poll() is None

    def is_altered(self, node: int) -> bool:
        """Whether the node was last started with an environment or properties of its own."""
        return node in self._running and self._running[node].altered

    def kill(self, node: int) -> None:
        """End a node at once, as a power cut would (but for what its disk still holds in memory)."""
        self._end(node, signal.SIGKILL)

    def terminate(self, node: int, within: float = STOP_SECONDS) -> None:
        """Have a node hand its work over and leave.

        Raises:
            NodeFailed: It is still there after *within* seconds.
        """
        self._end(node, signal.SIGTERM, within)

    def freeze(self, node: int) -> None:
        """Stop a node's clockwork: it answers nothing, and its connections stay open."""
        self._running[node].process.send_signal(signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        """Let a frozen node go on; nothing happens to one that is not frozen."""
        if self.is_running(node):
            self._running[node].process.send_signal(signal.SIGCONT)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ports_of(self, node: int) -> dict[Listener, int]:
        return {name: self._ports[len(Listener) * (node - 1) + place] for place, name in enumerate(Listener)}

    def _properties(self, node: int) -> dict[str, str]:
        voters = {number: self._ports_of(number)[Listener.CONTROLLER] for number in self.nodes}
        place = Place(node, self._ports_of(node), self.data(node))
        return server_properties(place, voters, self._stores.get(node)) | dict(self.shape.properties)

    def _format(self, node: int, cluster: str) -> None:
        settings = self.folder / f"format-{node}.properties"
        settings.write_text(format_properties(self._properties(node)), encoding="utf-8")
        users = PARTICIPANTS if self.shape.secure else ()
        words = [f"--add-scram=SCRAM-SHA-512=[name={user},password={password(user)}]" for user in users]
        command = self._distribution.command(
            "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings), *words, heap="128m"
        )
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise NodeFailed(f"node {node} has no data folder: {_SECRETS.sub('…', done.stdout + done.stderr)[-2000:]}")

    def _end(self, node: int, with_signal: signal.Signals, within: float = STOP_SECONDS) -> None:
        if node not in self._running:
            return
        process = self._running[node].process
        if process.poll() is None:
            process.send_signal(with_signal)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            raise self._failed(node, f"is still there {within:g} seconds after {with_signal.name}") from None
        self._guardian.forget(process.pid)

    def _log(self, node: int) -> Path:
        return self.folder / f"node-{node}.log"

    def _failed(self, node: int, what: str) -> NodeFailed:
        return NodeFailed(f"node {node} {what}\n{self.log(node)[-3000:]}")


@final
class _Running(msgspec.Struct, frozen=True):
    """One life of a node."""

    process: subprocess.Popen[bytes]
    log_begins: int
    altered: bool
