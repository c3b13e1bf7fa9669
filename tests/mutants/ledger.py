# The budget: whatever lets a dataset answer more often than it may.
MUTANTS = [
    (
        "reservations are available to others",
        "node/test_ledger_many:of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows",
        ("node/tabulation/ledger.c", "out->left_nano = less(ask->cap_nano, out->spent_nano, r.all);", "out->left_nano = less(ask->cap_nano, out->spent_nano, 0);"),
    ),
    (
        "a reservation may exceed what is left",
        "node/test_ledger_many:of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows",
        ("node/tabulation/ledger.c", "left.left_nano < epsilon_nano", "left.left_nano == 0"),
    ),
    (
        "a debit is not taken from the dataset",
        "node/test_ledger_many:of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows",
        ("node/tabulation/ledger.c", "        err = add_spent(t, &q, &whole);", "        err = SYM_OK;"),
    ),
    (
        "a debit is not taken from the peer",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "        err = add_spent(t, &q, &q.peer);", "        err = SYM_OK;"),
    ),
    (
        "the last debit replaces those before",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "spent > UINT64_MAX - q->epsilon_nano ? UINT64_MAX : spent + q->epsilon_nano", "q->epsilon_nano"),
    ),
    (
        "a query id is consented to twice",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "        return err == SYM_OK ? SYM_REPLAY : err;\n    }\n    err = sym_ledger_left", "        if (err != SYM_OK) {\n            return err;\n        }\n    }\n    err = sym_ledger_left"),
    ),
    (
        "a debit that is repeated is paid with nothing",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "    if (q.state == DEBITED || q.state == UNMASKED) {\n        return SYM_REPLAY;", "    if (q.state == DEBITED || q.state == UNMASKED) {\n        return SYM_OK;"),
    ),
    (
        "an expired reservation is debited",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "if (q.state == RELEASED || q.expires_ms <= now_ms) {", "if (q.state == RELEASED) {"),
    ),
    (
        "what was given back is debited",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "if (q.state == RELEASED || q.expires_ms <= now_ms) {", "if (q.expires_ms <= now_ms) {"),
    ),
    (
        "a debit is given back",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "if (err == SYM_OK && q.state == RESERVED) {\n        q.state = RELEASED;", "if (err == SYM_OK) {\n        q.state = RELEASED;"),
    ),
    (
        "a query is unmasked twice",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "    if (q.state != DEBITED) {\n        return q.state", "    if (q.state != DEBITED && q.state != UNMASKED) {\n        return q.state"),
    ),
    (
        "what a peer may have is not looked at",
        "node/test_ledger_many:of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows",
        ("node/tabulation/ledger.c", "if (ask->peer_cap_nano > 0) {", "if (ask->peer_cap_nano == 1) {"),
    ),
    (
        "a debit leaves no entry",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "return err == SYM_OK ? log_debit(l, t, &q, x) : err;", "return err == SYM_OK && x == NULL ? log_debit(l, t, &q, x) : err;"),
    ),
]
