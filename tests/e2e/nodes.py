"""Nodes for tests: made in a temporary directory, started, pinned to each other, asked, stopped.

A test derives from NodeTest and calls self.node("Bank A"). Whatever was started is stopped at its
end, and after a failure the logs of its nodes are printed and kept in build/…/failed/.
"""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SYMBOLON_BUILD", ROOT / "build/release"))
SYMBOLOND = BUILD / "symbolond"
SYMBOLON = BUILD / "symbolon"
CHEAP = BUILD / "cheap/symbolon"  # the passphrases of its backups cost a twelfth
WRAP = os.environ.get("SYMBOLON_WRAP", "").split()
# The slower the build, the longer a test may wait for what has no deadline of its own.
PATIENCE = 20 if WRAP else {"asan": 3, "coverage": 2}.get(BUILD.name, 1)
IS_RELEASE = BUILD.name not in ("asan", "coverage", "valgrind")

# Time limit of a ping that has to fail, in seconds: enough for what has to happen before.
SOON = max(2, PATIENCE) if WRAP or PATIENCE == 1 else 5

DONE, FAILED, USAGE, DENIED, UNREACHABLE = range(5)

# A machine that does twenty other things at once, at half the speed, is this much slower. What is waited for with it
# comes soon or never, so that it costs nothing where all is well; what has to be quick is not measured by clocks.
CROWDED = 10
START_S = 10 * CROWDED * PATIENCE
STOP_S = 5 * CROWDED * PATIENCE
CALL_S = 300 * PATIENCE
# A node ends what does not stop by itself after 10 s: who stops sooner stopped by itself.
BY_ITSELF_S = 9 * PATIENCE
LOG_LINES = 40

# A port is held by a name in the abstract socket namespace until this process ends, so that tests
# that run side by side never choose the same; below the range that outgoing connections use.
held_ports = []
PORTS_TRIED = 100


def free_port():
    for port in random.SystemRandom().sample(range(12000, 32000), PORTS_TRIED):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0symbolon-test-port-{port}")
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        held_ports.append(claim)
        return port
    raise RuntimeError(f"of {PORTS_TRIED} ports from 12000 to 31999 none is free")


def wait_until(true, seconds, what):
    """The first value of true() that counts as true; after so many seconds, or longer on a crowded
    machine and in a slow build, a failure."""
    until = time.monotonic() + seconds * CROWDED * PATIENCE
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds * CROWDED * PATIENCE} s")
        time.sleep(0.02)


def wait_still(those, seconds=20):
    """Until what these nodes have sent each other has arrived: no thread of theirs runs, or waits for
    a disk, in five looks."""
    def is_still():
        for _ in range(5):
            if any(state in "RD" for node in those for pid in node.family() for state in thread_states(pid)):
                return False
            time.sleep(0.05)
        return True
    wait_until(is_still, seconds, "standing still")


def thread_states(pid):
    """One letter of proc(5) for each thread."""
    states = []
    for path in pathlib.Path("/proc").glob(f"{pid}/task/*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            states.append(path.read_text("ascii").rpartition(")")[2].split()[0])
    return states


def is_running(pid):
    """False for what is gone, and for a zombie."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def memory_kib(pid, what):
    """VmRSS or VmHWM (the highest VmRSS so far) of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.M)[1])


def pss_kib(pid):
    """Proportional set size; of a process that is not dumpable only root may ask."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.M)[1])


def write_private(path, data):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return path


def clean_environment():
    """Without what a developer's shell may hold about nodes of his own."""
    return {k: v for k, v in os.environ.items()
            if k not in ("SYMBOLON_DIR", "SYMBOLON_USER", "NOTIFY_SOCKET",
                         "RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY")}


def run_cli(*arguments, env=None, stdin=None, timeout=CALL_S, program=SYMBOLON):
    """(exit code, standard output, standard error) of symbolon."""
    done = subprocess.run([str(program), *map(str, arguments)], timeout=timeout,
                          input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, text=True, env=env or clean_environment())
    return done.returncode, done.stdout, done.stderr


class Node:
    """One node; home holds its directory (dir), its key file, its card and its log, which are all
    named after folder when several nodes share a home."""

    def __init__(self, home, name="Bank A", role="bank", *, alias=None, folder=None, port=None,
                 passphrase=None, init=()):
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.dir = self.home / (folder or "node")
        stem = "" if folder is None else f"{folder}."
        self.name = name
        self.role = role
        self.alias = alias or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log_path = self.home / f"{stem}log"
        self.process = None
        self.user = None  # who asks, unless a call names another
        self.environment = {}  # of the daemon, beside the usual one
        self.daemon = SYMBOLOND
        if passphrase is None:
            secret = write_private(self.home / f"{stem}key", os.urandom(32))
            self.unlock = ["--key-file", str(secret)]
        else:
            secret = write_private(self.home / f"{stem}passphrase", passphrase.encode() + b"\n")
            self.unlock = ["--passphrase-file", str(secret)]
        code, self.init_output, complaint = run_cli(
            "init", "--dir", self.dir, "--name", name, "--role", role, "--listen", self.address,
            *self.unlock, *init)
        if code != DONE:
            raise AssertionError(f"init of {name} ended with {code}: {complaint}")

    # --- The daemon.

    def command(self):
        return [*WRAP, str(self.daemon), "--dir", str(self.dir), *self.unlock]

    def start(self):
        """Returns once the node serves."""
        self.launch()
        line = self.read_line(START_S)
        if not line.startswith("ready"):
            code = self.process.wait(START_S)
            raise AssertionError(f"{self.name} printed {line!r} and ended with {code}:\n{self.log()}")
        self.ready_line = line
        return self

    def launch(self, env=None):
        """Starts it without waiting for anything."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=log,
                                            stdout=subprocess.PIPE,
                                            env=env or {**clean_environment(), **self.environment})

    def read_line(self, seconds):
        """What it printed up to a line feed, or up to its end."""
        text, until = b"", time.monotonic() + seconds
        while not text.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError(f"{self.name} printed {text!r} only, within {seconds} s:\n{self.log()}")
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                break
            text += byte
        return text.decode("utf-8", "replace")

    def stop(self):
        """Asks it to end; its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {STOP_S} s of SIGTERM:\n{self.log()}")
        self.forget()
        return code

    def kill(self):
        """Ends its processes without asking."""
        if self.process is not None:
            for pid in self.family():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(STOP_S)
            self.forget()

    def forget(self):
        self.process.stdout.close()
        self.process = None

    def restart(self):
        code = self.stop()
        if code != 0:
            raise AssertionError(f"{self.name} ended with {code}:\n{self.log()}")
        return self.start()

    def family(self):
        """Process ids: the supervisor's, and those of its children."""
        pid = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        except FileNotFoundError:
            children = []
        return [pid, *map(int, children)]

    def pids(self):
        """{"supervisor": …, "gate": …, "core": …}"""
        rows = self.json("status")["processes"]
        return {"supervisor": self.process.pid, **{row["name"]: row["pid"] for row in rows}}

    def log(self, lines=LOG_LINES):
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""

    # --- Asking it.

    def cli(self, *words, user=None, stdin=None, timeout=CALL_S, program=SYMBOLON):
        """(exit code, standard output, standard error)"""
        user = user or self.user
        who = [] if user is None else ["--as", str(user)]
        return run_cli(*words, "--dir", self.dir, *who, stdin=stdin, timeout=timeout, program=program)

    def do(self, *words, **how):
        """The output of a command that has to work."""
        code, output, complaint = self.cli(*words, **how)
        if code != DONE:
            raise AssertionError(f"{self.name}: symbolon {' '.join(map(str, words))} ended with {code}: "
                                 f"{complaint}\n{self.log()}")
        return output

    def json(self, *words, user=None):
        return json.loads(self.do(*words, "--json", user=user))

    def warnings(self, user=None):
        """What status warns of, except that this is no build to be used."""
        return [text for text in self.json("status", user=user)["warnings"]
                if IS_RELEASE or "not a release build" not in text]

    def links(self):
        return self.json("status")["links"]

    def link_to(self, other):
        """none, dialling or live"""
        rows = {row["alias"]: row["link"] for row in self.json("peer", "list")}
        return rows[getattr(other, "alias", other)]

    def ping(self, other, *words):
        """What `peer ping --json` says about a ping that has to work."""
        return self.json("peer", "ping", getattr(other, "alias", other), *words)

    # --- Partners.

    def card(self):
        """Path of a file with its card."""
        path = self.home / f"{self.alias}.card"
        self.do("card", "--out", path)
        return path

    def pin(self, other, *words):
        self.do("peer", "add", other.card(), "--alias", other.alias, "--yes", *words)

    def peer_with(self, other, psk=None):
        """Pins both ways; psk: path of a file with a preshared key."""
        words = [] if psk is None else ["--psk-file", psk]
        self.pin(other, *words)
        other.pin(self, *words)


class NodeTest(unittest.TestCase):
    """Stops at its end what it has started; keeps the logs when it fails."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="nodes-"))
        self.nodes = []
        self.homes = itertools.count()
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.addCleanup(self.end_nodes)

    def node(self, name="Bank A", role="bank", start=True, **how):
        node = Node(self.home / f"{next(self.homes)}", name, role, **how)
        self.nodes.append(node)
        return node.start() if start else node

    def pair(self, psk=None, **how):
        a, b = self.node("Bank A", **how), self.node("Bank B", **how)
        a.peer_with(b, psk)
        return a, b

    def psk_file(self, name="psk"):
        return write_private(self.home / name, base64.b64encode(os.urandom(32)) + b"\n")

    def end_nodes(self):
        complaints = []
        for node in self.nodes:
            try:
                code = node.stop()
                if code not in (0, None):
                    complaints.append(f"{node.name} ended with {code}")
            except AssertionError as error:
                complaints.append(str(error))
        if complaints or self.has_failed():
            self.keep_logs()
        self.assertEqual(complaints, [])

    def has_failed(self):
        return not getattr(getattr(self, "_outcome", None), "success", True)

    def keep_logs(self):
        kept = BUILD / "failed" / self.id()
        kept.mkdir(parents=True, exist_ok=True)
        for at, node in enumerate(self.nodes):
            if node.log_path.exists():
                target = shutil.copy(node.log_path, kept / f"{at}-{node.alias}.log")
                print(f"--- {self.id()}: {node.name}, {target}\n{node.log()}", flush=True)

    # --- What tests often say.

    def refused(self, outcome, code, *fragments):
        """Checks (exit code, output, complaint) of a command that must not work."""
        self.assertEqual(outcome[0], code, outcome)
        self.assertTrue(outcome[2].startswith("symbolon: "), outcome)
        for fragment in fragments:
            self.assertIn(fragment, outcome[2])

    def need_root(self, why):
        if os.geteuid() != 0:
            self.skipTest(f"only root can {why}")
