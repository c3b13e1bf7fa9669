"""What tests about joint tabulations share: several nodes that are all pinned to each other, each
with counts of its own, and the question that one of them asks."""

import concurrent.futures
import csv
import itertools
import json
import os
import random
import subprocess

import nodes
from nodes import NodeTest

ASK = nodes.BUILD / "tests/tools/ask_tabulate"
EXACT = nodes.BUILD / "exact/symbolond"
SEEDED = nodes.BUILD / "seeded/symbolond"
AT_ONCE = 2 * (os.cpu_count() or 1)
NANO = 10**9
DATASET = "counts"
COUNTRIES = ("IT", "DE", "FR", "ES", "GR", "PL", "RO", "BG", "HU", "AT")
YEARS = ("2019", "2020", "2021", "2022")
CUBE = {"country": COUNTRIES, "year": YEARS}


def keys(cube):
    """The cells in their order."""
    return list(itertools.product(*cube.values()))


def random_counts(cube, seed, empty=0.3, most=400):
    """{cell: count}; some cells have none."""
    rng = random.Random(seed)
    return {cell: rng.randint(1, most) for cell in keys(cube) if rng.random() >= empty}


def pooled(cube, all_counts):
    return [sum(counts.get(cell, 0) for counts in all_counts) for cell in keys(cube)]


def ask_words(node, dataset, cube, *words):
    return [str(ASK), str(node.dir), dataset, *map(str, words),
            *(f"{name}={','.join(codes)}" for name, codes in cube.items())]


class Crew:
    """Nodes that are pinned to each other, with grants for everybody; the first asks."""

    def __init__(self, made, minimum=None):
        """made: nodes that run."""
        self.nodes = made
        self.pin_all()
        if minimum is not None:
            self.each(lambda node: node.do("settings", "set", "tabulate-minimum", minimum))

    def each(self, act, those=None):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(act, self.nodes if those is None else those))

    def pin_all(self):
        """Everybody takes the cards of all others as one roster."""
        cards = {node: (node.dir / "node.card").read_text("utf-8") for node in self.nodes}

        def pin(node):
            roster = node.home / "roster"
            roster.write_text("".join(card for who, card in cards.items() if who is not node), "utf-8")
            node.do("peer", "add", roster, "--yes")
        self.each(pin)

    def load(self, counts, cube=CUBE, dataset=DATASET, grantees=None):
        """counts: {cell: count} of each node. Everybody publishes them, and lets the asking node ask."""
        asking = self.nodes[:1] if grantees is None else grantees

        def load(pair):
            node, own = pair
            path = node.home / f"{dataset}.csv"
            with open(path, "w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow([*cube, "count"])
                out.writerows([*cell, count] for cell, count in own.items())
            node.do("import", path, "--dataset", dataset, "--profile", "aggregates",
                    "--cells-per-incident", 1, "--persons-max", 1)
            node.do("dataset", "publish", dataset)
            for asker in asking:
                if asker is not node:
                    node.do("grant", asker.alias, dataset, "tabulate")
        self.each(load, list(zip(self.nodes, counts)))

    def ids(self):
        """Node ids in hex, in the order of the nodes."""
        return self.each(lambda node: node.json("status")["fingerprint"]["hex"])

    @property
    def asker(self):
        return self.nodes[0]

    def start(self, *words, cube=CUBE, dataset=DATASET, node=None):
        """A question that goes on by itself."""
        return subprocess.Popen(ask_words(node or self.asker, dataset, cube, *words), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**nodes.clean_environment(), "SYMBOLON_USER": "operator"})

    def ask(self, *words, cube=CUBE, dataset=DATASET, node=None, timeout=120):
        """What became of it."""
        return finish(self.start(*words, cube=cube, dataset=dataset, node=node), timeout)

    def refused(self, *words, **how):
        """The complaint of a question that was not begun."""
        command = self.start(*words, **how)
        _, complaint = command.communicate(timeout=30 * nodes.PATIENCE)
        if command.returncode == 0:
            raise AssertionError("it was begun")
        return complaint.strip()


def finish(command, timeout=120):
    output, complaint = command.communicate(timeout=timeout * nodes.PATIENCE)
    if command.returncode != 0:
        raise AssertionError(f"a tabulation ended with {command.returncode}: {complaint} {output}")
    return json.loads(output)


def make_crew(home, n, made, minimum=None, daemon=nodes.SYMBOLOND, prepare=lambda node: None):
    """n nodes that run, with keys from files; each is put into made before it starts."""
    roles = ("bank", "ngo", "police", "other")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        def make(at):
            node = nodes.Node(home / f"n{at}", f"Node {at}", roles[at % len(roles)])
            node.daemon = daemon
            prepare(node)
            return node
        all_of_them = list(pool.map(make, range(n)))
        made.extend(all_of_them)
        list(pool.map(lambda node: node.start(), all_of_them))
    return Crew(all_of_them, minimum)


class TabulationTest(NodeTest):
    def crew(self, n, minimum=None, **how):
        return make_crew(self.home, n, self.nodes, minimum, **how)

    def is_sum(self, answer, truth):
        """Without noise: all that is not below the threshold, and nothing else."""
        self.assertEqual(answer["state"], "done", answer)
        threshold = answer["threshold"]
        self.assertEqual(answer["cells"], [count if count >= threshold else 0 for count in truth])
        self.assertEqual(answer["suppressed"], sum(count < threshold for count in truth))
