"""What a table over many lists tells the people at its nodes: who denied it and why, what it was of,
how far it is, whose dataset is missing.

runner: timeout=240
"""

import os
import pty
import re
import subprocess

import evidence
import nodes
import tables
from nodes import DENIED, FAILED, UNREACHABLE, USAGE
from test_overlap_table import THREE, TableTest


class Told(TableTest):
    def latest(self, node):
        return node.json("exchange", "list")[0]

    def shown(self, node):
        """Of `exchange show`: what stands behind each title."""
        lines = node.do("exchange", "show", self.latest(node)["id"]).splitlines()
        return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in lines)

    def abouts(self, node):
        """{(kind, what it is about)} of `log list`."""
        lines = node.do("log", "list", user=evidence.AUDITOR).splitlines()
        at = lines[0].index("ABOUT")
        return {(line.split()[2], line[at:lines[0].index("BODY")].strip()) for line in lines[1:]}

    def test_a_table_tells_whose_lists_it_was_of(self):
        table = self.table()
        a, b, c = table.contributors
        sizes = [sum(count for lists, count in THREE.items() if at in lists) for at in range(3)]
        for node in table.crew.nodes:
            evidence.add_auditor(node)
        table.ask()
        told = self.shown(a)
        self.assertEqual(told["state"], "done")
        self.assertEqual(told["counted by"], table.tallier.alias)
        self.assertEqual(told["mode"], "exact")
        for name in table.names:
            self.assertIn(name, told["of"])
        document = a.json("exchange", "show", self.latest(a)["id"])
        self.assertCountEqual([party["alias"] for party in document["lists"] if not party["self"]], table.names[1:])
        self.assertEqual((document["tallier"]["alias"], document["mode"]), (table.tallier.alias, "exact"))
        for node, size in zip(table.contributors, sizes):
            with self.subTest(node=node.alias):
                nodes.wait_until(lambda node=node: self.latest(node)["state"] == "done", 20, "it is done there")
                self.assertEqual(self.latest(node)["own_size"], size)
                self.assertIn(f"{size} identifiers", self.shown(node)["own list"])
        for node in (a, b, c):
            with self.subTest(log=node.alias):
                self.assertTrue(any(tables.DATASET in about and "overlap:table" in about
                                    for _, about in self.abouts(node)), self.abouts(node))

    def test_a_denied_table_is_denied_with_its_reason(self):
        table = self.table()
        a, b, _ = table.contributors
        b.do("grant", a.alias, tables.DATASET, "overlap:table", "--mode", "dp")
        self.refused(table.try_it(), DENIED, b.alias)
        row = self.latest(a)
        self.assertEqual(row["state"], "denied")
        self.assertIn("does not cover tables in the mode exact", row["fault"])
        self.assertIn("denied", a.do("exchange", "list").splitlines()[1])

        def failures():
            return [line for line in a.log(10000).splitlines() if "table-failed" in line]

        nodes.wait_until(failures, 20, "the log of who asks says why")
        self.assertEqual(len(failures()), 1)
        self.assertIn("does not cover tables in the mode exact", failures()[0])

    def test_words_that_only_this_node_understands(self):
        table = self.table()
        a = table.asker
        self.refused(table.try_it(dataset="peopel"), FAILED, "dataset peopel: does not exist here",
                     "symbolon dataset list")
        (a.home / "counts.csv").write_text("country,year,count\nIT,2020,3\n")
        a.do("import", a.home / "counts.csv", "--dataset", "counts", "--profile", "aggregates",
             "--cells-per-incident", 1, "--persons-max", 1)
        self.refused(table.try_it(dataset="counts"), FAILED,
                     'dataset counts: holds aggregates, not identifiers; count them with "symbolon hotspots"')
        self.refused(table.try_it("--top", "3"), USAGE, "--top")
        self.assertEqual(a.json("exchange", "list"), [])

    def test_a_terminal_shows_what_is_under_way(self):
        table = self.table()
        gone = table.contributors[1]
        gone.stop()
        screen, terminal = pty.openpty()
        self.addCleanup(os.close, screen)
        done = subprocess.Popen([str(nodes.SYMBOLON), *map(str, table.words()), "--dir", str(table.asker.dir)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal,
                                env=nodes.clean_environment())
        os.close(terminal)
        said = b""
        while True:
            try:
                part = os.read(screen, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        self.assertEqual(done.wait(60), UNREACHABLE, said)
        self.assertIn(b"table: asking all parties to agree", said)
