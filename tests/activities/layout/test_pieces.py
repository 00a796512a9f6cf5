"""Pieces and pages: everything in order, nothing larger than its place, and whatever goes on says of what."""

from hypothesis import given
from hypothesis import strategies as st

from activities.blocks import PREFORMATTED_LENGTH, render
from activities.layout.pieces import (
    OVERHEAD,
    PAGE_LENGTH,
    PAGE_PIECES,
    RULE,
    cut_text,
    join_parts,
    pack_pages,
    render_page,
)
from tests.layouts import box, titles

lengths = st.lists(st.integers(0, 20_000), max_size=80)


@given(lengths)
def test_all_pieces_are_packed_in_order_and_no_page_is_too_long(sizes: list[int]) -> None:
    pieces = [piece for size in sizes for piece in cut_text("x", "", "a" * size, "code")]
    pages = pack_pages(pieces)
    assert [piece for page in pages for piece in page] == pieces
    assert all(sum(piece.size for piece in page) <= PAGE_LENGTH for page in pages)
    assert all(len(page) <= PAGE_PIECES for page in pages)


def test_of_nothing_there_is_one_page() -> None:
    assert pack_pages([]) == [[]]


@given(st.text("ab\n", max_size=200), st.integers(1, 60))
def test_the_pieces_of_a_text_are_the_text_again(text: str, times: int) -> None:
    pieces = cut_text("x", "", text * times, "code")
    joined = "".join(box(one) if one.torn or not one.follows else f"\n{box(one)}" for one in pieces)
    assert joined == (text * times or " ")
    assert max(len(box(one)) for one in pieces) <= PREFORMATTED_LENGTH


def test_a_section_that_goes_on_has_its_title_again_on_the_next_page() -> None:
    pages = pack_pages(cut_text("memo", "long", "a" * 99 + "\n" + ("b" * 99 + "\n") * 200, "words"))
    assert len(pages) > 1
    assert titles(pages) == ["memo  long", *["memo  continued"] * (len(pages) - 1)]


def test_where_a_line_is_torn_that_is_said() -> None:
    assert titles([cut_text("memo", "", "a" * 2 * PREFORMATTED_LENGTH, "code")]) == [
        "memo",
        "memo  the same line goes on",
    ]


def test_parts_that_are_complete_follow_without_a_title() -> None:
    assert titles([join_parts("memo", "2 records", ["a", "b"], "code")]) == ["memo  2 records"]


def test_a_rule_is_a_line() -> None:
    assert [block["type"] for block in render(render_page([RULE]))] == ["divider"]


def test_small_pieces_count_for_more_than_their_text() -> None:
    assert cut_text("", "", "a", "code")[0].size == 1 + OVERHEAD
