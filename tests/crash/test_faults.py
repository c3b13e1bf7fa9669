"""Two nodes compare lists while the disk of one fails at its n-th write or sync, for each n: after
that call not one frame of data leaves the node, the user reads what was wrong, nothing that was
said to be done is missing, and the node works again as soon as its disk does.

What leaves is counted by the proxies between the nodes while the core of the failing node stands
still in the failing call, and again at the end.

runner: timeout=1500
"""

import errno
import os
import pathlib
import time

import nodes
import overlaps
from disks import ALWAYS, CORE, FaultyDisk
from nodes import DONE
from overlaps import OverlapTest, ids, overlap_words, start_cli
from rounds import figures

SIZE = 3000  # elements: 32 bytes of each leave either node
DATA_BYTES = 32 * SIZE
TALK_BYTES = 12_000  # signed messages, proofs and keep-alives; a frame of data is longer
QUIET_S = 0.08
IDLE_S = 1.0
CODES = (errno.EIO, errno.ENOSPC)
CALLS_LEAST = 20
CALLS_MAX = int(os.environ.get("SYMBOLON_TEST_CALLS", 400))


class Faults(OverlapTest):
    def setUp(self):
        super().setUp()
        self.proxies = []
        self.a, self.b = self.faulty_node("Bank A"), self.faulty_node("Bank B")
        self.a.peer_with(self.b)
        self.load_numbers(self.a, "mine", range(SIZE), "a")
        self.load_numbers(self.b, "theirs", range(1000, SIZE + 1000), "b")
        self.grant(self.b, self.a, "theirs", words=("--per-day", 10000))
        self.words = overlap_words(self.b, "mine", "theirs", "matches", "--timeout", "20", "--wait", "1")

    def faulty_node(self, name):
        proxy = overlaps.Proxy()
        self.addCleanup(proxy.close)
        self.proxies.append(proxy)
        node = self.node(name, start=False, init=("--endpoint", proxy.address))
        proxy.lead_to(node)
        node.disk = FaultyDisk(self.home / f"{node.alias}.page", CORE)
        node.environment = node.disk.environment
        return node.start()

    def sent(self, node):
        """Bytes that have left the node so far."""
        to_a, to_b = (proxy.sent for proxy in self.proxies)
        mine, theirs = (to_a, to_b) if node is self.a else (to_b, to_a)
        return mine["target"] + theirs["dialler"]

    def sent_when_quiet(self, node):
        """The same, once no more leaves."""
        before, since, until = self.sent(node), time.monotonic(), time.monotonic() + 5
        while time.monotonic() - since < QUIET_S and time.monotonic() < until:
            time.sleep(0.01)
            now = self.sent(node)
            if now != before:
                before, since = now, time.monotonic()
        return before

    def reached_after_answer(self, victim):
        """Whether the call comes before neither a disk nor a connection has moved for a while. Nobody is
        asked: a node that stands still in its call would not answer."""
        before, since = None, time.monotonic()
        while victim.disk.failed == 0 and time.monotonic() - since < IDLE_S:
            now = self.a.disk.calls, self.b.disk.calls, self.sent(self.a), self.sent(self.b)
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.01)
        return victim.disk.failed > 0

    def settled(self):
        for node in (self.a, self.b):
            nodes.wait_until(lambda: all(row["state"] in overlaps.ENDED for row in overlaps.exchanges(node)),
                             30, f"{node.name}: all exchanges have ended")

    def works(self):
        self.finds(self.a, self.b, ids(range(1000, SIZE), "a"))

    def fault(self, victim, at, code, many):
        """One overlap; False when it did not get as far as that call."""
        self.a.ping(self.b)
        start = self.sent_when_quiet(victim)
        victim.disk.fail(at, code, many, hold=True)
        command = start_cli(self.a, *self.words)
        while victim.disk.failed == 0 and command.poll() is None:
            time.sleep(0.002)
        reached = self.reached_after_answer(victim)
        before = self.sent_when_quiet(victim)
        victim.disk.let_go()
        try:
            _, complaint = command.communicate(timeout=40 * nodes.PATIENCE)
            after = self.sent_when_quiet(victim)
        finally:
            command.kill()
            victim.disk.mend()
        trace = victim.disk.trace
        self.assertTrue(nodes.is_running(victim.process.pid), f"the node ended: {victim.log()}")
        self.settled()
        self.seen.add((command.returncode, complaint))
        told = f"{trace[at - 1:at]} after {before - start} bytes"
        if not reached:
            self.assertEqual(command.returncode, DONE, complaint)
            return False
        if command.returncode == DONE:
            self.rode_over += 1
        else:
            self.assertLess(after - before, TALK_BYTES, f"data left the node after a failed write: {told}")
            self.assertRegex(complaint, r"(?i)disk|store|space|log|written|kept|denied|abort|fault|link was lost", told)
        if before - start > DATA_BYTES:
            self.late += 1
        return True

    def at_each_call(self, victim):
        self.seen, self.rode_over, self.late = set(), 0, 0
        self.works()
        at, began = 1, time.monotonic()
        while at <= CALLS_MAX:
            reached = False
            for turn, code in enumerate(CODES):
                # For one call, or until it is mended: each code takes turns.
                many = 1 if (at + turn) % 2 else ALWAYS
                with self.subTest(at=at, code=errno.errorcode[code], many=many):
                    reached = self.fault(victim, at, code, many) or reached
            if not reached:
                break
            at += 1
        self.works()
        self.assertGreater(at, CALLS_LEAST, "hardly anything was written")
        for code, complaint in sorted(self.seen):
            print(f"exit code {code}: {complaint.strip()}")
        figures(f"{victim.name}: each of {at - 1} writes and syncs failed with EIO and ENOSPC in "
                f"{time.monotonic() - began:.0f} s; {self.rode_over} overlaps were done all the same, "
                f"{self.late} faults came after the data")

    def test_of_who_asks(self):
        self.at_each_call(self.a)

    def test_of_who_answers(self):
        self.at_each_call(self.b)
