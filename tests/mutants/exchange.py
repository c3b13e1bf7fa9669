# Exchanges with a peer that does anything: what the tests must catch. Each: what is broken, the test that
# must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "a peer that never says its words is granted more",
        "node/test_exchange_owed:a_peer_that_never_says_its_words_is_denied",
        ("node/exchange/exchange_answer.c", "sym_opens_admit(x->config.opens, &e->peer, &fault) != SYM_OK", "sym_opens_admit(x->config.opens, &e->peer, &fault) == SYM_BAD_TAG"),
    ),
    (
        "all that is open is told at one meeting",
        "node/test_exchange_owed:a_meeting_tells_no_more_than_some",
        ("node/evidence/opens_tell.c", "if (c->seen == SYM_OPENS_TOLD_MAX) {", "if (c->seen == SIZE_MAX) {"),
    ),
    (
        "each meeting tells the same",
        "node/test_exchange_owed:tells_some_at_a_time_and_goes_on_behind_them",
        ("node/evidence/opens_tell.c", "        c.from = from;\n", ""),
    ),
    (
        "those before the place are not told",
        "node/test_exchange_owed:tells_all_of_few_each_time",
        ("node/evidence/opens_tell.c", "return sym_open_each(t, c->peer, NULL, tell_one, c);", "return err;"),
    ),
    (
        "a meeting hears words without end",
        "node/test_exchange_owed:a_meeting_hears_no_more_than_some_and_the_next_one_the_rest",
        ("node/exchange/run_witness.c", "if (run->statements == SYM_OPENS_HEARD_MAX) {", "if (run->statements == SIZE_MAX) {"),
    ),
]
