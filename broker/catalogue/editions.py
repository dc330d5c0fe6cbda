"""Editions: who may issue which, and what keeps one from being right.

The international edition is the hub's, a national one its own participant's: an edition says nothing of anybody else's
lists, and renames nobody else's substances.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from broker.catalogue.cas import check_cas
from broker.catalogue.catalogue import Catalogue
from broker.errors import BadCas
from broker.limits import MAX_CATALOGUE_NAMES, MAX_CATALOGUE_STATUSES, MAX_SUBSTANCE_NAME
from broker.records.catalogue import CatalogueCore, CatalogueStatus, CatalogueSubstance
from broker.records.checking import problems_in
from broker.records.problems import Problem, Problems
from broker.types.names import HUB, Originator, participant_of
from broker.types.vocabulary import Sector

EDITOR: Final = Originator(f"{HUB}/catalogue")
"""Who alone issues the international edition."""


def why_not_heard(core: CatalogueCore, signer: Originator, sector: Sector | None) -> str:
    """Return why an edition that came counts for nothing; empty where it counts.

    Args:
        sector: The signer's, as the directory has it; None where it is in no directory.
    """
    wrong = (problem.message for problem in (*_oversized(core), *_foreign(core)))
    return why_not_its_own(core, signer, sector) or next(wrong, "")


def why_not_its_own(core: CatalogueCore, signer: Originator, sector: Sector | None) -> str:
    """Return why an edition is not its signer's to issue; empty where it is.

    Args:
        sector: The signer's, as the directory has it; None where it is in no directory.
    """
    participant = participant_of(signer)
    if core.issuer != participant:
        return f"it names the issuer {core.issuer[:20]!r}, and is signed by {signer}"
    if participant == HUB:
        return "" if signer == EDITOR else f"only {EDITOR} issues the international edition, not {signer}"
    if sector is not Sector.REGULATOR:
        known_as = "in no directory" if sector is None else sector.word
        return f"a national edition is its regulator's to issue; {signer} is {known_as}"
    return ""


def edition_problems(core: CatalogueCore, known: Catalogue) -> tuple[Problem, ...]:
    """Return everything that is wrong with an edition.

    Args:
        known: What a national edition may speak of beside its own substances.
    """
    return (
        *problems_in(core),
        *_oversized(core),
        *_foreign(core),
        *_unknown(core, known),
        *_numbers(core.substances),
        *_periods(core),
    )


def _oversized(core: CatalogueCore) -> Problems:
    """Yield that an edition is larger than any list is: every reader would have to put it in order."""
    several = sum(len(one.names) for one in core.substances)
    if max(several, len(core.substances)) > MAX_CATALOGUE_NAMES:
        yield Problem("substances", "too-many", f"{several} names; an edition has at most {MAX_CATALOGUE_NAMES}")
    if len(core.statuses) > MAX_CATALOGUE_STATUSES:
        says = f"{len(core.statuses)} statuses; an edition has at most {MAX_CATALOGUE_STATUSES}"
        yield Problem("statuses", "too-many", says)
    for index, substance in enumerate(core.substances):
        if any(len(one.text) > MAX_SUBSTANCE_NAME for one in substance.names):
            says = f"a name has at most {MAX_SUBSTANCE_NAME} characters"
            yield Problem(f"substances[{index}].names", "too-long", says)


def _foreign(core: CatalogueCore) -> Problems:
    """Yield what a national edition says of others' substances and lists."""
    if core.issuer == HUB:
        return
    for index, substance in enumerate(core.substances):
        if not substance.id.startswith(f"{core.issuer}:"):
            says = f"{substance.id[:40]!r} is not {core.issuer}'s to describe: its own begin with {core.issuer}:"
            yield Problem(f"substances[{index}].id", "foreign", says)
    for index, status in enumerate(core.statuses):
        if status.scheme != core.issuer and not status.scheme.startswith(f"{core.issuer}-"):
            says = f"{status.scheme[:40]!r} is not {core.issuer}'s list: its own are {core.issuer} or {core.issuer}-…"
            yield Problem(f"statuses[{index}].scheme", "foreign", says)


def _unknown(core: CatalogueCore, known: Catalogue) -> Problems:
    here = {one.id for one in core.substances} | (set() if core.issuer == HUB else set(known.ids))
    for index, status in enumerate(core.statuses):
        if status.substance not in here:
            yield Problem(f"statuses[{index}].substance", "unknown-substance", f"there is no {status.substance[:40]!r}")
    for index, substance in enumerate(core.substances):
        for place, link in enumerate(substance.links):
            if link.to not in here:
                yield Problem(
                    f"substances[{index}].links[{place}].to", "unknown-substance", f"there is no {link.to[:40]!r}"
                )


def _numbers(substances: Sequence[CatalogueSubstance]) -> Problems:
    for index, substance in enumerate(substances):
        for place, one in enumerate(substance.cas):
            field = f"substances[{index}].cas[{place}].number"
            try:
                plain = check_cas(one.number)
                if plain != one.number:
                    yield Problem(field, BadCas.code, f"{one.number[:20]!r} is to be written {plain}")
            except BadCas as error:
                yield Problem(field, BadCas.code, str(error))
            if any(wrong.number == one.number for wrong in substance.confused):
                yield Problem(field, "contradiction", f"{one.number} is said to be only confused with its number")


def _periods(core: CatalogueCore) -> Problems:
    """Yield statuses of one substance and scheme that overlap: on a day it would have two."""
    for (_, before), (index, after) in _neighbours(core.statuses):
        if before.ends_on is None or before.ends_on > after.starts_on:
            says = f"{after.substance[:40]} is in {before.class_name[:20]} of {after.scheme[:20]} then"
            yield Problem(f"statuses[{index}].starts_on", "overlap", says)


def _neighbours(
    statuses: Sequence[CatalogueStatus],
) -> Iterator[tuple[tuple[int, CatalogueStatus], tuple[int, CatalogueStatus]]]:
    ordered = sorted(enumerate(statuses), key=lambda one: (one[1].substance, one[1].scheme, one[1].starts_on))
    for before, after in pairwise(ordered):
        if (before[1].substance, before[1].scheme) == (after[1].substance, after[1].scheme):
            yield before, after
