"""The evidence of whole nodes: every way an exchange can end leaves matching entries at both, and
nothing in an exported log, or in the log of a stopped node, can be altered unnoticed.

SYMBOLON_TEST_ENTRIES=10000 makes a log of about so many entries first, SYMBOLON_TEST_FLIPS=2000
flips so many bits; both are smaller otherwise.

runner: timeout=300
"""

import collections
import contextlib
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
from nodes import DENIED, DONE, FAILED, run_cli
from overlaps import OverlapTest, overlap_words, start_cli

ENTRIES = int(os.environ.get("SYMBOLON_TEST_ENTRIES", 600))
FLIPS = int(os.environ.get("SYMBOLON_TEST_FLIPS", 60))
SEED = int(os.environ.get("SYMBOLON_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 31)
PINGERS = 32


class EvidenceTest(OverlapTest):
    def loaded_pair(self, proxied=False):
        a, b, *proxies = self.proxied_pair() if proxied else self.pair()
        self.load_numbers(a, "mine", range(1500), "a")
        self.load_numbers(b, "theirs", range(500, 2000), "b")
        return (a, b, *proxies)

    def export(self, node):
        folder = self.home / f"{next(self.homes)}.export"
        node.do("log", "export", folder)
        return evidence.Export(folder)

    def size(self, node):
        return evidence.parse_checkpoint(node.do("log", "checkpoint"))[1]

    def rows(self, node, *words):
        return node.json("log", "list", *words)

    def kinds(self, node, exchange):
        """What the log says of an exchange, oldest first."""
        return [row["kind"] for row in self.rows(node) if exchange in (row["exchange"], row.get("handle"))]

    def agree(self, *those):
        """Both logs are whole, and each node finds nothing at the other."""
        for node, other in (those, those[::-1]):
            node.do("log", "verify")
            code, output, complaint = node.cli("log", "compare", other.alias)
            self.assertEqual(code, DONE, (output, complaint))


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
        for verdict in ("approve", "deny"):
            with self.subTest(verdict):
                self.held(verdict)

    def held(self, verdict):
        self.b.do("grant", self.a.alias, "theirs", "overlap:matches", "--approval")
        command = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--hold", "30"))
        rows = nodes.wait_until(lambda: self.b.json("requests"), 10, "the request is held")
        self.b.do(verdict, rows[0]["id"])
        command.communicate(timeout=60)
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
        command = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--timeout", "20"))
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
            for at in (1, 2000, 6000, whole // 2, whole - 4000, whole - 500):
                with self.subTest(victim=victim.name, at=at, of=whole):
                    self.crash(victim, at)
                    self.agree(self.a, self.b)
        self.overlap(self.a, self.b)
        self.agree(self.a, self.b)


class Altered(EvidenceTest):
    """Nothing is altered without a trace."""

    def grow(self, a, b, entries):
        """Exchanges and decisions of several kinds, until A's log has about so many entries."""
        self.grant(b, a, "theirs", "overlap:count")
        self.overlap(a, b, reveal="count")
        self.is_denied(self.try_overlap(a, b))
        begin = self.size(a)
        a.ping(b, "--count", 10)
        each = max(1, (self.size(a) - begin) // 10)
        left = max(0, entries - self.size(a)) // each
        pings = [start_cli(a, "peer", "ping", b.alias, "--count", max(1, left // PINGERS), "--timeout", "60")
                 for _ in range(PINGERS if left else 0)]
        for ping in pings:
            output, complaint = ping.communicate(timeout=600)
            self.assertEqual(ping.returncode, DONE, (output, complaint))

    def setUp(self):
        super().setUp()
        self.a, self.b = self.loaded_pair()
        self.grow(self.a, self.b, ENTRIES)

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
            good = path.read_bytes()
            bit = chance.randrange(8 * len(good))
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bad)
            code, output, complaint = self.verify(export.folder)
            path.write_bytes(good)
            if code != FAILED or f"{export.folder}/" not in output + complaint:
                name = path.relative_to(export.folder)
                unnoticed.append(f"flip {number}: {name}, bit {bit} ({good[max(0, bit // 8 - 8):bit // 8 + 8]!r}): "
                                 f"exit code {code}: {(complaint or output)[:200]}")
        print(f"{FLIPS} bits flipped in {len(files)} files of {export.size} entries, seed {SEED}")
        self.assertEqual(unnoticed, [], f"seed {SEED}")
        self.assertEqual(self.verify(export.folder)[0], DONE)
