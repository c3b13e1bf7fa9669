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
        ("node/tabulation/ledger.c", "return err == SYM_NOT_FOUND ? SYM_OK : err == SYM_OK ? SYM_REPLAY : err;", "return err == SYM_NOT_FOUND ? SYM_OK : err;"),
    ),
    (
        "what was paid for is forgotten",
        "node/test_ledger_once:what_was_paid_for_is_never_forgotten",
        ("node/tabulation/ledger.c", "if (err != SYM_OK || is_paid ||", "if (err != SYM_OK || (is_paid && f == NULL) ||"),
    ),
    (
        "a consent is forgotten while it is good",
        "node/test_ledger_once:refuses_a_query_that_was_consented_to_before",
        ("node/tabulation/ledger.c", "is_paid || q.expires_ms > f->now_ms) {", "is_paid) {"),
        ("node/tabulation/ledger.c", "q.expires_ms <= f->now_ms - VOID_MS", "q.expires_ms > 0"),
    ),
    (
        "cohorts of the present edition are forgotten",
        "node/test_cohorts:earlier_editions_are_forgotten_and_the_last_one_is_not",
        ("node/tabulation/cohorts.c", "sym_get_u64(key.data + len + 1) < f->last", "sym_get_u64(key.data + len + 1) <= f->last"),
    ),
    (
        "a debit that is repeated is paid with nothing",
        "node/test_ledger_many:steps_of_64_in_any_order_never_count_too_little",
        ("node/tabulation/ledger.c", "    if (q.state == DEBITED || q.state == UNMASKED) {\n        return SYM_REPLAY;", "    if (q.state == DEBITED || q.state == UNMASKED) {\n        return SYM_OK;"),
    ),
    (
        "an expired reservation is debited",
        "node/test_ledger:a_reservation_that_expired_is_available_again_and_cannot_be_debited",
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
    # --- kill -9, years, restored nodes ---
    (
        "a reservation is only in memory",
        "node/test_ledger_once:a_reservation_is_there_or_not_when_killed_at_any_step",
        ("node/tabulation/ledger.c", "    return put_query(t, qid, &q);\n}\n\nenum sym_err sym_ledger_note", "    return left.left_nano > 0 ? SYM_OK : put_query(t, qid, &q);\n}\n\nenum sym_err sym_ledger_note"),
    ),
    (
        "a debit leaves its reservation behind",
        "node/test_ledger_once:a_debit_and_its_entry_are_both_there_or_neither_when_killed_at_any_step",
        ("node/tabulation/ledger.c", "    q.state = DEBITED;\n    err = put_query(t, qid, &q);", "    q.state = DEBITED;\n    err = SYM_OK;"),
    ),
    (
        "a debit leaves no entry, when killed or not",
        "node/test_ledger_once:a_debit_and_its_entry_are_both_there_or_neither_when_killed_at_any_step",
        ("node/tabulation/ledger.c", "return err == SYM_OK ? log_debit(l, t, &q, x) : err;", "return err == SYM_OK && x == NULL ? log_debit(l, t, &q, x) : err;"),
    ),
    (
        "a debit is forgotten by the next start",
        "node/test_ledger_once:refuses_a_second_debit",
        ("node/tabulation/ledger.c", "    if (q.state == DEBITED || q.state == UNMASKED) {\n        return SYM_REPLAY;\n    }\n", ""),
    ),
    (
        "a query is unmasked once for each start",
        "node/test_ledger_once:refuses_a_second_unmasking_ever",
        ("node/tabulation/ledger.c", "    q.state = UNMASKED;\n    return put_query(t, qid, &q);", "    q.state = UNMASKED;\n    return SYM_OK;"),
    ),
    (
        "what was not paid for is unmasked",
        "node/test_ledger_once:refuses_to_unmask_what_was_not_debited",
        ("node/tabulation/ledger.c", "    if (q.state != DEBITED) {\n        return q.state", "    if (q.state == UNMASKED) {\n        return q.state"),
    ),
    (
        "a year is renewed twelve hours early",
        "node/test_ledger:a_year_ends_at_midnight_in_utc_and_renews_the_budget",
        ("node/tabulation/ledger.c", "time_t s = (time_t)(ms / 1000u);", "time_t s = (time_t)(ms / 1000u) + 43200;"),
    ),
    (
        "a reservation of December is paid in January",
        "node/test_ledger:a_reservation_of_the_old_year_is_debited_from_that",
        ("node/tabulation/ledger.c", "    q.state = DEBITED;\n", "    uint64_t renews = 0;\n    q.state = DEBITED;\n    q.year = year_of(now_ms, &renews);\n"),
    ),
    (
        "a restored node has the budget of its backup",
        "node/test_ledger:after_a_restore_all_is_spent_for_a_year",
        ("node/tabulation/ledger.c", "    out->left_nano = out->restored ? 0 : out->left_nano;", ""),
    ),
    (
        "what a restore has closed opens before a leap year ends",
        "node/test_ledger:after_a_restore_nothing_of_its_calendar_year_is_left",
        ("node/tabulation/ledger.c", "UINT64_C(366) * 86400000u", "UINT64_C(365) * 86400000u"),
    ),
    (
        "a clock that is set back revives a reservation",
        "node/test_ledger:a_clock_that_was_set_back_revives_no_reservation_that_expired",
        ("node/tabulation/ledger.c", "    return release_if_reserved(f->t, key, value);", "    return SYM_OK;"),
    ),
    (
        "datasets share a budget",
        "node/test_ledger:each_dataset_has_its_own",
        ("node/tabulation/ledger.c", "    sym_write_span(&w, dataset);\n    sym_write_u8(&w, 0);", "    sym_write_u8(&w, 'd');\n    sym_write_u8(&w, 0);"),
    ),
    # --- Two sums whose difference tells of one ---
    (
        "who takes part is thought not to know its own part",
        "node/test_cohorts:two_more_or_less_are_noticed_as_one_of_them_knows_its_own_part",
        ("proto/tabulate.c", "apart < SYM_TAB_APART_MIN;", "apart < SYM_TAB_APART_MIN - 1;"),
    ),
    (
        "who survived is not compared with",
        "node/test_cohorts:who_may_be_added_up_is_compared_with_until_it_is_known_who_was",
        ("node/tabulation/cohorts.c", "return put(t, c, UNMASKED);", "return put(t, c, LEFT);"),
    ),
    (
        "a query that is under way is not compared with",
        "node/test_cohorts:who_may_be_added_up_is_compared_with_until_it_is_known_who_was",
        ("node/tabulation/cohorts.c", "return put(t, c, OPEN);", "return put(t, c, LEFT);"),
    ),
    (
        "what was released is forgotten by the next start",
        "node/test_cohorts:what_the_end_of_this_node_cut_off_is_not_compared_with",
        ("node/tabulation/cohorts.c", "return is_open(value) ? leave(context, key) : SYM_OK;", "return value.len > 0 ? leave(context, key) : SYM_OK;"),
    ),
    (
        "what was unmasked is forgotten when its exchange ends",
        "node/test_cohorts:what_ended_before_it_was_unmasked_is_not_compared_with",
        ("node/tabulation/cohorts.c", "if (err == SYM_OK && is_open(sym_span(value, len))) {", "if (err == SYM_OK) {"),
    ),
    (
        "a release answers for editions that have changed",
        "node/test_releases:a_question_is_answered_while_all_that_were_added_up_have_the_same_epochs",
        ("node/tabulation/releases.c", "if (f->epochs[place] != 0 && f->epochs[place] != then) {", "if (f->epochs[place] == UINT64_MAX && f->epochs[place] != then) {"),
    ),
    (
        "what was reserved stays so when the node is started again",
        "node/test_ledger_once:what_was_reserved_when_the_node_ended_is_given_back_and_no_debit_is",
        ("node/tabulation/ledger.c", "return key.len == SYM_HASH_BYTES ? sym_ledger_release(context, key.data) : SYM_BAD_FORMAT;", "return key.len == SYM_HASH_BYTES || context == NULL ? SYM_OK : SYM_BAD_FORMAT;"),
    ),
    (
        "a start takes back what was paid for",
        "node/test_ledger_once:what_was_reserved_when_the_node_ended_is_given_back_and_no_debit_is",
        ("node/tabulation/ledger.c", "if (err == SYM_OK && q.state == RESERVED) {", "if (err == SYM_OK && q.state != RELEASED) {"),
    ),
]
