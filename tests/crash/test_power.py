"""The writer (writer.c) loses power, or is killed, at any moment: what it has acknowledged, entries
and heads, is still there, and what was told of it is the beginning of what there is now.

runner: timeout=300
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import disks
from disks import FaultyDisk, LoopDisk
from rounds import SEED, figures, rounds


class Writer:
    """Runs until ended; told: what it has acknowledged, oldest first."""

    def __init__(self, place, seed, env=()):
        self.process = subprocess.Popen([str(disks.WRITER), "write", str(place), str(seed)], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env={**os.environ, **dict(env)})
        self.told = []

    def hear(self, heads=None):
        """Lines up to so many commits, or to the end."""
        while heads is None or heads > 0:
            line = self.process.stdout.readline()
            if not line.endswith("\n"):
                return False
            if line.startswith("failed"):
                self.complaint = line
                continue
            if line.startswith("open"):
                continue
            self.told.append(line)
            if heads is not None and line.startswith("head"):
                heads -= 1
        return True

    def end(self):
        if self.process.stdout.closed:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.hear()
        self.process.wait()
        self.process.stdout.close()


def whole(lines):
    """Entries count once the head of their commit was told."""
    last = max((at for at, line in enumerate(lines) if line.startswith("head")), default=-1)
    return lines[:last + 1]


class CrashRounds(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="crash-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        if not disks.WRITER.exists():
            self.skipTest("the writer is not built: make test-crash")

    def check(self, place, told):
        """What the writer finds wrong with what was told: lines."""
        done = subprocess.run([str(disks.WRITER), "check", str(place)], input="".join(told), text=True,
                              capture_output=True, timeout=60)
        wrong = [line for line in done.stdout.splitlines() if not line.startswith("open")]
        if done.returncode != 0 and not wrong:
            wrong = [f"failed: the check ended with {done.returncode} {done.stderr}"]
        return wrong

    def one(self, place, random, crash, recover, told, env=()):
        """Writes for a while, crashes, recovers, and finds all that was told, now and before."""
        writer = Writer(place, random.randrange(1 << 31), env)
        self.addCleanup(writer.end)
        alive = writer.hear(random.randrange(1, 60))
        time.sleep(random.uniform(0, 0.005))
        crash()
        writer.end()
        self.assertTrue(alive, f"the writer ended by itself: {getattr(writer, 'complaint', '')}")
        told += whole(writer.told)
        recover()
        return self.check(place, told)


class Power(CrashRounds):
    def setUp(self):
        super().setUp()
        disks.need("cut the power of a file system")
        disks.keep_mounts_private()
        self.disk = LoopDisk(self.home)
        self.addCleanup(self.disk.close)
        self.place = self.disk.dir / "node"
        self.place.mkdir(mode=0o700)
        subprocess.run(["sync", "-f", str(self.place)], check=True)

    def cut(self, random, told, env=()):
        return self.one(self.place, random, self.disk.cut, self.disk.again, told, env)

    def test_nothing_that_was_acknowledged_is_lost_when_the_power_is_cut(self):
        told = []
        for number, random in rounds(self, 25):
            with self.subTest(round=number, seed=SEED):
                self.assertEqual(self.cut(random, told), [])
        entries = sum(line.startswith("entry") for line in told)
        figures(f"power cuts: {entries} entries in {len(told) - entries} commits acknowledged, none lost, "
                f"seed {SEED}")

    def test_a_store_that_does_not_sync_is_caught(self):
        """The same rounds find the loss when MDB_NOSYNC is planted."""
        faulty = FaultyDisk(self.home / "page")
        faulty.swallow_syncs()
        for number, random in rounds(self, 3):
            wrong = self.cut(random, [], faulty.environment)
            self.assertNotEqual(wrong, [], f"round {number}, seed {SEED}: nothing was noticed")
            figures(f"without sync, round {number}: {len(wrong)} findings, such as {wrong[0]!r}")
            shutil.rmtree(self.place)
            self.place.mkdir(mode=0o700)
            subprocess.run(["sync", "-f", str(self.place)], check=True)


class Kill(CrashRounds):
    def test_nothing_that_was_acknowledged_is_lost_when_the_writer_is_killed(self):
        told, place = [], self.home / "node"
        place.mkdir(mode=0o700)
        for number, random in rounds(self, 25):
            with self.subTest(round=number, seed=SEED):
                self.assertEqual(self.one(place, random, lambda: None, lambda: None, told), [])
        entries = sum(line.startswith("entry") for line in told)
        figures(f"kill -9: {entries} entries in {len(told) - entries} commits acknowledged, none lost, seed {SEED}")
