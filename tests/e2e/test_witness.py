"""Partners watch over each other's logs: a copy of an old data directory that goes on is noticed at the
next contact, whoever dials; both heads are portable proof; exchanges stop until the restore that was
designed for it. Concurrent exchanges raise no alarm. Two logs are compared from either side.

runner: timeout=240
"""

import concurrent.futures
import shutil
import time

import nodes
from nodes import DENIED, DONE, FAILED, UNREACHABLE, NodeTest, run_cli, wait_until


class WitnessTest(NodeTest):
    def setUp(self):
        super().setUp()
        self.a = self.node("Bank A")
        self.b = self.node("Bank B")
        self.c = self.node("Police", role="police")
        for one, other in ((self.a, self.b), (self.a, self.c), (self.b, self.c)):
            one.peer_with(other)
        for node in (self.a, self.b, self.c):
            node.do("user", "add", "auditor", "--role", "auditor", user="operator")
            node.user = "operator"

    def save(self, node):
        """A copy of its data directory, made while it is stopped."""
        node.stop()
        saved = node.home / "saved"
        shutil.copytree(node.dir, saved, symlinks=True)
        node.start()
        return saved

    def put_back(self, node, saved):
        node.stop()
        shutil.rmtree(node.dir)
        shutil.copytree(saved, node.dir, symlinks=True)
        node.start()

    def alarms(self, node):
        return [line for line in node.json("status")["warnings"] if line.startswith("ALARM")]

    def witness(self, node, other):
        rows = {row["peer"]: row for row in node.json("log", "witnesses", user="auditor")}
        return rows[other.alias]

    def entries(self, node):
        return int(node.do("log", "checkpoint", user="auditor").splitlines()[1])

    def is_stopped(self, one, other):
        code, _, complaint = one.cli("peer", "ping", other.alias, "--timeout", "5")
        self.assertNotEqual(code, DONE)
        return complaint

    def exhibit_verifies(self, node, other, rule):
        path = node.home / "exhibit"
        path.unlink(missing_ok=True)
        node.do("log", "exhibit", other.alias, "--out", path, user="auditor")
        code, output, complaint = run_cli("verify", path)
        self.assertEqual(code, DONE, complaint)
        self.assertIn(rule, path.read_text("ascii"))
        # One character of it changed is no proof any more.
        text = path.read_text("ascii")
        at = text.index("second: ") + 40
        path.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:], "ascii")
        self.assertNotEqual(run_cli("verify", path)[0], DONE)


class OldCopies(WitnessTest):
    def go_back(self, longer):
        """A goes on from an old copy; longer: until its log has more entries than B knows of."""
        self.a.ping(self.b)
        self.a.ping(self.c)
        saved = self.save(self.a)
        for _ in range(3):
            self.a.ping(self.b)
        self.assertEqual(self.alarms(self.b), [])
        known = self.witness(self.b, self.a)["entries"]
        self.b.stop()
        self.put_back(self.a, saved)
        while longer and self.entries(self.a) < known + 5:
            self.a.ping(self.c)
        self.b.start()

    def stops_until_restored(self):
        """A knows that it is not what it was, signs nothing, and says so."""
        wait_until(lambda: self.alarms(self.a), 5, "the alarm of A")
        self.assertIn("symbolon log restore", self.alarms(self.a)[0])
        self.assertTrue(self.alarms(self.b))
        for one, other in ((self.a, self.b), (self.b, self.a), (self.a, self.c), (self.c, self.a)):
            self.is_stopped(one, other)
        self.b.ping(self.c)  # others are not concerned
        self.assertIn(self.witness(self.b, self.a)["state"], ("split", "shorter"))
        self.refused(self.b.cli("log", "compare", "bank-a", user="auditor"), FAILED, "log exhibit")
        self.b.restart()
        self.assertTrue(self.alarms(self.b))
        self.a.restart()
        self.assertTrue(self.alarms(self.a))
        self.is_stopped(self.a, self.b)

    def goes_on_after_the_restore(self):
        self.a.do("log", "restore", "--yes")
        self.assertEqual(self.alarms(self.a), [])
        self.a.ping(self.b)
        self.b.ping(self.a)
        self.a.ping(self.c)
        self.assertEqual(self.alarms(self.b), [])
        self.assertEqual(self.witness(self.b, self.a)["state"], "good")
        # It stays in sight for a month, and the proof stays for good.
        self.assertIn("new evidence log", " ".join(self.b.json("status")["warnings"]))
        self.b.do("log", "exhibit", "bank-a", "--out", self.b.home / "kept", user="auditor")
        for node in (self.a, self.b, self.c):
            node.do("log", "verify", user="auditor")
        self.a.restart()
        self.b.restart()
        self.b.ping(self.a)

    def test_a_longer_copy_is_found_by_whom_it_dials(self):
        self.go_back(longer=True)
        self.is_stopped(self.a, self.b)
        self.stops_until_restored()
        self.exhibit_verifies(self.b, self.a, "rule: prefix")
        self.goes_on_after_the_restore()

    def test_a_longer_copy_is_found_by_who_dials_it(self):
        self.go_back(longer=True)
        self.is_stopped(self.b, self.a)
        self.stops_until_restored()
        self.exhibit_verifies(self.b, self.a, "rule: prefix")
        self.goes_on_after_the_restore()

    def test_a_shorter_log_is_found_by_whom_it_dials(self):
        self.go_back(longer=False)
        self.is_stopped(self.a, self.b)
        self.stops_until_restored()
        self.exhibit_verifies(self.b, self.a, "rule: shorter")
        self.goes_on_after_the_restore()

    def test_a_shorter_log_is_found_by_who_dials_it(self):
        self.go_back(longer=False)
        self.is_stopped(self.b, self.a)
        self.stops_until_restored()
        self.exhibit_verifies(self.b, self.a, "rule: shorter")
        self.goes_on_after_the_restore()

    def left_of_a(self):
        row, = self.a.json("budget")
        return row["left_nano"], row["restored"]

    def publish(self):
        counts = self.a.home / "counts.csv"
        counts.write_text("country,count\nNL,7\n", "ascii")
        self.a.do("import", counts, "--dataset", "counts", "--profile", "aggregates", "--cells-per-incident", 1,
                  "--persons-max", 1)
        self.a.do("dataset", "publish", "counts")
        return self.a.json("dataset", "show", "counts")["epoch"]

    def test_where_there_is_an_approver_a_restore_waits_for_one(self):
        self.a.do("user", "add", "anna", "--role", "approver")
        self.assertEqual(self.publish(), 1)
        self.go_back(longer=True)
        self.is_stopped(self.a, self.b)
        wait_until(lambda: self.alarms(self.a), 5, "the alarm of A")
        self.refused(self.a.cli("log", "restore", "--yes"), DENIED, "held as ", "symbolon approve")
        self.is_stopped(self.a, self.b)
        row, = [row for row in self.a.json("requests", user="anna") if row["own"]]
        self.assertEqual((row["user"], row["state"]), ("operator", "waiting"))
        self.refused(self.a.cli("approve", row["id"], user="operator"), DENIED)
        self.refused(self.a.cli("log", "restore", "--yes", user="anna"), DENIED)
        self.assertTrue(self.alarms(self.a))
        self.assertEqual(self.left_of_a(), (8 * 10**9, False))
        self.a.do("approve", row["id"], user="anna")
        self.assertEqual(self.alarms(self.a), [])
        # What this node spent and published since the copy is not known to it.
        self.assertEqual(self.left_of_a(), (0, True))
        self.a.restart()
        self.assertEqual(self.left_of_a(), (0, True))
        self.assertIn("nothing is left before", self.a.do("budget"))
        self.assertIn("an older copy of itself", " ".join(self.a.json("status")["warnings"]))
        self.assertGreater(self.publish(), 10**12)
        self.a.ping(self.b)
        self.b.ping(self.a)
        found = self.a.json("log", "verify", user="auditor")
        self.assertEqual((found["signatures_bad"], found["signatures_unchecked"]), (0, 0))
        row, = [row for row in self.a.json("log", "list", "--kind", "restored", user="auditor")
                if row["event"] == "log-restored"]
        self.assertEqual((row["user"], row["approver"]), ("operator", "anna"))
        shown = self.a.do("log", "show", row["entry"], user="auditor")
        self.assertIn("LOG_RESTORE, signed by operator", shown)
        self.assertIn("REQUEST_DECIDE, signed by anna", shown)

    def test_nothing_is_restored_without_need(self):
        self.a.ping(self.b)
        self.refused(self.a.cli("log", "restore", "--yes"), FAILED, "not frozen")
        self.refused(self.b.cli("log", "accept", "bank-a", "--yes"), FAILED, "has not shown")
        self.refused(self.b.cli("log", "exhibit", "bank-a", "--out", self.b.home / "none", user="auditor"),
                     FAILED, "never contradicted")


class Quiet(WitnessTest):
    def test_heads_are_held_and_cosigned_in_both_directions(self):
        for _ in range(3):
            self.a.ping(self.b)
            self.b.ping(self.a)
        for one, other in ((self.a, self.b), (self.b, self.a)):
            row = self.witness(one, other)
            self.assertEqual(row["state"], "good")
            self.assertGreater(row["entries"], 10)
            self.assertGreater(row["cosigned"], 10)
            self.assertGreater(row["holds_of_this_log"], 10)
        note = self.a.do("log", "checkpoint", "--cosigned", user="auditor")
        self.assertEqual(note.count("\n\u2014 "), 2, note)  # the log's line, and that of B
        self.assertIn("/witness ", note)
        for node in (self.a, self.b):
            verified = node.json("log", "verify", user="auditor")
            self.assertEqual(verified["cosigned"], 1, verified)
            self.assertEqual(verified["unknown_cosigners"], 0, verified)
            self.assertGreater(verified["signatures_good"], 10)
            # The command of the first user, whom the first start made: no entry introduces that key.
            self.assertLessEqual(verified["signatures_unchecked"], 1, verified)

    def test_concurrent_exchanges_raise_no_alarm(self):
        pairs = [(one, other) for one in (self.a, self.b, self.c) for other in (self.a, self.b, self.c)
                 if one is not other]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for done in [pool.submit(one.ping, other) for _ in range(8) for one, other in pairs]:
                done.result()
        for one, other in pairs:
            self.assertEqual(self.witness(one, other)["state"], "good")
        for node in (self.a, self.b, self.c):
            self.assertEqual(node.warnings(), [])
            self.assertNotIn("log-split", node.log(100000))
            self.assertNotIn("evidence-refused", node.log(100000))

    def test_a_node_that_is_killed_at_work_is_no_alarm(self):
        for _ in range(4):
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                for _ in range(4):
                    pool.submit(self.a.cli, "peer", "ping", "bank-b", "--timeout", "3")
                time.sleep(0.15)
                self.b.kill()
            self.b.start()
            self.b.ping(self.a)
        self.assertEqual(self.alarms(self.a) + self.alarms(self.b), [])
        self.assertEqual(self.witness(self.a, self.b)["state"], "good")


class Comparing(WitnessTest):
    def compare(self, one, other):
        code, output, complaint = one.cli("log", "compare", other.alias, user="auditor")
        return code, output + complaint

    def is_clean(self, one, other):
        code, said = self.compare(one, other)
        self.assertEqual(code, DONE, said)

    def test_it_is_clean_after_pings_from_both_sides(self):
        self.is_clean(self.a, self.b)
        for _ in range(5):
            self.a.ping(self.b)
            self.b.ping(self.a)
            self.b.ping(self.c)
        self.is_clean(self.a, self.b)
        self.is_clean(self.b, self.a)
        self.is_clean(self.c, self.b)

    def test_it_is_clean_after_a_restart_and_a_kill(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(self.a.cli, "peer", "ping", "bank-b", "--bytes", "500M", "--timeout", "5")
            time.sleep(0.4)
            self.b.kill()
        self.b.start()
        self.a.ping(self.b)
        self.b.ping(self.a)
        for one, other in ((self.a, self.b), (self.b, self.a)):
            code, said = self.compare(one, other)
            self.assertEqual(code, DONE, said)

    def test_it_refuses_an_unknown_partner_and_one_that_is_gone(self):
        self.refused(self.a.cli("log", "compare", "nobody", user="auditor"), FAILED, "nobody")
        self.b.stop()
        began = time.monotonic()
        code, _, complaint = self.a.cli("log", "compare", "bank-b", user="auditor")
        self.assertEqual(code, UNREACHABLE, complaint)
        self.assertLess(time.monotonic() - began, 100 * nodes.PATIENCE)
        self.assertIn("bank-b cannot be reached: ", complaint)
        self.assertRegex(complaint, r"(?m)^symbolon: bank-b: .*; trying until 20\d\d-")
        self.b.start()


if __name__ == "__main__":
    nodes.unittest.main()
