"""Tables over many lists: the UK table through seven nodes, with noise and without, and what is
refused.

runner: timeout=300
"""

import csv
import io
import json
import time

import nodes
import tables
from nodes import DENIED, FAILED, UNREACHABLE, USAGE, NodeTest

THREE = {frozenset(lists): count for lists, count in (
    ((0,), 30), ((1,), 40), ((2,), 50), ((0, 1), 7), ((0, 2), 3), ((1, 2), 9), ((0, 1, 2), 2))}


class TableTest(NodeTest):
    def table(self, n=3, modes="exact,dp", cells=None, **how):
        table = tables.make_table(self.home, n, self.nodes, modes, **how)
        table.load(THREE if cells is None else cells)
        table.grant()
        return table

    def is_true(self, document, names, truth):
        found = tables.cells_of(document, names)
        self.assertEqual({lists: count for lists, count in found.items() if count}, truth)

    def nobody_keeps_a_table(self, table):
        for node in (*table.contributors, table.tallier):
            for row in node.json("exchange", "list"):
                self.assertFalse(row["has_result"], row)

    def states(self, node):
        return [(row["kind"], row["state"], row["fault"]) for row in node.json("exchange", "list")]

    def works_again(self, table):
        self.is_true(table.ask(), table.names, THREE)


class TheUkTable(TableTest):
    def test_six_nodes_and_a_tallier_find_the_published_cells_and_hide_them_in_noise(self):
        names, cells = tables.uk()
        self.assertEqual((len(names), len(cells), sum(cells.values())), (6, 25, 2744))
        table = self.table(6, cells=cells)
        document = table.ask()
        self.is_true(document, table.names, cells)
        self.assertEqual(len(document["cells"]), 63)
        self.sums(document, table.names, cells)
        self.shown_again(table, document, cells)
        self.with_noise(table, cells)
        self.everybody_knows(table)

    def sums(self, document, names, cells):
        self.assertEqual(document["records"], 2744)
        totals = {row["list"]: row["count"] for row in document["totals"]}
        self.assertEqual(totals, {name: sum(count for on, count in cells.items() if at in on)
                                  for at, name in enumerate(names)})
        for row in document["pairs"]:
            pair = {names.index(name) for name in row["lists"]}
            self.assertEqual(row["count"], sum(count for on, count in cells.items() if pair <= on))

    def shown_again(self, table, document, cells):
        row = next(row for row in table.asker.json("exchange", "list") if row["kind"] == "overlap:table")
        self.assertEqual((row["state"], row["participants"], row["cells"]), ("done", 6, 63))
        again = json.loads(table.asker.do("exchange", "result", row["id"], "--format", "json"))
        self.assertEqual({**again, "evidence": {}}, {**document, "evidence": {}})
        self.assertEqual(again["evidence"]["state"], "in-log")
        least = json.loads(table.asker.do("exchange", "result", row["id"], "--format", "json", "--at-least", 3))
        self.assertEqual(least["at_least"], {"lists": 3, "count": sum(n for on, n in cells.items() if len(on) >= 3)})
        header, *rows = csv.reader(io.StringIO(table.asker.do("exchange", "result", row["id"], "--format", "csv")))
        self.assertEqual(header, [*table.names, "count"])
        found = {frozenset(at for at, on in enumerate(row[:-1]) if on == "1"): int(row[-1]) for row in rows}
        self.assertEqual({on: count for on, count in found.items() if count}, {on: n for on, n in cells.items()})
        shown = table.asker.do("exchange", "result", row["id"])
        self.assertIn("2744 records", shown)
        self.assertRegex(shown, r"(?m) 907  \S+$")

    def with_noise(self, table, cells):
        document = table.ask("--epsilon", "1", mode="dp")
        self.assertEqual(document["mode"], "dp")
        shown = {on: n for on, n in tables.cells_of(document, table.names).items() if n is not None}
        self.assertEqual(len(document["cells"]) - len(shown), document["suppressed"])
        self.assertTrue(all(n >= document["threshold"] for n in shown.values()))
        self.assertNotIn("totals", document)
        self.assertLess(abs(shown[frozenset({2})] - 907), 100)
        for node in table.contributors:
            row, = [row for row in node.json("budget", "--dataset", tables.DATASET) if row["peer"] == ""]
            self.assertEqual(row["spent_nano"], 10**9)

    def everybody_knows(self, table):
        """The same release hash in every log, and none of the exchanges open."""
        for node in (*table.contributors[1:], table.tallier):
            row = next(row for row in node.json("exchange", "list") if row["kind"] == "overlap:table")
            self.assertEqual((row["state"], row["has_result"]), ("done", True))
            document = json.loads(node.do("exchange", "result", row["id"], "--format", "json"))
            self.assertEqual(document["mode"], "dp")


class Refusals(TableTest):
    def test_words_that_make_no_sense(self):
        table = self.table()
        a, b, c = table.contributors
        for peers, tallier in (((b, c, table.tallier), table.tallier), ((b,), c)):
            self.refused(a.cli(*tables.question(peers, tallier)),
                         USAGE if tallier in peers else FAILED, "has a list" if tallier in peers else "too few")
        self.refused(a.cli(*tables.question((b, c), table.tallier, identifiers="iban")),
                     FAILED, "holds no identifiers of type iban")
        self.refused(table.try_it("--epsilon", "1"), USAGE, "--epsilon: is for --mode dp")
        self.refused(table.try_it("--at-least", "2", mode="dp"), USAGE, "--at-least")
        self.refused(a.cli(*table.words(), "--type", "telephone"), USAGE)
        self.works_again(table)

    def test_two_tokens_of_a_record(self):
        table = self.table()
        b = table.contributors[1]
        profile, path = b.home / "phones.ini", b.home / "two.csv"
        profile.write_text("[profile]\nname = phones\nid = id\n[columns]\nhome = phone\nmobile = phone\nemail = email\n",
                           "utf-8")
        for node in (table.asker, table.contributors[2]):
            node.do("import", node.home / f"{node.alias}-people.csv", "--dataset", "two", "--profile", "persons",
                    "--region", "GB")
        table.grant(dataset="two")
        # Of the second list there are as many as records: only a look at each of them tells.
        for rows, why in (("A,020 7946 0001,020 7946 0002,\nB,020 7946 0003,020 7946 0004,\n", "several identifiers"),
                          ("A,020 7946 0001,020 7946 0002,\nB,,,b@example.org\nC,,,c@example.org\n", "of its own")):
            path.write_text(f"id,home,mobile,email\n{rows}", "utf-8")
            b.do("import", path, "--dataset", "two", "--profile", profile, "--region", "GB")
            self.refused(table.try_it(dataset="two"), DENIED, b.alias, why)
        self.assertIn("several identifiers", self.states(b)[0][2])
        path.write_text("id,home,mobile,email\nA,020 7946 0001,020 7946 0002,\n", "utf-8")
        b.do("import", path, "--dataset", "two", "--profile", profile, "--region", "GB")
        outcome = b.cli(*tables.question((table.asker, table.contributors[2]), table.tallier, dataset="two"))
        self.refused(outcome, FAILED, "several identifiers")
        self.nobody_keeps_a_table(table)

    def test_a_tallier_that_has_a_list_itself(self):
        table = self.table()
        path = tables.write(table.tallier.home / "own.csv", range(5), 0)
        table.tallier.do("import", path, "--dataset", tables.DATASET, "--profile", "persons", "--region", "GB")
        self.refused(table.try_it(), DENIED, table.tallier.alias, "it can contribute but not tally")

    def test_a_grant_without_exact(self):
        table = self.table()
        b, c = table.contributors[1:]
        b.do("grant", table.asker.alias, tables.DATASET, "overlap:table", "--mode", "dp")
        self.refused(table.try_it(), DENIED, b.alias, "does not cover tables in the mode exact")
        b.do("grant", table.asker.alias, tables.DATASET, "overlap:table", "--mode", "exact")
        b.do("grant", c.alias, tables.DATASET, "overlap:table", "--mode", "dp")
        self.refused(table.try_it(), DENIED, b.alias, "that contribute", "mode exact")
        b.do("revoke", c.alias, tables.DATASET, "overlap:table")
        self.refused(table.try_it(), DENIED, b.alias, "that contribute")
        b.do("grant", c.alias, tables.DATASET, "overlap:table", "--mode", "exact", "--max-size", 10)
        self.refused(table.try_it(), DENIED, c.alias, "announced a list of a size that no grant allows", b.alias)
        self.assertIn("too long", " ".join(fault for _, _, fault in self.states(b)))
        self.nobody_keeps_a_table(table)
        b.do("grant", c.alias, tables.DATASET, "overlap:table", "--mode", "exact")
        self.works_again(table)

    def test_two_that_deny(self):
        """Each denial is logged as what it is, and who has granted hears who has not."""
        table = self.table(4, cells={frozenset((at,)): 5 for at in range(4)})
        b, c, d = table.contributors[1:]
        for node in (b, d):
            node.do("grant", table.asker.alias, tables.DATASET, "overlap:table", "--mode", "dp")
        self.refused(table.try_it(), DENIED, "denied it")
        said = f"denied it, or wants an approver to decide first, says {table.asker.alias}"

        def tells_c():  # not if its grant comes when the denials are there: then it is ended without words
            table.try_it()
            return any(said in fault for _, _, fault in self.states(c))

        nodes.wait_until(tells_c, 30, "it has been told who denied")
        key = table.asker.home / "auditor.key"
        table.asker.do("user", "add", "aud", "--role", "auditor", "--out", key)
        denials = json.loads(table.asker.do("log", "report", "--json", user=key))["denials"]
        self.assertLessEqual({row["peer"] for row in denials}, {b.alias, d.alias})
        for row in denials:
            self.assertTrue(row["detail"].startswith(f"{row['peer']} denied it: "), row)
            self.assertEqual(row["purpose"], "statistics")
        self.assertNotIn("broke off", str(self.states(c)))

    def test_a_budget_that_does_not_suffice(self):
        table = self.table()
        b = table.contributors[1]
        b.do("grant", table.asker.alias, tables.DATASET, "overlap:table", "--mode", "dp", "--epsilon", "1.5")
        table.ask("--epsilon", "1", mode="dp")
        self.refused(table.try_it("--epsilon", "1", mode="dp"), DENIED, b.alias, "0.5 is left")
        def amounts(node):
            return [(row["spent_nano"], row["reserved_nano"]) for row in node.json("budget") if row["peer"] == ""]
        for node in table.contributors:
            nodes.wait_until(lambda node=node: amounts(node) == [(10**9, 0)], 20, f"{node.alias}: its reservation ends")

    def test_an_approver_agrees_first(self):
        table = self.table()
        b = table.contributors[1]
        b.do("grant", table.contributors[2].alias, tables.DATASET, "overlap:table", "--mode", "exact", "--approval")
        self.refused(table.try_it(), DENIED, b.alias, "held")
        key = b.home / "approver.key"
        b.do("user", "add", "anna", "--role", "approver", "--out", key)
        held, = [row for row in b.json("requests", user=key) if row["state"] == "waiting"]
        self.assertEqual((held["question"]["mode"], len(held["question"]["lists"])), ("exact", 3))
        self.assertEqual(held["question"]["tallier"]["alias"], table.tallier.alias)
        shown = b.do("requests", user=key)
        for text in ("exact: counts as matches do", "3: ", f"counted by  {table.tallier.alias}", "another that contributes"):
            self.assertIn(text, shown)
        def states():
            return [row["state"] for row in b.json("requests", user=key)]
        table.asker.do("exchange", "cancel", table.asker.json("exchange", "list")[0]["id"])
        nodes.wait_until(lambda: states() == ["cancelled"], 15, "the table waits no longer")
        self.refused(table.try_it(), DENIED, b.alias, "held")
        held, = [row for row in b.json("requests", user=key) if row["state"] == "waiting"]
        b.do("approve", held["id"], user=key)
        table.contributors[2].stop()
        self.refused(table.try_it(), UNREACHABLE, table.contributors[2].alias)
        table.contributors[2].start()
        table.asker.ping(table.contributors[2])
        self.works_again(table)  # what came to nothing has not used up the approval
        self.refused(table.try_it(), DENIED, b.alias, "held")


class Dropouts(TableTest):
    def test_a_member_that_is_down(self):
        table = self.table()
        table.contributors[1].stop()
        outcome = table.try_it()
        self.refused(outcome, UNREACHABLE, table.contributors[1].alias)
        self.nobody_keeps_a_table_but(table, table.contributors[1])
        table.contributors[1].start()
        self.works_again(table)

    def nobody_keeps_a_table_but(self, table, gone):
        for node in (*table.contributors, table.tallier):
            if node is not gone:
                for row in node.json("exchange", "list"):
                    self.assertFalse(row["has_result"], row)

    def test_a_member_that_is_killed_in_the_middle(self):
        many = {frozenset(on): 9000 for on in ((0,), (1,), (2,), (0, 1, 2))}
        cells = {on: n // 3 for on, n in many.items()}
        table = self.table(cells=cells)
        for gone in (table.contributors[2], table.tallier):
            running = table.start()
            nodes.wait_until(lambda: any(row["kind"] == "overlap:table" and row["state"] == "running"
                                         for row in gone.json("exchange", "list")), 20, "it runs")
            time.sleep(0.05)
            gone.kill()
            output, complaint = running.communicate(timeout=60 * nodes.PATIENCE)
            self.assertNotEqual(running.returncode, 0, output)
            self.assertIn(gone.alias, complaint)
            for node in (*table.contributors, table.tallier):
                if node is not gone:
                    nodes.wait_until(lambda: all(state not in ("running", "waiting")
                                                 for _, state, _ in self.states(node)), 30, "all have ended")
            gone.start()
            self.assertTrue(all(state != "running" for _, state, _ in self.states(gone)))
        self.is_true(table.ask(), table.names, cells)

    def test_an_asker_that_is_killed_ends_it_for_all(self):
        cells = {frozenset(on): 3000 for on in ((0,), (1,), (2,), (0, 1, 2))}
        table = self.table(cells=cells)
        running = table.start()
        b = table.contributors[1]
        nodes.wait_until(lambda: any(row["kind"] == "overlap:table" and row["state"] == "running"
                                     for row in b.json("exchange", "list")), 20, "it runs")
        table.asker.kill()
        running.communicate(timeout=nodes.CALL_S)
        for node in (*table.contributors[1:], table.tallier):
            nodes.wait_until(lambda: all(state == "aborted" for _, state, _ in self.states(node)), 30, "it has ended")
            self.assertTrue(all(table.asker.alias in fault or "lost" in fault for _, _, fault in self.states(node)),
                            self.states(node))
        table.asker.start()
        self.is_true(table.ask(), table.names, cells)


if __name__ == "__main__":
    import unittest
    unittest.main()
