"""The books: they balance, each approval moves money once, and what is refused moves nothing."""

import math
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.ledger import OPENING, Ledger, LedgerActivities, LedgerError, Movement, parse_movement
from workflows.contracts import Receipt
from workflows.digest import digest
from workflows.ports import Transfer

EQUITY = "opening balances"
ACCOUNTS = tuple(OPENING)
TOTAL = sum(OPENING.values())
ARGUMENTS: dict[str, JsonValue] = {"amount": 250, "source": "checking", "target": "savings"}
SENTENCE = (
    "Moved 250.00 EUR from checking to savings. checking now holds 9,750.00 EUR, savings 25,250.00 EUR."
)
CRASH = """
import os, sys
from pathlib import Path
from activities.ledger import Ledger, Movement, _enter
ledger = Ledger(Path(sys.argv[1]))
with ledger._transaction() as db:
    _enter(db, "approval-1", "proof", "receipt", Movement(25_000, "checking", "savings"))
    os._exit(7)
"""

movements = st.builds(
    Movement,
    st.integers(1, 2_000_000),
    st.sampled_from([*ACCOUNTS, EQUITY, "nowhere"]),
    st.sampled_from([*ACCOUNTS, EQUITY, "nowhere"]),
).filter(lambda movement: movement.source != movement.target)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    return Ledger(path)


@pytest.fixture
def activities(ledger: Ledger) -> LedgerActivities:
    return LedgerActivities(ledger)


def build_transfer(approval_id: str = "approval-1", proof: str = "", **changes: Any) -> Transfer:
    arguments = ARGUMENTS | changes
    receipt = Receipt(approval_id=approval_id, digest=proof or digest("transfer_money", arguments))
    return Transfer(receipt=receipt, arguments=arguments)


def balances(ledger: Ledger) -> dict[str, Decimal]:
    return {account: ledger.balance(account) for account in ACCOUNTS}


def read_rows(path: Path, query: str) -> list[tuple[int, ...]]:
    db = sqlite3.connect(path)
    try:
        return cast(list[tuple[int, ...]], db.execute(query).fetchall())
    finally:
        db.close()


def check_books(path: Path) -> None:
    """Double entry: all of it sums to nothing, and so does each transfer's two sides."""
    assert read_rows(path, "SELECT SUM(cents) FROM entries") == [(0,)]
    sides = read_rows(path, "SELECT COUNT(*), SUM(cents) FROM entries GROUP BY transfer")
    assert set(sides) == {(2, 0)}
    assert read_rows(path, "SELECT COUNT(*) FROM transfers") == [(len(sides),)]


def test_a_new_ledger_opens_with_its_accounts_and_balanced_books(path: Path, ledger: Ledger) -> None:
    assert balances(ledger) == dict(OPENING)
    check_books(path)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), movements), max_size=12))
def test_the_books_balance_after_any_sequence_of_transfers(steps: list[tuple[str, Movement]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger, books, used = Ledger(path), dict(OPENING), dict[str, Movement]()
        for key, movement in steps:
            amount = Decimal(movement.cents) / 100
            known = {movement.source, movement.target} <= set(ACCOUNTS)
            may = key not in used and known and books[movement.source] >= amount
            try:
                ledger.move(key, repr(movement), movement)
            except LedgerError:
                assert used.get(key) != movement
                assert not may
            else:
                assert may or used[key] == movement
            if may:
                used[key] = movement
                books[movement.source] -= amount
                books[movement.target] += amount
            assert balances(ledger) == books
        assert sum(books.values()) == TOTAL
        assert min(books.values()) >= 0
        check_books(path)


def test_a_transfer_says_what_it_did(activities: LedgerActivities, ledger: Ledger) -> None:
    assert activities.transfer_money(build_transfer()) == SENTENCE
    assert balances(ledger) == {**OPENING, "checking": Decimal(9750), "savings": Decimal(25250)}


def test_the_same_approval_moves_money_once_and_answers_alike(
    activities: LedgerActivities, ledger: Ledger
) -> None:
    assert [activities.transfer_money(build_transfer()) for _ in range(3)] == [SENTENCE] * 3
    assert ledger.balance("checking") == Decimal(9750)


def test_the_answer_stays_the_same_though_the_balance_moved_on(activities: LedgerActivities) -> None:
    activities.transfer_money(build_transfer())
    activities.transfer_money(build_transfer("approval-2", amount=1))
    assert activities.transfer_money(build_transfer()) == SENTENCE


def test_two_approvals_of_the_same_transfer_move_it_twice(
    activities: LedgerActivities, ledger: Ledger
) -> None:
    activities.transfer_money(build_transfer())
    activities.transfer_money(build_transfer("approval-2"))
    assert ledger.balance("checking") == Decimal(9500)


def test_one_key_at_once_from_many_threads_moves_money_once(path: Path, ledger: Ledger) -> None:
    def run(_: int) -> str:
        return LedgerActivities(Ledger(path)).transfer_money(build_transfer())

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(run, range(16))) == {SENTENCE}
    assert ledger.balance("checking") == Decimal(9750)
    check_books(path)


def test_an_account_cannot_be_emptied_twice_by_threads(path: Path, ledger: Ledger) -> None:
    def run(number: int) -> str | None:
        try:
            ledger.move(f"approval-{number}", "proof", Movement(300_000, "payroll", "savings"))
        except LedgerError as error:
            return error.type
        return "moved"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(map(str, pool.map(run, range(8)))) == ["moved", *["overdraft"] * 7]
    assert ledger.balance("payroll") == Decimal(1000)
    check_books(path)


def test_many_may_open_a_new_file_at_once(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert [one.balance("payroll") for one in pool.map(Ledger, [path] * 8)] == [OPENING["payroll"]] * 8
    check_books(path)


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"amount": 10_000.01}, "overdraft", "checking holds only 10,000.00 EUR; nothing was moved."),
        ({"source": "slush"}, "unknown_account", "There is no account named 'slush'. There are: checking, "),
        ({"target": "slush"}, "unknown_account", "There is no account named 'slush'. There are: checking, "),
        ({"source": EQUITY}, "unknown_account", "There is no account named 'opening balances'."),
        ({"target": EQUITY}, "unknown_account", "There is no account named 'opening balances'."),
        ({"target": "checking"}, "invalid_account", "A transfer needs two different accounts, by name."),
        ({"source": 5}, "invalid_account", "A transfer needs two different accounts, by name."),
        ({"target": None}, "invalid_account", "A transfer needs two different accounts, by name."),
        ({"amount": 0}, "invalid_amount", "0 is no amount of money: it must be positive, to the cent."),
    ],
)
def test_a_refusal_is_final_says_why_and_moves_nothing(
    path: Path, ledger: Ledger, changes: dict[str, Any], kind: str, sentence: str
) -> None:
    with pytest.raises(LedgerError) as refused:
        LedgerActivities(ledger).transfer_money(build_transfer(**changes))
    assert (refused.value.type, refused.value.non_retryable) == (kind, True)
    assert refused.value.message.startswith(sentence)
    assert balances(ledger) == OPENING
    check_books(path)


def test_a_refused_key_may_still_be_used(activities: LedgerActivities) -> None:
    """A refusal leaves no trace, so once there is money the same approval can be carried out."""
    with pytest.raises(LedgerError):
        activities.transfer_money(build_transfer(amount=4_001, source="payroll"))
    activities.transfer_money(build_transfer("approval-2", target="payroll"))
    assert "payroll now holds 249.00 EUR" in activities.transfer_money(
        build_transfer(amount=4_001, source="payroll")
    )


def test_the_last_cent_may_be_moved(activities: LedgerActivities, ledger: Ledger) -> None:
    activities.transfer_money(build_transfer(amount=4_000, source="payroll"))
    assert ledger.balance("payroll") == 0


@pytest.mark.parametrize(
    "amount",
    [0, 0.0, -1, -0.01, 0.001, 10.005, math.nan, math.inf, -math.inf, 1e400, True, False, None, "", "much",
     "NaN", "sNaN", "Infinity", "-5", "0.001", [1], {"amount": 1}],
    ids=repr,
)  # fmt: skip
def test_what_is_no_amount_of_money_is_refused(amount: JsonValue) -> None:
    with pytest.raises(
        LedgerError, match="is no amount of money: it must be positive, to the cent"
    ) as refused:
        parse_movement(ARGUMENTS | {"amount": amount})
    assert refused.value.type == "invalid_amount"


@pytest.mark.parametrize("amount", ["1e999999", "1e1000000000000000000", "-1e999999", "1e9999"])
def test_an_amount_beyond_all_numbers_is_refused_like_any_other(amount: str) -> None:
    """Any other error would be taken for an outage and tried for ever, and large exponents take minutes."""
    with pytest.raises(LedgerError):
        parse_movement(ARGUMENTS | {"amount": amount})


@pytest.mark.parametrize(
    "amount", ["12.000000000000000000000000000000001", "0.0100000000000000000000000000000001"]
)
def test_an_amount_is_not_rounded_to_the_cent(amount: str) -> None:
    with pytest.raises(LedgerError):
        parse_movement(ARGUMENTS | {"amount": amount})


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(250, 25_000), (250.0, 25_000), (0.01, 1), (19.99, 1_999), (1234567.89, 123_456_789)],
)
def test_an_amount_is_taken_to_the_cent(amount: float, cents: int) -> None:
    assert parse_movement(ARGUMENTS | {"amount": amount}) == Movement(cents, "checking", "savings")


def test_an_amount_may_be_a_string() -> None:
    """So says the sentence that refuses numbers which JSON cannot hold exactly."""
    assert parse_movement(ARGUMENTS | {"amount": "12"}).cents == 1_200
    assert parse_movement(ARGUMENTS | {"amount": "12.34"}).cents == 1_234


@given(st.integers(1, 10**12))
def test_every_float_of_whole_cents_is_those_cents(cents: int) -> None:
    assert parse_movement(ARGUMENTS | {"amount": cents / 100}).cents == cents


@pytest.mark.parametrize("missing", ["amount", "source", "target"])
def test_nothing_is_guessed(missing: str) -> None:
    with pytest.raises(LedgerError):
        parse_movement({name: value for name, value in ARGUMENTS.items() if name != missing})


@pytest.mark.parametrize(
    ("approved", "done"),
    [
        (ARGUMENTS, {"amount": 251}),
        (ARGUMENTS, {"target": "payroll"}),
        (ARGUMENTS, {"memo": "more"}),
        (ARGUMENTS | {"memo": "more"}, {}),
        ({}, {}),
    ],
)
def test_what_was_not_approved_is_not_done(
    path: Path, ledger: Ledger, approved: dict[str, JsonValue], done: dict[str, Any]
) -> None:
    transfer = build_transfer(proof=digest("transfer_money", approved), **done)
    with pytest.raises(LedgerError, match="This is not what was approved, so nothing was moved") as refused:
        LedgerActivities(ledger).transfer_money(transfer)
    assert (refused.value.type, refused.value.non_retryable) == ("digest_mismatch", True)
    assert balances(ledger) == OPENING
    check_books(path)


def test_an_approval_of_another_action_moves_nothing(activities: LedgerActivities, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not what was approved"):
        activities.transfer_money(build_transfer(proof=digest("get_balance", ARGUMENTS)))
    assert balances(ledger) == OPENING


def test_a_key_serves_for_one_transfer_only(activities: LedgerActivities, ledger: Ledger) -> None:
    activities.transfer_money(build_transfer())
    with pytest.raises(LedgerError, match="approval-1 was already used for another transfer") as refused:
        activities.transfer_money(build_transfer(amount=1))
    assert refused.value.type == "key_reused"
    assert ledger.balance("checking") == Decimal(9750)


def test_a_key_of_the_ledgers_own_moves_nothing(activities: LedgerActivities, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="already used"):
        activities.transfer_money(build_transfer("opening checking"))
    assert balances(ledger) == OPENING


def test_a_balance_is_told_in_words(activities: LedgerActivities) -> None:
    assert activities.get_balance("checking") == "checking holds 10,000.00 EUR."


@pytest.mark.parametrize("account", ["slush", "", EQUITY, "checking'; DROP TABLE entries; --"])
def test_no_balance_of_what_is_no_account(activities: LedgerActivities, ledger: Ledger, account: str) -> None:
    with pytest.raises(LedgerError, match="There are: checking, savings, payroll"):
        activities.get_balance(account)
    assert balances(ledger) == OPENING


def test_a_file_opened_again_holds_everything(path: Path, activities: LedgerActivities) -> None:
    activities.transfer_money(build_transfer())
    reopened = Ledger(path)
    assert reopened.balance("checking") == Decimal(9750)
    assert LedgerActivities(reopened).transfer_money(build_transfer()) == SENTENCE
    assert reopened.balance("checking") == Decimal(9750)
    check_books(path)


def test_a_process_that_dies_within_a_transfer_leaves_nothing_of_it(path: Path, ledger: Ledger) -> None:
    died = subprocess.run(
        [sys.executable, "-c", CRASH, str(path)], check=False, cwd=Path(__file__).parents[2]
    )
    assert died.returncode == 7
    assert balances(ledger) == OPENING
    check_books(path)
    assert LedgerActivities(ledger).transfer_money(build_transfer()) == SENTENCE


def test_a_transfer_that_fails_halfway_leaves_nothing_of_it(path: Path, ledger: Ledger) -> None:
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TRIGGER strike BEFORE INSERT ON entries WHEN NEW.account = 'savings' "
        "BEGIN SELECT RAISE(ABORT, 'disk on fire'); END"
    )
    db.close()
    with pytest.raises(sqlite3.IntegrityError, match="disk on fire"):
        ledger.move("approval-1", "proof", Movement(25_000, "checking", "savings"))
    assert balances(ledger) == OPENING
    check_books(path)
