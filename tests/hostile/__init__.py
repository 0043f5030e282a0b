"""A campaign of bad input against the commands: `python -m tests.hostile --help`.

Whatever a command is given, it must succeed or end in one clear line with exit code 1 or 2, in bounded time
and memory, and leave what was there as it was.
"""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent
for _folder in (_TESTS, _TESTS.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
