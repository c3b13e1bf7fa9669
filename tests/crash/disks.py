"""Disks for tests that can lose power and that can fail.

LoopDisk is an ext4 in a file. cut() is what a power cut is to it: from that moment on nothing
reaches the disk, neither data nor journal, and what was not synced before is gone after again().
FaultyDisk is the page through which faulty.c, preloaded into a process, is told what to fail."""

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import time
import unittest

import nodes

CLONE_NEWNS = 0x20000
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32), also FS_IOC_SHUTDOWN
NO_LOG_FLUSH = 2

SHIM = nodes.BUILD / "tests/crash/faulty.so"
WRITER = nodes.BUILD / "tests/crash/writer"
CORE = "symbolond-core"
PAGE = 4096
SWALLOW, FIRST, MANY, CODE, HOLD, CALLS, FAILED, LATE, KIND, GAVE_UP = range(10)
TRACE = 64
ALWAYS = 0xFFFFFFFF


def need(what):
    """Skips the test unless this machine can do it."""
    if os.geteuid() != 0:
        raise unittest.SkipTest(f"only root can {what}")


def keep_mounts_private():
    """What is mounted from here on is seen by this process and its children, and goes with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest("no mount namespace can be made here: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class LoopDisk:
    def __init__(self, home, mebibytes=64):
        need("mount a file system to cut its power")
        if shutil.which("mkfs.ext4") is None:
            raise unittest.SkipTest("mkfs.ext4 is not installed")
        if not pathlib.Path("/dev/loop-control").exists():
            raise unittest.SkipTest("there are no loop devices here")
        self.image = pathlib.Path(home) / "disk.img"
        self.dir = pathlib.Path(home) / "disk"
        self.dir.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True, stdin=subprocess.DEVNULL)
        done = self.mount()
        if done.returncode != 0:
            raise unittest.SkipTest(f"an ext4 in a file cannot be mounted here: {done.stderr.strip()}")
        self.dir.chmod(0o700)

    def mount(self):
        return subprocess.run(["mount", "-t", "ext4", "-o", "loop", str(self.image), str(self.dir)],
                              capture_output=True, text=True)

    def cut(self):
        fd = os.open(self.dir, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EOPNOTSUPP):
                raise unittest.SkipTest("this kernel's ext4 cannot be shut down") from error
            raise
        finally:
            os.close(fd)

    def unmount(self, seconds=10):
        until = time.monotonic() + seconds
        while subprocess.run(["umount", str(self.dir)], capture_output=True).returncode != 0:
            if time.monotonic() > until:
                raise AssertionError(f"{self.dir} is still in use")
            time.sleep(0.02)

    def again(self):
        """As the machine starts again: the journal is recovered."""
        self.unmount()
        done = self.mount()
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def close(self):
        with contextlib.suppress(AssertionError):
            if os.path.ismount(self.dir):
                self.unmount()


class FaultyDisk:
    """The environment is for the process; reset, fail and so on tell it what to do from then on."""

    def __init__(self, path, only=None):
        if not SHIM.exists():
            raise unittest.SkipTest("the shim is not built: make test-crash")
        path = pathlib.Path(path)
        path.write_bytes(bytes(PAGE))
        path.chmod(0o600)
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE)
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        self.environment = {"LD_PRELOAD": str(SHIM), "FAULTY": str(path),
                            "ASAN_OPTIONS": sanitizer + ":verify_asan_link_order=0"}
        if only is not None:
            self.environment["FAULTY_ONLY"] = only

    def get(self, field):
        return struct.unpack_from("I", self.page, 4 * field)[0]

    def put(self, field, value):
        struct.pack_into("I", self.page, 4 * field, value)

    def swallow_syncs(self):
        self.put(SWALLOW, 1)

    def reset(self):
        """No call fails; counting begins anew."""
        self.put(FIRST, 0)
        self.put(HOLD, 0)
        self.put(GAVE_UP, 0)
        self.put(CALLS, 0)
        self.put(FAILED, 0)
        self.page[TRACE:] = bytes(PAGE - TRACE)

    def fail(self, first, code, many=1, hold=False, late=False, kind=None):
        """From call number `first` on, counted from here, so many fail; late: after having worked;
        kind: a letter of the trace, when calls of that kind count alone."""
        self.reset()
        self.put(KIND, ord(kind) if kind else 0)
        self.put(LATE, int(late))
        self.put(HOLD, int(hold))
        self.put(CODE, code)
        # The process goes on meanwhile: a call of its own that comes between these two is none of those counted.
        self.put(MANY, 1)
        self.put(CALLS, 1 << 31)
        self.put(FIRST, first)
        self.put(CALLS, 0)
        self.put(MANY, many)

    def let_go(self):
        self.put(HOLD, 0)
        if self.get(GAVE_UP):
            raise AssertionError("what was to stand still has gone on by itself: the test took too long")

    def only_hold(self, first, kind=None):
        """Call number `first` stands still until let_go, then works."""
        self.fail(first, 0, hold=True, kind=kind)

    def mend(self):
        self.put(FIRST, 0)
        self.put(HOLD, 0)

    @property
    def calls(self):
        return self.get(CALLS)

    @property
    def failed(self):
        return self.get(FAILED)

    @property
    def trace(self):
        """A letter for each call: w(rite), p(write), q (pwritev), v (writev), f(sync), d (fdatasync),
        m(sync), t(runcate); capital where it failed."""
        return self.page[TRACE:].rstrip(b"\0").decode("ascii")
