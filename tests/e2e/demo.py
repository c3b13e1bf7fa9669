#!/usr/bin/env python3
"""make demo: two nodes on this machine are made, exchange cards, and meet.

Everything lies in ./demo afterwards (or in the directory that is named), made anew each time.
"""

import fcntl
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import textwrap

import nodes
from nodes import Node

MARK = ".symbolon-demo"
WIDTH = 100
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
PORTS = (7701, 7702)


class Refusal(Exception):
    pass


def heading(text):
    print(f"{BOLD}{text}{PLAIN}\n{'-' * len(text)}\n", flush=True)


def say(text):
    print(textwrap.fill(" ".join(text.split()), WIDTH), end="\n\n", flush=True)


def in_use(folder):
    """The process that holds a node's directory, or None."""
    try:
        with open(folder / "lock", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip()
    except FileNotFoundError:
        pass
    return None


def make_room(home):
    """Removes an earlier demo, and nothing else."""
    if home.is_symlink() or home.exists() and not home.is_dir():
        raise Refusal(f"{home}: is not a directory: move it away")
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise Refusal(f"{home}: was not made by a demo, and will not be deleted: move it away")
    for name in ("bank-a", "bank-b"):
        holder = in_use(home / name)
        if holder is not None:
            raise Refusal(f"{home / name}: a node runs there: stop it first (kill {holder})")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    (home / MARK).touch()


def port_for(wanted):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
            return wanted
        except OSError:
            return nodes.free_port()


class Stage:
    """Runs commands for two nodes and shows them as a person would type them."""

    def __init__(self, home):
        self.home = home
        self.shown = pathlib.Path(os.path.relpath(home))
        self.nodes = []

    def node(self, name, folder, port):
        self.nodes.append(Node(self.shown, name, "bank", folder=folder, port=port))
        return self.nodes[-1]

    def run(self, node, *words, quiet=False, keep=None):
        """keep: only the lines of the output that this matches."""
        command = ["symbolon", *map(str, words), "--dir", str(node.dir)]
        print(f"  $ {' '.join(command)}", flush=True)
        output = node.do(*words)
        if not quiet:
            lines = [line for line in output.splitlines() if keep is None or re.search(keep, line)]
            print("".join(f"    {line}".rstrip() + "\n" for line in lines), flush=True)
        return output

    def end(self):
        for node in self.nodes:
            code = node.stop()
            if code not in (0, None):
                raise AssertionError(f"{node.name} ended with {code}:\n{node.log()}")


def show_init(node):
    print(f"  $ symbolon init --dir {node.dir} --name \"{node.name}\" --role bank \\\n"
          f"        --listen {node.address} --key-file {node.unlock[1]}")
    print("".join(f"    {line}\n" for line in node.init_output.split("Next:")[0].splitlines()), flush=True)


def show_start(node):
    print(f"  $ symbolond --dir {node.dir} --key-file {node.unlock[1]} 2>>{node.log_path} &")
    node.start()
    print(f"    {node.ready_line}".rstrip() + "\n", flush=True)


def play(stage):
    heading("1  Two nodes")
    say("Each bank makes its own node: keys, a card, and a first user. The keys are wrapped by a key file "
        "here; a real node asks for a passphrase or takes a systemd credential.")
    a, b = (stage.node(f"Bank {letter}", f"bank-{letter.lower()}", port_for(port))
            for letter, port in zip("AB", PORTS))
    for node in (a, b):
        show_init(node)
    for node in (a, b):
        show_start(node)

    heading("2  Cards change hands")
    say("A card is a small signed text file: a name, public keys, and where to connect. Each side pins the "
        "other's. Outside of a demo the sixteen words are compared over the telephone first, and nobody "
        "says --yes.")
    for node in (a, b):
        stage.run(node, "card", "--out", f"{node.dir}.card", quiet=True)
    print()
    for node, other in ((a, b), (b, a)):
        stage.run(node, "peer", "add", f"{other.dir}.card", "--alias", other.alias, "--yes",
                  keep="^(name|endpoints|fingerprint|             )|pinned")

    heading("3  A preshared key")
    say("One side makes it and hands it over by a safe way. With it, traffic that is recorded today stays "
        "closed even to a future quantum computer.")
    psk = stage.shown / "preshared.key"
    stage.run(a, "peer", "psk", b.alias, "--new", psk)
    stage.run(b, "peer", "psk", a.alias, "--file", psk)
    psk.unlink()

    heading("4  They meet")
    say("No link exists until somebody needs one. The first ping opens it: TCP, TLS 1.3 with both keys "
        "pinned, and inside of it a second seal from core to core, which the network processes cannot open.")
    for node, other in ((a, b), (b, a)):
        stage.run(node, "peer", "ping", other.alias, "--count", "3")
    stage.run(a, "peer", "ping", b.alias, "--mib", "64", "--timeout", "30")

    heading("5  What each side can see")
    for node in (a, b):
        stage.run(node, "peer", "list")
    stage.run(a, "status")
    return a, b


def tell(stage, a, b):
    heading("What happened")
    rows = ((f"{a.name} learned", f"that {b.name} answers, and how fast; the card that {b.name} gave it"),
            (f"{b.name} learned", f"that {a.name} asked for pings; the card that {a.name} gave it"),
            ("the wire showed", "TLS 1.3 records between two addresses: their number, sizes and times"),
            ("left a node", "pings and filler, sealed; no record, no user name, no private key"),
            ("owns the network", "the process gate, which can open no file and holds no key but the one for TLS"),
            ("owns the data", "the process core, which has no network (see the table above)"))
    for what, answer in rows:
        print(f"  {what:<18}{answer}")
    print()

    heading("Explore")
    say(f"Both nodes are stopped. They lie in {stage.shown}, with their keys, cards and logs. Start them again, "
        "and look around:")
    build = os.path.relpath(nodes.BUILD)
    print(f'  export PATH="$PWD/{build}:$PATH"')
    for node in (a, b):
        print(f"  symbolond --dir {node.dir} --key-file {node.unlock[1]} 2>>{node.log_path} &")
    for words in ("status", "peer list --json", f"peer ping {b.alias} --count 10", "user list", "card --fingerprint"):
        print(f"  symbolon {words} --dir {a.dir}")
    print("  symbolon help\n  kill %1 %2\n", flush=True)


def main():
    home = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else nodes.ROOT / "demo").absolute()
    try:
        make_room(home)
    except Refusal as refusal:
        print(f"demo: {refusal}", file=sys.stderr)
        return 1
    print()
    stage = Stage(home)
    try:
        a, b = play(stage)
        stage.end()
        tell(stage, a, b)
    finally:
        for node in stage.nodes:
            node.kill()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (AssertionError, subprocess.SubprocessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(1)
