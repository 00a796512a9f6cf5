"""Lists of flat records as aligned text. Slack shows its own tables in messages only, not in modals."""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue
from rich.cells import cell_len

from activities.layout.values import is_scalar, show_scalar
from activities.text import show_label, split_pages

CELL_WIDTH = 36
TABLE_WIDTH = 66
"""How wide a table may be before its columns go on below: a modal's line of code has room for little more."""
MOST_COLUMNS = 30
FEWEST_RECORDS = 2
MISSING = "—"
"""What stands where a record lacks a field that others have; a text that is just this is shown in quotes."""
EDGE, CROSS, RULE = " │ ", "─┼─", "─"

Record = dict[str, JsonValue]


class Column(NamedTuple):
    """The cells of a column, its head first; numbers stand on the right, one below the other."""

    cells: list[str]
    numeric: bool

    @property
    def width(self) -> int:
        """How wide its widest cell is on the screen."""
        return max(map(cell_len, self.cells))

    def padded(self) -> list[str]:
        """The cells, all as wide as the widest."""
        blanks = [" " * (self.width - cell_len(cell)) for cell in self.cells]
        pairs = zip(self.cells, blanks, strict=True)
        return [f"{blank}{cell}" if self.numeric else f"{cell}{blank}" for cell, blank in pairs]


def read_records(value: JsonValue) -> list[Record]:
    """The records of a list that a table can show in full; none where it is no such list."""
    records = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(records) != len(value) or len(records) < FEWEST_RECORDS:
        return []
    fields = find_fields(records)
    alike = len(fields) <= MOST_COLUMNS and all(2 * len(record) >= len(fields) > 0 for record in records)
    return records if alike and _all_fit(records, fields) else []


def find_fields(records: Sequence[Record]) -> list[str]:
    """All fields of the records, in the order in which they appear."""
    return list(dict.fromkeys(name for record in records for name in record))


def _all_fit(records: Sequence[Record], fields: Sequence[str]) -> bool:
    values = [value for record in records for value in record.values()]
    return all(map(is_scalar, values)) and all(
        map(_is_cell, [*map(show_label, fields), *map(show_scalar, values)])
    )


def _is_cell(shown: str) -> bool:
    width = max(
        cell_len(shown), len(shown)
    )  # what is combined takes no room on the screen, but in Slack's limits
    return "\n" not in shown and "│" not in shown and width <= CELL_WIDTH


def write_table(records: Sequence[Record], size: int) -> list[str]:
    """The records as texts of at most `size` characters: columns side by side as far as they fit, each with its head."""
    numbers = Column(["#", *(str(number) for number in range(1, len(records) + 1))], numeric=True)
    columns = [_write_column(name, records) for name in find_fields(records)]
    groups = _group_columns(columns, TABLE_WIDTH - numbers.width)
    return [text for group in groups for text in _write_rows([numbers, *group], size)]


def _write_column(name: str, records: Sequence[Record]) -> Column:
    values = [record[name] for record in records if name in record]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return Column([show_label(name), *(_write_cell(record, name) for record in records)], numeric)


def _write_cell(record: Record, name: str) -> str:
    if name not in record:
        return MISSING
    shown = show_scalar(record[name])
    return f'"{shown}"' if shown == MISSING else shown


def _group_columns(columns: Sequence[Column], room: int) -> list[list[Column]]:
    groups: list[list[Column]] = [[]]
    left = room
    for column in columns:
        needed = column.width + len(EDGE)
        if needed > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(column)
        left -= needed
    return groups


def _write_rows(columns: Sequence[Column], size: int) -> list[str]:
    """Each text begins with the head, so that every page says what its columns are."""
    rule = CROSS.join(RULE * column.width for column in columns)
    head, *rows = [
        EDGE.join(cells).rstrip(" ") for cells in zip(*(column.padded() for column in columns), strict=True)
    ]
    top = f"{head}\n{rule}\n"
    return [top + page.removesuffix("\n") for page in split_pages("\n".join(rows), size - len(top))]
