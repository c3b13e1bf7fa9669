"""Two real nodes talk while one of them is killed, or loses power, at any moment: whatever a user
was told, exchanges and checkpoints, is in the log after the restart, the tree is still the one that
was told of, and both nodes agree on every exchange.

runner: timeout=1500
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

import disks
import evidence
import nodes
from evidence import AUDITOR
from nodes import DONE
from overlaps import OverlapTest, overlap_words
from rounds import SEED, figures, rounds

WHOM = ("core", "gate", "all")


class Talk:
    """Commands that run again and again, each in a thread of its own, until it is ended."""

    def __init__(self, test):
        self.test = test
        self.over = threading.Event()
        self.exchanges = {node.alias: set() for node in test.pair_of}
        self.heads = {node.alias: set() for node in test.pair_of}
        self.pings = {node.alias: 0 for node in test.pair_of}
        self.threads = []
        a, b = test.pair_of
        for fn, node, other in ((self.overlap, a, b), (self.ping, a, b), (self.ping, b, a), (self.head, a, b),
                                (self.head, b, a)):
            thread = threading.Thread(target=self.repeat, args=(fn, node, other), daemon=True)
            thread.start()
            self.threads.append(thread)

    def repeat(self, fn, node, other):
        while not self.over.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                if not fn(node, other):
                    time.sleep(0.02)

    def overlap(self, node, other):
        words = overlap_words(other, "mine", "theirs", "count", "--timeout", "10", "--format", "json")
        code, output, _ = node.cli(*words, timeout=20 * nodes.PATIENCE)
        if code == DONE:
            self.exchanges[node.alias].add(json.loads(output)["exchange"])
        return code == DONE

    def ping(self, node, other):
        code, output, _ = node.cli("peer", "ping", other.alias, "--json", timeout=20 * nodes.PATIENCE)
        self.pings[node.alias] += code == DONE
        return code == DONE

    def head(self, node, other):
        del other
        code, output, _ = node.cli("log", "checkpoint", user=AUDITOR, timeout=20 * nodes.PATIENCE)
        if code == DONE:
            _, size, root = evidence.parse_checkpoint(output)
            self.heads[node.alias].add((size, root))
        return code == DONE

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)


class NodeRounds(OverlapTest):
    def begin(self, a, b):
        self.pair_of = evidence.add_auditor(a), evidence.add_auditor(b)
        self.load_numbers(a, "mine", range(100), "a")
        self.load_numbers(b, "theirs", range(50, 150), "b")
        self.grant(b, a, "theirs")
        self.told = {node.alias: (set(), set()) for node in self.pair_of}

    def kill(self, node, who):
        pids = node.pids()
        if who == "all":
            node.kill()
        else:
            os.kill(pids[who], signal.SIGKILL)
            node.process.wait(nodes.STOP_S)
            node.forget()

    def one(self, random, crash):
        talk = Talk(self)
        try:
            time.sleep(random.uniform(0.15, 0.8))
            crash()
        finally:
            talk.end()
        for node in self.pair_of:
            exchanges, heads = self.told[node.alias]
            exchanges |= talk.exchanges[node.alias]
            heads |= talk.heads[node.alias]

    def holds(self, node):
        """All that was told of the node's log is true of it now."""
        exchanges, heads = self.told[node.alias]
        code, output, complaint = node.cli("log", "verify", user=AUDITOR)
        self.assertEqual(code, DONE, (output, complaint))
        folder = self.home / f"{next(self.homes)}.export"
        node.do("log", "export", folder, user=AUDITOR)
        export = evidence.Export(folder)
        tree = evidence.Tree(export.leaves)
        self.assertEqual(tree.root(export.size), export.root)
        for size, root in heads:
            self.assertLessEqual(size, export.size, f"{node.name}: a head that was told of is not there any more")
            self.assertEqual(tree.root(size), root, f"{node.name}: a fork at {size} entries")
        have = {row["exchange"].hex() for row in export.rows() if row["kind"] == CLOSED}
        handles = {row["handle"] for row in node.json("log", "list", "--kind", "closed", user=AUDITOR)}
        self.assertLessEqual(exchanges, have | handles, f"{node.name}: an exchange that was told of is not in the log")
        return export.size

    def ends(self, what):
        """Both logs are whole, and agree."""
        a, b = self.pair_of
        a.ping(b)
        sizes = [self.holds(node) for node in self.pair_of]
        for node, other in ((a, b), (b, a)):
            self.assertEqual(evidence.findings(node, other), [])
        told = [len(heads) for _, heads in self.told.values()]
        exchanges = sum(len(ids) for ids, _ in self.told.values())
        self.assertGreater(exchanges, 0, "no overlap was done, so none could be lost")
        figures(f"{what}: {exchanges} overlaps and {sum(told)} heads that users were told of are in the logs of "
                f"{sizes[0]} and {sizes[1]} entries, both agree, seed {SEED}")


CLOSED = 3


class Kill(NodeRounds):
    def test_nothing_that_was_told_is_lost_when_nodes_are_killed(self):
        self.begin(*self.pair())
        for number, random in rounds(self, 25):
            victim, who = random.choice(self.pair_of), random.choice(WHOM)
            with self.subTest(round=number, seed=SEED, victim=victim.name, who=who):
                self.one(random, lambda: self.kill(victim, who))
                victim.start()
                if number % 5 == 4:
                    self.holds(victim)
        self.ends("nodes that were killed")


class Power(NodeRounds):
    def setUp(self):
        disks.need("cut the power of a node's disk")
        super().setUp()
        disks.keep_mounts_private()
        self.disk = disks.LoopDisk(self.home, 256)
        self.addCleanup(self.disk.close)
        self.homes_on_disk = iter(range(10))

    def end_nodes(self):
        super().end_nodes()
        self.disk.close()

    def cut(self, node):
        self.disk.cut()
        node.kill()
        self.disk.again()
        node.start()

    def test_nothing_that_was_told_is_lost_when_a_node_loses_power(self):
        a = self.node("Bank A")
        b = nodes.Node(self.disk.dir / "b", "Bank B")
        self.nodes.append(b.start())
        a.peer_with(b)
        self.begin(a, b)
        subprocess.run(["sync", "-f", str(self.disk.dir)], check=True)
        for number, random in rounds(self, 25):
            with self.subTest(round=number, seed=SEED):
                self.one(random, lambda: self.cut(b))
                self.holds(b)
        self.ends("a node that lost power")
