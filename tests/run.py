#!/usr/bin/env python3
"""Runs the tests of one build in parallel and ends with one line: N passed, N failed[, N skipped].

A test is a cmocka case, a unittest method, the replay of one fuzz corpus, or a check of the tree.
A program that crashes, hangs, leaves with an error, or reports no test at all counts as a failure.
See tests/README.md for what a test program may rely on.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ("crypto", "proto", "node", "cli")
TIMEOUT_S = 120
CROWDED = 5  # allowed beyond: a machine that does much else as well fails no test by that
SLOWER = {"asan": 3, "coverage": 2, "fuzz": 3, "valgrind": 20}
SHOWN_LINES = 150
SLOWEST = 5  # names
AGAIN = 3  # programs
TIMES = "test-times.json"
UNKNOWN_S = 1e6  # what never ran: the more time it says that it needs and the longer its source, the sooner it begins
MEMORY = pathlib.Path("/dev/shm")
MEMORY_LEAST = 4 << 30  # free bytes
VALGRIND_FOUND = 99
VALGRIND = ["valgrind", "-q", f"--error-exitcode={VALGRIND_FOUND}", "--fair-sched=yes",
            f"--suppressions={ROOT}/tests/tools/valgrind.supp"]
LEAKS = ["--leak-check=full", "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"]


@dataclasses.dataclass
class Program:
    """One thing to run. kind says how its report is read: cmocka, unittest or plain (exit code)."""

    name: str
    kind: str
    command: list
    source: pathlib.Path = None
    expected_exit: int = 0
    on_disk: bool = False
    clock: bool = False
    timeout_s: float = TIMEOUT_S

    def waits(self):
        """Whole nodes are asked over and over, and mostly waited for; all else computes."""
        return self.kind == "unittest"

    def may_be_crowded_out(self):
        """What a kill or an attack at random has found must not be run again until it passes."""
        at_random = self.name.startswith(("crash/", "attack/"))
        return self.clock or self.waits() and not at_random


@dataclasses.dataclass
class Outcome:
    program: Program
    seconds: float = 0.0
    cpu: float = 0.0  # seconds; what its daemons used as well, if they were waited for
    passed: int = 0
    failed: list = dataclasses.field(default_factory=list)  # texts
    skipped: list = dataclasses.field(default_factory=list)  # (name, reason)
    output: str = ""
    note: str = ""
    unsteady: bool = False


def declared(program, slower):
    """Reads 'runner: disk, clock, timeout=300' from a comment at the top of the source."""
    if program.source is not None:
        head = "\n".join(program.source.read_text("utf-8").splitlines()[:20])
        wish = re.search(r"\brunner:(.*)", head)
        if wish:
            program.on_disk = program.on_disk or "disk" in wish[1]
            program.clock = "clock" in wish[1]
            seconds = re.search(r"timeout=(\d+)", wish[1])
            program.timeout_s = float(seconds[1]) if seconds else TIMEOUT_S
    program.timeout_s *= slower * CROWDED
    return program


def test_programs(build, valgrind):
    wrap = VALGRIND + LEAKS + ["--child-silent-after-fork=yes"] if valgrind else []
    for folder in ("attack", "e2e", "pictures"):
        for source in sorted(ROOT.glob(f"tests/{folder}/test_*.py")):
            command = [sys.executable, __file__, "--python-file", str(source)]
            yield Program(f"{folder}/{source.stem}", "unittest", command, source)
    for layer in LAYERS:
        for source in sorted(ROOT.glob(f"tests/{layer}/test_*.c")):
            binary = build / "tests" / layer / source.stem
            yield Program(f"{layer}/{source.stem}", "cmocka", wrap + [str(binary)], source)
    for source in sorted(ROOT.glob("tests/fuzz/fuzz_*.c")):
        binary = build / "tests/fuzz" / source.stem
        corpus = ROOT / "tests/fuzz/corpus" / source.stem.removeprefix("fuzz_")
        yield Program(f"fuzz/{source.stem}", "plain", wrap + [str(binary), str(corpus)], source)
    layers = [sys.executable, str(ROOT / "tests/check_layers.py")]
    yield Program("layers", "plain", layers)
    yield Program("layers_catch_planted_faults", "plain", layers + ["--self-test"])
    mutants = [sys.executable, str(ROOT / "tests/tools/mutants.py"), "--check"]
    yield Program("mutants_fit_the_tree", "plain", mutants)


def crash_programs():
    for source in sorted(ROOT.glob("tests/crash/test_*.py")):
        command = [sys.executable, __file__, "--python-file", str(source)]
        yield Program(f"crash/{source.stem}", "unittest", command, source, on_disk=True)


def constant_time_programs(build):
    for source in sorted(ROOT.glob("tests/ct/ct_*.c")):
        binary = str(build / "tests/ct" / source.stem)
        yield Program(f"ct/{source.stem}", "plain", VALGRIND + [binary], source)
        yield Program(f"ct/{source.stem}_planted_branch_is_caught", "plain",
                      VALGRIND + [binary + "-planted"], source, expected_exit=VALGRIND_FOUND)


def fuzz_programs(build, seconds):
    """libFuzzer writes what it learns to build/…/corpus and what it finds to build/…/findings."""
    findings = build / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    for source in sorted(ROOT.glob("tests/fuzz/fuzz_*.c")):
        name = source.stem.removeprefix("fuzz_")
        learnt, kept = build / "corpus" / name, ROOT / "tests/fuzz/corpus" / name
        learnt.mkdir(parents=True, exist_ok=True)
        words = ROOT / "tests/fuzz" / f"{name}.dict"
        command = [str(build / "tests/fuzz" / source.stem), f"-max_total_time={seconds}",
                   "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                   f"-artifact_prefix={findings / name}-"]
        command += [f"-dict={words}"] if words.exists() else []
        command += [str(learnt)] + ([str(kept)] if kept.is_dir() else [])
        yield Program(f"fuzz/{source.stem}", "plain", command, timeout_s=seconds + TIMEOUT_S)


def environment(build, valgrind, scratch):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    env["SYMBOLON_BUILD"] = str(build)
    env.setdefault("SYMBOLON_VECTORS", str(ROOT / "tests/vectors"))
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        env.setdefault("SYMBOLON_SHARED", str(shared))
    if valgrind:
        env["SYMBOLON_WRAP"] = " ".join(VALGRIND + LEAKS + ["--trace-children=yes"])
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / f"tests/{at}") for at in ("e2e", "attack", "crash")])
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1")
    env.setdefault("LSAN_OPTIONS", f"suppressions={ROOT}/tests/tools/lsan.supp:print_suppressions=0")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    env["TMPDIR"] = str(scratch)
    env["SYMBOLON_REPORT"] = str(scratch / "report.json")
    env["CMOCKA_MESSAGE_OUTPUT"] = "xml"
    env["CMOCKA_XML_FILE"] = str(scratch / "cmocka-%g.xml")
    return env


def in_memory():
    """Where scratch directories lie if TMPDIR does not say: nodes sync each commit, and a disk that
    others use as well makes most tests wait for nothing else. None: on the disk."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return None
    room = os.statvfs(MEMORY)
    fits = room.f_bavail * room.f_frsize >= MEMORY_LEAST and not room.f_flag & os.ST_NOEXEC
    return MEMORY if fits else None


def ended(child, seconds):
    """(exit code, CPU seconds) of what ends in time, (None, CPU seconds) of what does not; its group is gone."""
    pidfd = os.pidfd_open(child.pid)
    try:
        late = not select.select([pidfd], [], [], seconds)[0]
    finally:
        os.close(pidfd)
    # Before it is waited for, while its id is its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return None if late else child.returncode, used.ru_utime + used.ru_stime


def run(program, build, valgrind):
    """Runs in a process group and a scratch directory of its own; both are gone afterwards."""
    outcome = Outcome(program)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="sym-", dir=None if program.on_disk else in_memory()))
    began = time.monotonic()
    try:
        with open(scratch / "output", "wb") as output:
            child = subprocess.Popen(program.command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT,
                                     env=environment(build, valgrind, scratch),
                                     start_new_session=True)
            code, outcome.cpu = ended(child, program.timeout_s)
        outcome.output = (scratch / "output").read_text("utf-8", "replace")
        read_report(outcome, code, scratch)
        outcome.note = outcome.note or f"\n{program.name}: ".join(re.findall(r"^figures: (.*)", outcome.output, re.M))
    except OSError as error:
        outcome.failed.append(f"could not be run: {error}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    outcome.seconds = time.monotonic() - began
    return outcome


def read_report(outcome, code, scratch):
    program = outcome.program
    if program.kind == "cmocka":
        read_cmocka(outcome, scratch)
    elif program.kind == "unittest":
        read_unittest(outcome, scratch / "report.json")
    elif code == program.expected_exit:
        outcome.passed = 1
        outcome.note = fuzz_figures(outcome.output)
        return
    if code is None:
        outcome.failed.append(f"was stopped after {program.timeout_s:.0f} s")
    elif code < 0:
        outcome.failed.append(f"was ended by {signal.Signals(-code).name}")
    elif code != program.expected_exit and not outcome.failed:
        outcome.failed.append(f"left with exit code {code} instead of {program.expected_exit}")
    elif program.kind != "plain" and not (outcome.passed or outcome.failed or outcome.skipped):
        outcome.failed.append("reported no test at all")


def read_cmocka(outcome, scratch):
    reasons = re.findall(r"^SKIP: (.*)", outcome.output, re.M)
    if "<testsuites>" in outcome.output:
        outcome.failed.append("has two groups of the same name: give one to each")
    for report in sorted(scratch.glob("cmocka-*.xml")):
        text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]", "?", report.read_text("utf-8", "replace"))
        try:
            suites = xml.etree.ElementTree.fromstring(text).iter("testsuite")
        except xml.etree.ElementTree.ParseError as error:
            outcome.failed.append(f"its report {report.name} cannot be read: {error}")
            continue
        for suite in suites:
            cases = list(suite.iter("testcase"))
            if not cases and int(suite.get("errors")) > 0:
                outcome.failed.append(f"{suite.get('name')}: the group's set-up failed")
            for case in cases:
                failure = case.find("failure")
                if failure is not None:
                    outcome.failed.append(f"{case.get('name')}: {failure.text}")
                elif case.find("skipped") is not None:
                    reason = reasons.pop(0) if reasons else "no reason given"
                    outcome.skipped.append((case.get("name"), reason))
                else:
                    outcome.passed += 1


def read_unittest(outcome, report):
    if report.exists():
        for name, result, detail in json.loads(report.read_text("utf-8")):
            if result == "passed":
                outcome.passed += 1
            elif result == "skipped":
                outcome.skipped.append((name, detail))
            else:
                outcome.failed.append(f"{name}: {detail}")


def fuzz_figures(output):
    runs = re.search(r"number_of_executed_units: (\d+)", output)
    covered = re.findall(r"cov: (\d+)", output)
    return f"{int(runs[1]):,} runs, {covered[-1]} edges" if runs and covered else ""


def cpu_seconds():
    """Of this process and of those that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Recorder(unittest.TestResult):
    """Keeps one (name, result, detail) per test; a test with failing subtests fails once."""

    def __init__(self):
        super().__init__()
        self.rows = {}
        self.began = self.cpu = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.began, self.cpu = time.monotonic(), cpu_seconds()

    def stopTest(self, test):
        print(f"{time.monotonic() - self.began:5.1f} s, {cpu_seconds() - self.cpu:5.1f} s of CPU: {test.id()}", flush=True)
        super().stopTest(test)

    def put(self, test, result, detail=""):
        earlier = self.rows.get(test.id(), ("", "", ""))[2]
        self.rows[test.id()] = (test.id(), result, earlier + detail)

    def addSuccess(self, test):
        self.rows.setdefault(test.id(), (test.id(), "passed", ""))

    def addFailure(self, test, err):
        self.put(test, "failed", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.put(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addSkip(self, test, reason):
        self.put(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        self.put(test, "failed", "expected failures are not used here")

    def addUnexpectedSuccess(self, test):
        self.put(test, "failed", "expected failures are not used here")


def run_python_file(path):
    """The child's side of kind 'unittest'."""
    path = pathlib.Path(path)
    suite = unittest.TestLoader().discover(str(path.parent), path.name)
    recorder = Recorder()
    suite.run(recorder)
    rows = list(recorder.rows.values())
    pathlib.Path(os.environ["SYMBOLON_REPORT"]).write_text(json.dumps(rows), "utf-8")
    return 1 if any(result == "failed" for _, result, _ in rows) else 0


def wanted(program, pattern):
    if pattern is None:
        return True
    if any(c in pattern for c in "*?["):
        return fnmatch.fnmatch(program.name, pattern)
    return pattern in program.name


def show(outcome, verbose):
    program = outcome.program
    for text in outcome.failed:
        print(f"FAILED {program.name}: {text.strip()}")
    if verbose:
        print(f"{outcome.seconds:5.1f} s, {outcome.cpu:5.1f} s of CPU: {program.name}")
    if outcome.failed or verbose:
        lines = outcome.output.splitlines()
        if len(lines) > SHOWN_LINES:
            print(f"    ({len(lines) - SHOWN_LINES} lines left out)")
        for line in lines[-SHOWN_LINES:]:
            print(f"    {line}")
    if outcome.note:
        print(f"{program.name}: {outcome.note}")
    sys.stdout.flush()


def remembered(build):
    """{name: seconds} of earlier runs: the longest begin first, so that no core idles at the end."""
    try:
        return json.loads((build / TIMES).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def remember(build, outcomes):
    took = {**remembered(build), **{o.program.name: round(o.seconds, 1) for o in outcomes}}
    with contextlib.suppress(OSError):
        (build / TIMES).write_text(json.dumps(took), "utf-8")


class Queue:
    """Programs that wait, and beside them always a few that compute, so that no core idles."""

    def __init__(self, programs, n_compute):
        self.waiting, self.computing = collections.deque(), collections.deque()
        for program in programs:
            (self.waiting if program.waits() else self.computing).append(program)
        self.n_compute = n_compute
        self.lock = threading.Lock()

    def __len__(self):
        return len(self.waiting) + len(self.computing)

    def run_next(self, arguments):
        with self.lock:
            computes = not self.waiting or bool(self.computing) and self.n_compute > 0
            program = (self.computing if computes else self.waiting).popleft()
            self.n_compute -= computes
        outcome = run(program, arguments.build, arguments.valgrind)
        with self.lock:
            self.n_compute += computes
        return outcome


def longest_first(programs, build):
    took = remembered(build)

    def weight(program):
        size = program.source.stat().st_size if program.source is not None else 0
        return took.get(program.name, UNKNOWN_S), program.timeout_s, size

    return sorted(programs, key=weight, reverse=True)


def run_all(programs, arguments):
    outcomes = []

    def done(outcome):
        show(outcome, arguments.verbose)
        outcomes.append(outcome)

    queue = Queue(longest_first(programs, arguments.build), arguments.jobs // 4)
    with concurrent.futures.ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        started = [pool.submit(queue.run_next, arguments) for _ in range(len(queue))]
        for future in concurrent.futures.as_completed(started):
            done(future.result())
    remember(arguments.build, outcomes)
    return [second_chance(o, arguments) for o in outcomes] if may_be_crowded_out(outcomes) else outcomes


def may_be_crowded_out(outcomes):
    """Whether what failed are a few programs that wait for the machine: for whole nodes, or by the clock."""
    failed = [o for o in outcomes if o.failed]
    return len(failed) <= AGAIN and all(o.program.may_be_crowded_out() for o in failed)


def second_chance(outcome, arguments):
    """What failed among others is run once more by itself; the failure stays on the page."""
    if not outcome.failed:
        return outcome
    print(f"{outcome.program.name} is run once more, by itself")
    again = run(outcome.program, arguments.build, arguments.valgrind)
    again.unsteady = not again.failed
    show(again, arguments.verbose)
    return again


def conclude(outcomes):
    passed = sum(o.passed for o in outcomes)
    failed = sum(len(o.failed) for o in outcomes)
    skipped = sum(len(o.skipped) for o in outcomes)
    for outcome in outcomes:
        for name, reason in outcome.skipped:
            print(f"skipped {outcome.program.name}: {name}: {reason}")
    for outcome in outcomes:
        if outcome.unsteady:
            print(f"unsteady: {outcome.program.name} failed among others and passed by itself: mend it")
    for title, seconds in (("slowest", lambda o: o.seconds), ("most CPU", lambda o: o.cpu)):
        most = sorted(outcomes, key=seconds, reverse=True)[:SLOWEST]
        print(f"{title}: " + ", ".join(f"{o.program.name} {seconds(o):.1f} s" for o in most))
    print(f"CPU: {sum(o.cpu for o in outcomes):.0f} s")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.stdout.flush()
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=lambda p: pathlib.Path(p).resolve(),
                        default=ROOT / "build/release", help="build directory (build/release)")
    parser.add_argument("--only", metavar="PATTERN", help="a part of the name, or a glob for all of it")
    parser.add_argument("--jobs", type=int, help="how many programs at once (three for each core; under "
                        "sanitizers and valgrind, where they wait for less, one for each)")
    parser.add_argument("--ctcheck", action="store_true", help="run tests/ct instead")
    parser.add_argument("--crash", action="store_true", help="run tests/crash instead")
    parser.add_argument("--fuzz", type=int, metavar="SECONDS", help="run the fuzzers instead")
    parser.add_argument("--list", action="store_true", help="only print the names")
    parser.add_argument("--verbose", action="store_true", help="show the output of every program")
    parser.add_argument("--python-file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.python_file:
        return run_python_file(arguments.python_file)

    arguments.valgrind = arguments.build.name == "valgrind"
    slower = SLOWER.get(arguments.build.name, 1)
    cores = len(os.sched_getaffinity(0))
    arguments.jobs = arguments.jobs or (3 * cores if slower == 1 else max(2, cores))
    if arguments.fuzz:
        programs = list(fuzz_programs(arguments.build, arguments.fuzz))
    elif arguments.crash:
        programs = [declared(p, slower) for p in crash_programs()]
    elif arguments.ctcheck:
        programs = [declared(p, SLOWER["valgrind"]) for p in constant_time_programs(arguments.build)]
    else:
        programs = [declared(p, slower) for p in test_programs(arguments.build, arguments.valgrind)]
    programs = [p for p in programs if wanted(p, arguments.only)]
    if arguments.list:
        print("\n".join(p.name for p in programs))
        return 0
    if not programs:
        print("nothing to run: there is no such test (tests/run.py --list names them all)", file=sys.stderr)
        return 2
    return conclude(run_all(programs, arguments))


if __name__ == "__main__":
    sys.exit(main())
