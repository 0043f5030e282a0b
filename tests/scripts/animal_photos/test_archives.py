import os
import shutil
import subprocess

import pytest
from animal_packages import ar, deb, rcc

from scripts.animal_photos import archives
from util.errors import UserError


@pytest.mark.skipif(not shutil.which("zstd"), reason="needs the zstd command")
def test_zstd_packages(tmp_path):
    def compress(data):
        return subprocess.run(["zstd", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout

    package = deb(tmp_path / "a.deb", {"birds/crow.png": b"1", "b.png": b"2"}, compress, "zst")
    assert list(archives.read_members(package, ["birds/crow.png"])) == [("birds/crow.png", b"1")]
    package.write_bytes(ar(("data.tar.zst", compress(os.urandom(5000))[:2000])))
    with pytest.raises(UserError, match="is damaged"):
        list(archives.read_members(package, ["birds/crow.png"]))


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("flags", [0, 1])
def test_resource_files(version, flags):
    content = rcc({"a.txt": b"first", "b.webp": b"second" * 9}, version, flags)
    read = archives.read_resources(content, ["b.webp"], what="x.rcc")
    assert list(read) == [("b.webp", b"second" * 9)]
    for length in range(0, len(content), 7):
        with pytest.raises(UserError, match="x.rcc"):
            list(archives.read_resources(content[:length], ["a.txt", "b.webp"], what="x.rcc"))
