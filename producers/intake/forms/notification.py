"""The form of pre-export notifications: core from the goods' columns, trade from those of the companies."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.errors import NoCalendar
from broker.records.companies import Company, TradeRole
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.places import PlaceRole
from broker.trade.deadlines import answer_by, in_words
from broker.trade.required import missing_fields
from broker.types.names import participant_of
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import AMOUNT, COMPANY_COLUMNS, MARKED, REFERENCE, SUBSTANCE, ColumnSet
from producers.intake.countries import CODES
from producers.intake.form import UNMARKED, Content, Form, Writing
from producers.intake.goods import read_points, read_traded_goods, trade_concerns
from producers.intake.rows import FieldProblem
from producers.intake.values import (
    check_own_country,
    need_text,
    read_count,
    read_countries,
    read_country,
    read_day,
    read_language,
    read_member,
    read_yes,
)
from producers.intake.words import split_list

_ROLES: Final[Mapping[str, TradeRole]] = {
    "exporter": TradeRole.EXPORTER,
    "importer": TradeRole.IMPORTER,
    "consignee": TradeRole.CONSIGNEE,
    "end_user": TradeRole.END_USER,
}
_SAYS: Final[Mapping[str, str]] = {
    "name": "name of the {}",
    "address": "its address",
    "country": "its country, ISO 3166-1 alpha-2",
    "registration": "its registration or licence number",
    "telephone": "its telephones; several separated by ;",
    "email": "its e-mail addresses; several separated by ;",
}
_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "act": "notifies (if empty), amends or cancels",
    "notification": "the notification that it amends or cancels: NL/regulator/1#42, its digest, or your reference",
    "exporting_country": "ISO 3166-1 alpha-2; your own if empty",
    "importing_country": "ISO 3166-1 alpha-2",
    "transit_countries": "countries on the way; several separated by ;",
    **SUBSTANCE,
    **AMOUNT,
    "intended_use": "what the substance is for",
    "point_of_exit": "where it leaves: a place or its UN/LOCODE; several separated by ;",
    "point_of_entry": "where it enters the importing country, likewise",
    "dispatch_from": "expected day of dispatch, or the first of a period: 2026-01-31",
    "dispatch_to": "last day of that period",
    "simplified": "yes where it covers several shipments of the period",
    "shipments_expected": "how many",
    "import_authorization": "number of the import authorization",
    "export_authorization": "number of the export authorization",
    "answer_by": "day by which the importing country may answer; counted by the rule of your country if empty",
    "deadline_rule": "the national rule by which that day is counted",
    "remarks": "what else is to be said",
    **{name: _SAYS[name.rpartition("_")[2]].format(name.rpartition("_")[0]) for name in COMPANY_COLUMNS},
    "no_consignee_known": "yes where nobody knows a consignee",
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    goods = read_traded_goods(writing.surroundings.catalogue, values, problems)
    exporting = read_country("exporting_country", values, problems) or _own_country(writing)
    importing = read_country("importing_country", values, problems)
    need_text("importing_country", values, "which country is it exported to? ISO 3166-1, like BE", problems)
    transit = read_countries("transit_countries", values, problems)
    core = NotificationCore(
        marking=UNMARKED,
        concerned=trade_concerns(exporting, importing, transit),
        national_reference=writing.reference,
        act=read_member("act", values, NotificationAct.NOTIFIES, problems),
        notification=writing.digest_of("notification"),
        exporting_country=exporting,
        importing_country=importing,
        transit_countries=transit,
        substances=goods.substances,
        quantities=goods.quantities,
        intended_use=values.get("intended_use", ""),
        points_of_exit=read_points(values.get("point_of_exit", ""), exporting, PlaceRole.SENT_FROM),
        points_of_entry=read_points(values.get("point_of_entry", ""), importing, PlaceRole.DESTINATION),
        dispatch_from=read_day("dispatch_from", values, problems),
        dispatch_to=read_day("dispatch_to", values, problems),
        is_simplified=read_yes("simplified", values, problems),
        shipments_expected=read_count("shipments_expected", values, problems),
        import_authorization=values.get("import_authorization", ""),
        export_authorization=values.get("export_authorization", ""),
        answer_by=read_day("answer_by", values, problems),
        deadline_rule=values.get("deadline_rule", ""),
        remarks=values.get("remarks", ""),
        language=read_language(values, problems),
    )
    return Content(Sections(core=core, trade=_read_trade(values, problems)), questions=goods.questions)


def _own_country(writing: Writing) -> str:
    participant = participant_of(writing.authority)
    return participant if len(participant) == 2 else ""


def _read_trade(values: Mapping[str, str], problems: list[FieldProblem]) -> NotificationTrade | None:
    companies = tuple(
        company for said, role in _ROLES.items() if (company := _read_company(said, role, values, problems))
    )
    is_none_known = read_yes("no_consignee_known", values, problems)
    if not companies and not is_none_known:
        return None
    return NotificationTrade(companies=companies, no_consignee_known=is_none_known)


def _read_company(
    said: str, role: TradeRole, values: Mapping[str, str], problems: list[FieldProblem]
) -> Company | None:
    """Return the company that the columns of one role tell; no message here repeats what they say."""
    if not any(f"{said}_{part}" in values for part in _SAYS):
        return None
    name, country = values.get(f"{said}_name", ""), values.get(f"{said}_country", "")
    if not name:
        problems.append(FieldProblem(f"{said}_name", "missing", f"a company is spoken of: the {said}'s name?"))
    if country and country not in CODES:
        message = "is no ISO 3166-1 alpha-2 code, like NL"
        problems.append(FieldProblem(f"{said}_country", "unknown-country", message))
    return Company(
        role=role,
        name=name,
        address=values.get(f"{said}_address", ""),
        country=country,
        registration=values.get(f"{said}_registration", ""),
        telephones=split_list(values.get(f"{said}_telephone", "")),
        emails=split_list(values.get(f"{said}_email", "")),
    )


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    core, trade = content.sections.core, content.sections.trade
    if not isinstance(core, NotificationCore) or not isinstance(trade, NotificationTrade | None):
        return content
    if not core.concerned:
        countries = trade_concerns(core.exporting_country, core.importing_country, core.transit_countries)
        core = msgspec.structs.replace(core, concerned=countries)
        sections = msgspec.structs.replace(content.sections, core=core)
        content = msgspec.structs.replace(content, sections=sections)
    check_own_country("exporting_country", core.exporting_country, writing.authority, problems)
    earlier = writing.named.get("notification")
    if earlier is not None and participant_of(earlier.author) != participant_of(writing.authority):
        message = f"it is {earlier.author}'s; only who notified may amend or cancel it"
        problems.append(FieldProblem("notification", "foreign-message", message))
    noted = {problem.field for problem in problems}
    entry = writing.surroundings.trade(core.importing_country)
    for problem in missing_fields(core, trade, agreed=() if entry is None else entry.agreed):
        column = NOTIFICATION.column_of(problem.field) or problem.field
        if column not in noted:
            problems.append(FieldProblem(column, problem.code, problem.message))
    return _addressed(_clocked(content, core, writing), core, writing)


def _clocked(content: Content, core: NotificationCore, writing: Writing) -> Content:
    """Return *content* with the last day for an answer, by the exporting country's rule; a day in the row stands."""
    entry = writing.surroundings.trade(core.exporting_country)
    if core.act is NotificationAct.CANCELS or core.answer_by is not None or entry is None or entry.rule is None:
        return content
    try:
        last = answer_by(entry.rule, writing.authored_at.date())
    except NoCalendar as error:
        question = FieldProblem("answer_by", "no-calendar", f"no day is named: {error}")
        return msgspec.structs.replace(content, questions=(*content.questions, question))
    rule = core.deadline_rule or in_words(entry.rule)
    core = msgspec.structs.replace(core, answer_by=last, deadline_rule=rule)
    sections = msgspec.structs.replace(content.sections, core=core)
    counted = (*content.counted, "answer_by", "deadline_rule")
    return msgspec.structs.replace(content, sections=sections, counted=counted)


def _addressed(content: Content, core: NotificationCore, writing: Writing) -> Content:
    """Return *content* addressed to the importing country: only those named in a message may see its companies."""
    if core.importing_country and writing.surroundings.takes_part(core.importing_country):
        return msgspec.structs.replace(content, addressed=(core.importing_country,))
    message = f"{core.importing_country} takes no part in this network: it has to be notified otherwise"
    question = FieldProblem("importing_country", "not-in-network", message)
    return msgspec.structs.replace(content, questions=(*content.questions, question))


_FIELDS: Final[Mapping[str, str]] = {
    "substances": "substance_as_reported",
    "substances.as_written": "substance_as_reported",
    "quantities": "quantity_value",
    "quantities.value": "quantity_value",
    "quantities.unit": "quantity_unit",
    "points_of_exit": "point_of_exit",
    "points_of_entry": "point_of_entry",
    "is_simplified": "simplified",
    "trade.no_consignee_known": "no_consignee_known",
    "trade.exporter.name": "exporter_name",
    "trade.exporter.address": "exporter_address",
    "trade.importer.name": "importer_name",
    "trade.importer.address": "importer_address",
    "trade.consignee.name": "consignee_name",
    "trade.consignee.address": "consignee_address",
    "trade.end-user.name": "end_user_name",
}
NOTIFICATION: Final = Form(
    kind=RecordKind.NOTIFICATION,
    known=ColumnSet(_COLUMNS, ("importing_country",), ("core", "trade")),
    types={"core": NotificationCore, "trade": NotificationTrade},
    read=_read,
    finish=_finish,
    names={"notification": (RecordKind.NOTIFICATION,)},
    fields=_FIELDS,
    is_amount_read=False,
)
