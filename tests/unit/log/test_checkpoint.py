"""The text of a checkpoint.

Source: C2SP tlog-checkpoint.
"""

import pytest

from broker.errors import BadNote
from broker.log.checkpoint import Checkpoint, format_checkpoint, log_origin, parse_checkpoint
from broker.log.tree import TreeHead
from broker.merkle import EMPTY_ROOT, Hash
from tests.support.notes import a_checkpoint

ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""The root over nothing."""


def test_is_origin_size_and_root() -> None:
    assert f"exercise-2026/log\n0\n{ROOT}\n" == format_checkpoint(Checkpoint("exercise-2026/log", 0, EMPTY_ROOT))
    assert Checkpoint("exercise-2026/log", 0, EMPTY_ROOT) == parse_checkpoint(f"exercise-2026/log\n0\n{ROOT}\n")


def test_says_what_head_it_is() -> None:
    assert TreeHead(20, a_checkpoint().root) == a_checkpoint().head


def test_the_origin_is_the_federation_and_log() -> None:
    assert "exercise-2026/log" == log_origin("exercise-2026")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"a\n0\n{ROOT}\nmore\n", id="one extension"),
        pytest.param(f"a\n0\n{ROOT}\n \n\u2028\n{ROOT}\n", id="strange extensions"),
        pytest.param(f"a log + more\n0\n{ROOT}\n", id="spaces and plus, which an origin only should not have"),
        pytest.param(f"a\u2028b\n0\n{ROOT}\n", id="a separator that is no line end"),
        pytest.param(f"a\n9223372036854775807\n{ROOT}\n", id="the largest size"),
    ],
)
def test_reads_what_the_specification_allows(text: str) -> None:
    assert text == format_checkpoint(parse_checkpoint(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n", id="an empty line"),
        pytest.param("a\n0\n", id="two lines"),
        pytest.param(f"a\n0\n{ROOT}", id="no last line feed"),
        pytest.param(f"a\n0\n{ROOT}\n\n", id="an empty line behind"),
        pytest.param(f"a\n0\n{ROOT}\n\nmore\n", id="an empty line before an extension"),
        pytest.param(f"\n0\n{ROOT}\n", id="empty origin"),
        pytest.param(f"\na\n0\n{ROOT}\n", id="an empty line before"),
        pytest.param(f"a\n\n{ROOT}\n", id="empty size"),
        pytest.param("a\n0\n\n", id="empty root"),
        pytest.param(f"a\n00\n{ROOT}\n", id="size with leading zeros"),
        pytest.param(f"a\n01\n{ROOT}\n", id="size with a leading zero"),
        pytest.param(f"a\n-1\n{ROOT}\n", id="negative size"),
        pytest.param(f"a\n+1\n{ROOT}\n", id="size with a sign"),
        pytest.param(f"a\n 1\n{ROOT}\n", id="space before the size"),
        pytest.param(f"a\n1 \n{ROOT}\n", id="space behind the size"),
        pytest.param(f"a\n1.0\n{ROOT}\n", id="size with a point"),
        pytest.param(f"a\n\u0661\n{ROOT}\n", id="size in other digits"),
        pytest.param(f"a\n{2**63}\n{ROOT}\n", id="size of 2⁶³"),
        pytest.param(f"a\n0\n{ROOT[:-1]}\n", id="root without padding"),
        pytest.param(f"a\n0\n{ROOT[:-2]}V=\n", id="root with bits behind its end"),
        pytest.param("a\n0\nAAAA\n", id="root that is too short"),
        pytest.param("a\n0\n" + "A" * 44 + "\n", id="root of 33 bytes"),
        pytest.param(f"a\n0\n {ROOT}\n", id="space before the root"),
        pytest.param(f"a\r\n0\r\n{ROOT}\r\n", id="other line ends"),
        pytest.param(f"a\tb\n0\n{ROOT}\n", id="tab in the origin"),
        pytest.param(f"a\n0\n{ROOT}\nmo\0re\n", id="zero byte in an extension"),
        pytest.param(f"0\na\n{ROOT}\n", id="lines exchanged"),
    ],
)
def test_refuses_what_it_would_not_print(text: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(text)


def test_prints_the_root_it_was_given() -> None:
    root = Hash(bytes(range(32)))

    assert root == parse_checkpoint(format_checkpoint(Checkpoint("a", 1, root))).root
