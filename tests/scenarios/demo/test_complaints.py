"""A demo that did not come out as it should says so, and ends with 1."""

import pytest
from msgspec.structs import replace

from broker.policy.table import Layer
from tocsin.demo.document import AuditResult, Document, Holder, Permission, Recalled, Sealing, Tried, View
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
_GOOD = Document(
    taken_in=3,
    refused=(),
    published=3,
    views=(View("NL/police", 1, 1, 1),),
    alerts=0,
    audit=AuditResult(messages=9, log_size=0, signatures=9, findings=0),
    tampering=(Tried("flip a byte", caught=True, code="body-mismatch"),),
    sealing=_SEALING,
    permission=_PERMISSION,
    recall=_RECALL,
)
_LAYERS = tuple(LayerShare(layer, 1, None) for layer in Layer)


def test_has_nothing_to_say_about_a_demo_that_came_out_well() -> None:
    assert () == complaints_of(_GOOD, _LAYERS, is_sample=True)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"published": 4}, "NL/police was not decided about for every report"),
        ({"audit": AuditResult(9, 0, 9, 2)}, "the audit of the untouched record has 2 findings"),
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
    ],
)
def test_says_what_should_not_be_so(changes: dict[str, object], complaint: str) -> None:
    assert (complaint,) == complaints_of(replace(_GOOD, **changes), _LAYERS, is_sample=True)


@pytest.mark.parametrize(("is_sample", "count"), [(True, 1), (False, 0)])
def test_only_the_sample_data_has_to_touch_every_layer(is_sample: bool, count: int) -> None:
    layers = (*_LAYERS[:-1], LayerShare(Layer.RELEASE, 0, None))
    assert count == len(complaints_of(_GOOD, layers, is_sample=is_sample))
