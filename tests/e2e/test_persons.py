"""People who are spelt differently: two nodes with the lists of Febrl 4, of which each has the same 5,000
people, the second with mistakes. The nodes find what a plain join of the keys finds, and that is as good as
promised. Which records of the other list matched is nothing the nodes tell, so that what is true comes from
the join."""

import collections
import os
import pathlib
import subprocess

import nodes
from nodes import DONE, USAGE
from overlaps import OverlapTest, matched, overlap_words

DATA = pathlib.Path("tests/data")
TOKENS = pathlib.Path(os.environ["SYMBOLON_BUILD"]) / "tests/tools/tokens"
PROFILE = """[profile]
name = febrl
id = rec_id
[columns]
given_name = person.given
surname = person.surname
date_of_birth = person.dob
postcode = person.postcode
suburb = person.town
"""
KEYS = ("name_dob", "names_dob", "surname_dob", "given_dob", "dob_postcode", "dob_town", "names_postcode",
        "names_town", "surname_postcode_year")


def tokens(csv, profile):
    """{record id: {type: digest}} as an import makes them."""
    lines = subprocess.run([TOKENS, csv, profile], text=True, capture_output=True, check=True).stdout.splitlines()
    found = collections.defaultdict(dict)
    for line in lines:
        record, kind, digest = line.split()
        found[record][kind] = digest
    return found


def join(own, theirs):
    """{own record: {other record: set of keys that both have}}"""
    holders = collections.defaultdict(list)
    for record, keys in theirs.items():
        for key in keys.items():
            holders[key].append(record)
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    for record, keys in own.items():
        for kind, digest in keys.items():
            for other in holders.get((kind, digest), ()):
                found[record][other].add(kind)
    return found


def is_same_person(own, other):
    return own.split("-")[1] == other.split("-")[1]


def figures(found, kept, people, least):
    """Precision and recall: of the pairs that share a key, how many are one person; with `least` keys, a
    record is right when the person that it is shares so many with it."""
    if least == 1:
        pairs = [(record, other) for record in kept for other in found[record]]
    else:
        pairs = [(record, max(found[record], key=lambda other: len(found[record][other]))) for record in kept]
        pairs = [(record, other if len(found[record][other]) >= least else "-none-") for record, other in pairs]
    right = {record for record, other in pairs if is_same_person(record, other)}
    return len([pair for pair in pairs if is_same_person(*pair)]) / len(pairs), len(right) / people


class PersonsTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()
        self.profile = self.home / "febrl.ini"
        self.profile.write_text(PROFILE)

    def load_file(self, node, dataset, file):
        return node.json("import", file, "--dataset", dataset, "--profile", self.profile)

    def load_people(self, node, dataset, rows, *words):
        return self.load(node, dataset, rows, *words, profile="person-keys",
                         header=("id", "name", "date_of_birth", "postcode", "town"))

    def test_finds_the_people_of_febrl_4(self):
        files = {self.a: DATA / "febrl4a.csv", self.b: DATA / "febrl4b.csv"}
        reports = [self.load_file(node, name, files[node]) for node, name in ((self.a, "mine"), (self.b, "theirs"))]
        self.grant(self.b, self.a, "theirs", "overlap:matches")
        own, theirs = [tokens(file, self.profile) for file in files.values()]
        found = join(own, theirs)
        people = 5000

        for report, have in zip(reports, (own, theirs)):
            by_type = {row["type"]: row["records"] for row in report["types"]}
            self.assertEqual(by_type, collections.Counter(kind for keys in have.values() for kind in keys))

        exact = self.overlap(self.a, self.b, words=("--type", "name_dob"))
        kept = {record for record in found if any("name_dob" in kinds for kinds in found[record].values())}
        self.assertEqual(set(matched(exact)), kept)
        alone = {record: {o: k for o, k in found[record].items() if "name_dob" in k} for record in kept}
        table = [("exact name and date of birth", *figures(alone, kept, people, 1), "")]

        for rule, least, precision, recall in (("any", 1, 0.995, 0.93), ("two", 2, 0.999, 0.88)):
            answer = self.overlap(self.a, self.b, words=("--rule", rule))
            keys = {record: set().union(*found[record].values()) for record in found}
            kept = {record for record in keys if len(keys[record]) >= least}
            self.assertEqual(matched(answer), {record: keys[record] for record in kept})
            self.assertEqual(answer["exchange"]["rule"], rule)
            got = figures(found, kept, people, least)
            table.append((rule, *got, f"{answer['expected_false']:.1f} false matches were expected"))
            self.assertGreaterEqual(got[0], precision, table)
            self.assertGreaterEqual(got[1], recall, table)
            self.is_expected(answer, found, rule)
        for name, precision, recall, remark in table:
            print(f"{name:30} precision {precision:.4f}  recall {recall:.4f}  {remark}")

    def is_expected(self, answer, found, rule):
        """About so many matches are false as was expected, by key and in all."""
        false = {key: sum(key in kinds for record in found for other, kinds in found[record].items()
                          if not is_same_person(record, other)) for key in KEYS}
        by_key = {row["type"]: row for row in answer["keys"]}
        self.assertEqual(set(by_key), set(KEYS))
        for key in KEYS:
            self.assertLess(abs(by_key[key]["expected_false"] - false[key]), 3 + false[key], key)
            self.assertEqual(by_key[key]["records"], sum(key in row["types"] for row in answer["matches"]))
        records = sum(any(not is_same_person(record, other) for other in found[record]) for record in found)
        if rule == "any":
            self.assertLess(answer["expected_false"], 2.5 * records)
            self.assertGreater(answer["expected_false"], records / 2.5)
        else:
            self.assertLess(answer["expected_false"], 2)

    def test_a_person_is_found_in_spite_of_one_mistake_and_the_keys_are_named(self):
        right = ("Smith, William", "1980-02-03", "SW1A 1AA", "London")
        wrong = {"nickname": ("Bill Smith", *right[1:]), "swapped": ("Smith William", *right[1:]),
                 "sound": ("Smyth, William", *right[1:]), "day": (right[0], "1980-03-02", *right[2:]),
                 "moved": (*right[:2], "M1 1AE", "Manchester"), "year": (right[0], "1981-02-03", *right[2:]),
                 "married": ("Jones, William", *right[1:])}
        self.load_people(self.b, "theirs", [("0", *right)])
        self.grant(self.b, self.a, "theirs", "overlap:matches")
        self.load_people(self.a, "mine", [(name, *row) for name, row in wrong.items()] +
                         [("other", "Smith, Wanda", "1981-05-06", "SW1A 1AB", "Leeds"),
                          ("father", "Smith, Walter", "1950-07-08", "SW1A 1AA", "London")])
        found = matched(self.finds(self.a, self.b, wrong))
        self.assertEqual(found["married"], {"given_dob", "dob_postcode", "dob_town"})
        self.assertEqual(found["moved"], {"name_dob", "names_dob", "surname_dob", "given_dob"})
        self.assertEqual(found["year"], {"names_postcode", "names_town"})
        self.assertEqual(found["day"], set(KEYS) - {"name_dob"})
        self.finds(self.a, self.b, wrong, words=("--rule", "two"))

    def test_two_keys_may_come_from_two_records_and_one_alone_is_not_enough(self):
        self.load_people(self.b, "theirs", [("0", "Brown, Mary", "1970-01-02", "1000", "Ghent"),
                                            ("1", "Green, Ann", "1970-01-02", "2000", "Liege")])
        self.grant(self.b, self.a, "theirs", "overlap:matches")
        self.load_people(self.a, "mine", [("one", "White, Peter", "1970-02-01", "1000", "Namur"),
                                          ("both", "White, Peter", "1970-02-01", "1000", "Liege")])
        self.finds(self.a, self.b, {"one", "both"})
        answer = self.finds(self.a, self.b, {"both"}, words=("--rule", "two"))
        self.assertEqual(matched(answer), {"both": {"dob_postcode", "dob_town"}})
        shown = self.a.do("exchange", "result", answer["exchange"]["id"])
        self.assertIn("identifiers: any; keys of persons: two at least", shown)
        self.assertRegex(shown, r"dob_town +2 +1 +\d")
        self.assertRegex(shown, r"Of the 1 records? about \d+\.\d .* false")
        listed = self.a.do("exchange", "result", answer["exchange"]["id"], "--format", "csv")
        self.assertEqual(listed, 'record,types\n"both","dob_postcode;dob_town"\n')

    def test_an_identifier_needs_no_second_key(self):
        header = ("id", "name", "date_of_birth", "email")
        for node, dataset, name in ((self.a, "mine", "Ann Green"), (self.b, "theirs", "Mary Brown")):
            self.load(node, dataset, [("1", name, "1970-01-02", "who@example.org")], header=header,
                      profile="person-keys")
        self.grant(self.b, self.a, "theirs", "overlap:matches")
        answer = self.finds(self.a, self.b, {"1"}, words=("--rule", "two"))
        self.assertEqual(matched(answer), {"1": {"email"}})

    def test_own_nicknames_are_believed_first(self):
        own = self.home / "nicknames"
        own.write_text("# ours\nwilhelm: bill\nŁukasz: lucas, luke\n")
        row = ("Bill Smith", "1980-02-03", "", "")
        self.load_people(self.b, "theirs", [("0", "William Smith", *row[1:])])
        self.grant(self.b, self.a, "theirs", "overlap:matches")
        self.load_people(self.a, "mine", [("bill", *row)])
        self.assertIn("given_dob", matched(self.overlap(self.a, self.b))["bill"])
        self.load_people(self.a, "mine", [("bill", *row)], "--nicknames", own)
        self.assertEqual(matched(self.overlap(self.a, self.b))["bill"], {"surname_dob"})

    def test_refuses_what_makes_no_sense(self):
        self.load_people(self.a, "mine", [("0", "Bill Smith", "1980-02-03", "", "")])
        self.load_people(self.b, "theirs", [("0", "Bill Smith", "1980-02-03", "", "")])
        self.grant(self.b, self.a, "theirs")
        for words, reveal, code, fragment in (
                (("--rule", "two"), "count", USAGE, "--rule two is about matches"),
                (("--rule", "two", "--type", "dob_town"), "matches", USAGE, "leave --type"),
                (("--rule", "three"), "matches", USAGE, "any, two"),
                ((), "count", nodes.FAILED, "choose one type with --type")):
            with self.subTest(words=words):
                outcome = self.a.cli(*overlap_words(self.b, "mine", "theirs", reveal, *words))
                self.refused(outcome, code, fragment)
        # Of accounts each is enough, and of one type of keys no record has two.
        self.load_numbers(self.a, "numbers", range(3))
        self.load(self.a, "names", [("0", "Bill Smith", "1980-02-03")], header=("id", "name", "date_of_birth"),
                  profile="persons")
        for mine, fragments in (("numbers", ("holds no keys of persons", "leave --rule")),
                                ("names", ("holds keys of persons of one type", "--profile person-keys"))):
            with self.subTest(mine=mine):
                outcome = self.a.cli(*overlap_words(self.b, mine, "theirs", "matches", "--rule", "two"))
                self.refused(outcome, nodes.FAILED, f"dataset {mine}: ", *fragments)
        self.counts(self.a, self.b, 1, words=("--type", "names_dob"))

    def test_placeholders_are_refused_and_the_report_says_who_has_which_keys(self):
        rows = [("1", "Ann Green", "1900-01-01", "1000", "Ghent"), ("2", "unknown", "1980-01-01", "00000", "Ghent"),
                ("3", "Ann Green", "1980-02-03", "", ""), ("4", "", "1980-02-03", "", "")]
        code, out, complaint = self.a.cli("import", self.csv(("id", "name", "date_of_birth", "postcode", "town"), rows),
                                          "--dataset", "mine", "--profile", "person-keys", "--json")
        self.assertEqual(code, DONE)
        for line, reason in ((2, "date of birth 1900-01-01 is a placeholder"), (3, "name is a placeholder"),
                             (3, "postcode is a placeholder"), (3, "born on 1 January"),
                             (5, "too little is known of the person for a key")):
            self.assertRegex(complaint, rf":{line}: .*{reason}")
        report = nodes.json.loads(out)
        self.assertEqual((report["records"], report["rejected"]), (3, 1))
        self.assertEqual({row["type"]: row["records"] for row in report["types"] if row["records"]},
                         {"names_postcode": 1, "names_town": 1, "dob_town": 1, "name_dob": 1, "names_dob": 1,
                          "surname_dob": 1, "given_dob": 1})


if __name__ == "__main__":
    nodes.unittest.main()
