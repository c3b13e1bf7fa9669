"""The last part of make demo: six nodes count incidents together, and none shows its own to another.

They share out the records of tests/data/iom-europe.csv (IOM, Missing Migrants Project) by a fixed
rule, so that the sums are known: every count that is released is compared with the true one.
"""

import collections
import csv
import json
import pathlib
import zlib

INCIDENTS = pathlib.Path(__file__).resolve().parents[1] / "data/iom-europe.csv"
DATASET = "incidents"
MORE = (("NGO North", "ngo", 7704), ("NGO South", "ngo", 7705), ("Agency", "other", 7706))
WHY = ("--purpose", "statistics", "--basis", "public-task", "--case", "2026-018")
SPAN = ("--from", "2014", "--to", "2026")
QUESTIONS = {"hotspots": ("hotspots", "--by", "country,year", *SPAN),
             "routes": ("routes", "--by", "origin,country"),
             "trends": ("trends", "--by", "year", *SPAN)}
TOP, WITHIN = 5, 7
NOT_A_COUNTRY = ("at-sea", "several", "unknown")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def parts(n):
    """The rows of the file and its header; a row is one node's: CRC-32 of its id, modulo n. Four incidents are in
    several rows: where a node has two of one, the second is an incident of its own here."""
    with open(INCIDENTS, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    own = header.index("Incident ID")
    of_incident = header.index("Main ID")
    shares = [[] for _ in range(n)]
    taken = [set() for _ in range(n)]
    for row in rows:
        at = zlib.crc32(row[own].encode()) % n
        if row[of_incident] in taken[at]:
            row[of_incident] = row[own]
        taken[at].add(row[of_incident])
        shares[at].append(row)
    return header, shares


def dense(document):
    """{(level, cell): count} of a release or a preview; a level is its dimensions, a cell its codes;
    None: not shown."""
    codes = {dimension["id"]: dimension["codes"] for dimension in document["dimensions"]}
    found = {}
    for level in document["levels"]:
        cells = [()]
        for name in level["dimensions"]:
            cells = [(*cell, code) for cell in cells for code in codes[name]]
        check(len(cells) == len(level["cells"]), f"cells of {level['dimensions']}")
        found.update(zip([(",".join(level["dimensions"]), cell) for cell in cells], level["cells"]))
    return found


def names(document):
    return {(dimension["id"], code): name for dimension in document["dimensions"]
            for code, name in zip(dimension["codes"], dimension["labels"])}


class Joint:
    """The six of them; the first asks."""

    def __init__(self, stage, made, table):
        self.stage = stage
        self.nodes = made
        self.asker = made[0]
        self.others = ",".join(node.dir.name for node in made[1:])
        self.table = table  # prints rows in columns
        self.asked = {}  # kind: (release, truth)
        self.ids = {}  # kind: exchange

    def truth(self, kind):
        """What the previews of all add up to."""
        total = collections.Counter()
        for node in self.nodes:
            total.update(dense(json.loads(node.do(*QUESTIONS[kind], "--dataset", DATASET, "--preview",
                                                  "--format", "json"))))
        return total

    def release(self, kind):
        row = next(row for row in self.asker.json("exchange", "list") if row["kind"] == "tabulate")
        release = json.loads(self.asker.do("exchange", "result", row["id"], "--format", "json"))
        check(release["kind"] == kind, f"the latest release is of {release['kind']}")
        self.asked[kind] = (release, self.truth(kind))
        self.ids[kind] = row["id"]

    def words(self, kind, *more):
        return (*QUESTIONS[kind], "--peers", self.others, "--dataset", DATASET, *WHY, "--yes", *more)

    def compare(self, kind, level, most, wanted=lambda cell: True, by_time=False):
        """The largest counts of a level: true, released, interval."""
        release, truth = self.asked[kind]
        shown, name, width = dense(release), names(release), release["privacy"]["half_width"]
        dimensions = level.split(",")
        rows = sorted(((count, cell) for (of, cell), count in shown.items() if of == level and count is not None),
                      key=lambda row: (-row[0], row[1]))
        if by_time:
            rows.sort(key=lambda row: row[1])
        lines = [(at + 1, *(name[pair] for pair in zip(dimensions, cell)), truth[level, cell], count,
                  f"{max(0, count - width)} to {count + width}",
                  "" if abs(count - truth[level, cell]) <= width else "outside")
                 for at, (count, cell) in enumerate(rows) if wanted(cell)]
        self.table([("#", *dimensions, "true", "released", "95 % interval", ""), *lines[:most]])

    def told(self):
        """How many counts were released."""
        return sum(self.sums(kind)[1] for kind in self.asked)

    def sums(self, kind):
        """(cells, shown, of these inside their interval, cells that hold something and are not shown)"""
        release, truth = self.asked[kind]
        shown, width = dense(release), release["privacy"]["half_width"]
        kept = {key: count for key, count in shown.items() if count is not None}
        inside = sum(abs(count - truth[key]) <= width for key, count in kept.items())
        return len(shown), len(kept), inside, sum(truth[key] > 0 for key in shown if key not in kept)


def gather(stage, joint, header, shares):
    say, first = stage.say, joint.asker
    roster = stage.shown / "roster"
    for node in joint.nodes[3:]:
        node.do("card", "--out", f"{node.dir}.card")
    roster.write_text("".join(pathlib.Path(f"{node.dir}.card").read_text("utf-8") for node in joint.nodes), "utf-8")
    say("All six cards in one file are a roster. One fingerprint stands for it, and is compared once; each "
        "node pins the others from it.")
    stage.run(None, "roster", "show", roster)
    stage.run(first, "peer", "add", roster, "--yes", keep="pinned|left out")
    for node in joint.nodes[1:]:
        node.do("peer", "add", roster, "--yes")
    say("Each imports its share of the incidents, publishes it as an edition that counts can be made of, and "
        "lets Bank A ask for counts. The share is set by a rule (CRC-32 of the incident's id, modulo 6), so that "
        "this demo knows the true sums. No node does.")
    bring(stage, joint.nodes[:2], first, header, shares[:2], stage.run)
    print("    ... and the others as Bank B\n")
    bring(stage, joint.nodes[2:], first, header, shares[2:], lambda node, *words, **_: node.do(*words))
    joint.table([("node", "incidents")] + [(node.name, len(rows)) for node, rows in zip(joint.nodes, shares)])


def bring(stage, those, first, header, shares, run):
    for node, rows in zip(those, shares):
        path = stage.shown / f"{node.alias}-{DATASET}.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        run(node, "import", path, "--dataset", DATASET, "--profile", "iom-missing-migrants", keep="^(rows|records)|values",
            quiet=node is not first)
        run(node, "dataset", "publish", DATASET, quiet=True)
        if node is not first:
            run(node, "grant", first.alias, DATASET, "tabulate", "--purposes", "statistics", quiet=True)
        check(node.json("dataset", "show", DATASET)["records"] == len(rows), f"records of {node.name}")


def hotspots(stage, joint):
    stage.say("Where, and where in which year? Before a question runs, the node says what it will do and what it costs. "
              "Nobody's counts are shown to anybody: each node adds noise to its own and masks them, and only the "
              "masked sum of all six can be opened.")
    stage.run(joint.asker, *joint.words("hotspots", "--top", "5"), plan=True)
    joint.release("hotspots")
    stage.say("How good is it? This demo knows the truth: each node was asked what it would contribute (--preview), "
              "and the six answers were added up. The interval is about the noise: it holds the true count 95 times in 100; "
              "where it does not, the line says so.")
    joint.compare("hotspots", "country", 8)
    release, truth = joint.asked["hotspots"]
    rank = {}
    for what, counts in (("true", truth), ("released", dense(release))):
        cells = [(count, cell) for (level, cell), count in counts.items()
                 if level == "country" and count and cell[0] not in NOT_A_COUNTRY]
        rank[what] = [cell for _, cell in sorted(cells, key=lambda row: (-row[0], row[1]))]
    check(set(rank["true"][:TOP]) <= set(rank["released"][:WITHIN]), f"the true top {TOP} is not in the top {WITHIN}")
    stage.say(f"The {TOP} countries with most incidents are among the first {WITHIN} that were released.")


def routes(stage, joint):
    stage.say("From where to where? These records know the country that people came from, where anybody knew it, "
              "and the place of the incident, but no destination. So a route ends where the incident was. "
              "Where nobody knew, the origin is counted as unknown; these routes come first, and are left out of this "
              "table only.")
    stage.run(joint.asker, *joint.words("routes"), quiet=True)
    joint.release("routes")
    print()
    joint.compare("routes", "origin,country", 10, lambda cell: cell[0] not in NOT_A_COUNTRY)


def trends(stage, joint):
    stage.say("And over the years? Fewer cells of one level have less noise.")
    stage.run(joint.asker, *joint.words("trends"), quiet=True)
    joint.release("trends")
    print()
    release, truth = joint.asked["trends"]
    joint.compare("trends", "year", len(dense(release)), by_time=True)
    with open(INCIDENTS, encoding="utf-8", newline="") as file:
        known = collections.Counter(row["Incident year"] for row in csv.DictReader(file))
    check({cell[0]: count for (_, cell), count in truth.items()} == known, "the years of the file")


def afterwards(stage, joint):
    rows = [("question", "cells", "shown", "of these in their interval", "below the threshold")]
    stage.say("All cells of the three answers. What is below the threshold is not shown, whether it is empty or not; "
              "the last column is what was lost by that: cells that do hold incidents. What is shown came out large "
              "enough, so that of the shown ones some more than 5 in 100 lie outside.")
    rows += [(kind, *joint.sums(kind)) for kind in QUESTIONS]
    joint.table(rows)
    stage.say("Each question cost every participant 1 of the 8 that its dataset has for a year. The same question again "
              "gets the same answer, and costs nothing. This time it goes to a map:")
    before = spent(joint.asker)
    stage.run(joint.asker, *joint.words("hotspots", "--format", "geojson", "--out", stage.shown / "hotspots.geojson"),
              keep="answered already|geojson")
    stage.run(joint.asker, "exchange", "result", joint.ids["routes"][:8], "--format", "geojson", "--out",
              stage.shown / "routes.geojson")
    check(spent(joint.asker) == before, "the same question cost something")
    stage.run(joint.asker, "budget")
    again = json.loads(joint.asker.do(*joint.words("hotspots", "--format", "json")))
    known = joint.asked["hotspots"][0]
    check(all(again[key] == known[key] for key in ("query_id", "released", "levels")), "the same question, another answer")


def spent(node):
    return node.json("budget")


def play(stage, made, table):
    """made: six nodes that run, three of them pinned to each other."""
    joint = Joint(stage, made, table)
    gather(stage, joint, *parts(len(made)))
    hotspots(stage, joint)
    routes(stage, joint)
    trends(stage, joint)
    afterwards(stage, joint)
    return joint
