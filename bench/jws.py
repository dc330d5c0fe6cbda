"""What is usually built where messages have to be signed: confluent-kafka, its Avro serializers, and a JWS a message.

The registry of schemas is in this process and asked once. The value of a record is a compact JWS (RFC 7515) under
Ed25519 (RFC 9864) whose payload is what the serializer gives. Nobody looks up whose key it is, or whether it may be
believed.
"""

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from joserfc import jws
from joserfc.jwk import OKPKey

from bench.facts import Program, Records, whole_schema
from producers.draft import Draft

NAME: Final = "confluent + Avro + JWS"
_ALGORITHM: Final = "Ed25519"
_AT_ONCE: Final = 500
_WAIT_SECONDS: Final = 60
_ERRORS_ONLY: Final = 3
"""As in syslog."""


class Jws:
    """The side; *topic* as the cluster calls it."""

    def __init__(self, brokers: str, topic: str, program: Program) -> None:
        self.name = f"{NAME}, {program.name}"
        self._program = program
        registry = SchemaRegistryClient.new_client({"url": "mock://bench"})
        self._key = OKPKey.generate_key("Ed25519")
        self._public = OKPKey.import_key(self._key.as_dict(private=False))
        self._serialize = AvroSerializer(registry, whole_schema(), to_dict=lambda held, _: program.lower(held))
        self._deserialize = AvroDeserializer(registry, from_dict=lambda facts, _: program.lift(facts))
        self._context = SerializationContext(topic, MessageField.VALUE)
        self._brokers, self._topic = brokers, topic
        self._producer = Producer(
            {"bootstrap.servers": brokers, "acks": "all", "enable.idempotence": True, "log_level": _ERRORS_ONLY}
        )
        self._consumer: Consumer | None = None
        self._next = 0

    def hold(self, draft: Draft) -> Any:
        return self._program.hold(draft)

    async def publish(self, messages: Sequence[Any]) -> None:
        for message in messages:
            self._producer.produce(
                self._topic, key=b"jws", value=self._sign(message), partition=0, on_delivery=_acknowledged
            )
            self._producer.poll(0)
        if self._producer.flush(_WAIT_SECONDS):
            raise RuntimeError("Kafka did not acknowledge everything")

    async def begin(self) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": self._brokers, "group.id": "unused", "enable.auto.commit": False}
        )
        self._consumer.list_topics(self._topic, timeout=_WAIT_SECONDS)

    async def take(self, count: int) -> Sequence[Any]:
        consumer = self._reader()
        # Assigned only now: the library fetches ahead from here on.
        consumer.assign([TopicPartition(self._topic, 0, self._next)])
        found: list[Any] = []
        while count:
            records = consumer.consume(min(_AT_ONCE, count), timeout=1)
            found = [self._verified(record) for record in records] or found
            count -= len(records)
            self._next += len(records)
        return found

    async def end(self) -> None:
        self._reader().close()

    def tell(self, held: Any) -> Records:
        return self._program.tell(held)

    async def close(self) -> None:
        self._producer.close()

    def _reader(self) -> Consumer:
        if self._consumer is None:
            raise RuntimeError("nothing has begun")
        return self._consumer

    def _sign(self, message: Any) -> str:
        payload = self._serialize(message, self._context)
        return jws.serialize_compact({"alg": _ALGORITHM}, payload or b"", self._key, algorithms=[_ALGORITHM])

    def _verified(self, record: Message) -> Any:
        error, value = record.error(), record.value()
        if error is not None or value is None:
            raise KafkaException(error)
        signed = jws.deserialize_compact(value, self._public, algorithms=[_ALGORITHM])
        return self._deserialize(signed.payload, self._context)


def _acknowledged(error: KafkaError | None, _: Message) -> None:
    if error is not None:
        raise KafkaException(error)
