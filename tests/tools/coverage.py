#!/usr/bin/env python3
"""Prints the line coverage that the tests left in a build of VARIANT=coverage, per file and in all."""

import json
import pathlib
import subprocess
import sys

LAYERS = ("crypto/", "proto/", "node/", "cli/")


def main():
    build = pathlib.Path(sys.argv[1])
    lines = {}  # file -> {line: count}
    # Objects no test ever entered have notes and no data: gcov counts their lines as missed.
    for notes in sorted(build.rglob("*.gcno")):
        run = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for report in run.stdout.splitlines():
            for file in json.loads(report)["files"]:
                if file["file"].startswith(LAYERS):
                    counts = lines.setdefault(file["file"], {})
                    for line in file["lines"]:
                        number = line["line_number"]
                        counts[number] = counts.get(number, 0) + line["count"]
    total = hit = 0
    for name, counts in sorted(lines.items()):
        entered = sum(1 for count in counts.values() if count)
        total, hit = total + len(counts), hit + entered
        print(f"{100 * entered / len(counts):6.1f} %  {name}")
    if total == 0:
        print("coverage: no line was compiled", file=sys.stderr)
        return 1
    print(f"{100 * hit / total:6.1f} %  of {total} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
