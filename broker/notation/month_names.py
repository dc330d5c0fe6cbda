"""Names of months, by how they begin: endings and abbreviations differ, and no two months of a language share one."""

from collections.abc import Mapping
from typing import Final

from broker.notation.tokens import fold

_STEMS: Final = """
1 jan ene янв яну ян gen led sty يناير
2 feb fev fév фев úno lut فبراير
3 mar mär mrt maa мар bře مارس
4 apr abr avr апр dub kwi أبريل إبريل
5 may mai mei maj mag май мая мај kvě مايو
6 jun juin июн юни červen červn cze giu يونيو
7 jul juil июл юли červenec červenc lip lug يوليو
8 aug ago aoû авг srp sie أغسطس
9 sep set сен zář wrz سبتمبر
10 oct okt out окт říj paź ott أكتوبر
11 nov ноя ное lis نوفمبر
12 dec dic dez déc дек pro gru ديسمبر
"""
_LONGEST: Final = 12
_BY_STEM: Final[Mapping[str, int]] = {
    fold(stem): int(number) for number, *stems in map(str.split, _STEMS.strip().splitlines()) for stem in stems
}


def month_of(word: str) -> int | None:
    """Return the month that the folded *word* names, 1 to 12, or None."""
    if len(word) > _LONGEST:
        return None
    for length in range(min(len(word), 8), 1, -1):
        if word[:length] in _BY_STEM:
            return _BY_STEM[word[:length]]
    return None
