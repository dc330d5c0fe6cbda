"""A demo that did not come out as it should says so, and ends with 1."""

import pytest
from msgspec.structs import replace

from broker.policy.table import Layer
from tocsin.demo.document import (
    AuditResult,
    Document,
    Evidence,
    EvidenceStep,
    Holder,
    Log,
    Permission,
    Recalled,
    Sealing,
    Tried,
    Verdicts,
    View,
)
from tocsin.demo.outcome import complaints_of
from tocsin.demo.views import LayerShare

_PERMISSION = Permission(
    message="PT/police/1#3",
    reader="NL/police",
    author="PT/police",
    says="Not to be passed on.",
    request="NL/police/1#5",
    grant="PT/police/1#5",
    exported=True,
)
_HOLDER = Holder(reader="NL/police", withdrawn=True, content_gone=True, keys_gone=True, receipt=True)
_RECALL = Recalled(
    message="PT/police/1#3", by="PT/police", recall="PT/police/1#7", holders=(_HOLDER,), receipts=1, missing=0
)
_SEALING = Sealing(sections=9, sealed=8, opened_without_keys=0, uninvited="XZ", invited=2, opened_by_uninvited=2)
_LOG = Log(
    size=9,
    checkpoint="demo/log\n9\n…",
    witnesses=("demo/witness/BE", "demo/witness/NL"),
    quorum=2,
    assurance={"received": 0, "logged": 0, "witnessed": 5},
)
_EVIDENCE = Evidence(
    message="PT/police/1#3",
    steps=(EvidenceStep("log", "passed", "It is leaf 7."), EvidenceStep("decision", "passed", "Decided again.")),
    verdicts=Verdicts(tocsin=True, independent=True),
)
_GOOD = Document(
    taken_in=3,
    refused=(),
    published=3,
    views=(View("NL/police", 1, 1, 1),),
    alerts=0,
    audit=AuditResult(messages=9, log_size=9, signatures=9, findings=0, witnesses=2),
    tampering=(Tried("flip a byte", caught=True, code="body-mismatch"),),
    sealing=_SEALING,
    permission=_PERMISSION,
    recall=_RECALL,
    log=_LOG,
    evidence=_EVIDENCE,
)
_LAYERS = tuple(LayerShare(layer, 1, None) for layer in Layer)


def test_has_nothing_to_say_about_a_demo_that_came_out_well() -> None:
    assert () == complaints_of(_GOOD, _LAYERS, is_sample=True)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"published": 4}, "NL/police was not decided about for every report"),
        ({"audit": AuditResult(9, 9, 9, 2)}, "the audit of the untouched record has 2 findings"),
        ({"tampering": (Tried("flip a byte", caught=False, code=""),)}, "nobody noticed: flip a byte"),
        (
            {"sealing": replace(_SEALING, opened_without_keys=1)},
            "something sealed could be read without having been released",
        ),
        (
            {"sealing": replace(_SEALING, opened_by_uninvited=3)},
            "something sealed could be read without having been released",
        ),
        ({"permission": None}, "no export was refused"),
        (
            {"permission": replace(_PERMISSION, exported=False)},
            "a grant was asked for, and the export is still refused",
        ),
        (
            {"recall": replace(_RECALL, holders=(replace(_HOLDER, withdrawn=False),))},
            "PT/police/1#3 was taken back and is still at NL/police",
        ),
        (
            {"recall": replace(_RECALL, holders=(replace(_HOLDER, content_gone=False),))},
            "PT/police/1#3 was taken back and is still at NL/police",
        ),
        (
            {"recall": replace(_RECALL, holders=(replace(_HOLDER, keys_gone=False),))},
            "PT/police/1#3 was taken back and is still at NL/police",
        ),
        ({"recall": replace(_RECALL, missing=2)}, "2 holders of PT/police/1#3 have sent no receipt for its removal"),
        ({"log": None}, "reports were published, and the log is empty"),
        ({"log": replace(_LOG, witnesses=("demo/witness/BE",))}, "1 witnesses cosigned the log, and it takes 2"),
        (
            {"log": replace(_LOG, assurance={"received": 1, "logged": 2, "witnessed": 5})},
            "3 messages in inboxes are not witnessed",
        ),
        ({"audit": AuditResult(9, 8, 9, 0)}, "the log has size 9, and the audit checked 8"),
        ({"evidence": None}, "reports were published, and no evidence file was made of any"),
        (
            {"evidence": replace(_EVIDENCE, verdicts=Verdicts(tocsin=True, independent=False))},
            "the two verifiers of the evidence file about PT/police/1#3 do not agree on the whole",
        ),
        (
            {
                "evidence": replace(
                    _EVIDENCE,
                    steps=(EvidenceStep("log", "failed", "It is not in it."),),
                    verdicts=Verdicts(tocsin=False, independent=False),
                )
            },
            "the evidence file about PT/police/1#3 does not hold: log",
        ),
    ],
)
def test_says_what_should_not_be_so(changes: dict[str, object], complaint: str) -> None:
    assert (complaint,) == complaints_of(replace(_GOOD, **changes), _LAYERS, is_sample=True)


@pytest.mark.parametrize(("is_sample", "count"), [(True, 1), (False, 0)])
def test_only_the_sample_data_has_to_touch_every_layer(is_sample: bool, count: int) -> None:
    layers = (*_LAYERS[:-1], LayerShare(Layer.RELEASE, 0, None))
    assert count == len(complaints_of(_GOOD, layers, is_sample=is_sample))


def test_a_second_verifier_that_could_not_be_tried_is_no_complaint() -> None:
    document = replace(_GOOD, evidence=replace(_EVIDENCE, verdicts=Verdicts(tocsin=True, independent=None)))
    assert () == complaints_of(document, _LAYERS, is_sample=True)


def test_verifiers_that_see_one_step_differently_are_named_with_it() -> None:
    complaint = "the two verifiers of the evidence file about PT/police/1#3 do not agree on log"
    assert (complaint,) == complaints_of(_GOOD, _LAYERS, is_sample=True, disagreed=("log",))


def test_a_log_that_nobody_is_appointed_to_witness_needs_no_cosignatures() -> None:
    alone = replace(_LOG, witnesses=(), quorum=0, assurance={"received": 0, "logged": 5, "witnessed": 0})
    assert () == complaints_of(replace(_GOOD, log=alone), _LAYERS, is_sample=True)
