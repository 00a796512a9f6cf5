"""Zones as Slack names them."""

import pytest

from bot.zones import UNZONED, known_zone


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "\x00", 7, "Europe", "x" * 999])
def test_a_zone_that_does_not_exist_is_utc(name: object) -> None:
    assert known_zone(name) == UNZONED


def test_a_zone_is_found_by_its_name() -> None:
    assert known_zone("Europe/Berlin") == "Europe/Berlin"
