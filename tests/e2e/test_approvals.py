"""What an own user may not do alone: held, shown, approved or denied by somebody else, once."""

import json
import time

import nodes
import overlaps
from nodes import DENIED, DONE, FAILED, USAGE
from overlaps import OverlapTest, ids, overlap_words


class Staffed(OverlapTest):
    """Bank A with an operator, an approver and analysts; approvers are added by an approver."""

    def setUp(self):
        super().setUp()
        self.a = self.node("Bank A")
        self.a.user = "operator"
        self.a.do("user", "add", "anna", "--role", "approver,operator")
        self.a.do("user", "add", "both", "--role", "analyst,approver", user="anna")
        self.a.do("user", "add", "amir", "--role", "analyst")

    def own(self, user="anna"):
        return [row for row in self.a.json("requests", user=user) if row["own"]]

    def waiting(self):
        row, = [row for row in self.own() if row["state"] == "waiting"]
        return row

    def is_held(self, outcome):
        self.refused(outcome, DENIED, "held as ", "symbolon approve")
        row = self.waiting()
        self.assertIn(row["id"], outcome[2])
        return row

    def users(self):
        return {row["name"] for row in self.a.json("user", "list")}


class Changes(Staffed):
    def test_another_approver_is_made_with_the_signature_of_one(self):
        held = self.is_held(self.a.cli("user", "add", "kim", "--role", "approver"))
        self.assertEqual((held["user"], held["what"]), ("operator", "user add kim as approver"))
        self.assertNotIn("kim", self.users())
        key = self.a.dir / "users/kim.key"
        self.assertTrue(key.exists())
        self.refused(self.a.cli("user", "add", "kim", "--role", "approver"), FAILED,
                     "user kim: waits for an approver", f"symbolon approve {held['id'][:12]}")
        self.assertIn("1 command of own users waits", self.a.do("status"))
        self.a.restart()
        self.a.do("approve", held["id"][:8], user="anna")
        self.assertIn("kim", self.users())
        self.a.do("requests", user="kim")  # the key works
        row, = self.own()
        self.assertEqual((row["state"], row["decided_by"]), ("used", "anna"))

    def test_who_gave_a_command_takes_it_back(self):
        held = self.is_held(self.a.cli("user", "add", "kim", "--role", "approver"))
        self.refused(self.a.cli("exchange", "cancel", held["id"], user="anna"), DENIED, "is operator's, who alone takes it back")
        self.assertIn("cancelled", self.a.do("exchange", "cancel", held["id"][:8]))
        row, = self.own()
        self.assertEqual((row["state"], row["decided_by"]), ("cancelled", "operator"))
        self.assertIn("cancelled by operator", self.a.do("requests", user="anna"))
        self.refused(self.a.cli("approve", held["id"], user="anna"), FAILED, "was decided before: cancelled")
        self.assertNotIn("kim", self.users())
        self.a.do("user", "add", "audrey", "--role", "auditor")
        self.a.do("log", "verify", user="audrey")

    def test_what_would_be_refused_anyway_is_not_held(self):
        out = self.home / "again.key"
        for elsewhere in (["--out", out], []):
            self.refused(self.a.cli("user", "add", "amir", "--role", "approver", *elsewhere), FAILED,
                         "user amir: exists already, as analyst; ", "symbolon user remove amir")
        self.refused(self.a.cli("log", "restore", "--yes"), FAILED, "not frozen")
        self.assertEqual(self.own(), [])

    def test_an_approver_is_removed_with_the_signature_of_one(self):
        held = self.is_held(self.a.cli("user", "remove", "both"))
        self.assertIn("both", self.users())
        self.a.do("deny", held["id"], "--why", "she stays", user="anna")
        self.assertIn("both", self.users())
        held = self.is_held(self.a.cli("user", "remove", "both"))
        self.a.do("approve", held["id"], user="anna")
        self.assertNotIn("both", self.users())

    def test_who_is_an_approver_needs_no_other_for_that(self):
        self.a.do("user", "add", "kim", "--role", "approver", user="anna")
        self.a.do("user", "remove", "kim", user="anna")

    def test_other_users_need_no_approver(self):
        self.a.do("user", "add", "ole", "--role", "auditor")
        self.a.do("user", "remove", "ole")

    def test_settings_that_let_tabulations_tell_more_need_an_approver(self):
        def value(name):
            return self.a.json("settings", "list")[name]
        for name, wider, narrower, absurd in (("epsilon-per-year", 9, 7, 13), ("tabulate-minimum", 4, 6, 2)):
            before = value(name)
            self.refused(self.a.cli("settings", "set", name, absurd), FAILED, "a number from")
            self.refused(self.a.cli("settings", "set", name, "many"), FAILED, "a number from")
            self.assertIn("from now on", self.a.do("settings", "set", name, before))
            held = self.is_held(self.a.cli("settings", "set", name, wider))
            self.assertEqual(held["what"], f"settings set {name} {wider}")
            self.assertEqual(value(name), before)
            self.a.do("approve", held["id"], user="anna")
            self.assertEqual(value(name), str(wider))
            self.a.do("settings", "set", name, narrower)
            self.assertEqual(value(name), str(narrower))
            self.a.do("settings", "set", name, before, user="anna")  # an approver needs no other

    def test_nobody_approves_an_own_command_or_without_the_role_or_twice(self):
        held = self.is_held(self.a.cli("user", "add", "kim", "--role", "approver"))
        for user in ("operator", "amir"):
            self.refused(self.a.cli("approve", held["id"], user=user), DENIED, "does not have the role")
        self.assertEqual(self.a.cli("deny", held["id"], user="anna")[0], USAGE)
        self.a.do("deny", held["id"], "--why", "no", user="anna")
        for user in ("anna", "both"):
            self.refused(self.a.cli("approve", held["id"], user=user), FAILED, "was decided before", "by anna")
        self.assertNotIn("kim", self.users())

    def test_an_approval_whose_command_fails_says_so_and_is_spent(self):
        held = self.is_held(self.a.cli("user", "add", "kim", "--role", "approver"))
        self.a.do("user", "add", "kim", "--role", "auditor", "--out", self.home / "other.key")
        self.refused(self.a.cli("approve", held["id"], user="anna"), FAILED, "approved, but not done", "exists already")
        self.refused(self.a.cli("approve", held["id"], user="anna"), FAILED, "was decided before")

    def test_what_old_entries_say_is_erased_with_the_signature_of_an_approver(self):
        self.a.do("user", "add", "audrey", "--role", "auditor")

        def erased():
            return ["erased" in row["body"] for row in self.a.json("log", "list", user="audrey")]

        time.sleep(1.1)
        words = ("log", "erase-bodies", "--before", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "--yes")
        held = self.is_held(self.a.cli(*words))
        self.assertEqual(held["what"], f"log erase-bodies --before {words[3]}")
        self.is_held(self.a.cli(*words))  # the same one
        self.assertNotIn(True, erased())
        self.assertEqual(self.a.cli("log", "erase-bodies", "--before", "2100-01-01", "--yes")[0], USAGE)
        self.assertEqual(len(self.own()), 1)
        self.refused(self.a.cli("approve", held["id"], user="amir"), DENIED, "does not have the role")
        self.a.do("deny", held["id"], "--why", "an audit is going on", user="both")
        self.assertNotIn(True, erased())
        self.a.do("approve", self.is_held(self.a.cli(*words))["id"], user="anna")
        self.assertIn(True, erased())
        entry, = [row for row in self.a.json("log", "list", user="audrey") if row["kind"] == "bodies-erased"]
        shown, = self.a.json("log", "show", entry["entry"], user="audrey")
        self.assertEqual((shown["user"], shown["approver"]), ("operator", "anna"))
        self.a.do("log", "verify", user="audrey")

    def test_an_approver_who_erases_needs_another(self):
        held = self.is_held(self.a.cli("log", "erase-bodies", "--before", "2021-01-01", "--yes", user="anna"))
        self.refused(self.a.cli("approve", held["id"], user="anna"), DENIED, "anna's own")
        self.a.do("approve", held["id"], user="both")
        held = self.is_held(self.a.cli("log", "erase-bodies", "--all", "--yes", user="anna"))
        self.assertEqual(held["what"], "log erase-bodies --all")

    def test_without_another_approver_an_operator_erases_alone(self):
        b = self.node("Bank B")
        b.do("log", "erase-bodies", "--before", "2021-01-01", "--yes")
        self.assertRegex(b.do("log", "erase-bodies", "--all", "--yes"), r"^[1-9]\d* bod")

    def test_who_is_no_user_any_more_gives_no_commands(self):
        self.a.do("user", "add", "otto", "--role", "operator")
        held = self.is_held(self.a.cli("user", "add", "kim", "--role", "approver", user="otto"))
        self.a.do("user", "remove", "otto")
        self.refused(self.a.cli("approve", held["id"], user="anna"), DENIED, "no user with the role")
        self.assertNotIn("kim", self.users())


class Overlaps(Staffed):
    def setUp(self):
        super().setUp()
        self.b = self.node("Bank B")
        self.a.peer_with(self.b)
        self.load_numbers(self.a, "mine", range(100), "a")
        self.load_numbers(self.b, "theirs", range(50, 150), "b")
        self.grant(self.b, self.a, "theirs")
        self.a.do("settings", "set", "own-approval", "matches")
        self.a.user = "operator"

    def ask(self, reveal="matches", user="amir", **how):
        return self.try_overlap(self.a, self.b, reveal=reveal, user=user, **how)

    def test_matches_wait_and_go_on_in_the_name_of_who_asked(self):
        held = self.is_held(self.ask())
        self.assertEqual(held["user"], "amir")
        self.assertEqual(held["what"], "overlap:matches of mine with theirs of bank-b, type any, for test, on agreement, "
                                       "case T-1")
        self.assertEqual(overlaps.exchanges(self.a), [])
        self.assertEqual(overlaps.exchanges(self.b), [])  # nothing has left
        self.is_held(self.ask())  # the same one
        self.a.do("approve", held["id"], user="anna")
        row, = self.own()
        self.assertEqual(row["state"], "used")
        done = self.ends_as(self.a, "done")
        self.assertEqual((done["id"], done["user"], done["approver"]), (row["exchange"], "amir", "anna"))
        # The same command finds it.
        answer = self.overlap(self.a, self.b, user="amir")
        self.assertEqual((answer["exchange"]["id"], set(overlaps.matched(answer))),
                         (row["exchange"], ids(range(50, 100), "a")))
        self.assertEqual(len(overlaps.exchanges(self.a)), 1)
        # Once: one approval, one exchange.
        self.refused(self.ask(), DENIED, "held as ")
        self.assertEqual(len(self.own()), 2)
        self.assertNotIn("anna", json.dumps(self.shown(self.b, row["exchange"])))

    def test_a_count_needs_none_unless_all_do(self):
        self.counts(self.a, self.b, 50, user="amir")
        self.a.do("settings", "set", "own-approval", "all")
        self.is_held(self.ask("count"))

    def test_the_setting_is_not_weakened_alone(self):
        held = self.is_held(self.a.cli("settings", "set", "own-approval", "none"))
        self.a.do("approve", held["id"], user="anna")
        self.assertEqual(self.ask()[0], DONE)

    def test_who_asked_does_not_approve_it(self):
        held = self.is_held(self.ask(user="both"))
        self.refused(self.a.cli("approve", held["id"], user="both"), DENIED, "both's own")
        self.a.do("approve", held["id"], user="anna")
        self.ends_as(self.a, "done")

    def test_an_approval_is_good_for_the_case_it_was_given_for(self):
        held = self.is_held(self.ask())
        self.refused(self.ask(words=("--case", "T-2")), DENIED, "held as ")
        other, = [row for row in self.own() if row["id"] != held["id"]]
        self.assertIn("case T-2", other["what"])
        self.a.do("approve", other["id"], user="anna")
        self.ends_as(self.a, "done")
        self.refused(self.ask(), DENIED, "held as " + held["id"])
        self.assertEqual([row["case"] for row in overlaps.exchanges(self.a)], ["T-2"])

    def test_an_own_approval_and_that_of_the_peer_are_for_the_same_case(self):
        self.b.do("user", "add", "bea", "--role", "approver", user="operator")
        self.b.user = "operator"
        self.grant(self.b, self.a, "theirs", "overlap:matches", words=("--approval",))
        self.a.do("approve", self.is_held(self.ask())["id"], user="anna")
        first, = nodes.wait_until(lambda: self.b.json("requests"), 10, "the request arrives")
        self.a.restart()
        self.assertEqual(self.ask()[0], FAILED)  # tells what became of the one that was approved
        self.a.do("approve", self.is_held(self.ask())["id"], user="anna")
        self.b.do("approve", first["id"], user="bea")
        self.assertEqual(self.ends_as(self.a, "done", 30)["approver"], "anna")
        self.assertEqual([(row["id"], row["state"]) for row in self.b.json("requests")], [(first["id"], "used")])

    def test_an_analyst_sees_own_commands_only(self):
        self.is_held(self.ask())
        self.assertEqual([row["user"] for row in self.a.json("requests", user="amir")], ["amir"])
        self.a.do("user", "add", "ada", "--role", "analyst")
        self.assertEqual(self.a.json("requests", user="ada"), [])

    def test_without_an_approver_it_is_denied(self):
        self.b.do("settings", "set", "own-approval", "all")
        self.grant(self.a, self.b, "mine")
        self.refused(self.try_overlap(self.b, self.a, "theirs", "mine"), DENIED, "no other user has that role")

    def test_a_peer_still_decides(self):
        self.b.do("revoke", "bank-a", "theirs", "overlap:matches")
        held = self.is_held(self.ask())
        self.a.do("approve", held["id"], user="anna")
        self.ends_as(self.a, "denied")


class Forgetting(OverlapTest):
    def test_a_record_that_is_forgotten_goes_out_of_results(self):
        a, b = self.pair()
        self.load_numbers(a, "mine", range(100), "a")
        self.load_numbers(b, "theirs", range(50, 150), "b")
        self.grant(b, a, "theirs")
        first, second = (self.overlap(a, b)["exchange"]["id"] for _ in range(2))
        gone = a.json("dataset", "forget", "mine", "--record", "a60")
        self.assertEqual((gone["records"], gone["results"]), (1, 2))
        for exchange in (first, second):
            answer = json.loads(a.do("exchange", "result", exchange, "--format", "json"))
            self.assertEqual(set(overlaps.matched(answer)), ids(range(50, 100), "a") - {"a60"})
            self.assertEqual(answer["records"], 49)
        a.restart()
        self.refused(a.cli("dataset", "forget", "mine", "--record", "a60"), FAILED, "has no record of this id")
        # What an import replaced is named by results only.
        self.load_numbers(a, "mine", range(1000, 1010), "a")
        gone = a.json("dataset", "forget", "mine", "--record", "a61")
        self.assertEqual((gone["records"], gone["results"]), (0, 2))
        a.do("dataset", "drop", "mine", "--yes")
        for exchange in (first, second):
            self.refused(a.cli("exchange", "result", exchange), FAILED, "was forgotten")
