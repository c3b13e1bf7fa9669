"""Joint tabulations between real nodes, whose participants are almost those of an earlier question
about the same edition: the difference of the two answers would tell of who is in one alone.

runner: timeout=300
"""

import contextlib
import os
import signal

import evidence
import nodes
from disks import CORE, FaultyDisk
from tabulations import CUBE, EXACT, NANO, TabulationTest, finish, pooled, random_counts
from test_tabulate_hostile import DEBIT, debits

COUNTRY = {"country": CUBE["country"]}


class Close(TabulationTest):
    def make(self, n, **how):
        crew = self.crew(n, 3, daemon=EXACT, **how)
        crew.each(evidence.add_auditor)
        counts = [random_counts(CUBE, at, empty=0) for at in range(n)]
        crew.load(counts)
        return crew, counts

    def names(self, *those):
        return ",".join(node.alias for node in those)

    def test_who_asks_cannot_take_away_its_own_part_to_see_that_of_another(self):
        crew, counts = self.make(7)
        most = self.names(*crew.nodes[1:6])
        without = crew.ask("--without-own", "--peers", most)
        self.is_sum(without, pooled(CUBE, counts[1:6]))
        wider = crew.start("--peers", self.names(*crew.nodes[1:]), "--timeout", 15000)
        answer = finish(wider)
        if answer["state"] == "done":
            rest = [new - old - own for new, old, own in
                    zip(answer["cells"], without["cells"], pooled(CUBE, counts[:1]))]
            self.assertNotEqual(rest, pooled(CUBE, counts[6:]), "the part of the one that was added")
        self.assertNotEqual(answer["state"], "done", answer)
        for node in crew.nodes[1:6]:
            self.assertEqual(len(debits(node)), 1)
            self.assertEqual(len([row for row in node.json("requests") if row["state"] == "waiting"]), 1)

    def test_those_that_answered_are_asked_again_without_approval_and_all_only_with_it(self):
        crew, counts = self.make(6)
        crew.nodes[5].stop()
        first = crew.ask()
        self.is_sum(first, pooled(CUBE, counts[:5]))
        crew.nodes[5].start()
        crew.asker.ping(crew.nodes[5])
        those = self.names(*crew.nodes[1:5])
        self.is_sum(crew.ask("--peers", those, cube=COUNTRY),
                    [sum(pooled(CUBE, counts[:5])[at * 4:at * 4 + 4]) for at in range(10)])
        again = crew.ask()  # of all, by the same node and by another; nobody agrees, nobody pays
        self.assertEqual((again["state"], again["tabulation"]), ("done", first["tabulation"]), again)
        self.is_sum(again, pooled(CUBE, counts[:5]))
        said = [row for row in crew.asker.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
                if row.get("event") == "answered-before"]
        self.assertEqual(len(said), 1)
        wider = crew.ask("--timeout", 15000, cube=COUNTRY)
        self.assertNotEqual(wider["state"], "done", wider)
        for node in crew.nodes[:5]:
            self.assertEqual(len(debits(node)), 2, wider)
        self.assertEqual(debits(crew.nodes[5]), [])

    def test_an_answer_comes_again_where_approval_is_due_and_the_budget_is_gone(self):
        crew, counts = self.make(3)
        first = crew.ask()
        self.is_sum(first, pooled(CUBE, counts))
        for node in crew.nodes:
            node.do("settings", "set", "epsilon-per-year", 1)
        for node in crew.nodes[1:]:
            node.do("grant", crew.asker.alias, "counts", "tabulate", "--approval")
        again = crew.ask()
        self.assertEqual((again["state"], again["tabulation"]), ("done", first["tabulation"]), again)
        for node in crew.nodes:
            self.assertEqual(debits(node), [NANO])
        crew.nodes[2].do("dataset", "publish", "counts")
        anew = crew.ask("--timeout", 8000)
        self.assertNotEqual(anew["state"], "done", anew)

    def test_nobody_pays_for_a_second_question_that_one_of_the_first_is_away_from(self):
        crew, counts = self.make(6)
        self.is_sum(crew.ask(), pooled(CUBE, counts))
        crew.nodes[5].stop()
        second = crew.ask(cube=COUNTRY)
        self.assertNotEqual(second["state"], "done", second)
        self.assertIn("who can take part now are almost those of another question", second["fault"])
        for node in crew.nodes[:5]:
            self.assertEqual(debits(node), [NANO], second)
        crew.nodes[5].start()
        crew.asker.ping(crew.nodes[5])
        self.assertEqual(crew.ask(cube=COUNTRY)["state"], "done")

    def test_survivors_that_are_all_but_one_of_an_earlier_question_are_not_unmasked(self):
        def prepare(node):
            node.disk = FaultyDisk(node.home / "page", CORE)
            node.environment = node.disk.environment
        crew, counts = self.make(6, prepare=prepare)
        self.is_sum(crew.ask(), pooled(CUBE, counts))
        leaving = crew.nodes[5]
        for node in crew.nodes:
            node.disk.only_hold(0, kind="d")
        leaving.disk.only_hold(DEBIT, kind="d")
        command = crew.start(cube=COUNTRY)
        for node in crew.nodes[1:]:
            nodes.wait_until(lambda node=node: node.disk.calls >= DEBIT, 20, f"{node.name}: its debit")
        for pid in leaving.family()[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        leaving.kill()
        second = finish(command)
        self.assertNotEqual(second["state"], "done", second)
        self.assertRegex(second["fault"], "it does not take part on these terms|"
                                          "the survivors are almost those of another question")
        self.assertIn("the survivors are almost those of another question",
                      " ".join(row["fault"] for node in crew.nodes[1:5] for row in node.json("exchange", "list")))
