# runner: timeout=120
"""The table of engines: that it measures every engine between two nodes, says the same as JSON, and fails when a
figure that it stands for is missed. The programs that measure in memory are played."""

import contextlib
import io
import json
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

import bench_engines as bench  # noqa: E402

IN_MEMORY = ("vole 2^10    wall     24.3 ms (20.3 - 26.1)  cpu R      7.7  S     18.3 ms  bytes/item R->S 186.16  "
             "S->R  33.88  all 220.03  memory      8 MiB, 1959 bytes/item\n")
BARE = "overlap:matches 2^10 ifma 70.0 9.0 10.0 x 140.0 18.0 20.0 x x 32.0 40.0 11.0\n"


def play(words, **_):
    return mock.Mock(stdout=BARE if words[0].endswith("bench_overlap") else IN_MEMORY)


def call(*words):
    """What main() returns, prints, and says on the error stream."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["bench_engines.py", *words]), contextlib.redirect_stdout(out), \
            contextlib.redirect_stderr(err):
        try:
            status = bench.main()
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), err.getvalue()


def figures(*rows):
    return {"date": "2026-01-01", "cpu": "a processor", "processors": 2, "load_before": 0.0, "load_after": 0.0,
            "ristretto": "ifma", "rows": list(rows), "faults": list(bench.faults(rows))}


def between_nodes(engine, size, wall_ms, **more):
    return bench.row(engine, "two nodes", size, wall_ms=wall_ms, **more)


class BenchEngines(unittest.TestCase):
    def test_measures_every_engine_between_two_nodes_and_says_so_as_json(self):
        with mock.patch.object(bench, "subprocess", mock.Mock(run=play)):
            status, out, _ = call("--sizes", "10", "--runs", "1", "--json")
        self.assertEqual(status, 0)
        said = json.loads(out)
        self.assertEqual(said["faults"], [])
        rows = {(row["engine"], row["way"]): row for row in said["rows"]}
        self.assertEqual(set(rows), {("libsodium", "its calls alone"), ("dh", "its calls alone"), ("dh", "in memory"),
                                     ("dh", "two nodes"), ("vole", "in memory"), ("vole", "two nodes"),
                                     ("standing", "two nodes, first"), ("standing", "two nodes, later")})
        for (_, way), row in rows.items():
            if way.startswith("two nodes"):
                self.assertTrue(all(row[figure] > 0 for figure in ("wall_ms", "cpu_ms", "a_bytes", "b_bytes")), row)
                self.assertEqual(set(row["peak_mib"]), set(bench.PROCESSES))
        self.assertEqual(rows["vole", "in memory"]["wall_ms"], 24.3)
        self.assertEqual(rows["vole", "in memory"]["b_bytes"], 33.88)
        self.assertAlmostEqual(rows["dh", "its calls alone"]["wall_ms"], 9.0 * 1.024)

    def test_the_table_has_a_line_for_every_row(self):
        rows = [between_nodes("dh", "12", 12345.6), bench.dash("standing", "20", "a query is short")]
        with mock.patch.object(bench, "measure", lambda _: figures(*rows)):
            status, out, _ = call("--sizes", "12")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"dh +two nodes +2\^12 +12346 ")
        self.assertIn("standing at 2^20: none, because a query is short.", out)

    def test_a_missed_figure_is_said_and_fails(self):
        for row, said in ((between_nodes("vole", "20", 901.0), "vole at 2^20 takes 0.90 s"),
                          (between_nodes("dh", "20", 1.0, calls_ratio=1.26), "dh at 2^20 takes 1.26 times"),
                          (between_nodes("dh", "22", 1.0, calls_ratio=1.3), "dh at 2^22 takes 1.30 times")):
            for words in ((), ("--json",)):
                with self.subTest(said, words=words), mock.patch.object(bench, "measure", lambda _: figures(row)):
                    status, _, err = call(*words)
                    self.assertEqual(status, 1)
                    self.assertIn(said, err)

    def test_a_figure_that_is_met_or_of_another_size_is_none(self):
        self.assertEqual(list(bench.faults([between_nodes("vole", "20", 899.0), between_nodes("vole", "22", 5000.0),
                                            between_nodes("dh", "20", 1.0, calls_ratio=1.24),
                                            between_nodes("dh", "12", 1.0, calls_ratio=2.0),
                                            between_nodes("dh", "10x22", 1.0, calls_ratio=2.0)])), [])

    def test_refuses_other_sizes_and_engines(self):
        for words in (("--sizes", "4"), ("--sizes", "23"), ("--sizes", "x"), ("--sizes", "12,"), ("--engines", "psi")):
            with self.subTest(words=words):
                self.assertEqual(call(*words)[0], 2)

    def test_says_what_a_program_printed_that_it_cannot_read(self):
        with mock.patch.object(bench, "subprocess", mock.Mock(**{"run.return_value.stdout": "nothing\n"})):
            with self.assertRaisesRegex(AssertionError, "bench_vole printed\nnothing"):
                bench.vole_in_memory("12", 1)
            with self.assertRaisesRegex(AssertionError, "bench_overlap printed\nnothing"):
                bench.libsodium_and_dh("12", (4096, 4096))


if __name__ == "__main__":
    unittest.main()
