"""What tests about overlap tables and the demo share: people placed on lists as a table says, nodes
that are pinned to each other, and the question that one of them asks.

The people are made up (lists.py), each known by a telephone number, which every list spells in its
own way. uk() is the table of the six UK lists of 2013: combination of lists -> people.
"""

import csv
import itertools
import json
import subprocess

import lists
import nodes
from tabulations import Crew, make_crew

UK = nodes.ROOT / "tests/vectors/uk-lists-2013.csv"
DATASET = "people"
WHY = ("--purpose", "statistics", "--basis", "public-task", "--case", "2026-019")


def uk():
    """(names of the lists, {frozenset of their numbers: people})"""
    with open(UK, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    cells = {frozenset(at for at, on in enumerate(row[:-1]) if on == "1"): int(row[-1]) for row in rows}
    return tuple(header[:-1]), cells


def place(cells, n, first=0):
    """The numbers of the people on each of n lists."""
    people = itertools.count(first)
    on = [[] for _ in range(n)]
    for combination, count in cells.items():
        for person in itertools.islice(people, count):
            for at in combination:
                on[at].append(person)
    return on


def write(path, people, manner):
    return lists.write(path, ("id", "phone"),
                       [(f"P-{number}", lists.phone_as(number, number + manner)) for number in people])


def question(peers, tallier, *words, mode="exact", dataset=DATASET, identifiers="phone"):
    return ("overlap-table", "--peers", ",".join(peer.alias for peer in peers), "--tallier", tallier.alias,
            "--dataset", dataset, "--type", identifiers, "--mode", mode, *WHY, *words)


def cells_of(document, names):
    """{frozenset of numbers: count or None} of the JSON of a table; names: of the lists, in order."""
    return {frozenset(names.index(name) for name in cell["lists"]): cell["count"] for cell in document["cells"]}


class Table:
    """Contributors, of whom the first asks, and a tallier, with grants for each other."""

    def __init__(self, contributors, tallier, modes="exact,dp"):
        self.contributors = contributors
        self.tallier = tallier
        self.modes = modes
        self.asker = contributors[0]
        self.ids = []  # of exchanges that made a table, where somebody keeps them

    @property
    def names(self):
        """As the asker calls them."""
        return ["this node", *(node.alias for node in self.contributors[1:])]

    def load(self, cells, dataset=DATASET, first=0):
        for at, (node, people) in enumerate(zip(self.contributors, place(cells, len(self.contributors), first))):
            path = write(node.home / f"{node.alias}-{dataset}.csv", people, at)
            node.do("import", path, "--dataset", dataset, "--profile", "persons", "--region", "GB")

    def grant(self, *words, dataset=DATASET):
        """All contributors to each other, and the tallier to who asks."""
        for node in self.contributors:
            for peer in self.contributors:
                if node is not peer:
                    node.do("grant", peer.alias, dataset, "overlap:table", "--mode", self.modes, *words)
        self.tallier.do("grant", self.asker.alias, dataset, "overlap:table", "--mode", self.modes)

    def words(self, *words, **how):
        return question(self.contributors[1:], self.tallier, *words, **how)

    def ask(self, *words, **how):
        """The JSON of a table that has to come about."""
        return json.loads(self.asker.do(*self.words(*words, "--format", "json", **how)))

    def start(self, *words, **how):
        """The same, going on by itself."""
        who = [] if self.asker.user is None else ["--as", str(self.asker.user)]
        return subprocess.Popen([str(nodes.SYMBOLON), *map(str, self.words(*words, **how)), "--format", "json",
                                 "--dir", str(self.asker.dir), *who], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=nodes.clean_environment())

    def try_it(self, *words, **how):
        """(exit code, output, complaint)"""
        return self.asker.cli(*self.words(*words, **how))


def make_table(home, n, made, modes="exact,dp", **how):
    """n contributors and a tallier that run and are pinned to each other."""
    crew = make_crew(home, n + 1, made, **how)
    assert isinstance(crew, Crew)
    table = Table(crew.nodes[:-1], crew.nodes[-1], modes)
    table.crew = crew
    return table
