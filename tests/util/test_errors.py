"""How commands end: exit codes and single lines."""

import errno
import os

import pytest

from util.errors import list_not_used, run_command


def ended(main, capsys):
    with pytest.raises(SystemExit) as end:
        run_command(main)
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EIO])
def test_what_happens_to_files_meanwhile_is_a_line(code, capsys):
    def main():
        raise OSError(code, os.strerror(code), "a\nb.png")

    status, said = ended(main, capsys)
    assert status == 2 and said.count("\n") == 1 and "a\\nb.png" in said and os.strerror(code) in said


def test_names_of_what_was_not_used_are_bounded_and_escaped():
    lines = list_not_used({f"{k}\n": "why" for k in range(30)}, most=3)
    assert lines == [
        "not used: 0\\n: why",
        "not used: 1\\n: why",
        "not used: 2\\n: why",
        "not used: and 27 more",
    ]
