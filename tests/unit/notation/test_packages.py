import pytest

from broker.notation.packages import read_packages


def told(text: str, language: str = "en") -> list[str]:
    return [f"{one.count}|{one.kind}|{one.size}|{one.as_written}" for one in read_packages(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("13 containers", ["13|containers||13 containers"]),
        ("346 x 20 L", ["346||20 L|346 x 20 L"]),
        ("30 x 200 L + 30 x 50 L", ["30||200 L|30 x 200 L", "30||50 L|30 x 50 L"]),
        ("two bags of 600", ["2|bags|600|two bags of 600"]),
        ("5 x 1000-litre containers", ["5|containers|1000-litre|5 x 1000-litre containers"]),
        ("970 drums of 200 kg and more", ["970|drums|200 kg|970 drums of 200 kg and more"]),
        ("26,000 packs", ["26000|packs||26,000 packs"]),
    ],
)
def test_counts_kinds_and_sizes(text: str, expected: list[str]) -> None:
    assert expected == told(text)


@pytest.mark.parametrize(
    "text", ["canisters", "barrels on five trucks", "one 25-kg drum, seal tampered", "320 drums in 4 containers"]
)
def test_what_is_not_understood_is_kept_as_it_is(text: str) -> None:
    assert f"None|||{text}" == told(text)[-1]
