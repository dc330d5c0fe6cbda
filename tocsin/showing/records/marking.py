"""What may be done with a message, and by whom."""

from collections.abc import Iterator
from typing import Final

from broker.records.marking import InformationEvaluation, Marking, SourceEvaluation
from tocsin.showing.plain import plain
from tocsin.showing.records.line import Line, day_or_time, joined, word_of

_SOURCES: Final = {
    SourceEvaluation.A: "source trusted",
    SourceEvaluation.B: "source mostly reliable",
    SourceEvaluation.C: "source mostly unreliable",
    SourceEvaluation.X: "source cannot be judged",
}
_INFORMATION: Final = {
    InformationEvaluation.I1: "known to be true",
    InformationEvaluation.I2: "known to the source itself",
    InformationEvaluation.I3: "corroborated",
    InformationEvaluation.I4: "not corroborated",
}


def marking_lines(marking: Marking) -> Iterator[Line]:
    """Yield what may be done with a message, and by whom."""
    if marking.handling:
        codes = ", ".join(code.word for code in marking.handling)
        yield Line("handling", plain(f"{codes} {marking.handling_text}").strip())
    yield Line("purposes", ", ".join(purpose.word for purpose in marking.purposes))
    yield Line("evaluation", f"{_evaluation(marking)}; basis: {word_of(marking.basis)}")
    yield from joined("to", [plain(name) for name in marking.recipients])
    yield from joined("not to", [plain(name) for name in marking.excluded])
    for label, when in (("not before", marking.release_after), ("purge by", marking.retain_until)):
        if when is not None:
            yield Line(label, day_or_time(when))


def _evaluation(marking: Marking) -> str:
    """Return the two marks of the 4×4 system and what they mean: a tired reader does not know them by heart."""
    source, information = marking.source_evaluation, marking.information_evaluation
    said = [_SOURCES.get(source, "source not known"), _INFORMATION.get(information, "information not known")]
    return f"{source.word}{information.word} ({', '.join(said)})"
