"""Which requests a list shows, as somebody types it."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.filters import LONGEST, NO_AGE, NOBODY, Filter, FilterError, Scope, parse_filter, write_filter

plain_words = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters='"“”„‟«»', exclude_categories=("Z", "C")), min_size=1, max_size=12),
    min_size=1,
    max_size=3,
).map(" ".join)  # fmt: skip
filters = st.builds(
    Filter,
    scope=st.sampled_from(get_args(Scope)),
    policy=st.just("") | plain_words,
    requester=st.sampled_from(["", "U0BOB", "W012AB3CD"]),
    older=st.none() | st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
    words=st.just("") | plain_words.map(lambda words: f"a{words}"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Filter()),
        ("mine", Filter()),
        (" ASKED ", Filter(scope="asked")),
        ("all", Filter(scope="all")),
        ("history", Filter(scope="history")),
        ("policy large-transfer", Filter(scope="all", policy="large-transfer")),
        ('policy "big  deals"', Filter(scope="all", policy="big deals")),
        ("policy “big deals”", Filter(scope="all", policy="big deals")),
        ("policy all", Filter(scope="all", policy="all")),
        ("from <@U0BOB>", Filter(scope="all", requester="U0BOB")),
        ("from <@U0BOB|bob>", Filter(scope="all", requester="U0BOB")),
        ("older than 2d", Filter(scope="all", older=timedelta(days=2))),
        ("OLDER Than 1D12H", Filter(scope="all", older=timedelta(hours=36))),
        ("search invoice march", Filter(scope="all", words="invoice march")),
        ('search "invoice march"', Filter(scope="all", words="invoice march")),
        ('"invoice march"', Filter(scope="all", words="invoice march")),
        ("search from mine", Filter(scope="all", words="from mine")),
        ('"mine"', Filter(scope="all", words="mine")),
        (
            'mine policy a from <@U0BOB> older than 4h "b c"',
            Filter(policy="a", requester="U0BOB", older=timedelta(hours=4), words="b c"),
        ),
        (
            "older than 4h history search b",
            Filter(scope="history", older=timedelta(hours=4), words="b"),
        ),
    ],
)
def test_a_filter_is_what_it_says_in_any_order(text: str, expected: Filter) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("frobnicate", "`frobnicate` is no word of this command; to find it in titles, write search frobnicate."),
        ("mine invoice", "`invoice` is no word"),
        ("mine all", "`all` says again"),
        ("policy a policy b", "`policy` says again"),
        ('"a" "b"', "`b` says again"),
        ("policy", "After `policy` comes"),
        ('policy ""', "After `policy` comes"),
        ("from", NOBODY),
        ("from bob", NOBODY),
        ("from @bob", NOBODY),
        ("from <@B0BOT>", NOBODY),
        ("older", NO_AGE),
        ("older 2d", NO_AGE),
        ("older than", NO_AGE),
        ("older than yesterday", "`yesterday` is no span of time"),
        ("older than 0d", "longer than nothing"),
        ("older than 2 d", "`2` is no span"),
        ("search", "There is no word"),
        ("search ?!", "There is no word"),
        ('""', "There is no word"),
        ('"invoice', "A quotation mark has no partner"),
        ('invoice"', "A quotation mark has no partner"),
        (f"search {'x' * LONGEST}", "That is too long"),
        ("<!channel>", "`<!channel>` is no word"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_said_in_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert problem in str(caught.value)


@given(filters)
def test_a_filter_that_is_written_is_read_back(wanted: Filter) -> None:
    written = write_filter(wanted)
    if len(written) > LONGEST:
        with pytest.raises(FilterError):
            parse_filter(written)
    else:
        assert parse_filter(written) == wanted


def understand(text: str) -> Filter | str:
    """What a text is read as: a filter, or the sentence that says what is wrong with it."""
    try:
        return parse_filter(text)
    except FilterError as error:
        return str(error)


@given(
    st.text(max_size=120)
    | st.lists(
        st.sampled_from(
            ["mine", "policy", "from", "<@U0BOB>", "older", "than", "2d", "search", "x", '"', "“a b”"]
        ),
        max_size=9,
    ).map(" ".join)
)
@example('SEARCH""0')
@example('search ""')
def test_any_text_is_a_filter_or_a_sentence(text: str) -> None:
    wanted = understand(text)
    assert wanted
    if isinstance(wanted, Filter):
        assert parse_filter(write_filter(wanted)) == wanted
        assert len(write_filter(wanted)) <= LONGEST
