"""What the programs are linked with: no parser of files and no Unicode table is in the daemon, and what
takes long to load is only in the program that needs it."""

import os
import pathlib
import subprocess
import unittest

import nodes

BUILD = pathlib.Path(os.environ["SYMBOLON_BUILD"])
PARSERS = ("libcsv", "libinih", "libicu", "libphonenumber", "libstdc++")


def libraries(program):
    listing = subprocess.run(["ldd", BUILD / program], text=True, capture_output=True, check=True).stdout
    return [line.split()[0] for line in listing.splitlines() if line.strip()]


class Linkage(unittest.TestCase):
    def test_the_daemon_has_none_of_the_libraries_that_read_the_files_of_users(self):
        if not nodes.IS_RELEASE:
            self.skipTest("the sanitizers bring a C++ library of their own")
        found = [lib for lib in libraries("symbolond") if lib.startswith(PARSERS)]
        self.assertEqual(found, [])

    def test_the_command_line_has_none_of_those_that_take_long_to_load(self):
        if not nodes.IS_RELEASE:
            self.skipTest("the sanitizers bring a C++ library of their own")
        found = [lib for lib in libraries("symbolon") if lib.startswith(("libicu", "libphonenumber", "libstdc++", "liblapack"))]
        self.assertEqual(found, [])

    def test_the_full_program_has_them_so_that_the_search_is_seen_to_find(self):
        found = libraries("symbolon-full")
        self.assertTrue(any(lib.startswith("libphonenumber") for lib in found), found)
        self.assertTrue(any(lib.startswith("libinih") for lib in found), found)


if __name__ == "__main__":
    unittest.main()
