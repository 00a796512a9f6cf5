"""What was asked a moment ago."""

import asyncio

import pytest

from activities.recall import MOST_KEPT, Recall


class Source:
    """Answers with how often it was asked, once it is let, and fails when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> int:
        self.asked += 1
        await self.gate.wait()
        if self.failing:
            raise ValueError("no answer")
        return self.asked


async def test_an_answer_is_kept_for_its_key() -> None:
    recall, source = Recall[int](60), Source()
    assert [await recall.ask("a", source), await recall.ask("a", source)] == [1, 1]
    assert await recall.ask("b", source) == 2


async def test_an_answer_is_not_kept_for_longer() -> None:
    recall, source = Recall[int](0), Source()
    assert [await recall.ask("a", source), await recall.ask("a", source)] == [1, 2]


async def test_a_failure_is_not_kept() -> None:
    recall, source = Recall[int](60), Source()
    source.failing = True
    with pytest.raises(ValueError, match="no answer"):
        await recall.ask("a", source)
    source.failing = False
    assert await recall.ask("a", source) == 2


async def test_who_asks_at_the_same_time_waits_for_one_answer() -> None:
    recall, source = Recall[int](60), Source()
    assert await asyncio.gather(*(recall.ask("a", source) for _ in range(5))) == [1] * 5


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    recall, source = Recall[int](60), Source()
    source.gate.clear()
    first, second = (asyncio.create_task(recall.ask("a", source)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.gate.set()
    assert await second == 1


async def test_old_answers_are_let_go_of_once_there_are_many() -> None:
    recall, source = Recall[int](0), Source()
    for key in range(3 * MOST_KEPT):
        await recall.ask(key, source)
    assert len(vars(recall)["_kept"]) <= MOST_KEPT


async def test_fresh_answers_are_kept_however_many_there_are() -> None:
    recall, source = Recall[int](60), Source()
    for key in range(2 * MOST_KEPT):
        await recall.ask(key, source)
    assert await recall.ask(0, source) == 1
