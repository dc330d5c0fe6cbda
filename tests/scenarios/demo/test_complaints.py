"""A demo that did not come out as it should says so, and ends with 1."""

import msgspec
import pytest

from broker.policy.table import Layer
from tocsin.demo.document import AuditResult, Document, Tried, View
from tocsin.demo.outcome import complaints_of
from tocsin.demo.views import LayerShare

_GOOD = Document(
    taken_in=3,
    refused=(),
    published=3,
    views=(View("NL/police", 1, 1, 1),),
    alerts=0,
    audit=AuditResult(messages=9, log_size=0, signatures=9, findings=0),
    tampering=(Tried("flip a byte", caught=True, code="body-mismatch"),),
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
    ],
)
def test_says_what_should_not_be_so(changes: dict[str, object], complaint: str) -> None:
    assert (complaint,) == complaints_of(msgspec.structs.replace(_GOOD, **changes), _LAYERS, is_sample=True)


@pytest.mark.parametrize(("is_sample", "count"), [(True, 1), (False, 0)])
def test_only_the_sample_data_has_to_touch_every_layer(is_sample: bool, count: int) -> None:
    layers = (*_LAYERS[:3], LayerShare(Layer.HOUSE, 0, None))
    assert count == len(complaints_of(_GOOD, layers, is_sample=is_sample))
