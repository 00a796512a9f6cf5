"""The policy file in a running worker: read at the start, read anew on SIGHUP and on change, never replaced by a bad one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from activities.plans import Shelf
from activities.rules.rulebook import LoadError, Rulebook, load_rulebook
from bot.agents import AgentError
from bot.reload import Follower, follow_policies, read_policies
from bot.settings import Settings
from tests.harness import eventually

GOOD = """
policies:
  - name: {name}
    stages: [{{name: approval, approvers: [{{channel: C0APPROVALS}}], deadline: 1h}}]
"""


def make_settings(path: Path | None) -> Settings:
    values: dict[str, Any] = {
        "countersign_approvals_channel": "C0APPROVALS",
        "countersign_outcomes_channel": "C0OUTCOMES",
        "countersign_policies": path,
    }
    return Settings.model_validate(values)


def accept(rulebook: Rulebook) -> None:
    """No agent has anything against it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "countersign.yaml"
    file.write_text(GOOD.format(name="old"))
    return file


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[capture], cache_logger_on_first_use=False)
    yield capture
    structlog.configure(**before)


def remove(path: Path) -> None:
    path.unlink()


def put(path: Path, text: str) -> None:
    path.write_text(text)


def put_quietly(path: Path, text: str) -> None:
    """Another text of the same length and time."""
    stamp = path.stat()
    path.write_text(text)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def put_aside(path: Path, text: str) -> None:
    """As editors and configuration tools do it: another file takes the name, here with the same length and time."""
    stamp, fresh = path.stat(), path.with_suffix(".new")
    fresh.write_text(text)
    os.utime(fresh, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    fresh.rename(path)


def put_through_link(folder: Path, text: str, revision: str) -> None:
    """As Kubernetes updates a mounted ConfigMap: the link `..data` is swapped for one to a new folder."""
    fresh, link = folder / revision, folder / "..data_tmp"
    fresh.mkdir()
    (fresh / "countersign.yaml").write_text(text)
    link.symlink_to(revision)
    link.rename(folder / "..data")


def name(shelf: Shelf) -> str:
    return shelf.rulebook.rules[0].name


def said(logged: LogCapture, event: str) -> list[str]:
    return [str(one.get("problem", "")) for one in logged.entries if one["event"].startswith(event)] or []


def test_without_a_file_the_built_in_policy_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert name(Shelf(read_policies(make_settings(None)))) == "built-in"


def test_a_file_of_the_usual_name_is_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert name(Shelf(read_policies(make_settings(None)))) == "old"


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    """Else a typing error in a path would put the built-in policy in force."""
    with pytest.raises(LoadError, match="cannot be read"):
        read_policies(make_settings(tmp_path / "absent.yaml"))


async def test_a_changed_file_is_in_force_soon(path: Path) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept) as shelf:
        put(path, GOOD.format(name="newer"))
        await eventually(lambda: name(shelf) == "newer" or None)


async def test_a_file_that_takes_the_other_s_place_is_in_force_soon(path: Path) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept) as shelf:
        put_aside(path, GOOD.format(name="new"))
        await eventually(lambda: name(shelf) == "new" or None)


async def test_sighup_reads_the_file_though_it_looks_unchanged(path: Path) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept) as shelf:
        put_quietly(path, GOOD.format(name="new"))
        os.kill(os.getpid(), signal.SIGHUP)
        await eventually(lambda: name(shelf) == "new" or None)


@pytest.mark.parametrize("spoil", ["policies: [", "", "policies:\n  - name: x\n"])
async def test_a_bad_file_keeps_the_old_policies_and_says_so(
    path: Path, logged: LogCapture, spoil: str
) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept) as shelf:
        put(path, spoil)
        problems = await eventually(lambda: said(logged, "The new policies are not used"))
        assert name(shelf) == "old"
        assert all(problem.startswith(f"{path}:") for problem in problems)
        put(path, GOOD.format(name="healed"))
        await eventually(lambda: name(shelf) == "healed" or None)
    assert said(logged, "New policies are in force")


async def test_a_new_file_with_a_shadow_is_warned_of(path: Path, logged: LogCapture) -> None:
    async with follow_policies(make_settings(path), accept):
        put(path, GOOD.format(name="trial\n    shadow: true"))
        [problem] = await eventually(lambda: said(logged, "A policy needs attention"))
    assert problem.startswith(f"{path}:4: `trial` is a shadow")


async def test_a_file_that_is_gone_keeps_the_old_policies(path: Path, logged: LogCapture) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept) as shelf:
        remove(path)
        await eventually(lambda: said(logged, "The new policies are not used"))
        assert name(shelf) == "old"


@pytest.fixture
def usual(path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name no file; the one of the usual name is at `path`."""
    monkeypatch.chdir(path.parent)
    return make_settings(None)


def look_twice(follower: Follower) -> str:
    follower.look()
    follower.look()
    return name(follower.shelf)


@pytest.mark.parametrize("asked", [False, True])
def test_a_file_of_the_usual_name_that_is_gone_is_a_fault_and_never_the_built_in_policy(
    path: Path,
    usual: Settings,
    logged: LogCapture,
    asked: bool,  # noqa: FBT001 - a parameter of pytest's
) -> None:
    follower = Follower(usual, accept)
    path.rename(path.with_suffix(".old"))
    if asked:
        follower.reload()
    assert look_twice(follower) == "old"
    [problem] = said(logged, "The new policies are not used; the old ones stay")
    assert "cannot be read" in problem
    assert [one["log_level"] for one in logged.entries] == ["error"]


def test_a_fault_is_told_again_only_when_it_changes_or_somebody_asks(
    path: Path, usual: Settings, logged: LogCapture
) -> None:
    follower = Follower(usual, accept)
    counts: list[int] = []
    for text in ("policies: 1", "policies: 1  # still", "policies: 2"):
        put(path, text)
        look_twice(follower)
        counts.append(len(logged.entries))
    follower.reload()
    assert [*counts, len(logged.entries)] == [1, 1, 2, 3]


def test_a_file_that_appears_at_the_usual_place_comes_in_force(
    path: Path, usual: Settings, logged: LogCapture
) -> None:
    remove(path)
    follower = Follower(usual, accept)
    follower.reload()
    assert (look_twice(follower), logged.entries) == ("built-in", [])
    put(path, GOOD.format(name="first"))
    assert look_twice(follower) == "first"


def test_a_file_is_not_read_while_it_is_being_written(path: Path) -> None:
    """Half of a file may be a whole and laxer one."""
    follower = Follower(make_settings(path), accept)
    lax = GOOD.format(name="lax")
    for text in (lax, f"{lax}    distinct: fal", f"{lax}# and so on"):
        put(path, text)
        follower.look()
        assert name(follower.shelf) == "old"
    put(path, GOOD.format(name="whole"))
    assert look_twice(follower) == "whole"


def test_a_file_that_changes_while_it_is_read_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(make_settings(path), accept)
    put(path, GOOD.format(name="half"))
    follower.look()

    def interrupt(*arguments: Any) -> Any:
        found = load_rulebook(*arguments)
        put(path, GOOD.format(name="whole"))
        return found

    monkeypatch.setattr("bot.reload.load_rulebook", interrupt)
    follower.look()
    monkeypatch.undo()
    assert name(follower.shelf) == "old"
    assert look_twice(follower) == "whole"


def test_a_link_that_is_swapped_on_the_way_to_the_file_is_noticed(tmp_path: Path) -> None:
    put_through_link(tmp_path, GOOD.format(name="old"), "..2026_1")
    path = tmp_path / "countersign.yaml"
    path.symlink_to("..data/countersign.yaml")
    follower = Follower(make_settings(path), accept)
    put_through_link(tmp_path, GOOD.format(name="new"), "..2026_2")
    assert look_twice(follower) == "new"


async def test_afterwards_nobody_listens_for_sighup_any_more(path: Path) -> None:
    settings = make_settings(path)
    async with follow_policies(settings, accept):
        assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_a_file_that_asks_about_what_runs_without_asking_is_not_used(path: Path, logged: LogCapture) -> None:
    def check(rulebook: Rulebook) -> None:
        if rulebook.rules[0].name == "new":
            raise AgentError("delete_order of desk runs without asking.")

    follower = Follower(make_settings(path), check)
    path.write_text(GOOD.format(name="new"))
    follower.reload()
    assert follower.shelf.rulebook.rules[0].name == "old"
    assert [one["problem"] for one in logged.entries if one["log_level"] == "error"] == [
        "delete_order of desk runs without asking."
    ]
    with pytest.raises(AgentError):
        Follower(make_settings(path), check)
