import pytest

from tailprobe.errors import InputError
from tailprobe.files import write_text, write_whole


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_rest(tmp_path):
    path = tmp_path / "numbers.txt"
    write_text(path, "old")

    def fail() -> None:
        with write_whole(path) as partial:
            partial.write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["numbers.txt"]


def test_a_file_that_is_there_is_replaced_only_where_that_is_allowed(tmp_path):
    path = tmp_path / "numbers.txt"
    write_text(path, "1")
    with pytest.raises(InputError, match="exists already"), write_whole(path, overwrite=False):
        pass
    write_text(path, "2")
    assert path.read_text() == "2"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="its folder does not exist"):
        write_text(tmp_path / "nowhere" / "numbers.txt", "1")


def test_two_processes_do_not_share_a_temporary_name(tmp_path):
    with write_whole(tmp_path / "a", shared=True) as shared, write_whole(tmp_path / "a") as alone:
        assert shared != alone
        shared.write_text("1")
        alone.write_text("2")
