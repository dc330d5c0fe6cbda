"""What a look at the log found wrong: reported once, healed when a later look finds it right."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, Engine, select

from broker.database import reading, writing
from consumers import store
from consumers.findings import Findings

Found: TypeAlias = Mapping[tuple[str, str], str]
"""What is wrong now, for people, by code and place."""


def settle_findings(engine: Engine, found: Found, judged: Collection[str], now: datetime) -> None:
    """Report what is *found*, and heal what is open under the *judged* codes and is not found any more.

    Where nothing has changed nothing is written: this comes every few seconds.
    """
    codes = {*judged, *(code for code, _ in found)}
    with reading(engine) as connection:
        before = _open(connection, codes)
    news = {key: says for key, says in found.items() if before.get(key) != says}
    healed = [key for key in before if key[0] in judged and key not in found]
    if not news and not healed:
        return
    with writing(engine) as connection:
        findings = Findings(connection)
        for (code, place), says in news.items():
            findings.report(code, place, says, now)
        for code, place in healed:
            findings.heal(code, place, now)


def _open(connection: Connection, codes: Collection[str]) -> dict[tuple[str, str], str]:
    here = store.finding.c
    rows = connection.execute(
        select(here.code, here.place, here.message).where(here.code.in_(codes), here.healed_at.is_(None))
    )
    return {(row.code, row.place): row.message for row in rows}
