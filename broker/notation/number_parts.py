"""What stands directly before a number and may be a part of it: another number, a sign, a word that is not read.

Number words are read in the languages of most reports. Of others those are known here that stand before words which
are read: without them 5 of "beş bin" would be lost, and "шестидесяти пяти" would be five.
"""

from collections.abc import Sequence
from typing import Final

from broker.notation.measured import Measured
from broker.notation.qualifier_words import qualifier_before
from broker.notation.tokens import Token, fold

_UNREAD: Final = """
point komma coma virgule virgola vírgula comma целых запятая 点 點 余 餘 多
шестидесяти семидесяти восьмидесяти девяноста четырехсот шестисот семисот восьмисот девятисот тысячью
duecento trecento quattrocento cinquecento seicento settecento ottocento novecento duemila tremila ventuno ventidue
quaranta cinquanta sessanta settanta ottanta novanta
dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset trzydzieści czterdzieści pięćdziesiąt
sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt
stě set čtyřicet padesát šedesát sedmdesát osmdesát devadesát
zweihundert dreihundert vierhundert fünfhundert sechshundert siebenhundert achthundert neunhundert eintausend
zweitausend dreitausend viertausend fünftausend zehntausend tweehonderd driehonderd vierhonderd vijfhonderd
septante huitante octante nonante
yüz ribu juta miliar triệu nghìn ngàn tỷ লাখ হাজার কোটি সহস্র
"""
UNREAD: Final = frozenset(map(fold, _UNREAD.split()))
_LENGTHS: Final = "th st nd rd ft foot feet inch inches m cm mm pie pies pied pieds fuß voet фут футов футовых"
NOT_OF_PACKAGES: Final = UNREAD | frozenset(map(fold, _LENGTHS.split()))
"""Words between a number and packages of which it is not the number: 20 ft containers, the 4th drum."""
_LONE: Final = frozenset(map(fold, ("bin", "हज़ार", "लाख", "करोड़", "ألف", "مليون", "tisíc", "tysiąc")))
"""Scales of languages of which the numbers before them are not all known."""
_MINUS: Final = frozenset(map(fold, ("minus", "moins", "menos", "минус", "负", "負")))
_SIGNS: Final = frozenset("+±·•_×x*✕х-–—,.…/、")
_JOINERS: Final = "and y et e und en и i و or ou o u или oder to bis до 至 到 tot do الى إلى"
_WORDS: Final = frozenset(map(fold, _JOINERS.split()))
_MOST_SIGNS: Final = 3
_YEARS: Final = (1900, 2100)


def is_behind_number(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether another number stands before it, alone or with a sign between: 5 + 3 kg, 1·5 kg, 5,000 000 kg."""
    place = measured.start - 1
    if place >= 0 and tokens[place].folded in _WORDS:
        return _is_number(tokens, place - 1) and not _is_year(tokens[place - 1])
    signs = 0
    while place >= 0 and signs < _MOST_SIGNS and tokens[place].folded in _SIGNS:
        place, signs = place - 1, signs + 1
    if signs and tokens[place + 1].folded in {",", "/"} and (place < 0 or _is_year(tokens[place])):
        return False
    return _is_number(tokens, place)


def is_negative(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether a word before it says minus."""
    return measured.start > 0 and tokens[measured.start - 1].folded in _MINUS


def is_behind_unread(tokens: Sequence[Token], measured: Measured) -> bool:
    """Return whether a word before it may be a part of its number: beş bin, шестидесяти пяти, one point five."""
    place = measured.start - 1
    if place >= 0 and (tokens[place].folded == "-" or tokens[place].folded in _WORDS):
        place -= 1
    if place < 0:
        return False
    if tokens[place].folded in UNREAD:
        return True
    is_lone = tokens[measured.start].folded in _LONE and tokens[measured.start - 1].kind == "word"
    return is_lone and qualifier_before(tokens, measured.start) is None


def _is_number(tokens: Sequence[Token], place: int) -> bool:
    """Return whether a number of its own stands at *place*, and not the end of 67-64-1 or of H2."""
    if place < 0 or tokens[place].kind != "number" or tokens[place].is_glued:
        return False
    is_of_code = place > 1 and tokens[place - 1].folded == "-" and tokens[place - 1].end == tokens[place].start
    return not (is_of_code and tokens[place - 2].end == tokens[place - 1].start)


def _is_year(token: Token) -> bool:
    return len(token.folded) == 4 and token.folded.isdigit() and _YEARS[0] <= int(token.folded) <= _YEARS[1]
