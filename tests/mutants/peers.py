# Peers that are removed: what their tests must catch. Each: what is broken, the test that must fail, and
# edits of (file, text, replacement).
MUTANTS = [
    (
        "what goes with a peer that is removed is left out",
        "node/test_peers:what_goes_with_a_peer_goes_in_the_same_commit",
        ("node/party/peers.c", "bool goes = err == SYM_OK", "bool goes = err == SYM_OK && c->put != NULL"),
    ),
    (
        "what goes with an identity that is replaced is left out",
        "node/test_peers:what_goes_with_an_identity_goes_in_the_same_commit_as_it_is_replaced",
        ("node/party/peers.c", "bool goes = err == SYM_OK", "bool goes = err == SYM_OK && c->put == NULL"),
    ),
]
