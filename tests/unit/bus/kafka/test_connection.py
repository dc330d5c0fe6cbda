import pytest

from broker.bus.kafka.connection import Address, Scram, parse_address
from broker.errors import BadName


@pytest.mark.parametrize(
    "text",
    ["kafka://localhost:9092", "kafka://a.example:1,b.example:65535", "kafka://[::1]:9092/exercise.2", "kafka://a:1/x"],
)
def test_what_is_parsed_is_written_the_same(text: str) -> None:
    assert text == str(parse_address(text))


def test_takes_brokers_and_namespace_apart() -> None:
    assert Address(("a:1", "b:2"), "exercise") == parse_address("kafka://a:1,b:2/exercise")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:9092",
        "kafka://",
        "kafka://a",
        "kafka://a:0",
        "kafka://a:65536",
        "kafka://a:x",
        "kafka://a:1,",
        "kafka://a:1,a:1",
        "kafka://a:1/b/c",
        "kafka://a:1/ü",
        "kafka://a:1/" + "n" * 61,
        "kafka://user:secret@a:1",
    ],
)
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(BadName):
        parse_address(text)


def test_a_password_is_not_shown() -> None:
    scram = Scram("NL", "hidden")
    assert "hidden" not in repr(scram)
    assert [("user", "NL")] == list(scram.__rich_repr__())
