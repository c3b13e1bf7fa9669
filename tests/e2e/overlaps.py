"""What tests about datasets, grants and overlaps share: lists of accounts, imports, exchanges."""

import json
import signal
import subprocess

import lists
import nodes
from nodes import DENIED, DONE, NodeTest
from proxy import Proxy

BANK = "20-00-01"
ACCOUNT_COLUMNS = ("id", "bank", "account")
WHY = ("--purpose", "test", "--basis", "agreement", "--case", "T-1")
ENDED = ("done", "denied", "aborted")


def accounts(numbers, prefix="r"):
    """Rows; the record with account number N is called prefix and N."""
    return [(f"{prefix}{number}", BANK, f"{number:08}") for number in numbers]


def ids(numbers, prefix="r"):
    return {f"{prefix}{number}" for number in numbers}


def matched(answer):
    """{record id: set of types} of the JSON of a result with matches."""
    rows = {row["record"]: set(row["types"]) for row in answer["matches"]}
    if len(rows) != len(answer["matches"]):
        raise AssertionError("a record is listed twice")
    return rows


def overlap_words(peer, mine, theirs, reveal, *words):
    why = WHY[:-2] if "--case" in words else WHY
    return ["overlap", "--peer", getattr(peer, "alias", peer), "--mine", mine, "--theirs", theirs,
            "--reveal", reveal, *why, *words]


def start_cli(node, *words):
    """A command that goes on by itself."""
    who = [] if node.user is None else ["--as", node.user]
    return subprocess.Popen([str(nodes.SYMBOLON), *map(str, words), "--dir", str(node.dir), *who],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=nodes.clean_environment())


def exchanges(node):
    return [row for row in node.json("exchange", "list") if row["kind"] != "ping"]


class OverlapTest(NodeTest):
    def proxied_pair(self):
        """Two nodes that reach each other through one proxy each; the proxies."""
        proxies = [Proxy(), Proxy()]
        pair = []
        for name, proxy in zip(("Bank A", "Bank B"), proxies):
            self.addCleanup(proxy.close)
            pair.append(self.node(name, init=("--endpoint", proxy.address)))
            proxy.lead_to(pair[-1])
        pair[0].peer_with(pair[1])
        return *pair, proxies

    def csv(self, header, rows, name=None):
        return lists.write(self.home / (name or f"{next(self.homes)}.csv"), header, rows)

    def load(self, node, dataset, rows, *words, header=ACCOUNT_COLUMNS, profile="accounts"):
        return node.json("import", self.csv(header, rows), "--dataset", dataset, "--profile", profile, *words)

    def load_numbers(self, node, dataset, numbers, prefix="r"):
        answer = self.load(node, dataset, accounts(numbers, prefix))
        self.assertEqual(answer["records"], len(numbers), answer)

    def grant(self, node, peer, dataset, *kinds, words=()):
        for kind in kinds or ("overlap:matches", "overlap:count"):
            node.do("grant", getattr(peer, "alias", peer), dataset, kind, *words)

    def overlap(self, node, peer, mine="mine", theirs="theirs", reveal="matches", words=(), user=None):
        """The JSON of one that has to work."""
        return json.loads(node.do(*overlap_words(peer, mine, theirs, reveal, *words), "--format", "json", user=user))

    def try_overlap(self, node, peer, mine="mine", theirs="theirs", reveal="matches", words=(), user=None):
        return node.cli(*overlap_words(peer, mine, theirs, reveal, *words), user=user)

    def is_denied(self, outcome, *fragments):
        self.refused(outcome, DENIED, *fragments)

    def counts(self, node, peer, expected, **how):
        answer = self.overlap(node, peer, reveal="count", **how)
        self.assertEqual(answer["common"], expected)
        self.assertNotIn("matches", answer)
        return answer

    def finds(self, node, peer, expected, **how):
        """expected: the record ids that have to match."""
        answer = self.overlap(node, peer, **how)
        self.assertEqual(set(matched(answer)), set(expected))
        self.assertEqual(answer["records"], len(expected))
        return answer

    def shown(self, node, exchange):
        return node.json("exchange", "show", exchange)

    def latest(self, node):
        return exchanges(node)[0]

    def ends_as(self, node, state, seconds=10):
        """Its latest exchange, once that has ended, and so."""
        def ended():
            rows = exchanges(node)
            return rows and rows[0]["state"] in ENDED and rows[0]
        row = nodes.wait_until(ended, seconds, f"{node.name}: the latest exchange ends")
        self.assertEqual(row["state"], state, row)
        return row

    def interrupt(self, command, seconds=10):
        """Ctrl-C; its exit code, output and complaint."""
        command.send_signal(signal.SIGINT)
        output, complaint = command.communicate(timeout=seconds * nodes.CROWDED * nodes.PATIENCE)
        return command.returncode, output, complaint

    def finish(self, command, seconds=60):
        output, complaint = command.communicate(timeout=seconds * nodes.CROWDED * nodes.PATIENCE)
        self.assertEqual(command.returncode, DONE, (output, complaint))
        return output
