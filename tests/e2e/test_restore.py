"""What partners make of a node that was restored from a backup, until an operator accepts it.

runner: timeout=300
"""

from nodes import DENIED, DONE, FAILED
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

    def head(self, node):
        return node.do("log", "checkpoint", user="auditor").splitlines()

    def verifies(self, *nodes):
        for node in nodes:
            node.do("log", "verify", user="auditor")

    def restore(self, after):
        """A is taken to its backup, after so many more exchanges with B."""
        self.a.ping(self.b)
        self.b.ping(self.a)
        path = self.backup(self.a, "--with-user-keys")
        for _ in range(after):
            self.a.ping(self.b)
        self.known = self.witness(self.b)["entries"]
        self.assertEqual(self.a.stop(), 0)
        self.a = self.restored(self.a, path).start()
        self.assertTrue(self.head(self.a)[0].endswith("/evidence/2"), self.head(self.a))

    def go_on(self):
        self.a.ping(self.b)
        self.b.ping(self.a)
        self.assertEqual(self.witness(self.b)["state"], "good")
        self.verifies(self.a, self.b)
        for one, other in ((self.a, self.b), (self.b, self.a)):
            one.restart()
            one.ping(other)
            self.assertIn("new evidence log" if one is self.b else "was restored at", self.warnings(one))
        entries = [row for row in self.b.json("log", "list", "--bodies", user="auditor")
                   if row["kind"] == "witness"] if False else []
        return entries

    def test_who_knows_more_than_the_backup_stops_until_an_operator_accepts(self):
        self.restore(after=4)
        code, _, complaint = self.a.cli("peer", "ping", "bank-b", "--timeout", "8")
        print("A:", code, complaint)
        code, _, complaint = self.b.cli("peer", "ping", "bank-a", "--timeout", "8")
        print("B:", code, complaint)
        print("A warns:", self.warnings(self.a))
        print("B warns:", self.warnings(self.b))
        print(self.witness(self.b))
        print(self.b.cli("log", "witnesses", user="auditor")[1])
        self.verifies(self.a, self.b)
        print(self.b.cli("log", "accept", "bank-a", "--yes"))
        print("B warns:", self.warnings(self.b))
        self.go_on()
        print(self.b.cli("log", "list", user="auditor")[1])
        print(self.a.cli("log", "list", user="auditor")[1])
        print(self.a.cli("log", "show", "0", user="auditor")[1])
        print(self.b.cli("log", "exhibit", "bank-a", "--out", self.home / "exhibit", user="auditor"))
        print(self.a.cli("log", "verify", user="auditor"))

    def test_who_knows_no_more_than_the_backup_goes_on(self):
        self.restore(after=0)
        self.a.ping(self.b)
        self.go_on()


if __name__ == "__main__":
    import nodes
    nodes.unittest.main()
