"""Overlap tables between real nodes that end early: one of them lies, stalls or dies, or its user has
had enough. All of it ends at all, who did it is named, and nothing is released.

runner: timeout=300
"""

import os
import signal

import evidence
import nodes
import tables
from nodes import BUILD, DENIED, DONE, FAILED, wait_until
from test_overlap_table import TableTest

LIAR = BUILD / "liar/symbolond"
NANO = 10**9


class EndTest(TableTest):
    def all_have_ended(self, table, but=()):
        for node in (*table.contributors, table.tallier):
            if node not in but:
                wait_until(lambda node=node: all(state not in ("running", "waiting") for _, state, _ in self.states(node)),
                           30, f"all exchanges of {node.alias} have ended")

    def latest(self, node):
        return next((row for row in node.json("exchange", "list") if row["kind"] == "overlap:table"), {"state": "none"})

    def liars(self, n=3):
        def prepare(node):
            node.lie = node.home / "lie"
            node.lie.write_bytes(bytes(4096))
            node.daemon = LIAR
            node.environment = {"TABLE_LIE": str(node.lie)}
        table = self.table(n, prepare=prepare)
        for node in (*table.contributors, table.tallier):
            evidence.add_auditor(node)
        return table

    def tell(self, node, how):
        with open(node.lie, "r+b") as page:
            page.write((how.encode() or b"\0") + b"\0")

    def has_halted(self, node, stage):
        return node.lie.read_bytes()[1:2] == stage.encode()

    def ends_everywhere(self, table, but=(), *words):
        """Within seconds, and all but who asked say why."""
        self.all_have_ended(table, but)
        for node in (*table.contributors[1:], table.tallier):
            if node not in but:
                row = self.latest(node)
                self.assertEqual(row["state"], "aborted", row)
                for word in words:
                    self.assertIn(word, row["fault"], node.alias)

    def no_log_is_open(self, table):
        """Each exchange has both words in each log; works_again() has brought all links back."""
        self.works_again(table)
        for node in (*table.contributors, table.tallier):
            wait_until(lambda node=node: all(row["open"] == 0 for row in node.json("log", "witnesses")), 15,
                       f"nothing is open in the log of {node.alias}")


class Lies(EndTest):
    def accuses(self, node, who):
        """How often its log says that this one broke a table."""
        rows = node.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
        return len([row for row in rows if (row["event"], row["peer"]) == ("table-broken", who.alias)])

    def lies(self, table, who, how, *why):
        """What the asker says; afterwards all trust each other again."""
        before = {node: self.accuses(node, who) for node in (*table.contributors, table.tallier)}
        self.tell(who, how)
        code, output, complaint = table.try_it()
        self.tell(who, "")
        self.assertEqual((code, output), (FAILED, ""), complaint)
        for text in (who.alias, *why):
            self.assertIn(text, complaint, how)
        self.all_have_ended(table)
        self.assertEqual(self.latest(table.asker)["state"], "aborted")
        self.assertIn(who.alias, self.latest(table.asker)["fault"])
        if who is not table.tallier:  # it keeps what it has made up
            self.nobody_keeps_a_table(table)
        seen = [node for node in (*table.contributors, table.tallier) if self.accuses(node, who) > before[node]]
        for node in seen:
            node.do("log", "accept", who.alias, "--yes")
        return seen

    def test_who_breaks_the_rules_is_named(self):
        table = self.liars()
        b, t = table.contributors[1], table.tallier
        for who, how, why in ((b, "r", "sent something twice"),
                              (b, "m", "another number of elements or rows than it announced"),
                              (b, "s", "answered with another secret"),
                              (b, "o", "rows that are not in order"),
                              (b, "d", "sent something twice"),
                              (b, "e", "another number of elements or rows"),
                              (t, "c", "released a table that does not fit")):
            with self.subTest(lie=how):
                self.assertTrue(self.lies(table, who, how, why), how)
        self.works_again(table)

    def test_what_proves_it_is_kept_and_holds_what_it_asks_next(self):
        table = self.liars()
        a, b, c = table.contributors
        self.tell(b, "s")
        code, _, complaint = table.try_it()
        self.tell(b, "")
        self.assertEqual(code, FAILED, complaint)
        self.all_have_ended(table)
        outcome = b.cli(*tables.question((a, c), table.tallier))
        self.refused(outcome, DENIED)
        kept = [node for node in (a, c) if self.accuses(node, b)]
        self.assertGreater(len(kept), 0)
        for node in kept:
            out = node.home / "breach"
            node.do("log", "exhibit", b.alias, "--out", out, user=evidence.AUDITOR)
            code, said, _ = nodes.run_cli("verify", out, "--card", b.dir / "node.card")
            self.assertEqual(code, DONE, said)
            text = out.read_text("ascii")
            out.write_text(text.replace("exhibit: ", "exhibit: AAAA"), "ascii")
            self.assertNotEqual(nodes.run_cli("verify", out, "--card", b.dir / "node.card")[0], DONE)


class Ends(EndTest):
    def test_who_never_gives_what_all_wait_for_is_named_in_every_log(self):
        """By whom that misses it: a tallier the rows, each contributor its evaluations."""
        table = self.liars()
        a, b, c = table.contributors
        t = table.tallier
        for who, how, what, by, ended in ((b, "q", "did not give all rows in time", t, (a, b, c, t)),
                                          (b, "5", "did not give all rows in time", t, (a, b, c, t)),
                                          (b, "v", "did not answer in time", a, (a, b, c, t)),
                                          (t, "6", "did not answer in time", a, (a, t))):
            with self.subTest(lie=how):
                self.runs_out_of_time(table, (who,), how, f"{who.alias} {what}")
                for node in ended:
                    name = "this node" if node is who else who.alias
                    self.says(node, f"{name} {what}" + (f", says {by.alias}" if node is not by else ""))
        self.no_log_is_open(table)

    def test_where_one_of_two_is_to_blame_both_are_named(self):
        table = self.liars()
        a, b, c = table.contributors
        late = "it took longer than allowed; "
        self.runs_out_of_time(table, (b, c), "v", f"{late}waited for ", b.alias, c.alias)
        self.says(a, f"{late}waited for ", b.alias, c.alias)
        for node, others in ((b, (c,)), (c, (b,)), (table.tallier, (b, c))):
            names = [other.alias for other in others] + (["this node"] if node in (b, c) else [])
            self.says(node, f"{late}{a.alias} waited for ", *names)

    def test_a_budget_that_was_reserved_when_a_node_was_killed_is_there_again_when_it_is_back(self):
        table = self.liars()
        a, b, c = table.contributors
        table.ask("--epsilon", "1", mode="dp")
        self.tell(b, "4")
        running = table.start("--epsilon", "1", mode="dp")
        wait_until(lambda: self.has_halted(b, "4"), 60, f"{b.alias} is about to pay")
        self.assertEqual(self.budget(b), (NANO, NANO))
        b.kill()
        running.communicate(timeout=60 * nodes.PATIENCE)
        self.tell(b, "")
        b.start()
        self.assertEqual(self.budget(b), (NANO, 0))
        self.all_have_ended(table)
        for node in (a, c):  # which may have paid: that is not given back
            wait_until(lambda node=node: self.budget(node) in ((NANO, 0), (2 * NANO, 0)), 30,
                       f"{node.alias}: its reservation ends")

    def budget(self, node):
        """(spent, reserved) of the dataset."""
        return next((row["spent_nano"], row["reserved_nano"]) for row in node.json("budget", "--dataset", tables.DATASET)
                    if row["peer"] == "")

    def runs_out_of_time(self, table, liars, how, *words):
        """Once all others had time to do their part: a slow machine gets more."""
        for seconds in (3, 12, 48):
            for node in liars:
                self.tell(node, how)
            code, _, complaint = table.try_it("--timeout", seconds)
            lied = all(self.has_halted(node, how) for node in liars)
            for node in liars:
                self.tell(node, "")
            self.assertNotEqual(code, DONE)
            self.all_have_ended(table)
            if lied and all(word in complaint for word in words):
                return
        self.fail(f"{how}: {words} is not in {complaint}")

    def says(self, node, *words):
        """What it keeps of the last table, and its log has of how its exchange with another ended."""
        row = self.latest(node)
        self.assertEqual(row["state"], "aborted", row)
        rows = node.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
        ends = [row["detail"] for row in rows
                if (row["kind"], row["exchange_kind"]) == ("aborted", "overlap:table")]
        for word in words:
            self.assertIn(word, row["fault"], node.alias)
            self.assertIn(word, ends[-1], node.alias)

    def test_one_that_stands_still_ends_it_too_as_soon_as_it_goes_on(self):
        table = self.liars()
        self.works_again(table)  # so that there are links, over which it is asked
        for still in (table.contributors[1], table.tallier):
            self.pause(still, signal.SIGSTOP)
            code, _, complaint = table.try_it("--timeout", 2)
            self.assertNotEqual(code, DONE)
            self.assertIn(f"{still.alias} did not answer in time", complaint)
            self.ends_everywhere(table, (still,), f"{still.alias} did not answer in time, says {table.asker.alias}")
            self.pause(still, signal.SIGCONT)
            wait_until(lambda: self.latest(still)["state"] == "aborted", 10, f"{still.alias} has ended it, too")
        self.no_log_is_open(table)

    def pause(self, node, how):
        for pid in node.family():
            os.kill(pid, how)


if __name__ == "__main__":
    import unittest
    unittest.main()
