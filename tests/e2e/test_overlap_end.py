"""How overlaps end before their time: cancelled, too slow, without link, node or command line.

runner: timeout=240
"""

import signal

import nodes
from nodes import DONE, FAILED, UNREACHABLE
from overlaps import OverlapTest, ids, overlap_words, start_cli


class Ending(OverlapTest):
    """Before their time. The proxies hold what is on its way, so that there is a middle."""

    SIZE = 2000
    MIDDLE = 60_000  # bytes: within the elements

    def held_pair(self):
        a, b, (_, proxy) = self.proxied_pair()
        self.load_numbers(a, "mine", range(self.SIZE), "a")
        self.load_numbers(b, "theirs", range(self.SIZE // 2, 2 * self.SIZE), "b")
        self.grant(b, a, "theirs")
        a.ping(b)
        return a, b, proxy

    def middle(self, a, b, proxy, reveal="matches", words=()):
        """An overlap that stands still half way."""
        proxy.hold_after(self.MIDDLE)
        command = start_cli(a, *overlap_words(b, "mine", "theirs", reveal, *words))
        proxy.wait_held()
        self.assertEqual(self.latest(a)["state"], "running")
        return command

    def works(self, a, b):
        self.finds(a, b, ids(range(self.SIZE // 2, self.SIZE), "a"))

    def test_ctrl_c_cancels_at_both_sides(self):
        a, b, proxy = self.held_pair()
        for reveal in ("matches", "count"):
            command = self.middle(a, b, proxy, reveal)
            code, output, complaint = self.interrupt(command)
            self.assertEqual((code, output), (FAILED, ""), complaint)
            self.assertIn("cancel", complaint)
            proxy.release()
            mine, theirs = self.ends_as(a, "aborted"), self.ends_as(b, "aborted")
            self.assertEqual(mine["id"], theirs["id"])
            self.assertFalse(mine["has_result"])
            self.refused(a.cli("exchange", "result", mine["id"]), FAILED, f"it was aborted: {mine['fault']}; ",
                         "give the same command again")
        self.works(a, b)
        self.assertEqual(a.json("status")["exchanges"], 0)

    def test_a_time_limit_ends_it_at_both_sides(self):
        a, b, proxy = self.held_pair()
        command = self.middle(a, b, proxy, words=("--timeout", "2"))
        _, complaint = command.communicate(timeout=20 * nodes.PATIENCE)
        self.assertEqual(command.returncode, FAILED, complaint)
        self.ends_as(a, "aborted")
        proxy.release()
        self.ends_as(b, "aborted")
        self.works(a, b)

    def test_a_lost_link_ends_it_at_both_sides(self):
        a, b, proxy = self.held_pair()
        command = self.middle(a, b, proxy)
        proxy.cut()
        _, complaint = command.communicate(timeout=20 * nodes.PATIENCE)
        self.assertIn(command.returncode, (FAILED, UNREACHABLE), complaint)
        self.ends_as(a, "aborted")
        self.ends_as(b, "aborted")
        self.works(a, b)

    def test_a_peer_that_is_stopped_in_the_middle_ends_it(self):
        a, b, proxy = self.held_pair()
        command = self.middle(a, b, proxy)
        self.assertEqual(b.stop(), 0)
        proxy.cut()
        _, complaint = command.communicate(timeout=20 * nodes.PATIENCE)
        self.assertIn(command.returncode, (FAILED, UNREACHABLE), complaint)
        self.ends_as(a, "aborted")
        b.start()
        self.assertEqual(self.latest(b)["state"], "aborted")
        self.works(a, b)

    def test_its_own_node_that_is_stopped_ends_it(self):
        a, b, proxy = self.held_pair()
        command = self.middle(a, b, proxy)
        self.assertEqual(a.stop(), 0)
        _, complaint = command.communicate(timeout=20 * nodes.PATIENCE)
        self.assertNotEqual(command.returncode, DONE, complaint)
        proxy.cut()
        self.ends_as(b, "aborted")
        a.start()
        self.assertEqual(self.latest(a)["state"], "aborted")
        self.works(a, b)

    def test_a_command_line_that_is_killed_ends_its_exchange(self):
        a, b, proxy = self.held_pair()
        command = self.middle(a, b, proxy)
        command.send_signal(signal.SIGKILL)
        command.communicate()
        self.assertIn("the command that asked has gone", self.ends_as(a, "aborted")["fault"])
        proxy.release()
        self.ends_as(b, "aborted")
        self.works(a, b)
