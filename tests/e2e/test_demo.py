"""What a newcomer does first works as it is written: make demo, and the five minutes of the README.

runner: timeout=900
"""

import json
import os
import re
import resource
import subprocess
import sys
import unittest

import demo
import geojson
import nodes
from nodes import NodeTest

CPU_S = 60  # it takes a quarter of that; by the clock it depends on what else the machine does
LONGEST_S = 400


def cpu_seconds():
    """Of all that was started and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def waits_for_nodes(script, started):
    """A sleep until the nodes serve, which a person sees, becomes a look at them. started: a pattern with their directory."""
    looks = "\n".join(f"until symbolon status --dir {folder} >/dev/null 2>&1; do sleep 0.1; done"
                      for folder in re.findall(started, script))
    return re.sub(r"^sleep \d+$", lambda _: looks, script, flags=re.M)


class Demo(NodeTest):
    def demo(self, home):
        return subprocess.run([sys.executable, str(nodes.ROOT / "tests/e2e/demo.py"), str(home)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S * nodes.PATIENCE)

    def works(self, home):
        before = cpu_seconds()
        done = self.demo(home)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertLess(cpu_seconds() - before, CPU_S * nodes.PATIENCE)
        self.assertIn("3 sent, 3 answered", done.stdout)
        for text in ("256 of its accounts", "which 25 of its subjects", "all are right"):
            self.assertIn(text, done.stdout)
        self.assertIn("the log is whole", done.stdout)
        self.assertRegex(done.stdout, r"\d exchanges agree")
        self.assertRegex(done.stdout, r"good +\d+ entries, \d+ bodies, 0 erased")
        self.assertRegex(done.stdout, r"this node  bank-b  overlap:count +aml +1 +1 +0 ")
        self.assertRegex(done.stdout, r"a denied request +Bank B +denied")
        for name in ("bank-a", "bank-b", "police", "ngo-north", "ngo-south", "agency"):
            self.assertFalse((home / name / "run").is_symlink(), "the nodes are stopped")
        self.assertFalse((home / "preshared.key").exists())
        self.counts_together(home, done.stdout)
        self.six_lists(home, done.stdout)
        self.looks(home, done.stdout)
        return done.stdout

    def looks(self, home, told):
        """At a report of all that was counted."""
        page = home / "report.html"
        self.assertIn(f"open {page.as_uri()}", told)
        document = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.S).group(1))
        self.assertEqual([release["kind"] for release in document["results"]],
                         ["hotspots", "routes", "trends", "overlap", "overlap-table", "overlap-table"])
        self.assertEqual({release["evidence"]["state"] for release in document["results"]}, {"in-log"})
        self.assertEqual(len(document["estimates"]), 2, document["notes"])

    def six_lists(self, home, told):
        self.assertFalse((home / "statistics-office" / "run").is_symlink(), "the tallier is stopped")
        self.assertIn("All 25 published cells are there, and nothing else: 2744 people", " ".join(told.split()))
        self.assertRegex(told, r"(?m)^ +2744 records, each counted once")
        self.assertRegex(told, r"with noise: epsilon 2, each count is right to")

    def counts_together(self, home, told):
        for country, true in (("Libya", 2027), ("Spain", 606), ("Niger", 486), ("Sudan", 461), ("Algeria", 379)):
            self.assertRegex(told, rf"(?m)^  [1-7]  {country} +{true} +\d+  \d+ to \d+")
        self.assertIn("5 countries with most incidents are among the first 7 that were released", told)
        self.assertRegex(told, r"(?m)^    incidents  all together +8 +3 +0 +5 ")
        for name in ("hotspots", "routes"):
            document = geojson.check((home / f"{name}.geojson").read_text("utf-8"))
            self.assertGreater(len(document["features"]), 15)
            countries = geojson.borders()
            if countries is not None:
                off, _ = geojson.far(document, countries)  # noise may release a country without borders
                self.assertEqual(off, [])

    def leaves_alone_what_runs(self, home):
        node = subprocess.Popen([str(nodes.SYMBOLOND), "--dir", str(home / "bank-a"), "--key-file",
                                 str(home / "bank-a.key")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertIn(b"ready", node.stdout.readline())
        done = self.demo(home)
        node.terminate()
        node.communicate(timeout=nodes.STOP_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"kill {node.pid}", done.stderr)
        self.assertTrue((home / "bank-b.card").exists())

    def starts_again_as_told(self, told):
        commands = [line.strip() for line in told.splitlines() if line.startswith("  ")]
        self.assertGreater(len(commands), 7)
        self.assertEqual(sum(command.startswith("symbolond ") for command in commands), 7)
        script = "\n".join(command for command in commands if not command.startswith("export"))
        script = waits_for_nodes(script, "symbolond --dir (\\S+)")
        done = subprocess.run(["bash", "-e", "-c", script + "\nwait"], cwd=nodes.ROOT, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=LONGEST_S * nodes.PATIENCE,
                              env={**nodes.clean_environment(), "PATH": f"{nodes.BUILD}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("10 sent, 10 answered", done.stdout)
        self.assertIn("the log is whole", done.stdout)
        self.assertIn("+442079460123", done.stdout)
        self.assertIn("LY Libya", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^kind +trends$")
        self.assertIn("The same question was answered before", done.stderr)

    def asks_jointly_as_the_readme_says(self, home):
        readme = (nodes.ROOT / "README.md").read_text("utf-8")
        script, = [block for block in re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S) if "symbolon hotspots" in block]
        script = script.replace("$PWD/build/release", str(nodes.BUILD)).replace("demo/", f"{home}/")
        script = waits_for_nodes(script, "symbolond --dir (\\S+)")
        done = subprocess.run(["bash", "-e", "-c", script + "\nwait"], cwd=self.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=LONGEST_S * nodes.PATIENCE, env=nodes.clean_environment())
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("Nothing has left it", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ *1  LY Libya +\d+  \d+ to \d+")
        self.assertRegex(done.stdout, r"(?m)^incidents  all together +8 +4 +0 +4 ")
        document = geojson.check((home / "sums.geojson").read_text("utf-8"))
        self.assertGreater(len(document["features"]), 10)

    def test_it_works_tells_the_truth_and_makes_room_for_another(self):
        home = self.home / "demo"
        told = self.works(home)
        self.leaves_alone_what_runs(home)
        self.starts_again_as_told(told.partition("Explore\n")[2])
        self.asks_jointly_as_the_readme_says(home)
        demo.make_room(home)
        self.assertEqual([path.name for path in home.iterdir()], [demo.MARK])

    def test_it_deletes_nothing_that_is_no_demo(self):
        home = self.home / "demo"
        home.mkdir()
        (home / "thesis.tex").write_text("years of work")
        done = self.demo(home)
        self.assertEqual(done.returncode, 1)
        self.assertIn("was not made by a demo", done.stderr)
        self.assertEqual((home / "thesis.tex").read_text(), "years of work")
        (self.home / "file").write_text("x")
        self.assertEqual(self.demo(self.home / "file").returncode, 1)
        (self.home / "link").symlink_to(home)
        self.assertEqual(self.demo(self.home / "link").returncode, 1)
        self.assertTrue((home / "thesis.tex").exists())


class Readme(NodeTest):
    def test_the_five_minute_start_works_as_written(self):
        path = nodes.ROOT / "README.md"
        if not path.exists():
            raise unittest.SkipTest("there is no README.md")
        blocks = re.findall(r"^```sh\n(.*?)^```$", path.read_text("utf-8"), re.M | re.S)
        first = next(at for at, block in enumerate(blocks) if "symbolon init" in block)
        script = "".join(blocks[first:first + 3])
        self.assertIn("symbolon overlap", script)
        self.assertIn("$PWD/build/release", script)
        script = script.replace("$PWD/build/release", str(nodes.BUILD))
        for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", script))):
            script = script.replace(f"127.0.0.1:{port}", f"127.0.0.1:{nodes.free_port()}")
        script = re.sub(r"\bsleep \d+", f"sleep {1 * nodes.PATIENCE}", script)
        done = subprocess.run(["bash", "-e", "-c", script + "\nwait"], cwd=self.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=LONGEST_S * nodes.PATIENCE, env=nodes.clean_environment())
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(done.stdout.count("sealed core to core"), 1, done.stdout)
        for text in ("the log is whole", "bank-b: 2 exchanges agree", "report.md: the report"):
            self.assertIn(text, done.stdout)
        self.assertEqual(len(re.findall(r"^(?:evidence|report.md.exhibit) .* good ", done.stdout, re.M)), 2, done.stdout)
        self.assertIn("that is why case-4 was left out", done.stdout)
        self.assertEqual(re.findall(r"^ *(case-\d)\b", done.stdout, re.M), ["case-1", "case-3"], done.stdout)
        for name in ("a.log", "b.log"):
            log, = self.home.rglob(name)
            self.assertIn("event=stopping", log.read_text("utf-8"))
