"""What becomes of each of the 121 rows of the sample data, and how what is odd about it survives.

Written by hand from the rows, one line each, in the order of the file:

    group/line | outcome | what the draft says of what the row's ``awkward`` column points at

Outcomes: ``taken in``, ``second report of X``, ``part of X``, ``refused: aggregate``. What a draft says is told by
``telling.py``; several facts are separated by ``&``. An aggregate is refused, so nothing is said of it here but that.
"""

from typing import Final, NamedTuple

_ROWS: Final = """
INCB-2015-A/1 | taken in | year 2015 & amount 5 KG ABOUT & packages 1 drum of 25-kg & asks packages-differ & type THEFT_OR_LOSS
INCB-2015-B/1 | taken in | origin IN & amount 287 KG EXACT
INCB-2016-S1/1 | refused: aggregate |
INCB-2024-S4/1 | refused: aggregate |
EMCDDA-2015-B/1 | refused: aggregate |
EMCDDA-2015-C/1 | refused: aggregate |
CN-2003-S1/1 | refused: aggregate |
CN-2003-S1/2 | refused: aggregate |
CN-2003-S1/3 | refused: aggregate |
CN-2003-S1/4 | refused: aggregate |
CN-2003-S2/1 | refused: aggregate |
CN-2003-S2/2 | refused: aggregate |
CN-2003-S2/3 | refused: aggregate |
CN-2003-S2/4 | refused: aggregate |
CN-2023-S1/1 | refused: aggregate |
CN-2023-S1/2 | refused: aggregate |
AF-2013-S1/1 | refused: aggregate |
BG-2017-B/1 | taken in | amount 5000 LITRE CONFLICTING & also 5 TON_UNSPECIFIED & packages 5 containers of 1000-litre & asks several-amounts: advice, not part of the report
BG-2010-A/1 | taken in | amount 13.1 TONNE MORE_THAN & text more than 13,1 tons & packages 13 containers & asks unit-kind
BG-2010-B/1 | taken in | amount 8 TONNE ABOUT & also 1 TON_UNSPECIFIED & day 2010-04-29 & reported 2010-09-13 & asks several-amounts
TR-UNK-A/1 | taken in | no date & no id: химическо вещество за хероин (unnamed) & amount 408 KG EXACT & text 408 кг & language bg
IR-2016-A/1 | taken in | text quelque 2380 kilogrammes & amount 2380 KG ABOUT & untold destination: unnamed neighbouring State & type SEIZURE & transit IR
TR-2018-A/1 | taken in | origin NL & transit IT & destination TR & declared monomer & asks unit-kind
TR-2021-A/1 | taken in | amount 16150 KG CONFLICTING & also 14016 KG & asks several-amounts: 14 tons and 16 kilos & packages 150 barrels
RO-2018-A/1 | taken in | amount 5 TONNE ABOUT & circumstance routine check, group of vehicles & asks unit-kind
PK-2010-A/1 | taken in | no id: chemical that can be used in heroin & untold origin: withheld & month 2010-03 & amount 15800 KG EXACT
PK-2013-A/1 | taken in | id AA & id HCL & text about 103,563 kilograms & amount 103563 KG ABOUT & packages 2799 cans & one amount of 2 substances
PK-2016-A/1 | taken in | month 2015-11 & reported 2016-01-12 & origin TZ & untold destination: onward suspected AF & circumstance container abandoned since Nov 2015, no goods declaration, found January 2016
PK-2016-A/2 | second report of PK-2016-A/1 | amount 21 TONNE MORE_THAN & month 2016-01
PK-2018-A/1 | taken in | day 2018-01-31 & circumstance blocked 24.01.2018, examined 31.01.2018 & type STOPPED_SHIPMENT & packages 700 plastic cans & packages as written: more than 700 plastic cans, 1x20' container
US-2025-A/1 | taken in | amount 50000 KG ABOUT & also 110000 POUND & also 55 TON_UNSPECIFIED & asks several-amounts & status not_scheduled
US-2025-A/2 | second report of US-2025-A/1 | amount 55 SHORT_TON EXACT & asks unit-kind & day 2025-06-06
US-2025-B/1 | taken in | amount 44000 KG ALMOST & also 44 TON_UNSPECIFIED & asks several-amounts: about 44 tons
US-UNK-A/1 | taken in | amount 5700 POUND EXACT & text 5,700 pounds in two shipments & no date & substance methylamine chloride & packages 80 bags
MX-2025-A/1 | taken in | amount 6602 LITRE EXACT & text 6 mil 602 litros & year 2025 & packages 55 drums
MX-2025-A/2 | taken in | amount 21 TONNE EXACT & text 21 toneladas / 21,000 kg & status not_scheduled
MX-UNK-A/1 | taken in | circumstance destruction of goods seized earlier from several containers & amount 88 TONNE MORE_THAN & no date & substance más de 88 toneladas de precursores (ácido acético glacial)
MX-2011-A/1 | taken in | amount 205 TONNE EXACT & destination GT & month 2011-12
MX-2011-B/1 | taken in | amount 99.7 TONNE EXACT & also 100 TONNE & day 2011-12-19 & asks several-amounts: 100 toneladas
MX-2011-C/1 | taken in | packages 1160 tambos & amount 229 TONNE EXACT
MX-2011-D/1 | taken in | origin PE & destination GT
MX-2012-B/1 | taken in | amount 194.9 TONNE EXACT & one amount of 2 substances & no id: monometilamina y clorhidrato de cocaína & destination GT & destination NI & packages 12 containers
MX-2011-E/1 | taken in | declared malonato de dietilo & amount 23 TONNE MORE_THAN
MX-2010-A/1 | taken in | no id: six named esters and alcohols & origin CN & origin KR & origin MX & packages 16 containers & packages 970 drums of 200 kg
MX-UNK-B/1 | taken in | amount 18000 KG ALMOST & also 40000 POUND & asks several-amounts: nearly 40,000 lbs & destination MX & no date
GT-2012-A/1 | taken in | amount 17600 GALLON_US EXACT & asks unit-kind: which gallon & packages 320 drums & packages 4 containers & packages as written: 320 drums in 4 containers & transit GT
GT-2012-A/2 | second report of GT-2012-A/1 | amount 80000 LITRE MORE_THAN & place Puerto Barrios & packages 320 barrels
GT-2012-A/3 | second report of GT-2012-A/1 | amount 320 DRUM CONFLICTING & also 320 TONNE & asks several-amounts: 320 toneladas
CA-2022-A/1 | taken in | month 2022-05 & reported 2022-12-13 & status not_scheduled
CA-2022-B/1 | taken in | id PMKMG & status I & month 2022-06
CA-2022-C/1 | taken in | id PMKEG & status not_scheduled_then & month 2022-06
CA-2022-D/1 | taken in | id PMKEG & status not_scheduled_then & month 2022-07
CA-2022-E/1 | taken in | no origin & year 2022
CA-UNK-B/1 | taken in | amount 150 BOX EXACT & circumstance followed by controlled delivery & no date
PT-2018-A/1 | taken in | substance BMK (Fenil1-porpanona2) & untold origin: unnamed Asian country & untold destination: unnamed European country & asks unit-kind
PT-2018-A/2 | second report of PT-2018-A/1 | text 4,5 Tonnen & amount 4.5 TONNE EXACT & language de & place Lissabon
EUROPOL-2015-A/1 | taken in | amount 6920 LITRE ALMOST & also 7 TON_UNSPECIFIED & packages 346 of 20 L & circumstance laboratory analysis finished 9 April & declared alkyl polyglycoside (surfactant) & asks several-amounts: almost 7 tons
ES-2017-A/1 | taken in | id PMKMG & id PMKGA & status not_scheduled_then|not_scheduled_then & substance PMK glycidate
IT-UNK-A/1 | taken in | amount 6337 KG EXACT & text 6.337 kilo & no id: drugsprecursoren & language nl
IT-UNK-A/2 | part of IT-UNK-A/1 | amount 1000 KG MORE_THAN & text ruim 1.000 kilo
IT-UNK-A/3 | taken in | country NL & amount 155 KG EXACT & circumstance follow-up seizure in the destination country
IT-UNK-A/4 | taken in | country NL & amount 40 KG EXACT
CZ-UNK-A/1 | taken in | amount 44 KG ABOUT & also 110 KG & also 364000 TABLET & packages 26000 packs & destination CZ & destination PL & asks several-amounts
CZ-2013-A/1 | taken in | amount 1200 TABLET EXACT & text 1 200 tablet x 120 mg & packages 2 bags of 600
EU-UNK-A/1 | taken in | amount 3300000 TABLET ABOUT & also 168000000 TABLET & also 3 TON_UNSPECIFIED & id EPH & id PSE & one amount of 2 substances
MM-2024-B/1 | taken in | amount 5250 KG EXACT & day 2024-07-14
MM-2024-C/1 | taken in | year 2024 & amount 13500 KG EXACT
MM-UNK-A/1 | taken in | amount 1040 LITRE EXACT & no date & type CLANDESTINE_LABORATORY & circumstance unoccupied house; second house next day with drugs
MM-UNK-A/2 | taken in | amount 50 KG EXACT & no id: sodium nitrate & no date
MM-UNK-A/3 | taken in | amount 20 KG EXACT & no id: bone charcoal powder & no date
MM-UNK-B/1 | taken in | amount 24620 GALLON_UNSPECIFIED CONFLICTING & no id: acid & packages 2262 of 5 gal & packages 356 of 10 gal & packages 195 of 50 gal & packages 478 iron barrels & packages 5280 bottles & asks sum-of-parts: not in it
MM-2015-A/1 | taken in | no id: controlled substance for methamphetamine (unnamed) & day 2015-02-16 & packages 164 bags
KH-2008-A/1 | taken in | type DESTROYED_GOODS & disposition DESTROYED & form oil (mixture) & packages 1278 barrels & days 2008-06-18 to 2008-06-20
KH-2010-A/1 | taken in | type DESTROYED_GOODS & disposition DESTROYED & amount 14.6 TONNE EXACT
KH-2010-B/1 | taken in | amount 977.3 KG EXACT & packages 28 tanks
KH-UNK-A/1 | taken in | no date & amount 4 TONNE ALMOST & text nearly four tonnes in 114 barrels & packages 114 barrels
HK-2012-A/1 | taken in | amount 776000 TABLET EXACT & also 174 KG & asks several-amounts: 174 kilograms & packages 8 cartons
AU-2013-B/1 | taken in | amount 40 KG ABOUT & also 45 KG & text approximately 40 kg of about 45 kg in 16 consignments & origin IN & origin CN & origin HK & origin IE
AU-2013-B/2 | taken in | substance ContacNT (pseudoephedrine preparation) & amount 5 KG ABOUT
AU-2012-A/1 | taken in | text two kilograms & amount 2 KG EXACT & origin GB
AU-2016-A/1 | taken in | circumstance initial test positive & amount 11 KG ABOUT
NZ-2008-A/1 | taken in | day 2008-09-04 & form preparation
IN-2023-A/1 | taken in | amount 6 KG ABOUT & also 6000000 CAPSULE & text approximately 6 kg; about 60 lakh capsules & untold destination: Africa & type DIVERSION & month 2023-03 & reported 2026-01-12
IN-2023-B/1 | taken in | amount 110.5 KG EXACT & text 110.5 kg (533 packets of 1,500) & packages 533 packets
IN-2020-A/1 | taken in | packages 2 parcels & day 2020-11-11 & reported 2020-11-24 & destination ZA
NG-2018-A/1 | taken in | amount 100 KG EXACT & type CLANDESTINE_LABORATORY
NG-2018-A/2 | taken in | amount 209 KG EXACT & place Lagos
NG-2016-A/1 | taken in | amount 83.39 KG EXACT & text 83.390kgs & asks amount-unsure: 83390
NG-2023-A/1 | taken in | untold destination: unknown (text lists UK, SA, NZ, CY for several consignments) & days 2023-01-31 to 2023-02-01
NG-2012-A/1 | taken in | amount 41.15 KG EXACT & month 2012-02
PE-UNK-A/1 | taken in | type STOPPED_SHIPMENT & one amount of 2 substances & id HCL & id W:Sodium hypochlorite & status date_unknown(now II)|not_scheduled
PE-UNK-B/1 | taken in | amount 2560 LITRE CONFLICTING & also 2.5 TONNE & packages 128 of 20 L & asks several-amounts: about 2022 kg & destination PE
PE-2024-A/1 | taken in | type TRANSFERRED_GOODS & amount 5204 KG EXACT & text 5,204 kilos (85 bidones) & packages 85 drums
CO-2000-A/1 | taken in | status II & amount 28 TONNE EXACT & month 2000-09
CO-UNK-A/1 | taken in | amount 1600 KG EXACT & substance permanganate de potassium & circumstance laboratory PRODUCING the precursor, destroyed on site
CO-UNK-A/2 | taken in | amount 1283 GALLON_UNSPECIFIED EXACT & substance permanganate de potassium en solution
CO-UNK-A/3 | taken in | amount 1051 NOT_STATED EXACT & text 1051 (unit missing) & asks unit-missing & no id: précurseurs liquides
CO-UNK-A/4 | taken in | amount 430 KG EXACT & no id: précurseurs solides
CO-UNK-A/5 | taken in | amount 3600 LITRE EXACT & packages 180 barils of 20 litres
CO-UNK-B/1 | taken in | amount 2500 GALLON_UNSPECIFIED ABOUT & text aproximadamente 2.500 galones & form solution
CO-UNK-B/2 | taken in | amount 320 KG EXACT & form powder
US-1998-A/1 | taken in | day 1997-11-17 & reported 2000-08-23 & type STOPPED_SHIPMENT & transit US & origin CN & origin HK & circumstance first order withdrawn and reissued to another addressee
US-1998-A/2 | taken in | day 1997-12-16 & amount 20000 KG EXACT
US-1998-A/3 | taken in | day 1998-01-17 & amount 10000 KG EXACT
US-2000-A/1 | taken in | circumstance found by audit; date of theft unknown & form powder, HCl salt & packages 2 barrels of 45 kg & month 2000-06
US-1998-B/1 | taken in | amount 15 KG CONFLICTING & also 12 KG & type THEFT_OR_LOSS & circumstance loss report became employee theft
BR-2025-A/1 | taken in | amount 25000 LITRE ABOUT & text aproximadamente 25 mil litros & packages 500 of 50 L & destination BO
BR-UNK-A/1 | taken in | amount 56000 LITRE ABOUT & text 56 mil litros em 277 tonéis & packages 277 drums
BR-UNK-A/2 | second report of BR-UNK-A/1 | amount 231 TONNE CONFLICTING & packages as written: barrels on five trucks
BR-UNK-C/1 | taken in | amount 7500 LITRE EXACT & substance líquido com cheiro de acetona & packages 30 of 200 L & packages 30 of 50 L
BR-UNK-D/1 | taken in | amount 5000 LITRE EXACT & text 5.000 litros & status not_scheduled
BR-UNK-D/2 | taken in | amount 500 KG EXACT & id KMNO4
RU-2024-S/1 | refused: aggregate |
RU-2024-A/1 | taken in | text тонна & amount 1 TONNE ABOUT & untold origin: Central Asia & no id: прекурсор
KG-UNK-A/1 | taken in | amount 2708 KG EXACT & text 2 тонны 708 кг & destination KG & packages as written: canisters
KZ-2023-A/1 | taken in | days 2022-10-01 to 2023-03-31 & amount 72 TONNE EXACT & circumstance controlled delivery with air surveillance
KZ-2026-A/1 | taken in | no id: прекурсоры & amount 5 TONNE ABOUT & text около 5 тонн
KZ-UNK-A/1 | taken in | circumstance further information withheld in the interest of the investigation & amount 100 LITRE MORE_THAN & no date
US-2023-A/1 | taken in | no id: fentanyl precursor chemicals & amount 200 KG MORE_THAN & text more than 200 kilograms
US-UNK-B/1 | taken in | amount 5 SHIPMENT EXACT & text five shipments & no date & type EQUIPMENT
NL-1998-S/1 | refused: aggregate |
"""  # noqa: E501 - a row of the data is a line of the table


class Expected(NamedTuple):
    """What is expected of one row.

    Attributes:
        outcome: As the module's docstring lists them.
        facts: What the row's draft has to say.
    """

    reference: str
    outcome: str
    facts: tuple[str, ...]


def _expected(line: str) -> Expected:
    reference, outcome, facts = (part.strip() for part in line.split(" |", 2))
    return Expected(reference, outcome, tuple(fact.strip() for fact in facts.split(" & ") if fact.strip()))


TABLE: Final = tuple(_expected(line) for line in _ROWS.strip().splitlines())
