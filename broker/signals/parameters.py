"""What early warning goes by. All of it is shown with each signal."""

from datetime import timedelta
from typing import Final

import msgspec

from broker.signals.periods import Grain
from broker.types.vocabulary import Word


class Method(Word):
    """How counts are judged. ``AUTO`` is Farrington flexible where there are three years of past, else EARS C2."""

    AUTO = "AUTO"
    EARS_C1 = "EARS_C1"
    EARS_C2 = "EARS_C2"
    EARS_C3 = "EARS_C3"
    FARRINGTON = "FARRINGTON"

    @property
    def number(self) -> int:
        """Which of the three EARS methods it is; C2 where it is none."""
        return {Method.EARS_C1: 1, Method.EARS_C3: 3}.get(self, 2)


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of all methods; each has its unit in its name, or says it.

    Attributes:
        grain: Steps in which EARS counts; Farrington always counts weeks.
        least_count: Below this many incidents in one step nothing is unusual.
        complete: A step is judged once this share of its incidents is known, by the delays of the past.
        assumed_delay: Where too few delays are known, a step is judged so long after its end.
        least_delays: Delays that have to be known.
        delay_horizon: Delays of incidents younger than this are not used: of these only the quick ones are here.
        history_after: What is received later than this after it happened is history, and no news.
        least_history: Incidents that have to be known before anything can be called new.
        least_amounts: Amounts of a substance in one measure that have to be known before another can be unusual.
        unusual_score: Modified z-score above which an amount is unusual.
        least_spread: Median absolute deviation, in decimal logarithms, below which it is taken for this.
        least_routes: Incidents of a substance with a route that have to be known before another can be new.
        least_texts: The same for concealments and declarations.
        least_evidence: Incidents in the window that have to have the same new word.
    """

    method: Method = Method.AUTO
    grain: Grain = Grain.WEEK
    least_count: int = 3
    complete: float = 0.8
    assumed_delay: timedelta = timedelta(days=28)
    least_delays: int = 20
    delay_horizon: timedelta = timedelta(days=180)
    history_after: timedelta = timedelta(days=365)
    least_history: int = 20
    least_amounts: int = 8
    unusual_score: float = 3.5
    least_spread: float = 0.1
    least_routes: int = 5
    least_texts: int = 10
    least_evidence: int = 2


USUAL: Final = Parameters()
