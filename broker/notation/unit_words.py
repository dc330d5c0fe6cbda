"""Names of units and packages, in the languages of the reports."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from broker.notation.certainty import Certainty
from broker.notation.scaled_units import Scaled, read_scaled
from broker.notation.tokens import Token, fold
from broker.records.quantity import Unit

_WORDS: Final = """
KG kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes kilogramo kilogramos quilo quilos
KG quilograma quilogramas
KG kilogramm кг килограмм килограмма килограммов килограми килограма кило كغ كجم كيلوغرام كيلوجرام
KG كيلو كيلوغراما 公斤 千克 किलो किलोग्राम किग्रा کیلوگرم کیلو کلو کلوگرام কেজি কিলোগ্রাম กิโลกรัม กก กิโล
G g gr gram grams gramme grammes gramo gramos grama gramas gramm г гр грамм грамма граммов грама
G غرام جرام 克 公克 ग्राम گرم گرام গ্রাম กรัม
MG mg milligram milligrams milligramme milligrammes miligramo miligramos мг миллиграмм 毫克
TONNE t mt tonne tonnes tonelada toneladas tonnen тонна тонну тонны тонн тоннах тонне тона тони т طن
TONNE أطنان اطنان 吨 噸 公吨 公噸
TONNE ตัน টন تن ٹن
TONNE tuna tuny tun tony tonnellata tonnellate tonna tona tonei टन
TON_UNSPECIFIED ton tons
POUND lb lbs pound pounds libra libras livre livres pfund фунт фунта фунтов رطل 磅
OUNCE oz ounce ounces onza onzas унция унции унций 盎司
LITRE l ltr ltrs lt lts litre litres liter liters litro litros litra litry litrów litrů л литр литра
LITRE литров литри литрах
LITRE لتر لترا ليتر 升 公升 लीटर लिटर لیتر لیٹر লিটার ลิตร
MILLILITRE ml millilitre millilitres milliliter milliliters mililitro mililitros мл миллилитр
MILLILITRE миллилитров 毫升 มิลลิลิตร
GALLON_UNSPECIFIED gal gals gallon gallons galón galones galão galões галлон галлона галлонов غالون
GALLON_UNSPECIFIED جالون 加仑
DRUM drum drums tambo tambos tambor tambores bidón bidones tonel tonéis fût fûts fass fässer vat
DRUM vaten trommel трейка 桶
BARREL barrel barrels barril barriles barris baril barils бочка бочки бочек бочках варел варела
BARREL варели برميل براميل sud sudů
BOX box boxes caja cajas caixa caixas boîte boîtes karton kartons kartonnen doos dozen коробка
BOX коробки коробок кутии 箱 盒 صندوق
BAG bag bags saco sacos sac sacs sack säcke zak zakken мешок мешка мешков чувала торби 袋 كيس أكياس
CONTAINER container containers contenedor contenedores conteneur conteneurs contêiner contêineres
CONTAINER контейнер контейнера
CONTAINER контейнеров контейнери حاوية حاويات 集装箱
TABLET tablet tablets pill pills tableta tabletas pastilla pastillas comprimé comprimés comprimido
TABLET comprimidos
TABLET tablette tabletten tabletta tablety tabletek таблетка таблетки таблеток таблетки قرص أقراص
TABLET حبة حبوب 片 เม็ด گولی ট্যাবলেট गोली गोलियाँ
CAPSULE capsule capsules cápsula cápsulas gélule gélules kapsel kapseln капсула капсулы капсул
CAPSULE كبسولة كبسولات 粒
COUNT incident incidents case cases seizure seizures unit units piece pieces item items pcs unidad
COUNT unidades cas fälle
COUNT штук штуки шт случай случая случаев 起 件 宗
SHIPMENT shipment shipments consignment consignments delivery deliveries envío envíos embarque
SHIPMENT embarques envoi envois
SHIPMENT remessa remessas sendung sendungen zending zendingen партия партии партий شحنة شحنات 批
"""
_PACKAGES: Final = """
can cans jerrycan jerrycans jerry canister canisters bottle bottles tank tanks packet packets pack packs package
packages parcel parcels carton cartons pallet pallets cylinder cylinders tin tins flask flasks vial vials
ampoule ampoules blister blisters ibc ibcs sachet sachets tub tubs bucket buckets crate crates jar jars keg kegs
roll rolls ctn ctns pkg pkgs pkt pkts btl btls strip strips tube tubes
bombona bombonas garrafa garrafas garrafón garrafones botella botellas lata latas paquete paquetes
pacote pacotes galonera bouteille bouteilles jerrican jerricans jerricane paquet paquets colis palette palettes
kanister flasche flaschen paket pakete dose dosen pakken pak fles flessen канистра канистры канистр бутылка
бутылки бутылок упаковка упаковки упаковок пачка пачки пачек банка банки банок ёмкость ёмкости ёмкостей 瓶 罐 包
زجاجة عبوة عبوات
"""
_KINDS: Final[Mapping[str, Unit]] = {
    "metric": Unit.TONNE,
    "metrica": Unit.TONNE,
    "metricas": Unit.TONNE,
    "metrique": Unit.TONNE,
    "metriques": Unit.TONNE,
    "short": Unit.SHORT_TON,
    "long": Unit.LONG_TON,
    "us": Unit.GALLON_US,
    "american": Unit.GALLON_US,
    "americanos": Unit.GALLON_US,
    "estadounidenses": Unit.GALLON_US,
    "imperial": Unit.GALLON_IMPERIAL,
    "imp": Unit.GALLON_IMPERIAL,
    "uk": Unit.GALLON_IMPERIAL,
    "british": Unit.GALLON_IMPERIAL,
}
"""Words that say which ton or gallon is meant."""
_TON_IS_TONNE: Final = frozenset(
    {"nl", "da", "sv", "no", "nb", "tr", "id", "ms", "pl", "cs", "hu", "de", "fr", "es", "pt"}
)
"""Languages in which "ton" is the metric one."""
_ONLY_IN: Final[Mapping[str, str]] = {"dozen": "nl"}
"""Words that are units in one language alone, and something else in others."""
_OLD_POUNDS: Final = frozenset({"pfund", "livre", "livres", "libra", "libras"})
_TONS: Final = frozenset({Unit.TON_UNSPECIFIED, Unit.TONNE})
_LONGEST_HAN: Final = 3
PACKAGE_UNITS: Final = frozenset({Unit.DRUM, Unit.BARREL, Unit.BOX, Unit.BAG, Unit.CONTAINER})
MASSES: Final = frozenset(
    {Unit.KG, Unit.G, Unit.MG, Unit.TONNE, Unit.SHORT_TON, Unit.LONG_TON, Unit.TON_UNSPECIFIED, Unit.POUND, Unit.OUNCE}
)
VOLUMES: Final = frozenset({Unit.LITRE, Unit.MILLILITRE, Unit.GALLON_US, Unit.GALLON_IMPERIAL, Unit.GALLON_UNSPECIFIED})


class UnitWord(NamedTuple):
    """A unit or kind of package in a text.

    Attributes:
        unit: ``COUNT`` for packages that have no unit of their own.
        is_package: It holds goods: a drum, a can.
        after: Index of the first token after it.
        factor: So many of the unit is one of what is written: 1000 litres a cubic metre.
    """

    unit: Unit
    is_package: bool
    after: int
    certainty: Certainty = Certainty.CERTAIN
    note: str = ""
    factor: Decimal = Decimal(1)


def _units() -> Iterator[tuple[str, tuple[Unit, bool]]]:
    for word in _PACKAGES.split():
        yield fold(word), (Unit.COUNT, True)
    for line in _WORDS.strip().splitlines():
        name, *words = line.split()
        for word in words:
            yield fold(word), (Unit(name), Unit(name) in PACKAGE_UNITS)


_UNITS: Final[Mapping[str, tuple[Unit, bool]]] = dict(_units())


def read_unit(tokens: Sequence[Token], index: int, language: str = "") -> UnitWord | None:
    """Return the unit that begins at *index*, with what says its kind before or after it; None where none does."""
    scaled = read_scaled(tokens, index, language)
    if scaled is not None:
        return _of_scaled(*scaled)
    kinds, place = _kinds(tokens, index)
    if kinds and place < len(tokens) and tokens[place].folded in ".-":
        place += 1
    found = _word(tokens, place)
    if found is None or _ONLY_IN.get(tokens[place].folded, primary := language.partition("-")[0]) != primary:
        return None
    (unit, is_package), after = found
    more, behind = _kinds(tokens, after)
    said = _said_kind(unit, (*kinds, *more)) if kinds or more else None
    if said is not None:
        return UnitWord(said, is_package=False, after=behind if more else after)
    if kinds:
        return None
    return _with_certainty(tokens[place].folded, unit, is_package=is_package, after=after, language=language)


def _of_scaled(scaled: Scaled, after: int) -> UnitWord:
    return UnitWord(
        scaled.unit,
        is_package=False,
        after=after,
        certainty=scaled.certainty,
        note=scaled.note,
        factor=scaled.factor,
    )


def is_package_word(token: Token) -> bool:
    """Return whether *token* alone names what holds goods."""
    return token.kind == "word" and _UNITS.get(token.folded, (Unit.COUNT, False))[1]


def is_unit_word(word: str) -> bool:
    """Return whether the folded *word* names a unit."""
    return word in _UNITS


def _word(tokens: Sequence[Token], index: int) -> tuple[tuple[Unit, bool], int] | None:
    if index >= len(tokens):
        return None
    if tokens[index].kind != "han":
        known = _UNITS.get(tokens[index].folded) if tokens[index].kind == "word" else None
        return None if known is None else (known, index + 1)
    for length in range(_LONGEST_HAN, 0, -1):
        known = _UNITS.get("".join(one.folded for one in tokens[index : index + length]))
        if known is not None:
            return known, min(index + length, len(tokens))
    return None


def _kinds(tokens: Sequence[Token], index: int) -> tuple[tuple[Unit, ...], int]:
    found: list[Unit] = []
    while index < len(tokens) and (kind := _KINDS.get(tokens[index].folded)) is not None:
        found.append(kind)
        index += 1
    return tuple(found), index


def _said_kind(unit: Unit, kinds: Sequence[Unit]) -> Unit | None:
    allowed = {Unit.TONNE, Unit.SHORT_TON, Unit.LONG_TON} if unit in _TONS else set[Unit]()
    if unit is Unit.GALLON_UNSPECIFIED:
        allowed = {Unit.GALLON_US, Unit.GALLON_IMPERIAL}
    if unit in _TONS and kinds == (Unit.GALLON_IMPERIAL,):
        return Unit.LONG_TON
    fitting = [kind for kind in kinds if kind in allowed]
    return fitting[0] if len(fitting) == 1 else None


def _with_certainty(word: str, unit: Unit, *, is_package: bool, after: int, language: str) -> UnitWord:
    certain = Certainty.CERTAIN
    if unit is Unit.TON_UNSPECIFIED:
        if language.partition("-")[0] in _TON_IS_TONNE:
            note = f"{word} is taken as the metric ton of this language"
            return UnitWord(Unit.TONNE, is_package, after, Certainty.LIKELY, note)
        return UnitWord(unit, is_package, after, certain, "which ton is not said: 907 to 1016 kg")
    if unit is Unit.GALLON_UNSPECIFIED:
        return UnitWord(unit, is_package, after, certain, "which gallon is not said: 3.785 to 4.546 L")
    if word in _OLD_POUNDS:
        note = f"{word} may be the pound of half a kilogram"
        return UnitWord(unit, is_package, after, Certainty.LIKELY, note)
    if word == "mt":
        return UnitWord(unit, is_package, after, certain, "mt is the metric ton, not the megaton")
    return UnitWord(unit, is_package, after, certain)
