#!/usr/bin/env python3
"""make demo: two banks and a police force on this machine are made, meet, and find out what their
lists have in common; checked against what is known of the lists (lists.py). Then an auditor looks
at the evidence, three more join to count incidents together (demo_joint.py), and with a seventh they
make a table of six lists (demo_table.py).

Everything lies in ./demo afterwards (or in the directory that is named), made anew each time.
"""

import fcntl
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import textwrap

import demo_joint
import demo_table
import lists
import nodes
from nodes import DENIED, DONE, Node
from overlaps import matched

MARK = ".symbolon-demo"
PAGE = "report.html"
WIDTH = 100
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
PORTS = (7701, 7702, 7703)
NUMBERS = ("requested", "granted", "denied", "bytes_sent")
FOUND = r"^(common|records|this node|the peer|RECORD|A-)"  # lines of a result
WHY = ("--purpose", "aml", "--basis", "legitimate-interest", "--case", "2026-017")


class Refusal(Exception):
    pass


def heading(text):
    print(f"{BOLD}{text}{PLAIN}\n{'-' * len(text)}\n", flush=True)


def say(text):
    print(textwrap.fill(" ".join(text.split()), WIDTH), end="\n\n", flush=True)


def in_use(folder):
    """The process that holds a node's directory, or None."""
    try:
        with open(folder / "lock", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip()
    except FileNotFoundError:
        pass
    return None


def make_room(home):
    """Removes an earlier demo, and nothing else."""
    if home.is_symlink() or home.exists() and not home.is_dir():
        raise Refusal(f"{home}: is not a directory: move it away")
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise Refusal(f"{home}: was not made by a demo, and will not be deleted: move it away")
    for name in ("bank-a", "bank-b", "police", *(folder(name) for name, _, _ in (*demo_joint.MORE, demo_table.TALLIER))):
        holder = in_use(home / name)
        if holder is not None:
            raise Refusal(f"{home / name}: a node runs there: stop it first (kill {holder})")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    (home / MARK).touch()


def port_for(wanted):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
            return wanted
        except OSError:
            return nodes.free_port()


def folder(name):
    return name.lower().replace(" ", "-")


def check(found, known, what):
    if found != known:
        raise AssertionError(f"{what}: found {found!r}, known is {known!r}")


class Stage:
    """Runs commands for nodes and shows them as a person would type them."""

    def __init__(self, home):
        self.home = home
        self.shown = pathlib.Path(os.path.relpath(home))
        self.nodes = []
        self.told = []  # (what, exchange of who asked, exchange of who answered)

    def node(self, name, role, port):
        self.nodes.append(Node(self.shown, name, role, folder=folder(name), port=port_for(port)))
        return self.nodes[-1]

    @staticmethod
    def say(text):
        say(text)

    def run(self, node, *words, quiet=False, keep=None, most=None, user=None, code=DONE, plan=False):
        """keep: only the lines of the output that this matches; most: so many at most. node: None where
        none is needed. plan: what it says on standard error comes first, as a person sees it."""
        who = [] if user is None else ["--as", str(user)]
        command = ["symbolon", *map(str, words), *who, *([] if node is None else ["--dir", str(node.dir)])]
        text = " ".join(f'"{word}"' if " " in word else word for word in command)
        print("\n".join(textwrap.wrap(text, WIDTH - 4, initial_indent="  $ ", subsequent_indent="        ",
                                      break_on_hyphens=False, break_long_words=False)), flush=True)
        found, output, complaint = nodes.run_cli(*words) if node is None else node.cli(*words, user=user)
        check(found, code, f"exit code of {text} ({complaint.strip()})")
        said = f"{complaint}\n{output}" if plan else output + complaint
        lines = [line for line in said.splitlines() if keep is None or re.search(keep, line)]
        if most is not None and len(lines) > most:
            lines[most:] = [f"... and {len(lines) - most} more"]
        if not quiet:
            print("".join(f"    {line}".rstrip() + "\n" for line in lines), flush=True)
        return output

    def tell(self, what, node, other):
        """Remembers the latest exchange of node and what other knows of it."""
        mine = newest(node)
        theirs = {row["id"]: row for row in other.json("exchange", "list")}.get(mine["id"]) or newest(other)
        self.told.append((what, node, mine, other, theirs))
        return mine

    def end(self):
        for node in self.nodes:
            code = node.stop()
            if code not in (0, None):
                raise AssertionError(f"{node.name} ended with {code}:\n{node.log()}")


def newest(node):
    return next(row for row in node.json("exchange", "list") if row["kind"] != "ping")


def result(node, exchange):
    return json.loads(node.do("exchange", "result", exchange, "--format", "json"))


def show_init(node):
    print(f"  $ symbolon init --dir {node.dir} --name \"{node.name}\" --role {node.role} \\\n"
          f"        --listen {node.address} --key-file {node.unlock[1]}", flush=True)


def show_start(node):
    print(f"  $ symbolond --dir {node.dir} --key-file {node.unlock[1]} 2>>{node.log_path} &")
    node.start()
    print(f"    {node.ready_line}".rstrip(), flush=True)


def make_nodes(stage):
    heading("1  Three nodes")
    say("Two banks and a police force each make a node of their own: keys, a card, and a first user. The keys "
        "are wrapped by a key file here; a real node asks for a passphrase or takes a systemd credential.")
    made = [stage.node(name, role, port) for (name, role), port in
            zip((("Bank A", "bank"), ("Bank B", "bank"), ("Police", "police")), PORTS)]
    for node in made:
        show_init(node)
    for node in made:
        show_start(node)
    print()
    return made


def meet(stage, a, b, police):
    heading("2  They meet")
    say("A card is a small signed text file: a name, public keys, and where to connect. Each side pins the "
        "other's. Outside of a demo the sixteen words are compared over the telephone first, and nobody "
        "says --yes. A preshared key keeps what is recorded today closed even to a future quantum computer.")
    for node in (a, b, police):
        stage.run(node, "card", "--out", f"{node.dir}.card", quiet=True)
    print()
    for node, other in ((a, b), (b, a), (a, police), (police, a), (b, police), (police, b)):
        stage.run(node, "peer", "add", f"{other.dir}.card", "--alias", other.alias, "--yes",
                  keep="^fingerprint|^             |pinned" if node is a and other is b else "pinned")
    psk = stage.shown / "preshared.key"
    stage.run(a, "peer", "psk", b.alias, "--new", psk)
    stage.run(b, "peer", "psk", a.alias, "--file", psk)
    psk.unlink()
    stage.run(a, "peer", "ping", b.alias, "--count", "3")


def bring_lists(stage, a, b, police):
    heading("3  Each brings a list")
    say("The banks: accounts that a simulation of money laundering (IBM AMLSim) marks as suspicious, with their "
        "holders, and accounts at the other bank that they dealt with. The police: people, each known by an "
        "IBAN, a telephone number, or a name and date of birth, written in their own way. First a dry run: "
        "one row has an IBAN with wrong check digits.")
    sheets = ((a, "subjects", lists.SUBJECT_COLUMNS, [*lists.subjects("bank-a"), lists.BAD_ROW]),
              (b, "subjects", lists.SUBJECT_COLUMNS, lists.subjects("bank-b")),
              (police, "suspects", lists.SUSPECT_COLUMNS, lists.suspects()))
    for node, dataset, header, rows in sheets:
        path = lists.write(f"{node.dir}.csv", header, rows)
        words = ("import", path, "--dataset", dataset, "--profile", "persons", "--region", "GB")
        if node is a:
            stage.run(node, *words, "--dry-run")
            stage.run(node, *words)
        else:
            stage.run(node, *words, quiet=True)
        kept = len(rows) - (node is a)
        check(node.json("dataset", "show", dataset)["records"], kept, f"records of {node.name}")
    print()
    stage.run(police, "dataset", "list")


def permit(stage, a, b, police):
    heading("4  Who may ask what")
    say("Nothing is granted unless somebody granted it, for one peer, one dataset and one kind of question.")
    stage.run(b, "grant", a.alias, "subjects", "overlap:count", "--purposes", "aml", quiet=True)
    stage.run(b, "grant", a.alias, "subjects", "overlap:matches", "--purposes", "aml", "--max-size", "5000",
              "--per-day", "10", quiet=True)
    inspector = stage.shown / "inspector.key"
    stage.run(police, "user", "add", "inspector", "--role", "approver", "--out", inspector, quiet=True)
    stage.run(police, "grant", a.alias, "suspects", "overlap:matches", "--approval", "--expires", "30", quiet=True)
    print()
    stage.run(b, "grants", "list")
    return inspector


def overlap(peer, theirs, reveal, *words):
    return ("overlap", "--peer", peer.alias, "--mine", "subjects", "--theirs", theirs, "--reveal", reveal, *WHY, *words)


def ask_the_bank(stage, a, b):
    heading("5  How many, then which")
    say("Bank A asks how many accounts both banks have on their lists. It learns a number, and Bank B the "
        "size of Bank A's list.")
    known = lists.shared_by_banks("bank-a")
    stage.run(a, *overlap(b, "subjects", "count", "--type", "account"))
    check(stage.tell("how many accounts", a, b)["common"], len(known), "the count")
    say("Worth a closer look: which of its own records are they?")
    stage.run(a, *overlap(b, "subjects", "matches", "--type", "account"), keep=FOUND, most=9)
    row = stage.tell("which accounts", a, b)
    check(set(matched(result(a, row["id"]))), known, "the matches")


def ask_the_police(stage, a, police, inspector):
    heading("6  A request that waits for a person")
    say("The police granted Bank A to ask, and want to look at each request.")
    stage.run(a, *overlap(police, "suspects", "matches"), code=DENIED)
    held, = [row for row in police.json("requests", user=inspector) if row["state"] == "waiting"]
    stage.run(police, "requests", user=inspector)
    stage.run(police, "approve", held["id"][:8], user=inspector)
    exchange = newest(a)["id"]
    nodes.wait_until(lambda: a.json("exchange", "show", exchange)["state"] == "done", 40, "the exchange is done")
    stage.run(a, "exchange", "result", exchange[:8], keep=FOUND, most=9)
    stage.tell("who is suspected", a, police)
    found = {record: sorted(kinds) for record, kinds in matched(result(a, exchange)).items()}
    check(found, lists.known_to_police(), "the matches with the police")


def ask_in_vain(stage, b, police):
    heading("7  A request that is denied")
    say("Nobody granted Bank B anything at the police. Both nodes remember that it asked.")
    stage.run(b, *overlap(police, "suspects", "matches"), code=DENIED)
    check(stage.tell("a denied request", b, police)["state"], "denied", "the request of Bank B")
    stage.run(police, "exchange", "list")


def audit(stage, a, b):
    heading("8  What an auditor sees")
    say("Each node keeps a log that nobody can alter unnoticed, not even its operator: entries in a tree whose "
        "head is signed, and known to the partners. An auditor sees that log, and nothing else.")
    auditors = {node: stage.shown / f"anna-{node.alias}.key" for node in (a, b)}
    for node, key in auditors.items():
        stage.run(node, "user", "add", "anna", "--role", "auditor", "--out", key, quiet=True)
    anna = auditors[a]
    print()
    stage.run(a, "log", "list", "--peer", b.alias, "--purpose", "aml", user=anna)
    stage.run(a, "log", "verify", user=anna, keep="^(entries|checkpoint|bodies|the log)")
    say("Does Bank B's log say the same of every exchange, with the same bytes in both directions?")
    stage.run(a, "log", "compare", b.alias, user=anna)
    stage.run(b, "log", "compare", a.alias, user=auditors[b])
    say("The export can be checked on any machine, also by programs of others. Here by Bank A's card alone:")
    folder = stage.shown / "evidence"
    stage.run(a, "log", "export", folder, user=anna)
    stage.run(None, "verify", folder, "--card", f"{a.dir}.card")
    say("What goes to a supervisor is a report, made of the log alone. Who asked whom, of it:")
    rows = json.loads(stage.run(a, "log", "report", "--json", user=anna, quiet=True))["exchanges"]
    print()
    table([("asked by", "peer", "kind", "purpose", "requested", "granted", "denied", "bytes sent")] +
          [(row["asked_by"], row["peer"], row["kind"], row["purpose"], *(row[name] for name in NUMBERS))
           for row in rows if row["purpose"]])


def join(stage, cast):
    heading("9  Six count together")
    say("Three more join: two NGOs and an agency. The six have records of incidents on migration routes (IOM, Missing "
        "Migrants Project). How many there were, where and when, all six together know better than any of them.")
    more = [stage.node(*who) for who in demo_joint.MORE]
    for node in more:
        show_init(node)
    for node in more:
        show_start(node)
    print()
    return demo_joint.play(stage, [*cast, *more], table)


def six_lists(stage, joint):
    heading("10  Six lists, one table")
    tallier = stage.node(*demo_table.TALLIER)
    show_init(tallier)
    show_start(tallier)
    tallier.do("card", "--out", f"{tallier.dir}.card")
    print()
    return tallier, demo_table.play(stage, joint.nodes, tallier, table)


def draw(stage, joint, made):
    heading("11  Something to look at")
    say("All that was counted, on one page: a file that any browser shows without a network. It holds what was released, "
        "with its noise, what is not shown, and what the log says of it. Which records matched never gets into one.")
    a = joint.asker
    count = next(row["id"] for row in a.json("exchange", "list") if row["kind"] == "overlap:count")
    page = stage.shown / PAGE
    exchanges = (*(joint.ids[what] for what in demo_joint.QUESTIONS), count, *made.ids)
    stage.run(a, "report", page, "--exchange", *(exchange[:8] for exchange in exchanges), "--estimate")
    check(page.stat().st_size > 0, True, "the report")


def table(rows):
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(f"{cell:>{width}}" if isinstance(cell, int) else f"{cell:<{width}}"
                               for cell, width in zip(row, widths)).rstrip())
    print()


def tell(stage, a, b, police, joint, tallier):
    heading("What each side learned")
    by_name = {what: mine for what, _, mine, _, _ in stage.told}
    count, matches, suspected = (by_name[what] for what in ("how many accounts", "which accounts", "who is suspected"))
    table([(a.name, f"that {count['common']} of its accounts are on Bank B's list; then, which of its own records"),
           ("", f"which {suspected['records']} of its subjects the police suspect, and by what they know them"),
           ("", f"how many identifiers the others have: {matches['peer_size']} and {suspected['peer_size']}"),
           (b.name, f"that Bank A asked twice, with {matches['own_size']} accounts; nothing about any of them"),
           (police.name, f"that Bank A asked, with {suspected['own_size']} identifiers, and that Bank B was denied"),
           ("all six", f"{joint.told()} counts of all six together, with noise; Bank A chose the questions"),
           ("all seven", "on exactly which of six lists how many people are"),
           (tallier.name, "the same, over tags that it cannot read"),
           ("nobody", "a record, an identifier, a count or a case number of anybody else alone")])

    heading("What left each node")
    rows = [("exchange", "node", "state", "elements", "bytes sent", "bytes received")]
    for what, node, mine, other, theirs in stage.told:
        rows += [(head, who.name, row["state"], row["own_size"] if row["state"] == "done" else 0, row["bytes_sent"],
                  row["bytes_received"]) for head, who, row in ((what, node, mine), ("", other, theirs))]
    table(rows)
    say("Elements are identifiers, each blinded by a secret that lived for one exchange. All bytes were sealed "
        "from core to core, inside TLS. Every answer was compared with what is known about the lists: all are right.")

    heading("Look")
    page = (stage.shown / PAGE).resolve()
    say("The report is one file, for any browser. Nothing of it is fetched from anywhere:")
    print(f"  xdg-open {os.path.relpath(page)}        or open {page.as_uri()}\n", flush=True)

    heading("Explore")
    say(f"The nodes are stopped. They lie in {stage.shown}, with their keys, cards, lists and logs. Start them again, "
        "and look around:")
    build = os.path.relpath(nodes.BUILD)
    print(f'  export PATH="$PWD/{build}:$PATH"')
    for node in (*joint.nodes, tallier):
        print(f"  symbolond --dir {node.dir} --key-file {node.unlock[1]} 2>>{node.log_path} &")
    print("  sleep 3")
    for words in ("status", f"peer ping {b.alias} --count 10", "dataset list", "exchange list",
                  "budget --dataset incidents", f"exchange result {joint.ids['hotspots'][:8]} --top 10",
                  " ".join(joint.words("trends")),
                  f"exchange show {matches['id'][:8]}", f"exchange result {suspected['id'][:8]} --format csv",
                  " ".join(overlap(b, "subjects", "matches", "--type", "account", "--format", "json"))):
        print(f"  symbolon {words} --dir {a.dir}")
    print(f"  symbolon log verify --as {stage.shown / f'anna-{a.alias}.key'} --dir {a.dir}")
    print(f"  symbolon explain phone '020 7946 0123' --region GB\n  symbolon grants list --dir {b.dir}\n"
          "  symbolon help\n  kill $(jobs -p)\n", flush=True)


def play(stage):
    a, b, police = make_nodes(stage)
    meet(stage, a, b, police)
    bring_lists(stage, a, b, police)
    inspector = permit(stage, a, b, police)
    ask_the_bank(stage, a, b)
    ask_the_police(stage, a, police, inspector)
    ask_in_vain(stage, b, police)
    audit(stage, a, b)
    joint = join(stage, (a, b, police))
    tallier, made = six_lists(stage, joint)
    draw(stage, joint, made)
    return a, b, police, joint, tallier


def main():
    home = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else nodes.ROOT / "demo").absolute()
    try:
        make_room(home)
    except Refusal as refusal:
        print(f"demo: {refusal}", file=sys.stderr)
        return 1
    print()
    stage = Stage(home)
    try:
        cast = play(stage)
        stage.end()
        tell(stage, *cast)
    finally:
        for node in stage.nodes:
            node.kill()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (AssertionError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)
