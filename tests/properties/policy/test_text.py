"""Whatever is done to a table's text, it is refused as a bad table or read and printed back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import BadTable
from broker.policy.builtin import community_table
from broker.policy.table import format_table, parse_table

TEXT = format_table(community_table())
SNIPPETS = st.sampled_from(["", '"', "{", "}", "[", "]", ",", ":", "\\", "\n", "0", "null", "all", "own", "\x00", "é"])


def check_refused_or_read(text: str) -> None:
    try:
        table = parse_table(text, source="fuzz.json")
    except BadTable as error:
        said = str(error)
    else:
        said = "fuzz.json, line 1: none"
        assert table == parse_table(format_table(table), source="fuzz.json")
    assert said.startswith("fuzz.json, line ")


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(TEXT)), length=st.integers(0, 40), put=SNIPPETS)
def test_a_damaged_table_is_refused_or_read(at: int, length: int, put: str) -> None:
    check_refused_or_read(TEXT[:at] + put + TEXT[at + length :])


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    check_refused_or_read(text)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(TEXT)), change=st.sampled_from(["\n", "  ", "\t", "\r\n"]))
def test_white_space_between_values_does_not_matter(at: int, change: str) -> None:
    at = TEXT.index("\n", at - 1) if at else 0
    assert community_table() == parse_table(TEXT[:at] + change + TEXT[at:], source="fuzz.json")
