"""The writer (writer.c) loses power, is killed, or has a disk that fails, at any moment: what it has
acknowledged, entries and heads, is still there, and what was told is the beginning of what there is.

runner: timeout=300
"""

import contextlib
import errno
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import disks
import nodes
from disks import ALWAYS, FaultyDisk, LoopDisk
from rounds import SEED, figures, rounds


class Writer:
    """Runs until ended; told: what it has acknowledged, oldest first."""

    def __init__(self, place, seed, env=()):
        self.process = subprocess.Popen([str(disks.WRITER), "write", str(place), str(seed)], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env={**os.environ, **dict(env)})
        self.told = []
        self.heads = self.failures = 0
        self.complaint = ""
        self.over = False
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                if line.startswith("failed"):
                    self.complaint = line
                    self.failures += 1
                elif line.endswith("\n") and not line.startswith("open"):
                    self.told.append(line)
                    self.heads += line.startswith("head")
                self.changed.notify_all()
        with self.changed:
            self.over = True
            self.changed.notify_all()

    def hear(self, heads, seconds=20):
        """Waits for so many commits more; False when they do not come."""
        with self.changed:
            until = self.heads + heads
            self.changed.wait_for(lambda: self.over or self.heads >= until, seconds)
            return self.heads >= until

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join()
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
        told += whole(writer.told)
        recover()
        self.assertTrue(alive, f"the writer ended by itself: {writer.complaint}")
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

    def test_the_check_finds_what_was_never_there(self):
        told, place = [], self.home / "node"
        place.mkdir(mode=0o700)
        _, random = next(rounds(self, 1))
        self.assertEqual(self.one(place, random, lambda: None, lambda: None, told), [])
        head = max(at for at, line in enumerate(told) if line.startswith("head"))
        for at, word in ((0, "lost"), (head, "forked")):
            line = told[at].rstrip("\n")
            other = line[:-1] + ("0" if line[-1] != "0" else "1") + "\n"
            self.assertEqual(self.check(place, [*told[:at], other, *told[at + 1:]]), [f"{word} {other.strip()}"])
        beyond = f"head {1 << 40} {'0' * 64}\n"
        self.assertEqual(self.check(place, [beyond]), [f"forked {beyond.strip()}"])


class Failing(CrashRounds):
    CALLS = 24  # several commits

    def one_fault(self, at, code, many, late):
        place = self.home / f"{at}-{code}-{many}-{late}"
        place.mkdir(mode=0o700)
        disk = FaultyDisk(self.home / "page")
        writer = Writer(place, at, disk.environment)
        self.addCleanup(writer.end)
        self.assertTrue(writer.hear(1))
        disk.fail(at, code, many, late=late)
        nodes.wait_until(lambda: disk.failed > 0, 10, "the writer gets as far as that call")
        if many == ALWAYS:
            time.sleep(0.03)
        disk.mend()
        self.assertTrue(writer.hear(3), "the writer did not go on")
        writer.end()
        # Room that is written ahead of commits (pwritev, store_ahead.c) may fail: the commit makes its own.
        if set(filter(str.isupper, disk.trace)) != {"Q"}:
            self.assertGreater(writer.failures, 0, "a failure was not noticed")
        self.assertEqual(self.check(place, whole(writer.told)), [])
        shutil.rmtree(place)

    def test_a_disk_that_fails_for_a_while_loses_nothing_and_is_noticed(self):
        faults = 0
        for at in range(1, self.CALLS + 1):
            for code in (errno.EIO, errno.ENOSPC):
                for many, late in ((1, False), (1, True), (ALWAYS, False)):
                    with self.subTest(at=at, code=errno.errorcode[code], many=many, late=late):
                        self.one_fault(at, code, many, late)
                        faults += 1
        figures(f"failing writes and syncs of the writer: {faults} faults, each noticed, nothing lost")
