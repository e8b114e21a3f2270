"""What a release contains, and where it says what it is."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import sklearn_shallow

ROOT = Path(__file__).parents[2]
VERSION = sklearn_shallow.__version__
LEFT_OUT = {"__pycache__"}
OF_SDIST = ["sklearn_shallow", "tests", "docs", "benchmarks"]
FILES_OF_SDIST = {
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "pyproject.toml",
    "PKG-INFO",
    ".gitignore",  # hatchling adds it
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """Two builds, each the paths of the wheel and of the source distribution."""
    for package in ("build", "hatchling"):
        pytest.importorskip(package)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
    found = []
    for name in ("first", "second"):
        out = tmp_path_factory.mktemp(name)
        subprocess.run([*command, out, ROOT], check=True, capture_output=True, env=environment)
        found.append(sorted(out.iterdir()))
    return found


def files_of(*folders):
    """Return the files of these folders of the repository, as a build should have them."""
    ignored = set((ROOT / ".gitignore").read_text().split())
    of_the_site = [ROOT / name for name in ignored if name.startswith("docs/")]
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not any(part in LEFT_OUT or f"{part}/" in ignored for part in path.parts)
        and path.name not in ignored
        and not any(built == path or built in path.parents for built in of_the_site)
    }


def test_two_builds_are_equal_byte_for_byte(builds):
    first, second = builds
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_wheel_contains_the_package_and_nothing_else(builds):
    wheel, _ = builds[0]
    assert wheel.name == f"sklearn_shallow-{VERSION}-py3-none-any.whl"
    about = f"sklearn_shallow-{VERSION}.dist-info"
    notes = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    assert names == files_of("sklearn_shallow") | {f"{about}/{note}" for note in notes}


def test_the_source_distribution_contains_what_the_tests_need_and_nothing_else(builds):
    _, sdist = builds[0]
    assert sdist.name == f"sklearn_shallow-{VERSION}.tar.gz"
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert names == files_of(*OF_SDIST) | FILES_OF_SDIST


def test_the_version_stands_in_one_place():
    """The changelog and the file of the package have it; all else reads it there."""
    files = [ROOT / name for name in ("pyproject.toml", "CITATION.cff", "README.md")]
    files += list((ROOT / "sklearn_shallow").rglob("*.py"))
    having = [path.name for path in files if f'"{VERSION}"' in path.read_text()]
    assert having == ["_version.py"]
    assert "version" not in re.findall(r"^(\w+):", files[1].read_text(), re.MULTILINE)


def test_the_newest_entry_of_the_changelog_is_this_version():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest.group(1) == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", VERSION)


def test_what_is_installed_has_this_version():
    assert version("sklearn-shallow") == VERSION
