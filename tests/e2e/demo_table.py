"""The end of make demo: six nodes and a tallier make the table of the six UK lists of 2013, with
made-up people who are placed on the lists as the published table says (tables.py)."""

import json

import nodes
import tables

TALLIER = ("Statistics Office", "other", 7707)
SOURCES = {"LA": "local authority", "NG": "non-government", "PF": "police force", "GO": "government organisation",
           "GP": "general public", "NCA": "National Crime Agency"}
LEAST, MOST = 10000, 13000  # people, as was published


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def gather(stage, table, made, names, people, print_table):
    stage.say("On exactly which lists is a person? In 2013 the UK counted 2,744 potential victims of trafficking on six lists. "
              "The six nodes play the six sources, each with made-up people and their telephone numbers, placed so that "
              "the combinations are those that were published. A seventh node, which has no list, will count.")
    print_table([("list", "source", "played by", "people")] +
                [(name, SOURCES[name], node.name, len(own)) for name, node, own in zip(names, made, people)])
    tallier = table.tallier
    for node in made:
        node.do("peer", "add", f"{tallier.dir}.card", "--alias", tallier.alias, "--yes")
    tallier.do("peer", "add", stage.shown / "roster", "--yes")
    for at, (node, own) in enumerate(zip(made, people)):
        path = tables.write(f"{node.dir}-{tables.DATASET}.csv", own, at)
        node.do("import", path, "--dataset", tables.DATASET, "--profile", "persons", "--region", "GB")
    stage.say("Whoever contributes has the others' lists evaluated, blinded, and proves each evaluation. So each grants it "
              "to all others. An exact table is granted as matches are; one with noise spends privacy budget.")
    for node in made:
        for peer in made:
            if peer is not node:
                words = ("grant", peer.alias, tables.DATASET, "overlap:table", "--mode", "exact,dp", "--purposes",
                         "statistics")
                if node is made[0] and peer is made[1]:
                    stage.run(node, *words, quiet=True)
                else:
                    node.do(*words)
    tallier.do("grant", made[0].alias, tables.DATASET, "overlap:table", "--mode", "exact,dp")
    print("    ... and so on\n")


def exact(stage, table, cells):
    stage.run(table.asker, *table.words())
    found = result(table, "exact")
    check({on: n for on, n in tables.cells_of(found, table.names).items() if n} == cells, "the published cells")
    stage.say(f"All {len(cells)} published cells are there, and nothing else: {sum(cells.values())} people on the lists, and no "
              "record was shared.")
    return found


def noisy(stage, table, cells):
    stage.say("The same, with noise that hides which people are on a list, not how many:")
    stage.run(table.asker, *table.words("--epsilon", "2", mode="dp"))
    found = result(table, "dp")
    shown = {on: n for on, n in tables.cells_of(found, table.names).items() if n is not None}
    check(all(n >= found["threshold"] for n in shown.values()), "the threshold")
    return found


def result(table, mode):
    row = next(row for row in table.asker.json("exchange", "list") if row["kind"] == "overlap:table")
    found = json.loads(table.asker.do("exchange", "result", row["id"], "--format", "json"))
    check(found["mode"] == mode, f"the latest table is {found['mode']}")
    table.ids.append(row["id"])
    table.asker.do("exchange", "result", row["id"], "--format", "csv", "--out", f"{table.asker.dir}-{mode}.csv")
    return found


def estimate(stage, table, threshold):
    stage.say("Nobody is on all lists, and many are on none. How many, the overlaps tell, under assumptions that the "
              "estimate names: multiple systems estimation, as the Home Office did it.")
    path = f"{table.asker.dir}-exact.csv"
    stage.run(None, "estimate", path)
    _, said, _ = nodes.run_cli("estimate", path, "--json")
    check(LEAST <= json.loads(said)["total"] <= MOST, f"the estimate is {said}")
    stage.say("From the table with noise the interval is wider:")
    stage.run(None, "estimate", f"{table.asker.dir}-dp.csv", "--suppressed-below", threshold, "--epsilon", "2",
              keep="^(on|together|95|suppressed|Note)")


def play(stage, made, tallier, print_table):
    """made: the six nodes, pinned to each other; tallier: a seventh that runs."""
    names, cells = tables.uk()
    table = tables.Table(made, tallier)
    gather(stage, table, made, names, tables.place(cells, len(made)), print_table)
    exact(stage, table, cells)
    threshold = noisy(stage, table, cells)["threshold"]
    estimate(stage, table, threshold)
    return table
