"""Numbers in words, in the languages of the reports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from broker.notation.tokens import Token, fold

_CARDINALS: Final = """
0 zero cero zéro ноль нуль صفر nul null
0.5 half media medio demi demie meia meio halve halbe половина полтонны
1 one un una uno une um uma ein eine einer een één один одна одну одной jeden jedna един една واحد واحدة
1.5 полтора полторы anderthalb anderhalve
2 two dos deux dois duas zwei twee два две двух dva dvě dwa dwie due اثنان اثنين اثنتان
3 three tres trois três drei drie три трех трёх tři trzy tre ثلاثة ثلاث
4 four cuatro quatre quatro vier четыре четырех четырёх čtyři cztery quattro четири أربعة أربع
5 five cinco cinq fünf vijf пять пяти pět pięć cinque пет خمسة خمس
6 six seis sechs zes шесть шести šest sześć sei шест ستة ست
7 seven siete sept sete sieben zeven семь семи sedm siedem sette седем سبعة سبع
8 eight ocho huit oito acht восемь восьми osm osiem otto осем ثمانية ثماني
9 nine nueve neuf nove neun negen девять девяти devět dziewięć девет تسعة تسع
10 ten diez dix dez zehn tien десять десяти deset dziesięć dieci десет عشرة عشر
11 eleven once onze elf одиннадцать одиннадцати undici jedenáct
12 twelve doce douze doze zwölf twaalf двенадцать двенадцати dodici dvanáct
13 thirteen trece treize treze dreizehn dertien тринадцать
14 fourteen catorce quatorze catorze vierzehn veertien четырнадцать
15 fifteen quince quinze fünfzehn vijftien пятнадцать пятнадцати
16 sixteen dieciséis seize dezesseis dezasseis sechzehn zestien шестнадцать
17 seventeen diecisiete dezessete dezassete siebzehn zeventien семнадцать
18 eighteen dieciocho dezoito achtzehn achttien восемнадцать
19 nineteen diecinueve dezenove dezanove neunzehn negentien девятнадцать
20 twenty score veinte vingt vinte zwanzig twintig двадцать двадцати dvacet dwadzieścia venti عشرون عشرين
21 veintiuno veintiún
22 veintidós
23 veintitrés
24 veinticuatro
25 veinticinco
26 veintiséis
27 veintisiete
28 veintiocho
29 veintinueve
30 thirty treinta trente trinta dreißig dertig тридцать тридцати třicet ثلاثون ثلاثين
40 forty cuarenta quarante quarenta vierzig veertig сорок сорока أربعون أربعين
50 fifty cincuenta cinquante cinquenta fünfzig vijftig пятьдесят пятидесяти خمسون خمسين
60 sixty sesenta soixante sessenta sechzig zestig шестьдесят ستون ستين
70 seventy setenta siebzig zeventig семьдесят سبعون سبعين
80 eighty vingts ochenta oitenta achtzig tachtig восемьдесят ثمانون ثمانين
90 ninety noventa neunzig negentig девяносто تسعون تسعين
100 cien ciento cento cem сто ста sto مئة مائة
200 doscientos doscientas duzentos duzentas двести двухсот مئتان مئتين
300 trescientos trescientas trezentos trezentas триста трехсот трёхсот
400 cuatrocientos cuatrocientas quatrocentos quatrocentas четыреста
500 quinientos quinientas quinhentos quinhentas пятьсот пятисот
600 seiscientos seiscientas seiscentos seiscentas шестьсот
700 setecientos setecientas setecentos setecentas семьсот
800 ochocientos ochocientas oitocentos oitocentas восемьсот
900 novecientos novecientas novecentos novecentas девятьсот
1000 тысяча тысячу
"""
_SCALES: Final = """
12 dozen dozens docena docenas dúzia dúzias douzaine douzaines dutzend dozijn дюжина дюжины дюжин
100 hundred cent cents hundert honderd
1000 thousand mil mille tausend duizend тысяч тысячи тыс tis tisíc tysiąc tysięcy tys хиляди ألف آلاف الاف tsd bin
1000 tisíce tysiące हज़ार
100000 lakh lakhs lac lacs लाख
1000000 mln mn milyon
1000000 million millions millón millones milhão milhões millionen mio miljoen миллион миллиона миллионов млн
1000000 مليون ملايين
10000000 crore crores करोड़
1000000000 bn milyar billion milliard milliards milliarde milliarden miljard миллиард миллиарда миллиардов млрд
"""
_HAN_DIGITS: Final = {"两": 2, "兩": 2} | {
    one: digit
    for digits in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖", "〇壹貳參肆伍陸柒捌玖")
    for digit, one in enumerate(digits)
}
_HAN_SCALES: Final = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000} | {
    # As Taiwan writes them, and as invoices do.
    "拾": 10, "佰": 100, "仟": 1_000, "萬": 10_000, "億": 100_000_000,
}  # fmt: skip
_NOT_TOLD: Final = re.compile("d[dz]|^zd|hd$")
"""Digits in a row (三五 is three to five), and a digit behind a hundred or more whose place is left out (三百五)."""
_JOINERS: Final = frozenset({"y", "e", "et", "and", "und", "en", "и", "و"})
_ONLY_IN: Final[Mapping[str, str]] = {"once": "es", "score": "en", "bin": "tr", "sei": "it", "due": "it", "tre": "it"}
"""Words that mean something else in another language, and the one in which they are numbers."""
_NOT_IN: Final[Mapping[str, str]] = {"dozen": "nl"}
"""Words that are numbers, but for one language, in which they mean something else."""
_PLURAL_SCALES: Final = """
mln mn bn milyon milyar
dozens docenas dúzias douzaines дюжины дюжин lakhs lacs crores cents millions millones milhões millionen миллиона
миллионов тысяч тысячи tisíce tysiące tysięcy хиляди آلاف الاف ملايين milliards milliarden миллиарда миллиардов
"""
_PLURALS: Final = frozenset(map(fold, _PLURAL_SCALES.split()))
"""Scales that are no number where none stands before them: millions of tablets, тысячи литров."""
_TENS_OF_TWENTY: Final = frozenset({Decimal(60), Decimal(80)})
"""In French: after soixante and quatre-vingt one counts on to 79 and 99."""
_TWENTIES: Final = frozenset({"vingt", "vingts"})
_HALF: Final = Decimal("0.5")
MAX_WORDS: Final = 12
"""Of one number; longer ones do not occur."""


def _table(block: str) -> Mapping[str, Decimal]:
    lines = (line.split() for line in block.strip().splitlines())
    return {fold(word): Decimal(value) for value, *words in lines for word in words}


_OF_A_GROUP: Final = frozenset({Decimal(12), Decimal(100)})
CARDINALS: Final = _table(_CARDINALS)
SCALES: Final = {**_table(_SCALES), **{han: Decimal(scale) for han, scale in _HAN_SCALES.items()}}


class Spelled(NamedTuple):
    """A number in words, and the index of the first token after it; no value where they may be several numbers."""

    value: Decimal | None
    after: int


def read_spelled(tokens: Sequence[Token], index: int, language: str = "") -> Spelled | None:
    """Return the number that is spelled from *index* on, or None where none is."""
    if index < len(tokens) and tokens[index].kind == "han":
        return _han(tokens, index)
    total, group, seen, after = Decimal(), Decimal(), False, index
    for place, word in _spelled_words(tokens, index, language):
        if word in _PLURALS and not seen:
            return None
        if word in CARDINALS:
            added = _added(group, word, language) if seen else CARDINALS[word]
            if added is None:
                break
            group += added
        elif SCALES[word] in _OF_A_GROUP:
            group = (group or Decimal(1)) * SCALES[word]
        else:
            total, group = total + (group or 1) * SCALES[word], Decimal()
        seen, after = True, place + 1
    return Spelled(total + group, after) if seen else None


def _added(group: Decimal, word: str, language: str) -> Decimal | None:
    """Return what a further cardinal adds to what stands before it; None where it begins another number."""
    value = CARDINALS[word]
    if group == 1 and value == _HALF:
        return -_HALF  # one half, eine halbe: not one and a half
    if word in _TWENTIES and group % 100 == 4:
        return Decimal(76)
    in_twenties = language.partition("-")[0] in {"", "fr"} and group % 100 in _TENS_OF_TWENTY and value < 20
    return value if in_twenties or value < _least_place(group) else None


def _least_place(group: Decimal) -> Decimal:
    """Return what a further word has to be less than: after twenty comes three, after three nothing."""
    for place in (Decimal(1000), Decimal(100), Decimal(10)):
        if group % place == 0:
            return place
    return Decimal(1) if group % 1 == 0 else Decimal()


def _spelled_words(tokens: Sequence[Token], index: int, language: str) -> Iterator[tuple[int, str]]:
    seen = False
    for place in range(index, min(index + MAX_WORDS, len(tokens))):
        word = tokens[place].folded
        if is_number_word(word, language):
            seen = True
            yield place, word
        elif not (seen and (word in _JOINERS or word == "-")):
            return


def is_number_word(word: str, language: str = "") -> bool:
    """Return whether the folded *word* is a number, or part of one, in *language*."""
    if _ONLY_IN.get(word, language.partition("-")[0]) != language.partition("-")[0]:
        return False
    return word in CARDINALS or (word in SCALES and _NOT_IN.get(word) != language.partition("-")[0])


def _han(tokens: Sequence[Token], index: int) -> Spelled | None:
    total, section, digit = 0, 0, 0
    after, kinds = index, ""
    for token in tokens[index : index + MAX_WORDS]:
        kinds += _kind_of_han(token.folded)
        if token.folded in _HAN_DIGITS:
            digit = _HAN_DIGITS[token.folded]
        elif (scale := _HAN_SCALES.get(token.folded, 0)) >= 10_000:
            total, section, digit = total + (section + digit or 1) * scale, 0, 0
        elif scale:
            section, digit = section + (digit or 1) * scale, 0
        else:
            break
        after += 1
    if after == index:
        return None
    return Spelled(None if _NOT_TOLD.search(kinds) else Decimal(total + section + digit), after)


def _kind_of_han(one: str) -> str:
    """Return a letter: digit, zero, ten, or a higher scale; nothing for what is no part of a number."""
    if one in _HAN_DIGITS:
        return "d" if _HAN_DIGITS[one] else "z"
    scale = _HAN_SCALES.get(one, 0)
    return "h" if scale > 10 else "t" if scale else ""
