"""Countries as reports name them: codes and names in many languages, never by likeness."""

import gettext
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
import pycountry

from broker.notation.certainty import Certainty
from broker.notation.tokens import fold

LANGUAGES: Final = (
    *("ar", "zh_CN", "es", "fr", "ru", "de", "nl", "pt", "pt_BR", "it", "bg", "cs", "pl", "ro", "tr", "el", "uk"),
    *("hu", "sv", "da", "fi", "hr", "sr", "fa", "hi", "id", "ja", "ko", "vi", "kk"),
)
"""In which names are known: the six of the United Nations, those of the reports, and neighbours of both."""
MAX_CHARACTERS: Final = 100
"""A longer text is no country's name."""
_ALIASES: Final[Mapping[str, str]] = {
    "holland": "NL",
    "the netherlands": "NL",
    "russia": "RU",
    "turkey": "TR",
    "iran": "IR",
    "syria": "SY",
    "laos": "LA",
    "vietnam": "VN",
    "south korea": "KR",
    "north korea": "KP",
    "czech republic": "CZ",
    "bolivia": "BO",
    "venezuela": "VE",
    "tanzania": "TZ",
    "moldova": "MD",
    "england": "GB",
    "great britain": "GB",
    "britain": "GB",
    "united states of america": "US",
    "burma": "MM",
    "ivory coast": "CI",
    "swaziland": "SZ",
    "cape verde": "CV",
    "dr congo": "CD",
    "hong kong": "HK",
    "macau": "MO",
    "taiwan": "TW",
    "gran bretana": "GB",
    "estados unidos": "US",
    "сша": "US",
    "россия": "RU",
    "великобритания": "GB",
    "турция": "TR",
    "美国": "US",
    "英国": "GB",
    "俄罗斯": "RU",
}
_ABBREVIATIONS: Final[Mapping[str, str]] = {"uk": "GB", "usa": "US", "uae": "AE", "el": "GR", "ussr": "SU", "prc": "CN"}
"""Usual, but no code of ISO 3166-1; EL and UK are what the European Union writes for two of its rows."""
_SHARED: Final[Mapping[str, tuple[str, ...]]] = {
    "congo": ("CD", "CG"),
    "korea": ("KP", "KR"),
    "virgin islands": ("VG", "VI"),
}
"""Names that more than one country goes by."""
SPECIAL: Final[Mapping[str, str]] = {
    "EU": "the European Union, a union of countries",
    "XK": "Kosovo, a code that users of ISO 3166 agreed on, without official assignment",
    "UN": "the United Nations, an organisation",
}
"""Codes that stand in reports and are no country's."""


class CountryReading(msgspec.Struct, frozen=True):
    """What a text says of which country.

    Attributes:
        code: ISO 3166-1 alpha-2, or one of :data:`SPECIAL`, or that of a country that is no more; empty where two
            countries bear the name.
        candidates: The codes that may be meant, where they are several.
        is_country: False for unions and for countries that are no more.
    """

    code: str
    certainty: Certainty
    candidates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_country: bool = True


def read_country(text: str) -> CountryReading | None:
    """Return the country that *text*, all of it, names or codes; None where it does neither."""
    plain = text.strip().rstrip(".")
    if not plain or len(plain) > MAX_CHARACTERS:
        return None
    return _code(plain) or _named(fold(" ".join(plain.split())))


def _code(text: str) -> CountryReading | None:
    if text in SPECIAL:
        return CountryReading(text, Certainty.CERTAIN, notes=(SPECIAL[text],), is_country=False)
    if text in codes():
        return CountryReading(text, Certainty.CERTAIN)
    historic = _historic().get(text)
    if historic is not None:
        return CountryReading(text, Certainty.CERTAIN, notes=(historic,), is_country=False)
    alpha_3 = _alpha_3().get(text)
    return None if alpha_3 is None else CountryReading(alpha_3, Certainty.CERTAIN)


def _named(folded: str) -> CountryReading | None:
    if folded in _ABBREVIATIONS:
        code = _ABBREVIATIONS[folded]
        note = f"{folded.upper()} is usual for {code}, and no ISO code"
        return CountryReading(code, Certainty.LIKELY, notes=(note,), is_country=code in codes())
    found = _names().get(folded, ())
    if len(found) > 1:
        note = f"more than one country is called so: {', '.join(found)}"
        return CountryReading("", Certainty.UNSURE, found, (note,))
    return CountryReading(found[0], Certainty.CERTAIN) if found else None


@cache
def codes() -> frozenset[str]:
    """Return the officially assigned codes of ISO 3166-1 alpha-2."""
    return frozenset(country.alpha_2 for country in _countries())


def _countries() -> tuple[Any, ...]:
    return tuple(pycountry.countries)


@cache
def _alpha_3() -> Mapping[str, str]:
    return MappingProxyType({country.alpha_3: country.alpha_2 for country in _countries()})


@cache
def _historic() -> Mapping[str, str]:
    found: dict[str, str] = {}
    historic: tuple[Any, ...] = tuple(pycountry.historic_countries)
    for country in historic:
        code = getattr(country, "alpha_2", None)
        until = getattr(country, "withdrawal_date", "")
        if code and code not in codes():
            found[code] = f"{country.name}, a country that is no more (code withdrawn {until})"
    return MappingProxyType(found)


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Return the codes by folded name: some tens of thousands of names, a tenth of a second, asked for once."""
    found: dict[str, set[str]] = {}
    for name, code in _all_names():
        found.setdefault(fold(name), set()).add(code)
    for name, code in _ALIASES.items():
        found[fold(name)] = {code}
    return MappingProxyType({name: tuple(sorted(named)) for name, named in found.items()} | dict(_SHARED))


def _all_names() -> Iterator[tuple[str, str]]:
    translations = [_translation(language) for language in LANGUAGES]
    for country in _countries():
        own = [getattr(country, field, "") for field in ("name", "common_name", "official_name")]
        for name in filter(None, own):
            yield name, country.alpha_2
            for translation in translations:
                yield translation.gettext(name), country.alpha_2


def _translation(language: str) -> gettext.NullTranslations:
    return gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
