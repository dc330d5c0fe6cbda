"""Words around a name that say its form or its salt, in the languages of reports. All of them folded."""

from typing import Final

from broker.catalogue.folding import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


SALTS: Final = _words(
    """
    hydrochloride hydrochlorid hcl chloride chlorhydrate clorhidrato cloridrato chlorhydrat hydrochloridum idroclorato
    sulphate sulfate sulfat sulfato solfato tartrate tartrat tartrato bitartrate maleate maleato hydrobromide
    bromhydrate bromhidrato phosphate hydriodide hydroiodide acetate base freebase monohydrate hydrate salt salts
    sel sels sal sales salz salze zout sodium potassium natrium kalium sodio potasio sodique potassique
    гидрохлорид хлористоводородный сульфат хлорид соль натриевая калиевая
    """
)
"""They say which salt; only where the listing does not exclude salts."""
FORMS: Final = _words(
    """
    tablet tablets tabletten tabletas tableta comprimidos comprimes comprimés pills pill capsules capsule powder powders
    pulver poudre polvo po pó poeder crystals crystal crystalline cristales granules liquid liquids liquido liquide
    flussig flüssig vloeibaar solution solutions solucion solução solucao oplossing losung lösung aqueous preparation
    preparations preparado raw material materials substance chemical pure technical grade concentrated dilute
    concentrado anhydrous drum drums bulk таблетки порошок раствор жидкий прах разтвор
    片 粉 溶液
    """
)
"""They say in what form it is; nothing of what it is."""
ISOMERS: Final = _words("d l dl r s rs racemic racemate cis trans meso")
"""They say which isomer."""
SMALL: Final = _words("of the in en em de del d la le du di da van von un a and or as")
"""They join the others."""
ENDINGS: Final = ("id", "it", "at", "in", "on", "en", "an", "yn", "al", "ol", "yl", "il")
"""A letter changed in one of these, whatever vowel follows it, makes another chemical: chlorate and chloride, ethane
and ethene, efedrina and efedrona."""
CLASSES: Final = (
    "acid", "acido", "acide", "kislota", "saeure", "saure", "zuur", "kwas", "asit", "kyselina", "acetato", "acetate",
)  # fmt: skip
"""They name a class that a hundred chemicals share: what is left of a name tells which one, and may differ less."""
STEMS: Final = (
    "meth", "eth", "metil", "etil", "prop", "but", "pent", "hex", "phen", "benz", "benzoyl", "acet", "acetyl", "nor",
    "iso", "pseudo", "hypo", "fluor", "chlor", "brom", "nitr", "di", "tri", "butyn", "buten", "propyn", "propen",
    "phosphor", "phosphon", "fosfor", "fosfon", "phosphoric", "phosphoryl", "fosforic", "fosforil", "metan", "etan",
    "butin", "lactam", "laktam", "benzal", "cyanat", "cianat", "tsianat", "chlorat", "chlorit", "clorat", "clorit",
    "khlorat", "khlorit", "nitrat", "nitrit", "sulfat", "sulfit", "sulfid", "phosphat", "phosphit", "bromat", "bromid",
    "iodat", "iodid", "yodat", "fluorid", "cadmium", "caesium", "cesium", "calcium", "lithium", "potassium", "sodium",
    "kalium", "natrium", "barium", "magnesium", "ammonium", "strontium", "potasio", "sodio", "calcio", "litio",
)  # fmt: skip
"""Parts that make another chemical: a text with one that the name does not have is no slip of that name."""
CJK_SALTS: Final = ("盐酸", "鹽酸", "硫酸", "酒石酸")
"""Salts that stand before a name without a space."""
CJK_FORMS: Final = ("片", "粉", "粉末", "溶液", "针剂")
"""Forms that stand behind a name without a space."""
