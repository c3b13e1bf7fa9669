"""kill -9 of gate, core or command line at points spread over an import and an exchange: both nodes
start again, the exchange is shown as aborted, nothing is half there, and a repeat works.

SYMBOLON_TEST_CRASHES=N takes N points of each kind instead of few.

runner: timeout=600
"""

import contextlib
import os
import signal
import time

import nodes
import overlaps
from nodes import DONE
from overlaps import OverlapTest, accounts, ids, overlap_words, start_cli

POINTS = int(os.environ.get("SYMBOLON_TEST_CRASHES", 0))
WHO = ("gate", "core", "cli")


def points(few):
    """Parts of a whole, spread evenly, from near its begin to near its end."""
    n = POINTS or few
    return [(at + 0.5) / n for at in range(n)]


class CrashTest(OverlapTest):
    def kill(self, node, who, command, afterwards=lambda: None):
        """SIGKILL; a node of which a process was killed ends, and is started again."""
        if who == "cli":
            command.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pids[node.name][who], signal.SIGKILL)
            self.assertNotEqual(node.process.wait(nodes.STOP_S), DONE, "a node without one of its processes ends")
            node.forget()
        afterwards()
        if who != "cli":
            node.start()
            self.look_up(node)
        command.communicate(timeout=60 * nodes.PATIENCE)

    def look_up(self, *those):
        for node in those:
            self.pids[node.name] = node.pids()

    def setUp(self):
        super().setUp()
        self.pids = {}


class Import(CrashTest):
    ROWS = 50_000

    def test_at_any_moment(self):
        bank = self.node()
        self.look_up(bank)
        old, new = (self.csv(overlaps.ACCOUNT_COLUMNS, accounts(range(n))) for n in (1000, self.ROWS))
        words = ("--profile", "accounts", "--wait", "1")
        bank.do("import", new, "--dataset", "all", *words)  # once, so that all is loaded
        began = time.monotonic()
        bank.do("import", new, "--dataset", "all", *words)
        took = time.monotonic() - began
        landed = set()
        for who in WHO:
            for at, part in enumerate(points(2)):
                with self.subTest(who, part=part):
                    name = f"{who}-{at}"
                    bank.do("import", old, "--dataset", name, *words)
                    command = start_cli(bank, "import", new, "--dataset", name, *words)
                    time.sleep(part * took)
                    over = command.poll() is not None
                    self.kill(bank, who, command)
                    kept = bank.json("dataset", "show", name)["records"]
                    self.assertIn(kept, (1000, self.ROWS), "nothing is half there")
                    if command.returncode == DONE:
                        self.assertEqual(kept, self.ROWS, "what was said to be kept is kept")
                    landed.add((over, kept))
        self.assertIn((False, 1000), landed, "no import was caught in the middle")
        # A repeat works at once, for it waits by itself: also behind a command that was killed.
        command = start_cli(bank, "import", new, "--dataset", name, *words)
        time.sleep(took / 2)
        self.kill(bank, "cli", command)
        bank.do("import", new, "--dataset", name, *words)
        rows = {row["name"]: row for row in bank.json("dataset", "list")}
        self.assertEqual(len(rows), 1 + len(WHO) * len(points(2)))
        self.assertEqual(rows[name]["records"], self.ROWS)
        self.assertEqual(rows[name]["bytes"], rows["all"]["bytes"], "pieces that nobody needs stay")


class Exchange(CrashTest):
    SIZE = 3000

    def setUp(self):
        super().setUp()
        self.a, self.b, (_, self.proxy) = self.proxied_pair()
        self.load_numbers(self.a, "mine", range(self.SIZE), "a")
        self.load_numbers(self.b, "theirs", range(1000, self.SIZE + 1000), "b")
        self.grant(self.b, self.a, "theirs")
        self.look_up(self.a, self.b)
        self.words = overlap_words(self.b, "mine", "theirs", "matches", "--timeout", "20", "--wait", "1")

    def measure(self):
        """Bytes that an exchange takes on the wire."""
        self.a.ping(self.b)
        before = self.proxy.passed
        self.works()
        return self.proxy.passed - before

    def works(self):
        self.finds(self.a, self.b, ids(range(1000, self.SIZE), "a"))

    def settled(self, node):
        def over():
            return all(row["state"] in overlaps.ENDED for row in overlaps.exchanges(node))
        nodes.wait_until(over, 20, f"{node.name}: all exchanges have ended")
        return {row["id"]: row for row in overlaps.exchanges(node)}

    def crash(self, who, victim, at):
        """Kills when so many bytes of an exchange have passed, and looks at what is left."""
        self.a.ping(self.b)
        before = {row["id"] for row in overlaps.exchanges(self.a)}
        self.proxy.hold_after(at)
        command = start_cli(self.a, *self.words)
        self.proxy.wait_held()
        self.kill(victim, who, command, self.proxy.cut)
        mine, theirs = self.settled(self.a), self.settled(self.b)
        new = set(mine) - before
        self.assertLessEqual(len(new), 1)
        for exchange in new:
            row = mine[exchange]
            if row["state"] == "done":
                # What the participant had not answered is asked again: nobody need notice.
                self.assertNotEqual((who, victim), ("core", self.a), "keys are never stored")
                self.assertEqual((row["records"], self.latest(self.b)["state"]), (self.SIZE - 1000, "done"))
                continue
            self.assertEqual(row["state"], "aborted", row)
            self.assertFalse(row["has_result"])
            self.assertNotEqual(command.returncode, DONE)
            if exchange in theirs:
                # The last frame may have been on its way: who has answered everything may say so.
                self.assertIn(theirs[exchange]["state"], ("aborted", "done"))
                self.caught += theirs[exchange]["state"] == "aborted"

    def test_at_any_point_of_the_initiator(self):
        self.at_any_point(self.a, WHO)

    def test_at_any_point_of_the_participant(self):
        self.at_any_point(self.b, WHO[:2])

    def at_any_point(self, victim, whom):
        self.caught = 0
        whole = self.measure()
        self.assertGreater(whole, self.SIZE * 64)
        # Also within the few bytes of request and receipt.
        moments = [1, 1500, *(int(part * whole) for part in points(2))]
        for first, who in enumerate(whom):
            for at in moments if POINTS else moments[first % 2::2]:
                with self.subTest(who, at=at, of=whole):
                    self.crash(who, victim, at)
        self.assertGreater(self.caught, 0, "no exchange was caught in the middle")
        self.works()
        self.assertEqual((self.a.json("status")["exchanges"], self.b.json("status")["exchanges"]), (0, 0))
