"""Who may see what: decision tables, the decision, its explanation and its proofs. Knows no record and no directory."""

from broker.policy.builtin import (
    community_table,
    marking_table,
    open_house_table,
    open_national_table,
    open_release_table,
)
from broker.policy.check import Remark, check_table
from broker.policy.decide import Decider, Decision, LayerOutcome, Obligation, SectionOutcome, Tables, decide
from broker.policy.explain import explain
from broker.policy.facts import Facts
from broker.policy.profile import Bounds, EffectiveMarking, Profile, Requested, apply_profile
from broker.policy.profile_text import parse_profile
from broker.policy.rule import Effect, Rule
from broker.policy.table import Layer, Table, format_table, parse_table, table_digest

__all__ = [
    "Bounds",
    "Decider",
    "Decision",
    "Effect",
    "EffectiveMarking",
    "Facts",
    "Layer",
    "LayerOutcome",
    "Obligation",
    "Profile",
    "Remark",
    "Requested",
    "Rule",
    "SectionOutcome",
    "Table",
    "Tables",
    "apply_profile",
    "check_table",
    "community_table",
    "decide",
    "explain",
    "format_table",
    "marking_table",
    "open_house_table",
    "open_national_table",
    "open_release_table",
    "parse_profile",
    "parse_table",
    "table_digest",
]
