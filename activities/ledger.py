"""The accounts: double entry in SQLite, each approval moving money once."""

import re
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.text import cut
from workflows.digest import digest
from workflows.ports import LedgerPort, Transfer

CURRENCY = "EUR"
OPENING: Mapping[str, Decimal] = {
    "checking": Decimal("10000.00"),
    "savings": Decimal("25000.00"),
    "payroll": Decimal("4000.00"),
}
"""The accounts of a new ledger and what they open with."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS transfers (key TEXT PRIMARY KEY, digest TEXT NOT NULL, receipt TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
  transfer TEXT NOT NULL REFERENCES transfers (key),
  account TEXT NOT NULL REFERENCES accounts (name),
  cents INTEGER NOT NULL,
  PRIMARY KEY (transfer, account)
);
"""
AMOUNT_SHOWN = 40
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?", re.ASCII)
_EQUITY = "opening balances"
_BUSY_SECONDS = 10


class LedgerError(ApplicationError):
    """The ledger refuses; trying again would change nothing."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message, type=kind, non_retryable=True)


class Movement(NamedTuple):
    """Money on its way, in cents."""

    cents: int
    source: str
    target: str


class Ledger:
    """The accounts in one file."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it and its accounts where they are missing."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as db:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            if not db.execute("SELECT 1 FROM accounts").fetchone():
                _open_accounts(db)

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, isolation_level=None, timeout=_BUSY_SECONDS)
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # an unfinished transaction is rolled back

    def balance(self, account: str) -> Decimal:
        """What an account holds.

        Raises:
            LedgerError: there is no such account.
        """
        with self._transaction() as db:
            return Decimal(_held(db, account)) / 100

    def move(self, key: str, proof: str, movement: Movement) -> str:
        """Move money once per key, and answer with a sentence; the same key answers with the same sentence.

        Raises:
            LedgerError: unknown account, not enough money, or the key was used for something else.
        """
        with self._transaction() as db:
            known = db.execute("SELECT digest, receipt FROM transfers WHERE key = ?", (key,)).fetchone()
            if known and known[0] != proof:
                raise LedgerError(f"{key} was already used for another transfer.", "key_reused")
            return str(known[1]) if known else _record(db, key, proof, movement)


def _open_accounts(db: sqlite3.Connection) -> None:
    db.executemany("INSERT INTO accounts VALUES (?)", [(name,) for name in (*OPENING, _EQUITY)])
    for name, amount in OPENING.items():
        _enter(db, f"opening {name}", "", "", Movement(int(amount * 100), _EQUITY, name))


def _held(db: sqlite3.Connection, account: str) -> int:
    if account == _EQUITY or not db.execute("SELECT 1 FROM accounts WHERE name = ?", (account,)).fetchone():
        raise LedgerError(
            f"There is no account named {account!r}. There are: {', '.join(OPENING)}.", "unknown_account"
        )
    row = db.execute("SELECT COALESCE(SUM(cents), 0) FROM entries WHERE account = ?", (account,)).fetchone()
    return int(row[0])


def _record(db: sqlite3.Connection, key: str, proof: str, movement: Movement) -> str:
    held, other = _held(db, movement.source), _held(db, movement.target)
    if held < movement.cents:
        raise LedgerError(f"{movement.source} holds only {_money(held)}; nothing was moved.", "overdraft")
    receipt = (
        f"Moved {_money(movement.cents)} from {movement.source} to {movement.target}. "
        f"{movement.source} now holds {_money(held - movement.cents)}, "
        f"{movement.target} {_money(other + movement.cents)}."
    )
    _enter(db, key, proof, receipt, movement)
    return receipt


def _enter(db: sqlite3.Connection, key: str, proof: str, receipt: str, movement: Movement) -> None:
    db.execute("INSERT INTO transfers VALUES (?, ?, ?)", (key, proof, receipt))
    sides = [(key, movement.source, -movement.cents), (key, movement.target, movement.cents)]
    db.executemany("INSERT INTO entries VALUES (?, ?, ?)", sides)


def _money(cents: int) -> str:
    return f"{Decimal(cents) / 100:,.2f} {CURRENCY}"


def parse_movement(arguments: Mapping[str, JsonValue]) -> Movement:
    """The arguments of a transfer, checked.

    Raises:
        LedgerError: an amount that is no positive number of cents, or one account on both sides.
    """
    amount, source, target = (arguments.get(name) for name in ("amount", "source", "target"))
    if not isinstance(source, str) or not isinstance(target, str) or source == target:
        raise LedgerError("A transfer needs two different accounts, by name.", "invalid_account")
    cents = int(Decimal(str(amount)) * 100) if _AMOUNT.fullmatch(str(amount)) else 0
    if cents <= 0:
        shown = cut(repr(amount), AMOUNT_SHOWN)
        raise LedgerError(
            f"{shown} is no amount of money: it must be positive, to the cent.", "invalid_amount"
        )
    return Movement(cents, source, target)


class LedgerActivities(LedgerPort):
    """The ledger port. A transfer is gated: its receipt must be for exactly these arguments."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @activity.defn
    def get_balance(self, account: str) -> str:
        """The balance of an account, in words."""
        return f"{account} holds {_money(int(self._ledger.balance(account) * 100))}."

    @activity.defn
    def transfer_money(self, transfer: Transfer) -> str:
        """Move money once per approval.

        Raises:
            LedgerError: what would be done is not what was approved, or the ledger refuses.
        """
        proof = digest("transfer_money", transfer.arguments)
        if proof != transfer.receipt.digest:
            raise LedgerError("This is not what was approved, so nothing was moved.", "digest_mismatch")
        return self._ledger.move(transfer.receipt.approval_id, proof, parse_movement(transfer.arguments))
