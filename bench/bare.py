"""Bare aiokafka and an Avro library: no signatures and no checks, as little as Python can do with these two.

Durable like ours (all replicas acknowledge, each record once), and without what our reader also does: no group, no
commits.
"""

import io
from collections.abc import Sequence
from typing import IO, Any, Final, cast

import fastavro
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # type: ignore[import-untyped]

from bench.facts import Facts, Program, Records, parsed_schemas
from producers.draft import Draft

NAME: Final = "aiokafka + fastavro"
_BATCH_BYTES: Final = 1024 * 1024
_AT_ONCE: Final = 500


class Bare:
    """The side; *topic* as the cluster calls it."""

    def __init__(self, brokers: str, topic: str, program: Program) -> None:
        self.name = f"{NAME}, {program.name}"
        self._program = program
        self._brokers, self._topic = brokers, TopicPartition(topic, 0)
        self._schemas = list(parsed_schemas().items())
        self._producer: Any = None
        self._consumer: Any = None
        self._next = 0

    def hold(self, draft: Draft) -> Any:
        return self._program.hold(draft)

    async def publish(self, messages: Sequence[Any]) -> None:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._brokers, acks="all", enable_idempotence=True, max_batch_size=_BATCH_BYTES
            )
            await self._producer.start()
        sent: list[Any] = []
        batch = self._producer.create_batch()
        for message in messages:
            value = self._format(message)
            if batch.append(key=b"bare", value=value, timestamp=None) is None:
                sent.append(await self._send(batch))
                batch = self._producer.create_batch()
                batch.append(key=b"bare", value=value, timestamp=None)
        sent.append(await self._send(batch))
        for one in sent:
            await one

    async def begin(self) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self._brokers, enable_auto_commit=False)
        await self._consumer.start()

    async def take(self, count: int) -> Sequence[Any]:
        # Assigned only now: what is fetched ahead is part of the cost.
        self._consumer.assign([self._topic])
        self._consumer.seek(self._topic, self._next)
        found: list[Any] = []
        while count:
            records = (await self._consumer.getmany(max_records=_AT_ONCE, timeout_ms=1000)).get(self._topic, [])
            found = [self._parse(record.value) for record in records] or found
            count -= len(records)
            self._next += len(records)
        return found

    async def end(self) -> None:
        await self._consumer.stop()

    def tell(self, held: Any) -> Records:
        return self._program.tell(held)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def _send(self, batch: Any) -> Any:
        return await self._producer.send_batch(batch, self._topic.topic, partition=self._topic.partition)

    def _format(self, message: Any) -> bytes:
        facts, out = self._program.lower(message), io.BytesIO()
        for name, schema in self._schemas:
            fastavro.schemaless_writer(out, schema, facts[name])
        return out.getvalue()

    def _parse(self, value: bytes) -> Any:
        stream = io.BytesIO(value)
        facts: Facts = {name: _read(stream, schema) for name, schema in self._schemas}
        return self._program.lift(facts)


def _read(stream: IO[bytes], schema: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", fastavro.schemaless_reader(stream, schema, None))
