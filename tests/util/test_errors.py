"""How commands end: exit codes and single lines."""

import errno
import os

import pytest

from util.errors import run_command


def ended(main, capsys):
    with pytest.raises(SystemExit) as end:
        run_command(main)
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EIO])
def test_file_errors_during_a_command_get_one_line(code, capsys):
    def main():
        raise OSError(code, os.strerror(code), "a\nb.png")

    status, said = ended(main, capsys)
    assert status == 2 and said.count("\n") == 1 and "a\\nb.png" in said and os.strerror(code) in said
