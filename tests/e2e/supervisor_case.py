"""What the tests of the supervisor share: a daemon that is started by hand, and refuses to."""

import os
import pathlib
import subprocess

from nodes import PATIENCE, SYMBOLOND, WRAP, NodeTest, clean_environment

PASSPHRASE = "correct horse battery staple"
LONG_S = 30 * PATIENCE


class SupervisorTest(NodeTest):
    def run_daemon(self, *arguments, program=SYMBOLOND, env=None, **more):
        """(exit code, standard output, standard error) of a call that ends by itself."""
        done = subprocess.run([*WRAP, str(program), *map(str, arguments)], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=LONG_S,
                              start_new_session=True, env=env or clean_environment(), **more)
        return done.returncode, done.stdout, done.stderr

    def start_refused(self, node, *fragments, env=None, unlock=None):
        outcome = self.run_daemon("--dir", node.dir, *(node.unlock if unlock is None else unlock),
                                  env=env)
        self.daemon_refused(outcome, 1, *fragments)

    def daemon_refused(self, outcome, code, *fragments):
        self.assertEqual(outcome[0], code, outcome)
        self.assertEqual(outcome[1], "", outcome)
        lines = [line for line in outcome[2].splitlines() if line.startswith("symbolond: ")]
        self.assertEqual(len(lines), 1, outcome)
        self.assertNotIn("level=error", outcome[2], "the reason is told once")
        for fragment in fragments:
            self.assertIn(fragment, lines[0])

    def stopped_node(self, **how):
        return self.node(start=False, **how)

    def run_directory(self, node):
        return pathlib.Path(os.readlink(node.dir / "run"))
