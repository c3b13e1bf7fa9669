"""Roles: what SECURITY.md says each role may do is what a running node lets it do, for every verb and
every command."""

import re
import subprocess

import nodes
from nodes import DENIED, DONE, NodeTest

ROLES = ("operator", "analyst", "approver", "auditor")

# A command that would do something, did its user have the role. Where nothing is there to be asked
# about, the node says so behind the look at the role.
WORDS = {
    "status": ["status"], "card": ["card"], "card --renew": ["card", "--renew"],
    "peer add": ["peer", "add", "{card}", "--alias", "x", "--yes"], "peer list": ["peer", "list"],
    "peer remove": ["peer", "remove", "nobody", "--yes"], "peer psk": ["peer", "psk", "nobody", "--remove"],
    "peer ping": ["peer", "ping", "nobody"],
    "user add": ["user", "add", "operator", "--role", "auditor", "--out", "{home}/x.key"],
    "user list": ["user", "list"], "user remove": ["user", "remove", "nobody"],
    "settings set": ["settings", "set", "no-such-setting", "1"], "settings list": ["settings", "list"],
    "import": ["import", "{csv}", "--dataset", "d-{role}", "--profile", "accounts"],
    "dataset list": ["dataset", "list"], "dataset show": ["dataset", "show", "absent"],
    "dataset publish": ["dataset", "publish", "absent"],
    "dataset forget": ["dataset", "forget", "absent", "--record", "r1"],
    "dataset drop": ["dataset", "drop", "absent", "--yes"],
    "grant": ["grant", "nobody", "absent", "overlap:count"], "grants list": ["grants", "list"],
    "revoke": ["revoke", "nobody", "absent", "overlap:count"], "requests": ["requests"],
    "approve": ["approve", "f" * 32], "deny": ["deny", "f" * 32, "--why", "no"],
    "overlap": ["overlap", "--peer", "nobody", "--mine", "absent", "--theirs", "absent", "--reveal", "count",
                "--purpose", "test", "--basis", "consent", "--case", "T-1"],
    "overlap-table": ["overlap-table", "--peers", "nobody,noone", "--tallier", "neither", "--dataset", "absent", "--type",
                      "phone", "--mode", "exact", "--purpose", "test", "--basis", "consent", "--case", "T-1"],
    "exchange list": ["exchange", "list"], "exchange show": ["exchange", "show", "f" * 32],
    "exchange result": ["exchange", "result", "f" * 32], "exchange cancel": ["exchange", "cancel", "f" * 32],
    "exchange forget": ["exchange", "forget", "f" * 32],
    **{preset: [preset, "--peers", "all", "--dataset", "absent", "--by", by, "--from", "2020", "--to", "2021",
                "--purpose", "test", "--basis", "consent", "--case", "T-1", "--yes"]
       for preset, by in (("hotspots", "country,year"), ("routes", "origin,destination,year"),
                          ("trends", "year"), ("tabulate", "year"))},
    "budget": ["budget"], "report": ["report", "{home}/{role}.html", "--exchange", "f" * 32],
}
# These look at something else before they ask, and say that it does not exist.
LOOK_FIRST = ("exchange result", "report")


def verbs_of_the_program():
    text = (nodes.ROOT / "proto/control.h").read_text("utf-8")
    table = text[text.index("#define SYM_VERB_LIST(X)"):text.index("enum sym_verb {")]
    return re.findall(r"^ {4}X\((\w+),", table, re.M)


def table_of_security():
    """{verb: ([commands], {role: may})}"""
    text = (nodes.ROOT / "SECURITY.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z_]+) \| (`[^|]*`) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", text, re.M)
    head = re.search(r"^\| verb \| commands \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", text, re.M).groups()
    return {verb: (re.findall(r"`([^`]+)`", commands), dict(zip(head, (word == "yes" for word in may))))
            for verb, commands, *may in rows}, [row[0] for row in rows], {word for row in rows for word in row[2:]}


class Roles(NodeTest):
    def setUp(self):
        super().setUp()
        self.table, self.rows, self.words = table_of_security()

    def staffed(self):
        """A node with a user of each role alone."""
        node = self.node()
        for role in ROLES:
            node.do("user", "add", f"the-{role}", "--role", role, user="operator")
        return node

    def test_the_table_has_every_verb_once(self):
        self.assertEqual(sorted(self.rows), sorted(verbs_of_the_program()))
        self.assertEqual(self.words, {"yes", "no"})
        for verb, (commands, may) in self.table.items():
            self.assertEqual(set(may), set(ROLES), verb)
            self.assertTrue(commands, verb)

    def test_an_auditor_may_look_at_the_log_and_at_nothing_else(self):
        allowed = {verb for verb, (_, may) in self.table.items() if may["auditor"]}
        self.assertEqual({verb for verb in allowed if not verb.startswith(("LOG_", "COMPARE_"))}, {"STATUS", "CARD"})
        self.assertNotIn("LOG_ERASE", allowed)

    def test_who_decides_does_nothing_else(self):
        changing = {verb for verb, (_, may) in self.table.items() if may["approver"]} - {"STATUS", "CARD"}
        self.assertEqual({verb for verb in changing if not verb.endswith(("_LIST", "_SHOW"))}, {"REQUEST_DECIDE", "EXCHANGE_SETTLE"})

    def test_a_running_node_allows_each_role_the_verbs_of_the_table_and_no_other(self):
        node = self.staffed()
        tool = nodes.BUILD / "tests/tools/ask_verbs"
        before = node.json("status", user="the-operator")["users"]
        for role in ROLES:
            done = subprocess.run([tool, node.dir, f"the-{role}"], capture_output=True, text=True, check=True,
                                  timeout=nodes.CALL_S)
            said = dict(line.split() for line in done.stdout.splitlines())
            expected = {verb: "allowed" if may[role] else "denied" for verb, (_, may) in self.table.items()}
            self.assertEqual(said, expected, role)
        self.assertEqual(node.json("status", user="the-operator")["users"], before)

    def test_each_command_says_3_to_each_role_that_may_not(self):
        node = self.staffed()
        fill = {"card": node.home / "some.card", "home": self.home, "csv": self.home / "a.csv"}
        node.do("card", "--out", fill["card"], user="operator")
        fill["csv"].write_text("id,bank,account\nr1,20-00-01,00000001\n", "utf-8")
        may = {}  # of each command: all of its verbs
        for commands, roles in self.table.values():
            for command in commands:
                for role in ROLES:
                    may[command, role] = may.get((command, role), True) and roles[role]
        walked = 0
        for command, words in WORDS.items():
            for role in ROLES:
                with self.subTest(command=command, role=role):
                    outcome = node.cli(*(word.format(role=role, **fill) for word in words), user=f"the-{role}")
                    walked += 1
                    lacks = "does not have the role" in outcome[2]
                    if command in LOOK_FIRST and not may[command, role]:
                        self.assertNotEqual(outcome[0], DONE, outcome)
                        continue
                    self.assertEqual(lacks, not may[command, role], outcome)
                    if lacks:
                        self.refused(outcome, DENIED, f"the-{role}", "with --as NAME", "symbolon user add NAME --role ")
        self.assertEqual(walked, len(WORDS) * len(ROLES))
        # What a person can type at a node is in the table, or begins without a node.
        known = {command for commands, _ in self.table.values() for command in commands}
        self.assertEqual(set(WORDS) - known, set())

    def test_every_command_that_asks_a_node_is_in_the_table(self):
        known = {command for commands, _ in self.table.values() for command in commands}
        sources = "".join(path.read_text("utf-8") for path in sorted((nodes.ROOT / "cli").glob("cmd_*.c")))
        asking = set(re.findall(r'\.name = "([a-z -]+)",\n    \.summary(?:[^;]*?)\.takes = SYM_TAKES_NODE', sources))
        self.assertGreater(len(asking), 20)
        self.assertEqual(asking - known, set())
