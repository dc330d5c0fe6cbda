"""The substance catalogue: names, numbers, relations, and the status under each scheme as of a date."""

from broker.catalogue.cas import CasProblem, CasQuestion, cas_questions, check_cas
from broker.catalogue.catalogue import Catalogue, catalogue_of
from broker.catalogue.matching import Candidate, Certainty, Match, match_name
from broker.catalogue.shipped import shipped_catalogue, shipped_edition
from broker.catalogue.standing import Scheduled, Standing, StandingCertainty

__all__ = [
    "Candidate",
    "CasProblem",
    "CasQuestion",
    "Catalogue",
    "Certainty",
    "Match",
    "Scheduled",
    "Standing",
    "StandingCertainty",
    "cas_questions",
    "catalogue_of",
    "check_cas",
    "match_name",
    "shipped_catalogue",
    "shipped_edition",
]
