"""What partners make of a node that was restored: they go on by themselves where its new log names all
they know of the old one, and after an operator has accepted it where it does not.

runner: timeout=300
"""

import nodes
from nodes import DENIED, FAILED
from test_backup import BackupTest


class Partners(BackupTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()
        for node in (self.a, self.b):
            node.do("user", "add", "auditor", "--role", "auditor", user="operator")
            node.user = "operator"

    def warnings(self, node):
        return " | ".join(node.json("status")["warnings"])

    def witness(self, node):
        row, = node.json("log", "witnesses", user="auditor")
        return row

    def verify(self, node):
        return node.json("log", "verify", user="auditor")

    def restore(self, after):
        """A is taken back to its backup, after so many more exchanges with B."""
        self.a.ping(self.b)
        self.b.ping(self.a)
        self.path = self.backup(self.a, "--with-user-keys")
        self.head = self.a.do("log", "checkpoint", user="auditor")
        for _ in range(after):
            self.a.ping(self.b)
        self.lost = after
        self.known = self.witness(self.b)["entries"]
        self.assertEqual(self.a.stop(), 0)
        self.a = self.restored(self.a, self.path).start()
        first = self.a.do("log", "show", "0", user="auditor")
        self.assertIn("restored", first)
        self.assertGreaterEqual(self.generation(), 1_700_000_000)  # the time, in seconds

    def generation(self):
        """Of A's log, as its checkpoint names it."""
        origin = self.a.do("log", "checkpoint", user="auditor").splitlines()[0]
        return int(origin.rpartition("/")[2])

    def goes_on(self):
        self.a.ping(self.b)
        self.b.ping(self.a)
        for node in (self.a, self.b):
            node.restart()
            self.verify(node)
        self.b.ping(self.a)
        self.assertEqual(self.witness(self.b)["state"], "good")
        self.assertNotIn("ALARM", self.warnings(self.a) + self.warnings(self.b))
        self.assertIn("was restored at", self.warnings(self.a))
        self.assertIn(f"bank-a has begun a new evidence log ({self.generation()})", self.warnings(self.b))
        self.assertNotIn("from before its restore", self.warnings(self.a))
        said = self.b.do("log", "compare", "bank-a", user="auditor")
        self.assertRegex(said, r"[1-9]\d* exchanges? that this log has (was|were) not compared, from before bank-a")
        found = self.a.json("log", "compare", "bank-b", user="auditor")
        self.assertEqual((found["agree"], found["lost_here"], found["lost_there"]), (True, self.lost, 0))
        self.assertGreaterEqual(found["exchanges"], 4)  # those from before the backup, too

    def test_a_result_of_before_is_proven_in_the_log_of_before(self):
        for node, dataset in ((self.a, "mine"), (self.b, "theirs")):
            self.load_numbers(node, dataset, range(5))
        self.grant(self.b, self.a, "theirs")
        now = self.counts(self.a, self.b, 5)["evidence"]
        exchange = self.latest(self.a)["id"]
        self.restore(after=0)
        proof = self.a.json("exchange", "result", exchange)["evidence"]
        self.assertEqual((proof["state"], proof["log"], proof["earlier"], now["earlier"]),
                         ("in-log", self.head.splitlines()[0], True, False), now)
        page = self.a.home / "page.html"
        self.a.do("report", page, "--exchange", exchange)
        self.assertIn(f"in the log of before a restore, entry {proof['entry']}<", page.read_text("utf-8"))
        self.assertNotEqual(proof["log"], self.a.do("log", "checkpoint", user="auditor").splitlines()[0])

    def test_who_knows_more_than_the_backup_stops_until_an_operator_accepts(self):
        self.restore(after=4)
        self.refused(self.a.cli("peer", "ping", "bank-b"), DENIED, "bank-b denied it: the evidence does not fit")
        self.refused(self.b.cli("peer", "ping", "bank-a"), DENIED, "symbolon log accept bank-a")
        self.assertIn("ALARM: bank-a has begun a new evidence log that does not continue", self.warnings(self.b))
        self.assertIn("bank-b holds the evidence log of this node from before its restore", self.warnings(self.a))
        self.assertEqual(self.witness(self.b)["entries"], self.known)
        for node in (self.a, self.b):
            self.verify(node)  # neither log is wrong in itself
        self.b.restart()
        self.refused(self.b.cli("peer", "ping", "bank-a"), DENIED, "symbolon log accept bank-a")
        self.refused(self.b.cli("log", "accept", "bank-a", "--yes", user="auditor"), DENIED)
        self.b.do("log", "accept", "bank-a", "--yes")
        self.goes_on()
        row, = [row for row in self.b.json("log", "list", "--kind", "witness", user="auditor")
                if row["event"] == "accepted"]
        shown = self.b.do("log", "show", row["entry"], user="auditor")
        self.assertIn(f"/evidence\\x0a{self.known}\\x0a", shown)
        self.assertIn(f"/evidence/{self.generation()}\\x0a", shown)

    def test_who_knows_no_more_than_the_backup_goes_on(self):
        self.restore(after=0)
        self.goes_on()

    def test_users_and_partners_of_the_lost_log_are_known_in_the_new_one(self):
        self.a.ping(self.b)
        self.assertEqual(self.verify(self.a)["signatures_unchecked"], 0)
        self.restore(after=0)
        self.a.do("user", "add", "ann", "--role", "analyst")
        self.a.ping(self.b)
        found = self.verify(self.a)
        self.assertGreater(found["signatures_good"], 4)
        self.assertEqual((found["signatures_bad"], found["signatures_unchecked"]), (0, 0))
        row = self.a.json("log", "list", "--kind", "user", user="auditor")[-1]
        self.assertIn("added with entry 0 of an earlier log", self.a.do("log", "show", row["entry"], user="auditor"))
        self.restored_once_more()

    def restored_once_more(self):
        """From the same backup, which knows nothing of the log that was begun meanwhile."""
        before = self.generation()
        self.assertEqual(self.a.stop(), 0)
        self.a = self.restored(self.a, self.path, "again").start()
        self.assertGreater(self.generation(), before)
        self.refused(self.b.cli("peer", "ping", "bank-a"), DENIED, "symbolon log accept bank-a")
        self.refused(self.b.cli("log", "exhibit", "bank-a", "--out", self.b.home / "x", user="auditor"), FAILED)
        self.b.do("log", "accept", "bank-a", "--yes")
        self.b.ping(self.a)
        self.assertEqual(self.witness(self.b)["state"], "good")
        self.verify(self.a)


if __name__ == "__main__":
    nodes.unittest.main()
