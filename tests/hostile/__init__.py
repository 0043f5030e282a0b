"""A test campaign with bad input: `python -m tests.hostile --help`.

For any input, a command must succeed, or end with one clear line and exit code 1 or 2. It must stay within
limits on time and memory, and must not change existing files.
"""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent
for _folder in (_TESTS, _TESTS.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
