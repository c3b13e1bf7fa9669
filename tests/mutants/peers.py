# Peers that are removed: what their tests must catch. Each: what is broken, the test that must fail, and
# edits of (file, text, replacement).
MUTANTS = [
    (
        "what goes with a peer that is removed is left out",
        "node/test_peers:what_goes_with_a_peer_goes_in_the_same_commit",
        ("node/party/peers.c", "err == SYM_OK && c->also != NULL ?", "err == SYM_OK && c->also != NULL && c->put != NULL ?"),
    ),
]
