"""What reviewers decided, on the disk and in what stands."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tailprobe.errors import InputError
from tailprobe.review.entries import conflicts, last_answers
from tailprobe.review.history import History, history_path


@pytest.fixture
def path(tmp_path):
    return history_path(tmp_path / "labels.csv")


def test_decisions_are_kept_with_who_when_and_what(path):
    History(path).add("ann", "a/1.png", "mine", "confirm")
    entry = History(path).entries[0]
    assert (entry.number, entry.reviewer, entry.item, entry.decision) == (1, "ann", ("a/1.png", "mine"), "confirm")
    assert entry.time.endswith("+00:00")


def test_an_undo_takes_back_the_reviewers_own_last_decision_and_both_stay(path):
    history = History(path)
    history.add("ann", "1.png", "mine", "confirm")
    history.add("ann", "2.png", "mine", "reject")
    history.add("bob", "3.png", "mine", "confirm")
    undone = history.undo("ann")
    assert undone is not None
    assert (undone.item, undone.undoes) == (("2.png", "mine"), 2)
    assert last_answers(history.entries) == {("1.png", "mine"): True, ("3.png", "mine"): True}
    assert history.undo("ann").undoes == 1
    assert history.undo("ann") is None
    assert len(History(path).entries) == 5


def test_a_skip_answers_nothing(path):
    history = History(path)
    history.add("ann", "1.png", "mine", "skip")
    assert last_answers(history.entries) == {}
    history.add("ann", "1.png", "mine", "reject")
    history.add("bob", "1.png", "mine", "skip")
    assert last_answers(history.entries) == {("1.png", "mine"): False}


def test_two_reviewers_who_disagree_unseen_are_a_conflict_until_one_decides_with_sight_of_the_other(path):
    ann, bob = History(path), History(path)
    ann.add("ann", "1.png", "mine", "confirm")
    bob.add("bob", "1.png", "mine", "reject", seen=0)
    (found,) = conflicts(bob.entries)
    assert (found.earlier.reviewer, found.later.reviewer) == ("ann", "bob")
    assert last_answers(bob.entries) == {("1.png", "mine"): False}
    ann.add("ann", "1.png", "mine", "confirm", seen=2)
    assert conflicts(ann.entries) == []
    assert last_answers(ann.entries) == {("1.png", "mine"): True}


def test_agreement_and_skips_are_no_conflict(path):
    history = History(path)
    history.add("ann", "1.png", "mine", "confirm")
    history.add("bob", "1.png", "mine", "confirm")
    history.add("cid", "1.png", "mine", "skip")
    assert conflicts(history.entries) == []


def test_threads_of_one_process_lose_nothing(path):
    history = History(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: history.add(f"r{n % 3}", f"{n}.png", "mine", "confirm"), range(24)))
    assert [entry.number for entry in History(path).entries] == list(range(1, 25))
    assert {entry.image for entry in history.entries} == {f"{n}.png" for n in range(24)}


@pytest.mark.slow  # three interpreters
def test_processes_lose_nothing(path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom tailprobe.review.history import History\n"
        "for n in range(40): History(Path(sys.argv[1])).add(sys.argv[2], f'{sys.argv[2]}{n}.png', 'mine', 'confirm')"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("ann", "bob", "cid")]
    assert [process.wait() for process in running] == [0, 0, 0]
    entries = History(path).entries
    assert [entry.number for entry in entries] == list(range(1, 121))
    assert len({entry.image for entry in entries}) == 120


def test_what_a_killed_process_left_of_a_line_is_passed_over(path):
    history = History(path)
    history.add("ann", "1.png", "mine", "confirm")
    with path.open("ab") as file:
        file.write(b'{"number": 2, "time": "20')
    again = History(path)
    assert len(again.entries) == 1
    again.add("bob", "2.png", "mine", "reject")
    history.refresh()
    assert [entry.image for entry in History(path).entries] == ["1.png", "2.png"] == [e.image for e in history.entries]


def test_a_hostile_name_comes_back_as_it_was(path):
    name = 'a\n{"number": 9}\u2028<script>\udcff.png'
    History(path).add("ann\n", name, "mine", "confirm")
    assert [entry.item for entry in History(path).entries] == [(name, "mine")]
    assert path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("line", ["[1]", json.dumps({"number": 1}), json.dumps({"image_name": "a", "mine": 1})])
def test_a_file_that_is_no_history_is_refused(path, line):
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="not a review history"):
        History(path)
