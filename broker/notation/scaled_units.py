"""Units that are so many of a unit that records have: cubic metres, hectolitres, hundredweights, jin, tolas.

A record has no unit of its own for them. What is read is the exact multiple, and the words stay beside it. Where two
countries mean two weights by one word, the reading is unsure whatever the language, and the note names both.

Sources: the factors of SI, of the international pound (0.45359237 kg) and of the gallons, which a test compares with
pint's; 1 shi jin = 500 g (PRC, 1959); 1 Taiwan jin = 600 g; 1 tola = 11.6638038 g, 1 maund = 3200 tolas (Standards of
Weights Act, India, 1956); 1 viss = 1.632932532 kg, which is 3.6 lb.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple

from broker.notation.certainty import Certainty
from broker.notation.tokens import Token, tokens_of
from broker.records.quantity import Unit

_DECIMALS: Final = Decimal("0.000001")
"""Digits after the point that an amount of a record may have."""
_EXACT: Final = Context(prec=100)
"""Of products: a numeral of 32 digits times the longest factor."""
_ROUNDED_WITHIN: Final = Decimal("0.001")
"""A product that rounding would change by more is left as it is: too small for a record, and never made nothing."""
_SKIPPED: Final = frozenset({"."})


class Scaled(NamedTuple):
    """So many of a unit.

    Attributes:
        note: What was taken for granted.
        languages: In which the word means this; none for everywhere.
    """

    unit: Unit
    factor: Decimal
    certainty: Certainty
    note: str = ""
    languages: frozenset[str] = frozenset()


def _scaled(unit: Unit, factor: str, certainty: Certainty, note: str = "", languages: str = "") -> Scaled:
    return Scaled(unit, Decimal(factor), certainty, note, frozenset(languages.split()))


_CWT: Final = "a hundredweight is 112 lb in Britain and 100 lb in America: which one is not said"
_QUINTAL: Final = "a quintal is 100 kg, and in parts of Latin America 46 kg: which one is not said"
_JIN: Final = "a jin is 500 g in China, 600 g in Taiwan and 604.8 g in Hong Kong: which one is not said"
_MAUND: Final = "a maund is 37.3242 kg, and 40 kg where it is metric: which one is not said"
_TOLA: Final = "a tola is 11.6638038 g, and in trade also 10 g or 12 g: which one is not said"
_VISS: Final = "a viss is 1.632933 kg in Myanmar, and 1.4 kg in South India"
_FLUID: Final = "a fluid ounce is 29.5735 mL in America and 28.4131 mL in Britain: which one is not said"
_CC: Final = "cc may be a volume, or the size of an engine"
_STONE: Final = "a stone may be the weight of 14 lb"
_DAL: Final = "дал may be the decalitre, or a word"
_BBL: Final = "bbl may be the measure of 42 US gallons, or a barrel of any size"
_OZT: Final = "a troy ounce is 31.1034768 g"
_LBT: Final = "a troy pound is 373.2417216 g"
_GRAIN: Final = "gr is taken as the gram; it may be the grain of 64.8 mg"
_SHO: Final = "升 is the litre in Chinese, and in Japan also 1.804 L: which one is not said"
_RATL: Final = "a ratl is a pound, 0.45 kg in Egypt, and 2.5 kg or more in the Levant: which one is not said"
_FUNT: Final = "a фунт is taken as the pound of 0.4536 kg; the old Russian one is 0.4095 kg"
_CENTNER: Final = "a Zentner is 50 kg, in Austria and Switzerland 100 kg: which one is not said"
_METRIC: Final = "fr it hi pl cs ro hu bn ur nl de"
"""Languages of countries in which a quintal is nothing but 100 kg."""
_SURE, _LIKELY, _UNSURE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.UNSURE
_ROWS: Final = (
    (
        _scaled(Unit.LITRE, "1000", _SURE),
        "m³|m3|cbm|cubic metre|cubic metres|cubic meter|cubic meters|cu m|metro cúbico|metros cúbicos|mètre cube|"
        "mètres cubes|kubikmeter|kubieke meter|м³|м3|кубометр|кубометра|кубометров|куб м|кубический метр|"
        "кубических метра|кубических метров|metro cubo|metri cubi|metr krychlový|metr sześcienny|立方米|متر مكعب",
    ),
    (_scaled(Unit.LITRE, "1", _SURE), "dm³|dm3|дм³|дм3"),
    (_scaled(Unit.MILLILITRE, "1", _UNSURE, _CC), "cc|ccm"),
    (_scaled(Unit.MILLILITRE, "1", _SURE), "cm³|cm3|cubic centimetres|cubic centimeters|см³|см3|куб см"),
    (
        _scaled(Unit.LITRE, "100", _SURE),
        "hl|hectolitre|hectolitres|hectoliter|hectoliters|hectolitro|hectolitros|hektoliter|гектолитр|гектолитра|"
        "гектолитров|hektolitr|hektolitry|hektolitrów|ettolitro|ettolitri",
    ),
    (_scaled(Unit.LITRE, "10", _UNSURE, _DAL), "дал"),
    (_scaled(Unit.LITRE, "10", _SURE), "декалитр|декалитра|декалитров|decalitre|decalitres|decaliter|decaliters"),
    (
        _scaled(Unit.LITRE, "0.1", _SURE),
        "dl|decilitre|decilitres|deciliter|deciliters|decilitro|decilitros|deziliter|дл|децилитр|децилитра|децилитров",
    ),
    (
        _scaled(Unit.LITRE, "0.01", _SURE),
        "cl|centilitre|centilitres|centiliter|centiliters|centilitro|centilitros|zentiliter|сантилитр|сантилитров",
    ),
    (
        _scaled(Unit.MG, "0.001", _SURE),
        "µg|mcg|microgram|micrograms|microgramme|microgrammes|microgramo|microgramos|micrograma|microgramas|"
        "mikrogramm|мкг|микрограмм|микрограмма|микрограммов|微克",
    ),
    (_scaled(Unit.KG, "100", _SURE), "metric quintal|metric quintals|metric q|doppelzentner|quintal métrique"),
    (
        _scaled(Unit.KG, "100", _SURE),
        "quintaux métriques|quintal métrico|quintales métricos|центнер|центнера|центнеров",
    ),
    (_scaled(Unit.KG, "100", _LIKELY, "q is taken as the quintal of 100 kg", _METRIC), "q"),
    (_scaled(Unit.KG, "100", _LIKELY, "a quintal is taken as 100 kg", _METRIC), "quintal|quintals|quintaux|quintale"),
    (_scaled(Unit.KG, "100", _LIKELY, "a quintal is taken as 100 kg"), "quintali|kwintal|kwintale|kwintali|क्विंटल"),
    (_scaled(Unit.KG, "100", _UNSURE, _QUINTAL), "quintal|quintals|quintales|quintais|qq"),
    (_scaled(Unit.KG, "50", _UNSURE, _CENTNER), "zentner|ztr"),
    (_scaled(Unit.POUND, "112", _UNSURE, _CWT), "cwt|cwts|hundredweight|hundredweights"),
    (
        _scaled(Unit.POUND, "112", _SURE),
        "long cwt|long hundredweight|long hundredweights|imperial hundredweight|imperial hundredweights",
    ),
    (_scaled(Unit.POUND, "100", _SURE), "short cwt|short hundredweight|short hundredweights|us cwt|cental|centals"),
    (_scaled(Unit.POUND, "14", _UNSURE, _STONE), "stone|stones"),
    (_scaled(Unit.POUND, "14", _UNSURE, _STONE, "en"), "st"),
    (
        _scaled(Unit.G, "31.1034768", _SURE, _OZT),
        "troy oz|troy ounce|troy ounces|oz troy|ounces troy|ozt|oz t|oz tr",
    ),
    (
        _scaled(Unit.G, "373.2417216", _SURE, _LBT),
        "troy lb|troy lbs|troy pound|troy pounds|lb troy|lbs troy|pounds troy",
    ),
    (_scaled(Unit.G, "10", _SURE), "dag|dkg|deka|dekagramm|dekagram|decagram|decagrams"),
    (_scaled(Unit.G, "1", _LIKELY, _GRAIN, "en"), "gr"),
    (_scaled(Unit.LITRE, "1", _UNSURE, _SHO, "ja"), "升"),
    (_scaled(Unit.POUND, "1", _UNSURE, _RATL), "رطل"),
    (_scaled(Unit.POUND, "1", _LIKELY, _FUNT), "фунт|фунта|фунтов"),
    (_scaled(Unit.MILLILITRE, "29.5735295625", _UNSURE, _FLUID), "fl oz|fluid ounce|fluid ounces"),
    (_scaled(Unit.MILLILITRE, "29.5735295625", _SURE), "us fl oz|us fluid ounce|us fluid ounces"),
    (
        _scaled(Unit.MILLILITRE, "28.4130625", _SURE),
        "imperial fl oz|imp fl oz|imperial fluid ounce|imperial fluid ounces",
    ),
    (
        _scaled(Unit.GALLON_UNSPECIFIED, "0.25", _SURE, "which quart is not said: 0.946 to 1.137 L", "en"),
        "quart|quarts|qt|qts",
    ),
    (_scaled(Unit.GALLON_US, "0.25", _SURE), "us quart|us quarts"),
    (_scaled(Unit.GALLON_IMPERIAL, "0.25", _SURE), "imperial quart|imperial quarts"),
    (_scaled(Unit.GALLON_UNSPECIFIED, "0.125", _SURE, "which pint is not said: 0.473 to 0.568 L", "en"), "pint|pints"),
    (_scaled(Unit.GALLON_US, "0.125", _SURE), "us pint|us pints"),
    (_scaled(Unit.GALLON_IMPERIAL, "0.125", _SURE), "imperial pint|imperial pints"),
    (_scaled(Unit.BARREL, "1", _UNSURE, _BBL), "bbl|bbls"),
    (_scaled(Unit.KG, "0.5", _UNSURE, _JIN), "斤|jin|catty|catties|kati|katis"),
    (_scaled(Unit.KG, "0.5", _SURE), "市斤"),
    (_scaled(Unit.KG, "0.6", _SURE), "台斤|臺斤"),
    (_scaled(Unit.KG, "37.3242", _UNSURE, _MAUND), "maund|maunds|मन|मण"),
    (_scaled(Unit.G, "11.6638038", _UNSURE, _TOLA), "tola|tolas|तोला|تولہ|তোলা"),
    (_scaled(Unit.KG, "1.632932532", _UNSURE, _VISS), "viss|ပိဿာ"),
    (_scaled(Unit.TONNE, "1", _LIKELY, "TM is taken as the metric ton", "es"), "tm"),
)


def _phrases() -> Iterator[tuple[tuple[str, ...], Scaled]]:
    for scaled, phrases in _ROWS:
        for phrase in phrases.split("|"):
            yield tuple(one.folded for one in tokens_of(phrase)), scaled


def _by_phrase() -> Mapping[tuple[str, ...], tuple[Scaled, ...]]:
    found: dict[tuple[str, ...], tuple[Scaled, ...]] = {}
    for phrase, scaled in _phrases():
        # What a word means in one language comes before what it may mean anywhere.
        both = (*found.get(phrase, ()), scaled)
        found[phrase] = tuple(sorted(both, key=lambda one: not one.languages))
    return found


_BY_PHRASE: Final = _by_phrase()
_FIRST_WORDS: Final = frozenset(phrase[0] for phrase in _BY_PHRASE)
_LONGEST: Final = max(map(len, _BY_PHRASE))


def read_scaled(tokens: Sequence[Token], index: int, language: str = "") -> tuple[Scaled, int] | None:
    """Return the unit that begins at *index* and the index after it, the longest one; None where none does."""
    if index >= len(tokens) or tokens[index].folded not in _FIRST_WORDS:
        return None
    words: list[str] = []
    ends: list[int] = []
    for place in range(index, min(index + 2 * _LONGEST, len(tokens))):
        if words and tokens[place].folded in _SKIPPED:
            continue
        if tokens[place].kind == "number" and not tokens[place].is_glued:
            break  # 10 m 3 kg are no cubic metres
        words.append(tokens[place].folded)
        ends.append(place + 1)
    for length in range(min(len(words), _LONGEST), 0, -1):
        for scaled in _BY_PHRASE.get(tuple(words[:length]), ()):
            if not scaled.languages or language.partition("-")[0] in scaled.languages:
                return scaled, ends[length - 1]
    return None


def times(value: Decimal, factor: Decimal) -> Decimal:
    """Return *value* times *factor*, with no more decimals than a record may have if that changes next to nothing."""
    product = _EXACT.multiply(value, factor)
    exponent = product.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        rounded = product.quantize(_DECIMALS, context=_EXACT)
        product = rounded if abs(rounded - product) <= abs(product) * _ROUNDED_WITHIN else product
    whole = product.to_integral_value(context=_EXACT)
    return whole if whole == product else product.normalize(_EXACT)
