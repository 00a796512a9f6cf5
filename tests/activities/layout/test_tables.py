"""Tables: every cell in full, columns aligned, no list shown as one that does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from rich.cells import cell_len

from activities.layout.tables import (
    CELL_WIDTH,
    EDGE,
    MISSING,
    TABLE_WIDTH,
    find_fields,
    read_records,
    write_table,
)
from activities.layout.values import show_scalar

cells = st.text("abc中 é\u0301—", max_size=8) | st.integers(0, 9999) | st.none() | st.booleans()
tables = st.lists(st.dictionaries(st.sampled_from("abcdefgh"), cells, min_size=4), min_size=2, max_size=60)


def rows(text: str) -> list[list[str]]:
    return [[cell.strip(" ") for cell in line.split(EDGE)] for line in text.split("\n")]


@given(tables, st.integers(300, 3_000))
def test_every_cell_is_in_its_row_beneath_its_head(records: list[dict[str, JsonValue]], size: int) -> None:
    seen: dict[tuple[str, str], str] = {}
    for text in write_table(records, size):
        head, _, *lines = rows(text)
        for row, *line in lines:
            seen |= {
                (row, name): cell for name, cell in zip(head[1:], [*line, *[""] * len(head)], strict=False)
            }
    for number, record in enumerate(records, 1):
        for name in find_fields(records):
            shown = show_scalar(record[name]) if name in record else MISSING
            wanted = f'"{shown}"' if name in record and shown == MISSING else shown
            assert seen[str(number), name] == wanted.strip(" ")


@given(tables, st.integers(300, 3_000))
def test_a_table_is_no_larger_than_its_place(records: list[dict[str, JsonValue]], size: int) -> None:
    texts = write_table(records, size)
    assert max(map(len, texts)) <= size
    assert max(cell_len(line) for text in texts for line in text.split("\n")) <= TABLE_WIDTH


def test_columns_are_aligned_numbers_on_the_right() -> None:
    (text,) = write_table([{"to": "中国", "sum": 5}, {"to": "abc", "sum": 1200}], 500)
    assert text == "# │ to   │  sum\n──┼──────┼─────\n1 │ 中国 │    5\n2 │ abc  │ 1200"


def test_what_a_record_lacks_differs_from_all_that_it_could_say() -> None:
    (text,) = write_table([{"a": 1, "b": None}, {"a": 1}, {"a": 1, "b": ""}, {"a": 1, "b": "—"}], 500)
    assert [row[2] for row in rows(text)[2:]] == ["null", "—", '""', '"—"']


def test_columns_that_have_no_room_go_on_below() -> None:
    wide: list[dict[str, JsonValue]] = [{name: name * 30 for name in "abc"} for _ in range(2)]
    assert [rows(text)[0] for text in write_table(wide, 2_000)] == [["#", "a"], ["#", "b"], ["#", "c"]]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        [],
        [{"a": 1}],
        [{"a": 1}, 2],
        [{"a": 1}, {}],
        [{"a": 1}, {"b": 1, "c": 1}],
        [{"a": 1}, {"a": [1]}],
        [{"a": 1}, {"a": "one\ntwo"}],
        [{"a": 1}, {"a": "x" * (CELL_WIDTH + 1)}],
        [{"a": 1}, {"a": "x │ y"}],
        [{"a": 1}, {"a": "\u0301" * (CELL_WIDTH + 1)}],
        [{f"f{number}": 1 for number in range(31)}] * 2,
    ],
)
def test_a_list_that_no_table_can_show_in_full_is_none(value: JsonValue) -> None:
    assert read_records(value) == []


def test_a_list_of_alike_records_is_one() -> None:
    value: JsonValue = [{"a": 1, "b": 2}, {"a": 3}]
    assert read_records(value) == value
