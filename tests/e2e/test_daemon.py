"""What a node survives: a full disk, damage, a crash of each process, an end in the middle of work.

How the supervisor starts and stops is in test_supervisor.py."""

import ctypes
import os
import pathlib
import signal
import subprocess
import time
import unittest

import nodes
from nodes import DONE, FAILED, USAGE, Node, NodeTest, run_cli

CLONE_NEWNS = 0x20000


def keep_mounts_private():
    """What is mounted from here on is seen by this process and its children, and goes with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest("no mount namespace can be made here: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Directory(NodeTest):
    def refuses_to_start(self, node, *fragments):
        done = subprocess.run(node.command(), stdin=subprocess.DEVNULL, text=True, capture_output=True,
                              timeout=nodes.START_S)
        self.assertNotEqual(done.returncode, 0, done)
        self.assertEqual(done.stdout, "")
        for fragment in fragments:
            self.assertIn(fragment, done.stderr)

    def test_init_refuses_a_directory_that_holds_a_node(self):
        a = self.node()
        before = (a.dir / "node.keys").read_bytes()
        outcome = run_cli("init", "--dir", a.dir, "--name", "X", "--role", "bank",
                          "--listen", a.address, *a.unlock)
        self.assertEqual(outcome[0], FAILED)
        self.assertEqual(outcome[2], f"symbolon: {a.dir}: holds a node already: choose another directory\n")
        done = subprocess.run([nodes.SYMBOLOND, "--init", "--dir", a.dir, "--name", "X", "--role", "bank", "--listen",
                               a.address, *a.unlock], text=True, capture_output=True, timeout=nodes.START_S)
        self.assertTrue(done.stderr.startswith(f"symbolond: {a.dir}: holds a node already"), done)
        self.assertEqual((a.dir / "node.keys").read_bytes(), before)

    def test_init_refuses_a_directory_that_holds_something_else(self):
        full = self.home / "full"
        full.mkdir(mode=0o700)
        (full / "thesis.tex").write_text("years of work")
        key = nodes.write_private(self.home / "k", os.urandom(32))
        outcome = run_cli("init", "--dir", full, "--name", "X", "--role", "bank",
                          "--listen", "127.0.0.1:7701", "--key-file", key)
        self.assertEqual(outcome[0], FAILED)
        self.assertIn("is not empty", outcome[2])
        self.assertEqual([p.name for p in full.iterdir()], ["thesis.tex"])

    def test_init_without_a_secret_and_a_terminal_leaves_nothing(self):
        target = self.home / "new"
        outcome = run_cli("init", "--dir", target, "--name", "X", "--role", "bank",
                          "--listen", "127.0.0.1:7701")
        self.assertEqual(outcome[0], FAILED)
        self.assertIn("passphrase", outcome[2])
        self.assertFalse(target.exists())

    def test_a_wrong_use_of_init_points_to_the_help_of_init(self):
        outcome = run_cli("init", "--dir", self.home / "n", "--name", "X", "--role", "bank", "--listen", "nowhere")
        self.assertEqual(outcome[0], USAGE)
        self.assertRegex(outcome[2], r"\Asymbolon: --listen: [^\n]+\nTry: symbolon init --help\n\Z")

    def test_init_refuses_a_key_file_that_others_can_read(self):
        key = self.home / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o644)
        outcome = run_cli("init", "--dir", self.home / "n", "--name", "X", "--role", "bank",
                          "--listen", "127.0.0.1:7701", "--key-file", key)
        self.assertEqual(outcome[0], FAILED)
        self.assertIn("chmod 600", outcome[2])

    def test_a_key_file_that_was_damaged_is_refused(self):
        a = self.node(start=False)
        keys = bytearray((a.dir / "node.keys").read_bytes())
        keys[-1] ^= 1
        (a.dir / "node.keys").write_bytes(keys)
        self.refuses_to_start(a, "node.keys")

    def test_a_store_that_was_cut_short_is_told_with_the_remedy(self):
        if not nodes.IS_RELEASE:
            self.skipTest("the runtime of this build catches signals itself")
        a = self.node()
        for i in range(12):
            a.do("user", "add", f"u{i}", "--role", "auditor", "--out", self.home / f"u{i}.key")
        a.stop()
        data = a.dir / "store/data.mdb"
        whole = data.read_bytes()
        for size in [*range(4096, len(whole) - 4096, 8192), 100, 5000, 0]:
            with self.subTest(size):
                data.write_bytes(whole[:size])
                a.launch()
                ready = a.read_line(nodes.START_S)
                if ready:  # the rest is not looked at before it is needed
                    a.stop()
                    continue
                self.assertNotEqual(a.process.wait(nodes.STOP_S), 0)
                a.forget()
                last = a.log().splitlines()[-1]
                self.assertTrue(last.startswith("symbolond: "), last)
                self.assertRegex(last, "store.*restore .* ?backup")
        data.write_bytes(whole)
        a.start()
        self.assertEqual(len(self.users(a)), 12)

    def test_a_full_disk_is_told_and_nothing_is_lost(self):
        self.need_root("mount a small file system")
        small = self.home / "small"
        small.mkdir()
        keep_mounts_private()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(small)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("no file system can be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", str(small)], check=True)
        node = Node(small, "Bank A")
        self.addCleanup(node.kill)
        node.user = "operator"
        node.start()
        filler = small / "filler"
        self.fill(filler)
        added, outcome = [], (DONE,)
        while outcome[0] == DONE and len(added) < 200:
            outcome = node.cli("user", "add", f"u{len(added)}", "--role", "auditor", "--out",
                               self.home / f"u{len(added)}.key")
            added += [f"u{len(added)}"] if outcome[0] == DONE else []
        self.refused(outcome, FAILED, "disk", "nothing was changed")
        self.assertIn("the disk is full", node.json("status")["warnings"][0])
        self.assertEqual(sorted(self.users(node)), sorted(added))
        self.assertFalse((self.home / f"u{len(added)}.key").exists())
        filler.unlink()
        node.restart()
        self.assertIn("the disk is almost full", node.json("status")["warnings"][0])
        self.assertEqual(sorted(self.users(node)), sorted(added))
        node.do("user", "add", "ann", "--role", "auditor")
        self.assertEqual(node.stop(), 0)

    def fill(self, path):
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def users(self, node):
        return [user["name"] for user in node.json("user", "list") if user["name"] != "operator"]


class Daemon(NodeTest):
    def test_a_card_that_names_another_port_is_pointed_out(self):
        a = self.node()
        self.assertFalse([w for w in a.json("status")["warnings"] if "endpoint" in w])
        a.do("card", "--renew", "--endpoint", "bank-a.example:1", "--out", self.home / "renewed")
        warning, = [w for w in a.json("status")["warnings"] if "endpoint" in w]
        self.assertIn(f"listens at 127.0.0.1:{a.port}", warning)
        self.assertIn("bank-a.example:1", warning)
        a.do("card", "--renew", "--endpoint", f"bank-a.example:{a.port}", "--endpoint", "[::1]:2",
             "--out", self.home / "renewed-again")
        self.assertFalse([w for w in a.json("status")["warnings"] if "endpoint" in w])

    def test_without_a_secret_and_a_terminal_it_ends_with_the_remedy(self):
        a = self.node(start=False)
        a.unlock = []
        a.launch()
        self.assertEqual(a.read_line(nodes.START_S), "")
        self.assertNotEqual(a.process.wait(nodes.STOP_S), 0)
        a.forget()
        self.assertIn("--key-file", a.log())

    def test_log_lines_are_key_and_value(self):
        a, b = self.pair()
        a.ping(b)
        a.stop()
        lines = a.log_path.read_text("utf-8").splitlines()
        self.assertTrue(lines)
        # valgrind names the first process after itself
        process = "symbolond|supervisor|gate|core" + ("|memcheck-amd64-" if nodes.WRAP else "")
        for line in lines:
            self.assertRegex(line, rf'^time=\S+Z level=(info|warn|error) process=({process})'
                                   r' event=[a-z-]+( [a-z_-]+=([^" =]+|"([^"\\]|\\.)*"))*$')

    def test_the_run_directory_goes_with_the_node(self):
        a = self.node()
        run = pathlib.Path(os.readlink(a.dir / "run"))
        self.assertEqual(run.stat().st_mode & 0o777, 0o700)
        a.stop()
        self.assertFalse(run.exists())
        self.assertFalse((a.dir / "run").is_symlink())


class Ending(NodeTest):
    def gone_within(self, pids, seconds):
        nodes.wait_until(lambda: not any(map(nodes.is_running, pids)), seconds, "the others end")

    def check_kill(self, who):
        a, b = self.pair()
        a.ping(b)
        pids = a.pids()
        os.kill(pids[who], signal.SIGKILL)
        self.gone_within(pids.values(), 2)
        if who != "supervisor":
            self.assertNotEqual(a.process.wait(nodes.STOP_S), 0)
        a.process.wait()
        a.forget()
        a.start()
        a.ping(b)
        b.ping(a)

    def test_when_gate_is_killed_the_others_end_and_a_restart_works(self):
        self.check_kill("gate")

    def test_when_core_is_killed_the_others_end_and_a_restart_works(self):
        self.check_kill("core")

    def test_when_the_supervisor_is_killed_the_others_end_and_a_restart_works(self):
        self.check_kill("supervisor")

    def test_sigterm_ends_it_with_a_ping_in_flight(self):
        for ends in (0, 1):
            with self.subTest(("initiator", "responder")[ends] + " ends"):
                a, b = self.pair()
                ping = subprocess.Popen([str(nodes.SYMBOLON), "peer", "ping", "bank-b", "--mib", "4096",
                                         "--timeout", "60", "--dir", str(a.dir)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                nodes.wait_until(lambda: b.json("peer", "list")[0]["bytes_received"] > 1 << 20, 20,
                                 "payload arrives")
                ending = (a, b)[ends]
                ending.process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                self.assertEqual(ending.process.wait(nodes.BY_ITSELF_S), 0)
                _, complaint = ping.communicate(timeout=nodes.CALL_S)
                self.assertLess(time.monotonic() - began, 40 * nodes.PATIENCE, "not only at the end of its time")
                self.assertEqual(ping.returncode, FAILED, complaint)
                ending.forget()

    def test_ctrl_c_cancels_a_ping_on_both_sides(self):
        a, b = self.pair()
        ping = subprocess.Popen([str(nodes.SYMBOLON), "peer", "ping", "bank-b", "--mib", "4096",
                                 "--timeout", "60", "--dir", str(a.dir)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        nodes.wait_until(lambda: b.json("peer", "list")[0]["bytes_received"] > 1 << 20, 20,
                         "payload arrives")
        ping.send_signal(signal.SIGINT)
        _, complaint = ping.communicate(timeout=nodes.CALL_S)
        self.assertEqual(ping.returncode, FAILED)
        self.assertIn("cancelled", complaint)
        nodes.wait_until(lambda: b.json("status")["exchanges"] == 0, 5,
                         "the other side hears of it")
        a.ping(b)
