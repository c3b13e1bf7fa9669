"""How the supervisor asks for a passphrase, and what is left in which memory."""

# runner: timeout=300

import base64
import contextlib
import fcntl
import hashlib
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import termios
import time
import unittest

from nodes import BUILD, IS_RELEASE, SYMBOLOND, WRAP, clean_environment, wait_until
from supervisor_case import LONG_S, PASSPHRASE, SupervisorTest

PRINT_KEYS = BUILD / "tests/tools/print_keys"


class Prompt(SupervisorTest):
    """At a pseudo terminal, which is the controlling terminal of the daemon."""

    def setUp(self):
        super().setUp()
        self.terminal, self.line = pty.openpty()
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(os.close, self.line)
        self.shown = b""

    def begin(self, *arguments):
        def own_terminal():
            os.setsid()
            fcntl.ioctl(self.line, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(
            [*WRAP, str(SYMBOLOND), *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=own_terminal,
            env=clean_environment())
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LONG_S)

    def await_text(self, text):
        until = time.monotonic() + LONG_S
        while text not in self.shown:
            left = max(0, until - time.monotonic())
            if not select.select([self.terminal], [], [], left)[0]:
                self.fail(f"the terminal shows {self.shown!r}, not {text!r}")
            self.shown += os.read(self.terminal, 1000)
        at = self.shown.index(text) + len(text)
        seen, self.shown = self.shown[:at], self.shown[at:]
        return seen

    def echoes(self):
        return bool(termios.tcgetattr(self.line)[3] & termios.ECHO)

    def type(self, text):
        wait_until(lambda: not self.echoes(), LONG_S, "the echo is off")
        os.write(self.terminal, text.encode())

    def ends(self, code, *fragments):
        self.assertEqual(self.process.wait(LONG_S), code)
        complaint = self.process.stderr.read().decode()
        for fragment in fragments:
            self.assertIn(fragment, complaint)
        self.assertTrue(self.echoes())

    def everything_shown(self):
        while select.select([self.terminal], [], [], 0.1)[0]:
            self.shown += os.read(self.terminal, 1000)
        return self.shown

    def test_the_passphrase_is_asked_for_and_not_shown(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        self.begin("--dir", node.dir)
        seen = self.await_text(b"node.keys: ")
        self.assertIn(b"Passphrase of ", seen)
        self.type(PASSPHRASE + "\n")
        self.assertTrue(self.process.stdout.readline().startswith(b"ready"))
        self.assertTrue(self.echoes())
        self.assertNotIn(b"horse", self.everything_shown())
        self.process.send_signal(signal.SIGTERM)
        self.ends(0)

    def test_a_wrong_one_is_refused(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        self.begin("--dir", node.dir)
        self.await_text(b"node.keys: ")
        self.type("wrong horse battery\n")
        self.ends(1, "does not open with this passphrase")
        self.assertNotIn(b"horse", self.everything_shown())

    def test_no_answer_is_no_passphrase(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        for typed in ("\n", "\x04"):
            with self.subTest(typed=typed):
                self.begin("--dir", node.dir)
                self.await_text(b"node.keys: ")
                self.type(typed)
                self.ends(1, "no passphrase was given")

    def test_an_answer_without_end_is_refused(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        self.begin("--dir", node.dir)
        self.await_text(b"node.keys: ")
        self.type("x" * 1500 + "\n")
        self.ends(1, "at most 1024 bytes")

    def test_interrupting_the_question_brings_the_echo_back(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        for stop in (lambda: self.type("half a pass\x03"),
                     lambda: self.process.send_signal(signal.SIGTERM),
                     lambda: self.process.send_signal(signal.SIGQUIT)):
            with self.subTest(stop=stop):
                self.begin("--dir", node.dir)
                self.await_text(b"node.keys: ")
                wait_until(lambda: not self.echoes(), LONG_S, "the echo is off")
                stop()
                self.ends(1, "no passphrase was given")
                self.assertFalse((node.dir / "run").is_symlink())

    def test_init_asks_twice(self):
        self.begin("--init", "--dir", self.home / "node", "--name", "A", "--role", "ngo", "--listen",
                   "127.0.0.1:17998")
        self.await_text(b"(12 characters or more): ")
        self.type(PASSPHRASE + "\n")
        self.await_text(b"Once more: ")
        self.type(PASSPHRASE + "\n")
        self.ends(0)
        self.assertIn(b"fingerprint", self.process.stdout.read())
        self.assertNotIn(b"horse", self.everything_shown())
        self.assertTrue((self.home / "node" / "format").exists())

    def test_init_refuses_two_that_differ_and_one_that_is_short(self):
        words = ["--init", "--dir", self.home / "node", "--name", "A", "--role", "ngo", "--listen",
                 "127.0.0.1:17998"]
        self.begin(*words)
        self.await_text(b"(12 characters or more): ")
        self.type(PASSPHRASE + "\n")
        self.await_text(b"Once more: ")
        self.type(PASSPHRASE + "!\n")
        self.ends(1, "the two passphrases differ")
        self.begin(*words)
        self.await_text(b"(12 characters or more): ")
        self.type("elevenchars\n")
        self.ends(1, "at least 12 characters")
        self.assertFalse((self.home / "node").exists())

    def test_interrupting_init_leaves_nothing(self):
        self.begin("--init", "--dir", self.home / "node", "--name", "A", "--role", "ngo", "--listen",
                   "127.0.0.1:17998")
        self.await_text(b"(12 characters or more): ")
        self.type("\x03")
        self.ends(1, "no passphrase was given")
        self.assertFalse((self.home / "node").exists())


class Secrets(SupervisorTest):
    def memory_holds(self, pid, needles):
        """Names of those that any readable page of the process holds."""
        found = set()
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for start, end, rights, name in re.findall(
                    r"(?m)^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ *(.*)$", maps):
                if rights[0] != "r" or name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                    continue
                with contextlib.suppress(OSError):
                    memory.seek(int(start, 16))
                    data = memory.read(int(end, 16) - int(start, 16))
                    found |= {name for name, needle in needles.items() if needle in data}
        return found

    def test_each_process_has_the_keys_it_needs_and_no_other(self):
        self.need_root("read the memory of processes that are not dumpable")
        if WRAP or not IS_RELEASE:
            self.skipTest("instrumented memory keeps copies")
        node = self.stopped_node()
        listed = subprocess.check_output([PRINT_KEYS, node.dir, node.unlock[1]], text=True)
        needles = {}
        for name, digits in map(str.split, listed.splitlines()):
            needles[name] = bytes.fromhex(digits)
            if name in ("identity", "log", "cosign", "tls"):
                scalar = bytearray(hashlib.sha512(needles[name]).digest())
                scalar[0] &= 248
                scalar[31] = scalar[31] & 127 | 64
                needles[name + " scalar"] = bytes(scalar[:32])
                needles[name + " nonce key"] = bytes(scalar[32:])
        needles["wrapping key"] = pathlib.Path(node.unlock[1]).read_bytes()
        node.start()
        pids = node.pids()
        self.assertEqual(self.memory_holds(pids["supervisor"], needles), set())
        gate = self.memory_holds(pids["gate"], needles)
        self.assertIn("tls", gate)
        self.assertLessEqual(gate, {"tls", "tls scalar", "tls nonce key"})
        # Mappings may move between the reading of their list and of themselves.
        wanted, core = {"identity", "log", "cosign", "storage", "exchange"}, set()
        for _ in range(5):
            core |= self.memory_holds(pids["core"], needles)
            if wanted <= core:
                break
            time.sleep(0.5)
        self.assertLessEqual(wanted, core)
        self.assertEqual({name for name in core if name.startswith(("tls", "wrapping"))}, set())

    def test_the_passphrase_is_nowhere_once_the_node_serves(self):
        self.need_root("read the memory of processes that are not dumpable")
        if WRAP or not IS_RELEASE:
            self.skipTest("instrumented memory keeps copies")
        passphrase = base64.b64encode(os.urandom(24)).decode()
        node = self.node(passphrase=passphrase)
        for pid in node.family():
            self.assertEqual(self.memory_holds(pid, {"passphrase": passphrase.encode()}), set())
            for place in ("cmdline", "environ"):
                self.assertNotIn(passphrase.encode(), pathlib.Path(f"/proc/{pid}/{place}").read_bytes())


if __name__ == "__main__":
    unittest.main()
