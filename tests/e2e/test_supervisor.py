"""The supervisor: what it refuses to start with, how it starts, asks, serves and stops. Some tests run
`supervised`, the supervisor with stand-ins for core and gate that fail, hang and lie
(tests/tools/supervised.c)."""

# runner: timeout=300

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest

import nodes
from nodes import (BUILD, IS_RELEASE, PATIENCE, SYMBOLOND, WRAP, clean_environment, free_port, is_running,
                   wait_until, write_private)
from supervisor_case import LONG_S, PASSPHRASE, SupervisorTest

SUPERVISED = BUILD / "tests/tools/supervised"


class Refusals(SupervisorTest):
    def test_a_wrong_passphrase_is_told_from_a_wrong_kind(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        wrong = write_private(self.home / "wrong", b"correct horse battery stable\n")
        self.start_refused(node, "node.keys: does not open with this passphrase", "backup",
                           unlock=["--passphrase-file", wrong])
        self.start_refused(node, "is wrapped by a passphrase, not by a key: give --passphrase-file",
                           unlock=["--key-file", wrong])
        self.start_refused(node, "there is no terminal to ask at: give --passphrase-file", unlock=[])
        self.assertFalse((node.dir / "run").is_symlink())

    def test_a_key_is_wanted_where_a_key_wraps(self):
        node = self.stopped_node()
        self.start_refused(node, "give --key-file", unlock=["--passphrase-file", node.unlock[1]])
        self.start_refused(node, "give --key-file", unlock=[])

    def test_a_secret_that_is_wrong_or_missing_is_told_in_one_line(self):
        node = self.stopped_node()
        wrong = write_private(self.home / "wrong", bytes(32))
        for unlock in (["--key-file", wrong], ["--key-file", self.home / "none"], []):
            with self.subTest(unlock):
                code, _, said = self.run_daemon("--dir", node.dir, *unlock)
                self.assertEqual(code, 1, said)
                self.assertRegex(said, r"\Asymbolond: [^\n]+\n\Z")

    def test_a_directory_that_is_open_to_others(self):
        node = self.stopped_node()
        node.dir.chmod(0o750)
        self.start_refused(node, "is open to other users (mode 0750)", "chmod 700")

    def test_a_passphrase_file_that_is_open_to_others(self):
        node = self.stopped_node()
        os.chmod(node.unlock[1], 0o644)
        self.start_refused(node, "others may read this secret", "chmod 600")

    def test_a_directory_of_another_user(self):
        self.need_root("give files away")
        node = self.stopped_node()
        os.chown(node.dir, 12345, 12345)
        self.start_refused(node, "belongs to user 12345")
        os.chown(node.dir, 0, 0)

    def test_a_directory_in_use(self):
        node = self.node()
        self.start_refused(node, f"is in use by process {node.family()[0]}")
        code, _, complaint = self.run_daemon("--rotate", "tls", "--dir", node.dir, *node.unlock)
        self.assertEqual(code, 1)
        self.assertIn("is in use by process", complaint)
        node.do("status")

    def test_a_newer_format(self):
        node = self.stopped_node()
        (node.dir / "format").write_text("symbolon 2\n")
        self.start_refused(node, "is of format 2, and this symbolond knows 1", "newer version")

    def test_a_place_where_no_node_is(self):
        node = self.stopped_node()
        for path, reason in ((self.home, "is not a node directory"),
                             (self.home / "nowhere", "does not exist"),
                             (node.dir / "node.card", "is not a directory")):
            outcome = self.run_daemon("--dir", path, *node.unlock)
            self.daemon_refused(outcome, 1, reason)

    def test_a_port_in_use(self):
        node = self.stopped_node()
        with socket.socket() as other:
            other.bind(("127.0.0.1", node.port))
            other.listen()
            self.start_refused(node, node.address, "in use", "symbolond --listen ADDRESS:PORT")
            self.assertFalse((node.dir / "run").is_symlink())
            elsewhere = f"127.0.0.1:{free_port()}"
            unlock, node.unlock = node.unlock, ["--listen", elsewhere, *node.unlock]
            self.assertIn(f"listening={elsewhere} ", node.start().ready_line)
            self.assertEqual(node.json("status")["listening"], elsewhere)
            node.do("settings", "set", "listen", elsewhere)
            node.unlock = unlock
            node.restart()
            self.assertEqual(node.json("status")["listening"], elsewhere)

    def test_a_card_of_another_node(self):
        node, other = self.stopped_node(), self.stopped_node()
        shutil.copy(other.dir / "node.card", node.dir / "node.card")
        self.start_refused(node, "node.card: does not name the keys", "same backup")

    def test_words_that_make_no_sense(self):
        for words, reason in (([], "--dir: is missing"), (["--dir", "x", "--wrong"], "no such option"),
                              (["--init", "--dir", "x"], "--name: is missing")):
            outcome = self.run_daemon(*words)
            self.daemon_refused(outcome, 2, reason)

    def test_help_and_version_work_anywhere(self):
        code, text, _ = self.run_daemon("--help")
        self.assertEqual(code, 0)
        self.assertIn("usage: symbolond --dir DIR", text)
        code, text, _ = self.run_daemon("--version")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"^symbolond \d+\.\d+\.\d+\n$")


class Start(SupervisorTest):
    def test_one_line_is_printed_and_it_says_where(self):
        node = self.node()
        self.assertEqual(node.ready_line, f"ready listening={node.address} dir={node.dir}\n")
        node.process.send_signal(signal.SIGTERM)
        self.assertEqual(node.process.stdout.read(), b"")

    def test_systemd_is_told(self):
        node = self.stopped_node()
        for name in (str(self.home / "notify"), f"@symbolon-test-{os.getpid()}"):
            with self.subTest(name=name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(name.replace("@", "\0"))
                manager.settimeout(LONG_S)
                node.launch({**clean_environment(), "NOTIFY_SOCKET": name})
                self.assertEqual(manager.recv(4096), b"STATUS=Opening the keys")
                ready = manager.recv(4096).decode()
                self.assertEqual(ready.splitlines()[0], "READY=1")
                self.assertIn(node.address, ready)
                node.do("status")
                self.assertEqual(node.stop(), 0)
                self.assertEqual(manager.recv(4096).splitlines()[0], b"STOPPING=1")

    def test_credentials_and_run_directory_of_systemd_are_used(self):
        node = self.stopped_node(passphrase=PASSPHRASE)
        credentials = self.home / "credentials"
        credentials.mkdir()
        (credentials / "passphrase").write_text(PASSPHRASE)
        (credentials / "passphrase").chmod(0o440)
        runtime = self.home / "r"
        runtime.mkdir(mode=0o700)
        node.unlock = []
        node.launch({**clean_environment(), "CREDENTIALS_DIRECTORY": str(credentials),
                     "RUNTIME_DIRECTORY": str(runtime)})
        self.assertTrue(node.read_line(LONG_S).startswith("ready"))
        if len(str(runtime)) < 60:  # or the path would be too long for a socket
            self.assertEqual(self.run_directory(node).parent, runtime)
        node.do("status")
        self.assertEqual(node.stop(), 0)
        self.assertEqual(list(runtime.iterdir()), [])

    def test_it_starts_without_standard_descriptors(self):
        if WRAP:
            self.skipTest("valgrind wants to print")
        node = self.stopped_node()
        command = [*WRAP, str(SYMBOLOND), "--dir", str(node.dir), *node.unlock]
        daemon = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command],
                                  env=clean_environment())
        try:
            wait_until(lambda: node.cli("status")[0] == 0, LONG_S, "the node serves")
            # Log and ready line went to none of its own files.
            self.assertEqual((node.dir / "lock").read_text(), f"{daemon.pid}\n")
            if os.geteuid() == 0:
                for fd in range(3):
                    self.assertEqual(os.readlink(f"/proc/{daemon.pid}/fd/{fd}"), "/dev/null")
        finally:
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(LONG_S), 0)

    def test_a_directory_with_a_long_path(self):
        deep = self.home / ("d" * 200) / ("e" * 200)
        deep.mkdir(parents=True)
        node = self.stopped_node()
        node.dir = pathlib.Path(shutil.move(node.dir, deep / "node"))
        node.start()
        self.assertEqual(node.json("status")["listening"], node.address)

    def test_what_a_crash_left_is_removed(self):
        node = self.node()
        old = self.run_directory(node)
        self.assertEqual(stat.S_IMODE(old.stat().st_mode), 0o700)
        node.kill()
        self.assertTrue(old.exists())
        node.start()
        self.assertFalse(old.exists())
        new = self.run_directory(node)
        node.do("status")
        self.assertEqual(node.stop(), 0)
        self.assertFalse(new.exists())
        self.assertFalse((node.dir / "run").is_symlink())

    def test_no_rights_can_be_gained_and_no_core_is_dumped(self):
        node = self.node()
        status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        if not WRAP:
            limits = pathlib.Path(f"/proc/{node.process.pid}/limits").read_text()
            self.assertRegex(limits, r"(?m)^Max core file size\s+0\s+0\s")

    def test_only_core_holds_the_lock_beside_the_supervisor(self):
        self.need_root("look into processes that are not dumpable")
        if WRAP:
            self.skipTest("valgrind has descriptors of its own")
        node = self.node()
        held = {}
        for name, pid in node.pids().items():
            links = [os.readlink(fd) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
            held[name] = [link for link in links if link.startswith(str(node.dir))]
        self.assertIn(str(node.dir / "lock"), held["supervisor"])
        self.assertIn(str(node.dir / "lock"), held["core"])
        self.assertEqual(held["gate"], [])


class End(SupervisorTest):
    def test_it_stops_when_it_is_asked_to(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with self.subTest(signal=number.name):
                node = self.node()
                began = time.monotonic()
                node.process.send_signal(number)
                self.assertEqual(node.process.wait(LONG_S), 0)
                if IS_RELEASE:
                    self.assertLess(time.monotonic() - began, nodes.BY_ITSELF_S)
                self.assertEqual(node.log().count("symbolond: "), 0, node.log())

    def test_it_stops_with_live_links(self):
        a, b = self.pair()
        a.ping(b, "--timeout", 10 * PATIENCE)
        began = time.monotonic()
        self.assertEqual(a.stop(), 0)
        if IS_RELEASE:
            self.assertLess(time.monotonic() - began, nodes.BY_ITSELF_S)

    def test_what_a_terminal_sends_to_all_stops_it_cleanly(self):
        node = self.node()
        family = node.family()
        for pid in reversed(family):  # children first: they must leave it to the supervisor
            os.kill(pid, signal.SIGINT)
        self.assertEqual(node.process.wait(LONG_S), 0)
        self.assertNotIn("level=error", node.log())

    def test_hanging_up_does_not_stop_it(self):
        node = self.node()
        node.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        node.do("status")

    def test_a_node_that_commands_cannot_reach_any_more_stops_and_says_so(self):
        node = self.node()
        run_directory = self.run_directory(node)
        shutil.rmtree(run_directory)
        self.assertEqual(node.process.wait(LONG_S), 1)
        self.assertIn(f"symbolond: {run_directory}: the sockets of this node were removed there", node.log())
        node.forget()
        node.start()
        node.do("status")

    def test_when_a_child_is_killed_the_other_stops_and_the_exit_code_tells(self):
        for victim, other in (("core", "gate"), ("gate", "core")):
            with self.subTest(victim=victim):
                node = self.node()
                pids = node.pids()
                run_directory = self.run_directory(node)
                os.kill(pids[victim], signal.SIGKILL)
                self.assertEqual(node.process.wait(LONG_S), 1)
                log = node.log()
                self.assertIn(f'event=process-ended child={victim} how="signal KILL"', log)
                self.assertIn(f'event=process-ended child={other} how="exit code 0"', log)
                self.assertIn(f"symbolond: {victim}: ended unexpectedly (signal KILL): the node was stopped: "
                              "start it again; most often the machine had run out of memory", log)
                self.assertFalse(run_directory.exists())
                node.forget()
                node.start()

    def test_when_the_supervisor_is_killed_nothing_is_left_running(self):
        node = self.node()
        children = node.family()[1:]
        self.assertEqual(len(children), 2)
        os.kill(node.process.pid, signal.SIGKILL)
        node.process.wait(LONG_S)
        wait_until(lambda: not any(map(is_running, children)), LONG_S, "core and gate have ended")
        node.forget()
        node.start()

    def test_a_supervisor_that_is_killed_takes_its_children_along_for_other_users_too(self):
        """Their user namespace must not take away the signal of a parent's death."""
        self.need_root("become another user")
        if WRAP:
            self.skipTest("the build directory may be closed to other users")
        home = pathlib.Path(subprocess.check_output(["mktemp", "-d"], text=True,
                                                    env={**os.environ, "TMPDIR": "/tmp"}).strip())
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        for name in ("symbolond", "symbolon"):
            shutil.copy(BUILD / name, home / name)
        write_private(home / "key", os.urandom(32))
        for path in (home, home / "key"):
            os.chown(path, 65534, 65534)
        who = {"user": 65534, "group": 65534, "extra_groups": [], "env": clean_environment()}
        unlock = ["--key-file", str(home / "key")]
        subprocess.run([home / "symbolond", "--init", "--dir", home / "node", "--name", "A", "--role",
                        "ngo", "--listen", f"127.0.0.1:{free_port()}", *unlock], check=True,
                       stdout=subprocess.DEVNULL, **who)
        daemon = subprocess.Popen([home / "symbolond", "--dir", home / "node", *unlock],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, **who)
        try:
            line = daemon.stdout.readline()
            self.assertTrue(line.startswith(b"ready"), line or daemon.stderr.read())
            children = list(map(int, pathlib.Path(
                f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()))
            self.assertEqual(len(children), 2)
            daemon.kill()
            daemon.wait(LONG_S)
            wait_until(lambda: not any(map(is_running, children)), LONG_S, "core and gate have ended")
        finally:
            daemon.kill()
            daemon.communicate()


class StandIns(SupervisorTest):
    """The supervisor with children that are not what they should be."""

    def serve(self, behaviour, ready=True):
        node = self.stopped_node()
        node.command = lambda: [*WRAP, str(SUPERVISED), "--dir", str(node.dir), *node.unlock]
        node.launch({**clean_environment(), "SYMBOLON_STUB": behaviour})
        if ready:
            self.assertTrue(node.read_line(LONG_S).startswith("ready"), node.log())
        return node

    def ends(self, node, code, *fragments):
        self.assertEqual(node.process.wait(LONG_S), code, node.log())
        log = node.log()
        for fragment in fragments:
            self.assertIn(fragment, log)
        self.assertFalse((node.dir / "run").is_symlink())
        node.forget()

    def test_a_child_that_dies_at_the_start(self):
        node = self.serve("core-dies", ready=False)
        self.ends(node, 1, "symbolond: core: ended unexpectedly (signal USR1): the node was stopped: start it again; "
                  "if it does so again, report it",
                  'child=gate how="exit code 0"')

    def test_the_reason_of_a_child_that_cannot_go_on_is_shown_and_harmless(self):
        node = self.serve("core-faults", ready=False)
        self.ends(node, 1, "symbolond: the stub: cannot go on:??[31m nobody can",
                  "level=info process=supervised event=process-ended child=core")

    def test_a_gate_that_cannot_go_on_stops_core(self):
        node = self.serve("gate-faults", ready=False)
        self.ends(node, 1, "symbolond: the stub: cannot go on", 'child=core how="exit code 0"')

    def test_a_child_that_says_something_out_of_turn(self):
        for behaviour, who in (("core-lies", "core"), ("gate-lies", "gate"), ("gate-speaks", "gate")):
            with self.subTest(behaviour=behaviour):
                node = self.serve(behaviour, ready=False)
                self.ends(node, 1, f"symbolond: {who}: said something out of turn")

    def test_a_child_that_lets_go_of_its_leash_is_ended(self):
        node = self.serve("core-lets-go", ready=False)
        self.ends(node, 1, "symbolond: core: ended unexpectedly (signal KILL)")

    def test_a_start_that_hangs_can_be_stopped(self):
        node = self.serve("core-hangs core-ignores-stop", ready=False)
        wait_until(lambda: len(node.family()) == 3, LONG_S, "both children run")
        time.sleep(0.3)
        began = time.monotonic()
        node.process.send_signal(signal.SIGTERM)
        self.ends(node, 0, "event=killing", 'child=core how="signal KILL"')
        self.assertGreater(time.monotonic() - began, 9)
        self.assertLess(time.monotonic() - began, 15 * nodes.CROWDED * PATIENCE)

    def test_core_is_stopped_before_gate(self):
        node = self.serve("")
        node.process.send_signal(signal.SIGTERM)
        self.assertEqual(node.process.wait(LONG_S), 0)
        told = re.findall(r"process=(\w+) event=told-to-stop", node.log())
        self.assertEqual(told, ["core", "gate"])
        node.forget()

    def test_names_are_looked_up_for_core(self):
        node = self.serve("core-resolves=localhost:7702")
        wait_until(lambda: "event=resolved" in node.log(), LONG_S, "the answer")
        line = next(line for line in node.log().splitlines() if "event=resolved" in line)
        self.assertIn("number=77 result=OK", line)
        self.assertRegex(line, r"127\.0\.0\.1:7702\\n|\[::1\]:7702\\n")

    def test_names_that_cannot_be_looked_up_are_told_so(self):
        for endpoint, result in (("nowhere.invalid:1", "NOT_FOUND|UNREACHABLE|IO"),
                                 ("noport", "BAD_FORMAT")):
            with self.subTest(endpoint=endpoint):
                node = self.serve(f"core-resolves={endpoint}")
                wait_until(lambda: "event=resolved" in node.log(), LONG_S, "the answer")
                self.assertRegex(node.log(), f"number=77 result=({result}) addresses=\"\"")

    def test_a_name_server_that_is_silent_does_not_delay_the_end(self):
        """In a mount and network namespace of its own, where a deaf socket is the name server."""
        self.need_root("make namespaces")
        if not shutil.which("unshare") or not shutil.which("ip"):
            self.skipTest("unshare and ip are not installed")
        node = self.stopped_node()
        conf = self.home / "resolv.conf"
        conf.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        nsswitch = self.home / "nsswitch.conf"
        nsswitch.write_text("hosts: files dns\n")
        script = (f"ip link set lo up && mount --bind {conf} $(readlink -f /etc/resolv.conf) && "
                  f"mount --bind {nsswitch} /etc/nsswitch.conf && "
                  f"{{ {sys.executable} -c 'import socket, time; s = socket.socket(2, 2); "
                  "s.bind((\"127.0.0.1\", 53)); time.sleep(600)' & } && sleep 1 && exec \"$@\"")
        command = ["unshare", "-m", "-n", "sh", "-c", script, "sh", str(SUPERVISED), "--dir",
                   str(node.dir), *node.unlock]
        node.command = lambda: command
        node.launch({**clean_environment(), "SYMBOLON_STUB": "core-resolves=bank-b.example:7701"})
        self.assertTrue(node.read_line(LONG_S).startswith("ready"), node.log())
        time.sleep(0.5)
        self.assertNotIn("event=resolved", node.log())
        began = time.monotonic()
        helpers = node.family()[1:]
        node.process.send_signal(signal.SIGTERM)
        self.assertEqual(node.process.wait(LONG_S), 0)
        if IS_RELEASE:
            self.assertLess(time.monotonic() - began, nodes.BY_ITSELF_S)
        for pid in helpers:  # the deaf server was a child of the shell that became the daemon
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.forget()


if __name__ == "__main__":
    unittest.main()
