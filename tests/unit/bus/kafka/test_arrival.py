import asyncio

import pytest

from broker.bus.kafka.arrival import Arrival

Answer = dict[str, list[int]]


class Library:
    """Answers a question when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers: asyncio.Queue[Answer | Exception] = asyncio.Queue()

    async def getmany(self, *places: str, timeout_ms: float, max_records: int) -> Answer:
        assert places
        assert timeout_ms > 0
        assert 1 == max_records
        self.asked += 1
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def answered(library: Library, answer: Answer | Exception) -> Arrival:
    woken = asyncio.Event()
    arrival = Arrival(woken.set)
    arrival.expect(library, ["a"], stamp=1)
    library.answers.put_nowait(answer)
    await woken.wait()
    return arrival


async def test_wakes_when_it_is_answered_and_gives_the_answer_once() -> None:
    arrival = await answered(Library(), {"a": [7]})
    assert arrival.is_there
    assert [{"a": [7]}, {}] == [arrival.take(stamp=1), arrival.take(stamp=1)]


async def test_keeps_an_answer_that_came_under_other_circumstances_for_the_caller_to_judge() -> None:
    arrival = await answered(Library(), {"a": [7]})
    assert ({"a": [7]}, 1) == (arrival.take(stamp=2), arrival.stamp)


async def test_raises_what_the_library_did_once() -> None:
    arrival = await answered(Library(), ValueError("damaged"))
    with pytest.raises(ValueError, match="damaged"):
        arrival.take(stamp=1)
    assert {} == arrival.take(stamp=1)


async def test_asks_one_question_at_a_time_and_withdraws_one_that_is_out_of_date() -> None:
    library = Library()
    arrival = Arrival(lambda: None)
    for stamp in (1, 1, 2, 2):
        arrival.take(stamp=stamp)
        arrival.expect(library, ["a"], stamp=stamp)
        await asyncio.sleep(0)
    assert 2 == library.asked
    await arrival.withdraw()
    assert not arrival.is_there


async def test_asks_nothing_about_no_topics() -> None:
    arrival = Arrival(lambda: None)
    arrival.expect(Library(), [], stamp=1)
    assert {} == arrival.take(stamp=1)
