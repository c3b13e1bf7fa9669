"""The page of reports in a real browser: run.mjs beside this file looks at it through Chromium.

Where node, npm, Chromium or the page itself are missing, this is skipped and says what is. The page
is the same in every variant of the build, so that it is looked at in one of them only.
"""

# runner: timeout=1000

import fcntl
import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["SYMBOLON_BUILD"])
PARTS = BUILD.parent / "pictures"
PACKAGES = PARTS / "tests"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
LONGEST_S = 900


def packages_missing():
    """Installs what the lockfile names, once; says why it could not."""
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with open(PACKAGES / "turn", "w", encoding="ascii") as turn:  # test_live may do the same
        fcntl.flock(turn, fcntl.LOCK_EX)
        return install()


def install():
    lock = HERE / "package-lock.json"
    if (PACKAGES / "installed").exists() and filecmp.cmp(lock, PACKAGES / "installed", shallow=False):
        return None
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, PACKAGES)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--silent", "--fetch-retries=1", "--fetch-timeout=30000"],
                          cwd=PACKAGES, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        return f"npm could not install playwright-core and axe-core: {done.stdout.strip()[-200:]}"
    shutil.copy(lock, PACKAGES / "installed")
    return None


def why_not():
    if BUILD.name in ("asan", "valgrind", "coverage"):
        return "the page is the same as in the release build"
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program} is not installed (apt-get install nodejs npm)"
    if not pathlib.Path(CHROMIUM).exists():
        return f"there is no {CHROMIUM} (apt-get install chromium)"
    if not (PARTS / "top.html").is_file() or (PARTS / "top.html").stat().st_size == 0:
        return "the page was not built"
    return packages_missing()


class Row(unittest.TestCase):
    """What one check of run.mjs found."""

    def __init__(self, name, result, detail):
        super().__init__("found")
        self.name, self.result, self.detail = name, result, detail

    def id(self):
        return self.name

    def found(self):
        if self.result == "skipped":
            self.skipTest(self.detail)
        if self.result != "passed":
            self.fail(self.detail)


def rows():
    reason = why_not()
    if reason is not None:
        return [("the page in a browser", "skipped", reason)]
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "rows.json"
        command = ["node", str(HERE / "run.mjs"), str(BUILD)]
        subprocess.run(command, env={**os.environ, "TMPDIR": scratch, "SYMBOLON_PICTURES_REPORT": str(report)},
                       timeout=LONGEST_S)
        if not report.exists():
            return [("the page in a browser", "failed", "run.mjs ended without a report, see above")]
        return [row[:3] for row in json.loads(report.read_text("utf-8"))]


def load_tests(_loader, _standard, _pattern):
    return unittest.TestSuite(Row(*row) for row in rows())
