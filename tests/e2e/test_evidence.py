"""The evidence of whole nodes: every way an exchange can end leaves matching entries at both, and
nothing in an exported log, or in the log of a stopped node, can be altered unnoticed.

SYMBOLON_TEST_ENTRIES=20000 makes a log of at least so many entries first, SYMBOLON_TEST_FLIPS=2000
flips so many bits, SYMBOLON_TEST_CRASHES=6 kills either side at each of six steps; all are smaller otherwise.

runner: timeout=3600
"""

import base64
import collections
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import unittest

import evidence
import nodes
import overlaps
import test_stock_tools as stock_tools
from evidence import AUDITOR
from nodes import DONE, FAILED, run_cli
from overlaps import OverlapTest, overlap_words, start_cli

ENTRIES = int(os.environ.get("SYMBOLON_TEST_ENTRIES", 400))
FLIPS = int(os.environ.get("SYMBOLON_TEST_FLIPS", 60))
CRASHES = min(6, int(os.environ.get("SYMBOLON_TEST_CRASHES", 3)))  # of the six steps of each side
SEED = int(os.environ.get("SYMBOLON_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 31)
ASKERS = 6  # a peer may have 8 exchanges at once
PINGS = 36  # of each of them: after 256 that nobody has granted, a peer has to wait; a restart forgets
OVERLAPS = 100


class EvidenceTest(OverlapTest):
    def loaded_pair(self, proxied=False):
        a, b, *proxies = self.proxied_pair() if proxied else self.pair()
        for node in (a, b):
            evidence.add_auditor(node)
        self.load_numbers(a, "mine", range(1500), "a")
        self.load_numbers(b, "theirs", range(500, 2000), "b")
        return (a, b, *proxies)

    def export(self, node):
        folder = self.home / f"{next(self.homes)}.export"
        node.do("log", "export", folder, user=AUDITOR)
        return evidence.Export(folder)

    def size(self, node):
        return evidence.parse_checkpoint(node.do("log", "checkpoint", user=AUDITOR))[1]

    def rows(self, node, *words):
        return node.json("log", "list", *words, user=AUDITOR)

    def kinds(self, node, exchange):
        """What the log says of an exchange, oldest first."""
        return [row["kind"] for row in self.rows(node) if exchange in (row["exchange"], row.get("handle"))]

    def agree(self, *those):
        """Both logs are whole, and each node finds nothing at the other."""
        for node, other in (those, those[::-1]):
            node.do("log", "verify", user=AUDITOR)
            self.assertEqual(evidence.findings(node, other), [])


class Paths(EvidenceTest):
    """Done when both sides have matching entries for every way an exchange can end."""

    def setUp(self):
        super().setUp()
        self.a, self.b, (_, self.proxy) = self.loaded_pair(proxied=True)

    def entries_match(self, *kinds):
        """The latest exchange has these entries, each of them at both nodes or at one."""
        exchange = self.latest(self.a)["id"]
        mine, theirs = self.kinds(self.a, exchange), self.kinds(self.b, exchange)
        for kind in kinds:
            self.assertIn(kind, mine)
            self.assertIn(kind, theirs)
        self.agree(self.a, self.b)
        return mine, theirs

    def test_granted(self):
        self.grant(self.b, self.a, "theirs")
        self.overlap(self.a, self.b)
        mine, theirs = self.entries_match("requested", "decided", "closed")
        self.assertEqual(mine[:3], theirs[:3])

    def test_denied(self):
        self.is_denied(self.try_overlap(self.a, self.b))
        self.entries_match("requested", "decided")

    def test_held_and_then_approved_or_denied(self):
        self.b.do("user", "add", "approver", "--role", "approver")
        for verdict in ("approve", "deny"):
            with self.subTest(verdict):
                self.held(verdict)

    def waiting(self):
        return [row for row in self.b.json("requests") if row["state"] == "waiting"]

    def held(self, verdict):
        self.b.do("grant", self.a.alias, "theirs", "overlap:matches", "--approval")
        command = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--hold", "30"))
        rows = nodes.wait_until(self.waiting, 10, "the request is held")
        words = ["--why", "no"] if verdict == "deny" else []
        self.b.do(verdict, rows[0]["id"], *words, user="approver")
        command.communicate(timeout=nodes.CALL_S)
        self.entries_match("requested", "decided", *(["closed"] if verdict == "approve" else []))

    def test_a_ping(self):
        self.a.ping(self.b)
        self.agree(self.a, self.b)
        for node in (self.a, self.b):
            kinds = collections.Counter(row["kind"] for row in self.rows(node))
            self.assertGreaterEqual(kinds["closed"], 1)

    def test_timed_out(self):
        self.grant(self.b, self.a, "theirs")
        self.a.ping(self.b)
        self.proxy.hold_after(20_000)
        code, _, _ = self.a.cli(*overlap_words(self.b, "mine", "theirs", "matches", "--timeout", "2"))
        self.assertEqual(code, FAILED)
        self.proxy.release()
        self.meet()
        self.entries_match("requested", "decided", "aborted")

    def meet(self):
        """A link is up, and what was open is told again over it."""
        self.a.ping(self.b)
        for node in (self.a, self.b):
            nodes.wait_until(lambda: all(row["state"] in overlaps.ENDED for row in overlaps.exchanges(node)), 30,
                             f"{node.name}: all exchanges have ended")

    def crash(self, victim, at):
        self.a.ping(self.b)
        self.proxy.hold_after(at)
        command = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--timeout", "20", "--wait", 3))
        self.proxy.wait_held()
        victim.kill()
        self.proxy.cut()
        victim.start()
        command.communicate(timeout=60 * nodes.PATIENCE)
        self.meet()

    def test_killed_at_any_step(self):
        self.grant(self.b, self.a, "theirs")
        self.a.ping(self.b)
        before = self.proxy.passed
        self.overlap(self.a, self.b)
        whole = self.proxy.passed - before
        for victim in (self.a, self.b):
            # Request, receipt, confirmation, data, closes.
            steps = [1, 2000, 6000, whole // 2, whole - 4000, whole - 500]
            for at in sorted(random.Random(f"{SEED} {victim.name}").sample(steps, CRASHES)):
                with self.subTest(victim=victim.name, at=at, of=whole, seed=SEED):
                    self.crash(victim, at)
                    self.agree(self.a, self.b)
        self.overlap(self.a, self.b)
        self.agree(self.a, self.b)


class GrownTest(EvidenceTest):
    entries = 300  # a full tile, and a part of another

    def grow(self, a, b, entries):
        """Exchanges and decisions of several kinds, until A's log has at least so many entries."""
        self.load_numbers(a, "few", range(3), "a")
        self.load_numbers(b, "some", range(2, 9), "b")
        self.grant(b, a, "some", "overlap:count", words=("--per-day", 10000))
        self.is_denied(self.try_overlap(a, b))
        with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
            asked = [pool.submit(self.counts, a, b, 1, mine="few", theirs="some")
                     for _ in range(min(OVERLAPS, entries // 40))]
            for future in asked:
                future.result()
        while (left := entries - self.size(a)) > 0:
            each = left // (4 * ASKERS) + 1
            for ping in [start_cli(a, "peer", "ping", b.alias, "--count", min(PINGS, each), "--timeout", "60")
                         for _ in range(ASKERS)]:
                self.finish(ping, 600)
            if each > PINGS:
                a.restart()
                b.restart()

    def setUp(self):
        super().setUp()
        self.a, self.b = self.loaded_pair()
        self.grow(self.a, self.b, self.entries)


def flip(path, at, bit):
    """Flips one bit of a file; what stands around it then."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0] ^ 1 << bit
        file.seek(at)
        file.write(bytes([byte]))
        file.seek(max(0, at - 8))
        return file.read(16)


class Exported(GrownTest):
    entries = ENTRIES

    def verify(self, folder):
        return run_cli("verify", folder, env=nodes.clean_environment())

    def test_any_flipped_bit_of_an_export_is_found(self):
        export = self.export(self.a)
        self.assertEqual(evidence.Tree(export.leaves).root(export.size), export.root)
        code, output, complaint = self.verify(export.folder)
        self.assertEqual(code, DONE, (output, complaint))
        files, chance, unnoticed = export.files(), random.Random(SEED), []
        sizes = [path.stat().st_size for path in files]
        for number in range(FLIPS):
            # Any file as often as any other, or any bit as often as any other.
            path = chance.choice(files) if number % 2 else chance.choices(files, sizes)[0]
            at, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
            flip(path, at, bit)
            code, output, complaint = self.verify(export.folder)
            near = flip(path, at, bit)
            if code != FAILED or f"{export.folder}/" not in output + complaint:
                unnoticed.append(f"flip {number}: {path.relative_to(export.folder)}, byte {at}, bit {bit} ({near!r}): "
                                 f"exit code {code}: {(complaint or output)[:200]}")
        print(f"{FLIPS} bits flipped in {len(files)} files of {export.size} entries, seed {SEED}")
        self.assertEqual(unnoticed, [], f"seed {SEED}")
        self.assertEqual(self.verify(export.folder)[0], DONE)


FORGE = nodes.BUILD / "tests/tools/forge_log"


@unittest.skipUnless(FORGE.exists(), "tests/tools/forge_log is not built: make test-programs")
class Stopped(GrownTest):
    """Somebody alters the log of a node that is stopped, through LMDB itself."""

    entries = ENTRIES

    def forge(self, node, *words):
        """Alters the log of a node, which is stopped afterwards."""
        self.assertEqual(node.stop() or 0, 0)
        done = subprocess.run([str(FORGE), node.dir, node.unlock[1], *map(str, words)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done)

    @contextlib.contextmanager
    def altered(self, words, *others):
        """Alters A's log; at the end A is stopped, and the logs of A and these others are as before."""
        those, kept = (self.a, *others), self.home / "kept"
        for node in those:
            self.assertEqual(node.stop() or 0, 0)
            shutil.copytree(node.dir / "store", kept / node.alias)
        try:
            self.forge(self.a, *words)
            for node in others:
                node.start()
            yield
        finally:
            for node in those:
                self.assertEqual(node.stop() or 0, 0)
                shutil.copytree(kept / node.alias, node.dir / "store", dirs_exist_ok=True)
            shutil.rmtree(kept)

    def starts(self, node):
        node.launch()
        line = node.read_line(nodes.START_S)
        if line.startswith("ready"):
            return True
        node.process.wait(nodes.START_S)
        node.forget()
        return False

    def is_noticed(self, entry, *words):
        """By the node, which does not start, or by log verify, which names the entry."""
        before = len(self.a.log(lines=1_000_000))
        with self.altered((*words, entry)):
            if not self.starts(self.a):
                said = self.a.log(lines=1_000_000)[before:]
                self.assertRegex(said, "evidence log: .*restore", said)
                return
            code, output, complaint = self.a.cli("log", "verify", user=AUDITOR)
            self.assertEqual(code, FAILED, (words, output, complaint))
            self.assertRegex(output + complaint, rf"\b{entry}\b|the entries do not make")

    def test_entries_that_were_altered_in_the_store_are_noticed(self):
        last = self.size(self.a) - 1
        for entry in (5, random.Random(SEED).randrange(6, last - 1), last - 1):
            for words in (["flip"], ["flip-body"], ["drop"], ["drop-body"], ["edit"], ["swap", entry // 2]):
                with self.subTest(words, entry=entry, of=last + 1):
                    self.is_noticed(entry, *words)
        self.a.start()
        self.agree(self.a, self.b)

    def two_sided(self):
        """The entries of A about a granted exchange, by kind."""
        rows = [row for row in self.rows(self.a) if row["exchange_kind"] == "overlap:count"]
        wanted = [row for row in rows if row["kind"] == "closed"][0]["exchange"]
        return {row["kind"]: row["entry"] for row in rows if row["exchange"] == wanted}

    def convinces_nobody_else(self, *words, alone=True):
        """alone: the log is whole to its own node."""
        a, b, proof = self.a, self.b, self.home / f"{next(self.homes)}.exhibit"
        with self.altered(words, b):
            a.start()
            self.assertEqual(a.cli("log", "verify", user=AUDITOR)[0], DONE if alone else FAILED)
            code, output, complaint = b.cli("log", "compare", a.alias, "--timeout", "20", user=AUDITOR)
            self.assertEqual(code, FAILED, (output, complaint))
            self.assertIn("two evidence logs that contradict each other", complaint)
            self.assertIn("ALARM", b.do("status"))
            b.do("log", "exhibit", a.alias, "--out", proof, user=AUDITOR)
            self.assertNotEqual(a.cli("peer", "ping", b.alias, "--timeout", "5")[0], DONE)
        code, output, complaint = run_cli("verify", proof, "--card", self.cards[0], env=nodes.clean_environment())
        self.assertEqual(code, DONE, (output, complaint))

    def test_a_forgery_that_is_whole_in_itself_is_noticed_by_the_partner(self):
        """Tree and head are made again with the node's own keys."""
        self.cards = [node.card() for node in (self.a, self.b)]
        entry = self.two_sided()
        self.convinces_nobody_else("forge-body", entry["decided"])
        self.convinces_nobody_else("forge-drop", entry["closed"])
        self.convinces_nobody_else("forge-edit", entry["requested"], alone=False)
        self.convinces_nobody_else("forge-swap", entry["decided"], entry["closed"], alone=False)
        self.a.start()
        self.b.start()
        self.agree(self.a, self.b)


class Stock(GrownTest):
    """A node's export, checked without any code of this project (test_stock_tools.py)."""

    def test_go_finds_tree_and_proofs_right(self):
        stock = stock_tools.build_stock(self.home)
        export = self.export(self.a)
        done = subprocess.run([stock, export.folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(f"tiles of {export.size} entries\n", done.stdout)
        for entry in (0, 200, export.size - 1):
            self.a.do("log", "prove", entry, "--out", self.home / f"p{entry}", user=AUDITOR)
            shutil.copy(self.home / f"p{entry}/entry-{entry}.tlog-proof", f"{export.folder}.{entry}.tlog-proof")
        done = subprocess.run([stock, export.folder], capture_output=True, text=True)
        self.assertEqual(done.stdout.count("proof of entry"), 3, done)

    def vkeys(self):
        """Verifier keys from the cards of both: A's for its log, B's for its cosignatures."""
        for node, field, kind, name in ((self.a, "log", 1, "evidence"), (self.b, "cosign", 4, "witness")):
            card = dict(line.split(": ", 1) for line in node.card().read_text("utf-8").splitlines() if ": " in line)
            key = bytes([kind]) + base64.b64decode(card[field])
            name = f"symbolon/{hashlib.sha256(b'symbolon-node-1' + base64.b64decode(card['identity'])).hexdigest()}/{name}"
            key_id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
            yield f"{name}+{key_id}+{base64.b64encode(key).decode()}"

    def test_the_head_that_the_partner_has_is_compared_with_an_export(self):
        head = self.home / "kept"
        self.a.do("log", "checkpoint", "--cosigned", "--out", head, user=AUDITOR)
        size = int(head.read_text("utf-8").splitlines()[1])
        self.a.do("log", "report", "--out", self.home / "report.md", user=AUDITOR)
        export = self.export(self.a)
        code, output, complaint = run_cli("verify", export.folder, head, self.home / "report.md.exhibit", "--card", self.a.card(),
                                          env=nodes.clean_environment())
        self.assertEqual(code, DONE, (output, complaint))
        self.assertIn(f"; the first {size} entries of {export.folder} make its root", output)
        self.assertIn(f" bytes, signed in a log of {export.size} entries, ", output)
        self.assertIn(f"; the first {export.size} entries of {export.folder} make its root", output)

    def test_openssl_finds_head_and_cosignature_right(self):
        head = self.home / "head"
        self.a.do("log", "checkpoint", "--cosigned", "--out", head, user=AUDITOR)
        found = list(stock_tools.signatures(head.read_bytes(), "\n".join(self.vkeys())))
        self.assertEqual(len(found), 2)
        for name, signed, signature, key in found:
            self.assertTrue(stock_tools.openssl_verifies(self.home, signed, signature, key), name)
            self.assertFalse(stock_tools.openssl_verifies(self.home, signed + b"\n", signature, key), name)
