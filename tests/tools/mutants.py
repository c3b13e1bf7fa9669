#!/usr/bin/env python3
"""Breaks the product in each way that tests/mutants/*.py lists, and shows that the test named there
fails; one that does not end has not noticed anything. A mutant is compiled beside what is built and
linked in place of the object it breaks; the tree is not touched. With --check only looks whether the
texts and tests that tables name are there.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import runpy
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = ROOT / "tests/mutants"
TIMEOUT_S = 240


@dataclasses.dataclass
class Mutant:
    table: str
    number: int
    what: str
    test: str  # proto/test_x:name_of_one_test
    edits: list  # (file, text, replacement)

    @property
    def program(self):
        return "tests/" + self.test.split(":")[0]

    @property
    def case(self):
        return self.test.split(":")[1]

    def faults(self):
        source = ROOT / (self.program + ".c")
        if not source.is_file():
            yield f"there is no {self.program}.c"
        elif not re.search(rf"\w\(\s*{self.case}\s*[,)]", source.read_text("utf-8")):
            yield f"{self.program}.c has no test {self.case}"
        for file, text, replacement in self.edits:
            path = ROOT / file
            times = path.read_text("utf-8").count(text) if path.is_file() else 0
            if times != 1:
                yield f"{file} has {times or 'no'} times: {text}"
            if text == replacement:
                yield f"{file} would stay as it is: {text}"


def read_tables(pattern):
    for table in sorted(TABLES.glob("*.py")):
        rows = runpy.run_path(str(table))["MUTANTS"]
        for number, (what, test, *edits) in enumerate(rows, 1):
            mutant = Mutant(table.stem, number, what, test, edits)
            if pattern in mutant.what or pattern in mutant.test or \
                    any(pattern in file for file, _, _ in edits):
                yield mutant


def link_commands(build, programs, compiler):
    """What make would say to link each, so that this knows nothing of libraries."""
    wanted = [f"{build}/{p}" for p in programs]
    command = ["make", "-n", "-B", "V=1", f"VARIANT={build.name}", f"CC={compiler}", *wanted]
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True,
                          check=True).stdout
    for program, path in zip(programs, wanted):
        found = [line for line in said.splitlines() if f" -o {path} " in line]
        if len(found) != 1:
            sys.exit(f"mutants: make does not say how {path} is linked")
        yield program, shlex.split(found[0].rpartition(" && ")[2])  # behind its mkdir


def run_to_end(command, env=None):
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


class Workshop:
    def __init__(self, build, programs):
        self.build = build
        self.room = ROOT / "build/mutants"
        flags = (ROOT / build / "flags").read_text("utf-8")
        self.flags = [f for f in shlex.split(flags) if f != "-Werror"] + ["-w"]
        self.links = dict(link_commands(build, programs, flags.partition(" -std=")[0]))
        self.only = self.room / "only.o"
        self.room.mkdir(parents=True, exist_ok=True)
        self.compile(TABLES / "only.c", self.only)

    def compile(self, source, out):
        out.parent.mkdir(parents=True, exist_ok=True)
        code, said = run_to_end([*self.flags, "-c", "-o", str(out), str(source)])
        if code != 0:
            raise RuntimeError(said.strip() or "the compiler did not end")

    def link(self, mutant, room, texts):
        command = list(self.links[mutant.program])
        command[command.index("-o") + 1] = str(room / "program")
        objects = [str(self.only)]
        for file in texts:
            source = room / file
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(texts[file], "utf-8")
            self.compile(source, source.with_suffix(".o"))
            built = f"{self.build}/{file.removesuffix('.c')}.o"
            if built in command:
                command[command.index(built)] = str(source.with_suffix(".o"))
            else:
                objects.append(str(source.with_suffix(".o")))
        first = next(i for i, word in enumerate(command) if word.endswith(".a"))
        code, said = run_to_end(command[:first] + objects + command[first:])
        if code != 0:
            raise RuntimeError(said.strip())

    def run(self, room, case):
        env = dict(os.environ, MUTANTS_ONLY=case, SYMBOLON_BUILD=str(ROOT / self.build))
        code, said = run_to_end([str(room / "program")], env)
        if code is None:
            return "hangs"
        if f"[  FAILED  ] {case}" in said:
            return "caught"
        if f"[       OK ] {case}" in said and code == 0:
            return None
        return "crashes" if f"[ RUN      ] {case}" in said and code != 0 else "did not run"

    def judge(self, mutant):
        """Says how the test took it, and whether that is as it should be."""
        room = self.room / f"{mutant.table}-{mutant.number}"
        room.mkdir(parents=True, exist_ok=True)
        texts = {}
        for file, text, replacement in mutant.edits:
            texts.setdefault(file, (ROOT / file).read_text("utf-8"))
            texts[file] = texts[file].replace(text, replacement)
        try:
            self.link(mutant, room, texts)
            verdict = self.run(room, mutant.case)
        except RuntimeError as error:
            return f"is none: {error}", False
        (room / "program").unlink()
        return verdict or "SURVIVED", verdict in ("caught", "crashes")


def unbroken(shop, pool, mutants):
    """The same tests on the product as it is: a test that always fails catches everything."""
    tests = sorted({m.test for m in mutants})
    probes = [Mutant("unbroken", i, "", test, []) for i, test in enumerate(tests)]
    for test, (verdict, _) in zip(tests, pool.map(shop.judge, probes)):
        if verdict != "SURVIVED":
            yield f"{test} does not pass on the product as it is: {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--programs", action="store_true", help="name what has to be built")
    parser.add_argument("--only", default="", help="mutants with this in their words, test or file")
    arguments = parser.parse_args()
    mutants = list(read_tables(arguments.only))
    faults = [f"{m.table} {m.number}: {fault}" for m in mutants for fault in m.faults()]
    if faults or not mutants:
        sys.exit("\n".join(faults or ["mutants: there are none"]))
    programs = sorted({m.program for m in mutants})
    if arguments.programs:
        print(*programs)
        return
    if arguments.check:
        print(f"{len(mutants)} mutants fit this tree")
        return
    began = time.monotonic()
    shop = Workshop(arguments.build, programs)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        caught = 0
        for mutant, (verdict, good) in zip(mutants, pool.map(shop.judge, mutants)):
            caught += good
            print(f"{verdict:9}  {mutant.test.split('/')[1]}\n           {mutant.what}", flush=True)
        faults = list(unbroken(shop, pool, mutants))
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(mutants)} mutants, {caught} caught, in {time.monotonic() - began:.0f} s")
    sys.exit(0 if caught == len(mutants) and not faults else 1)


if __name__ == "__main__":
    main()
