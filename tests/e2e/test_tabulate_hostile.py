"""Joint tabulations between real nodes, one of which wants more than it may: two questions at once
whose participants differ by one, and a release that never comes.

runner: timeout=300
"""

import contextlib
import os
import signal

import evidence
import nodes
from disks import CORE, FaultyDisk
from nodes import DONE
from tabulations import CUBE, DATASET, EXACT, NANO, TabulationTest, finish, random_counts

DEBIT = 3  # its third durable commit: request, consent, debit


def debits(node):
    rows = node.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
    return [row["count"] for row in rows if row.get("event") == "debited"]


def latest(node):
    return [row for row in node.json("exchange", "list") if row["kind"] == "tabulate"][0]


class AtOnce(TabulationTest):
    def test_participants_that_differ_by_one_are_held_also_at_the_same_time(self):
        crew = self.crew(6, daemon=EXACT)
        crew.each(evidence.add_auditor)
        counts = [random_counts(CUBE, at) for at in range(6)]
        crew.load(counts, grantees=crew.nodes[:2])
        five = ",".join(node.alias for node in (crew.nodes[0], *crew.nodes[2:5]))
        both = [crew.start(node=crew.nodes[0]), crew.start("--peers", five, node=crew.nodes[1])]
        answers = [finish(command) for command in both]
        released = [answer for answer in answers if answer["state"] == "done"]
        self.assertLessEqual(len(released), 1, answers)
        # Who asks trusts itself; nobody else pays for both.
        for node in crew.nodes[2:]:
            self.assertLessEqual(len(debits(node)), 1, answers)


class Approved(TabulationTest):
    def test_an_approval_is_good_for_one_question_of_one_case(self):
        crew = self.crew(3, 3, daemon=EXACT)
        counts = [random_counts(CUBE, at) for at in range(3)]
        crew.load(counts)
        member = crew.nodes[1]
        member.do("user", "add", "anna", "--role", "approver")
        member.do("grant", crew.asker.alias, DATASET, "tabulate", "--approval", user="operator")

        def waiting():
            return [row["id"] for row in member.json("requests", user="anna") if row["state"] == "waiting"]

        def is_held(*words):
            before = waiting()
            answer = crew.ask(*words)
            self.assertNotEqual(answer["state"], "done", answer)
            return [row for row in waiting() if row not in before]
        first, = is_held()
        second, = is_held("--persons", 2)
        crew.asker.restart()
        self.assertEqual((is_held(), is_held("--persons", 2)), ([], []))  # the same ones
        member.do("approve", second, user="anna")
        self.assertEqual(is_held(), [])
        self.assertEqual(waiting(), [first])
        self.assertEqual(crew.ask("--persons", 2)["state"], "done")

    def test_asking_whether_editions_are_as_before_uses_up_no_approval(self):
        crew = self.crew(3, 3, daemon=EXACT)
        crew.load([random_counts(CUBE, at) for at in range(3)])
        member = crew.nodes[1]
        first = crew.ask()
        self.assertEqual(first["state"], "done", first)
        member.do("user", "add", "anna", "--role", "approver")
        member.do("grant", crew.asker.alias, DATASET, "tabulate", "--approval", user="operator")
        member.do("dataset", "publish", DATASET, user="operator")
        held = crew.ask()  # first whether the answer still is one, then the question itself
        self.assertNotEqual(held["state"], "done", held)
        waiting, = [row["id"] for row in member.json("requests", user="anna") if row["state"] == "waiting"]
        member.do("approve", waiting, user="anna")
        again = crew.ask()
        self.assertEqual(again["state"], "done", again)
        self.assertNotEqual(again["tabulation"], first["tabulation"])

    def test_an_approval_is_good_for_no_difference_that_there_was_not_when_it_was_given(self):
        crew = self.crew(5, 3, daemon=EXACT)
        crew.load([random_counts(CUBE, at) for at in range(5)])
        members = crew.nodes[1:]
        for member in members:
            member.do("user", "add", "anna", "--role", "approver,operator")
            member.do("grant", crew.asker.alias, DATASET, "tabulate", "--approval", user="operator")

        def waiting(member):
            return [row for row in member.json("requests", user="anna") if row["state"] == "waiting"]

        def approve():
            for member in members:
                for row in waiting(member):
                    member.do("approve", row["id"], user="anna")
        fewer = ("--peers", ",".join(member.alias for member in members[:3]))
        for words in ((), fewer):  # nothing was added up yet: neither is close to anything
            self.assertNotEqual(crew.ask(*words)["state"], "done")
        approve()
        self.assertEqual(crew.ask()["state"], "done")
        second = crew.ask(*fewer)
        self.assertNotEqual(second["state"], "done", second)
        for member in members[:3]:
            row, = waiting(member)
            self.assertIn("almost those of an earlier query", row["because"])
        approve()  # who agrees now knows of it
        self.assertEqual(crew.ask(*fewer)["state"], "done")

    def test_who_asks_takes_back_what_waits_at_participants(self):
        crew = self.crew(4, 3, daemon=EXACT)
        crew.load([random_counts(CUBE, at) for at in range(4)])
        members = crew.nodes[2:]
        for member in members:
            member.do("user", "add", "anna", "--role", "approver,operator")
            member.do("grant", crew.asker.alias, DATASET, "tabulate", "--approval", user="operator")

        def states(state, n):
            nodes.wait_until(lambda: all([row["state"] for row in member.json("requests", user="anna")].count(state) == n
                                         for member in members), 15, f"{n} times {state}")
        answer = crew.ask()
        self.assertNotEqual(answer["state"], "done", answer)
        members[0].do("approve", members[0].json("requests", user="anna")[0]["id"], user="anna")
        members[1].stop()
        self.assertIn("cancelled", crew.asker.do("exchange", "cancel", answer["id"]))
        self.refused(crew.asker.cli("exchange", "cancel", answer["id"]), nodes.FAILED, "is not in flight")
        members[1].start()
        crew.asker.ping(members[1])
        states("cancelled", 1)
        self.assertNotEqual(crew.ask()["state"], "done")  # a request of its own, which nobody agreed to
        states("waiting", 1)

    def test_an_approval_is_still_good_where_another_participant_was_not_ready(self):
        crew = self.crew(4, 3, daemon=EXACT)
        crew.load([random_counts(CUBE, at) for at in range(4)])
        for member in crew.nodes[1:]:
            member.do("user", "add", "anna", "--role", "approver,operator")
            member.do("grant", crew.asker.alias, DATASET, "tabulate", "--approval", user="operator")
        crew.ask()
        for at, member in enumerate(crew.nodes[1:]):
            waiting, = [row["id"] for row in member.json("requests", user="anna") if row["state"] == "waiting"]
            member.do("approve", waiting, user="anna")
            answer = crew.ask()
            self.assertEqual(answer["state"] == "done", at == 2, answer)
            if at == 0:  # nor is it used up where that node itself denies
                member.do("settings", "set", "tabulate-minimum", 9, user="anna")
                self.assertIn("fewer than the 9", crew.ask()["fault"])
                member.do("settings", "set", "tabulate-minimum", 3, user="anna")


class Withheld(TabulationTest):
    def test_an_approver_can_close_one_whose_release_never_came(self):
        def prepare(node):
            node.disk = FaultyDisk(node.home / "page", CORE)
            node.environment = node.disk.environment
        crew = self.crew(3, 3, daemon=EXACT, prepare=prepare)
        crew.each(evidence.add_auditor)
        crew.load([random_counts(CUBE, at) for at in range(3)])
        crew.each(crew.asker.ping, crew.nodes[1:])
        leaving, waiting = crew.nodes[1:]
        for node in crew.nodes:
            node.disk.only_hold(0, kind="d")
        leaving.disk.only_hold(DEBIT, kind="d")
        command = crew.start()
        for node in crew.nodes[1:]:
            nodes.wait_until(lambda node=node: node.disk.calls >= DEBIT, 20, f"{node.name}: its debit")
        for pid in leaving.family()[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        leaving.kill()
        self.assertEqual(finish(command)["state"], "aborted")
        self.assertEqual(debits(waiting), [NANO])
        which = latest(waiting)["id"]
        waiting.do("user", "add", "anna", "--role", "approver")
        code, _, complaint = waiting.cli("exchange", "settle", which, user="anna")
        self.assertEqual(code, DONE, complaint)
        said = [row for row in waiting.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
                if row.get("event") == "withheld-closed"]
        self.assertEqual(len(said), 1)
        code, _, _ = waiting.cli("exchange", "settle", which, user="anna")
        self.assertNotEqual(code, DONE)


class Editions(TabulationTest):
    def test_a_dataset_that_was_dropped_is_not_answered_for_by_what_was_released_of_it(self):
        crew = self.crew(3, 3, daemon=EXACT)
        crew.load([random_counts(CUBE, at) for at in range(3)])
        first = crew.ask()
        other = crew.nodes[1]
        other.do("dataset", "drop", DATASET, "--yes")
        other.do("import", other.home / f"{DATASET}.csv", "--dataset", DATASET, "--profile", "aggregates",
                 "--cells-per-incident", 1, "--persons-max", 1)
        other.do("dataset", "publish", DATASET)
        again = crew.ask()
        self.assertEqual((first["state"], again["state"]), ("done", "done"), again)
        self.assertNotEqual(again["tabulation"], first["tabulation"])
