# Overlap tables in the node and on the command line: what their tests must catch. Each: what is broken,
# the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "a grant for tables with noise covers exact ones",
        "proto/test_policy:a_table_in_another_mode_needs_another_grant",
        ("proto/policy.c", "has_bit(grant->modes & SYM_TABLE_MODES, ask->mode)", "has_bit(SYM_TABLE_MODES, ask->mode)"),
    ),
    (
        "a list whose size is told later may have any size, of matches too",
        "proto/test_policy:the_size_of_a_list_for_a_table_may_be_told_later",
        ("proto/policy.c", "ask->kind == SYM_KIND_OVERLAP_TABLE && ask->no_list", "ask->no_list"),
    ),
    (
        "tables spend of another budget than tabulations",
        "node/test_verbs_grant:the_budgets_of_all_peers_fit_into_that_of_the_dataset",
        ("node/core/verbs_grant.c", "kind == SYM_KIND_TABULATE || kind == SYM_KIND_OVERLAP_TABLE", "kind == SYM_KIND_TABULATE"),
    ),
    (
        "a later release takes the place of the first",
        "node/test_table_releases:a_release_is_not_replaced_by_another",
        ("node/tabulation/table_releases.c", "? SYM_OK : SYM_REPLAY", "? SYM_OK : sym_store_put(t, SYM_TABLE_TABLES, id, release)"),
    ),
    (
        "a breach without a proof takes the place of one with it",
        "node/test_table_releases:a_proof_is_not_lost_to_a_breach_without_one",
        ("node/grant/breaches.c", "proof.len == 0 && there.len > HEAD_BYTES", "there.len < HEAD_BYTES"),
    ),
    (
        "who broke a table goes on as before",
        "node/test_exchange_overlap:who_broke_a_table_needs_an_approver_for_whatever_it_asks",
        ("node/exchange/exchange_checks.c", "look, &l) == SYM_OK ? l.what", "look, &l) == SYM_INTERNAL ? l.what"),
    ),
    (
        "counts stand beside the wrong lists",
        "cli/test_overlap_table:csv_has_a_column_for_each_list",
        ("cli/overlap_table/view.c", "(cell >> i & 1u) << v->order[i]", "(cell >> i & 1u) << i"),
    ),
    (
        "what is suppressed is shown as none",
        "cli/test_overlap_table:what_is_suppressed_is_not_zero_and_has_no_sums",
        ("cli/overlap_table/write_json.c", "sym_table_view_is_exact(v) || v->cells[cell - 1] > 0", "v->n > 0"),
    ),
    # --- Places ---
    (
        "one peer takes every place for tables",
        "node/test_table_parts:a_peer_has_no_more_parts_than_its_share",
        ("node/exchange/table_part.c", "of_asker - kept >= SYM_TABLE_PARTS_PEER_MAX", "of_asker - kept >= SYM_TABLE_PARTS_MAX"),
    ),
    (
        "peers leave no place for own tables",
        "node/test_table_parts:peers_leave_places_for_own_tables",
        ("node/exchange/table_part.c", "!own && of_others >= SYM_TABLE_PARTS_MAX - SYM_TABLES_MAX", "!own && of_others >= SYM_TABLE_PARTS_MAX"),
    ),
    (
        "what only waits for closes keeps a peer from asking",
        "node/test_table_parts:a_part_that_only_waits_for_closes_is_not_counted",
        ("node/exchange/table_part.c", "of_asker - kept >= SYM_TABLE_PARTS_PEER_MAX", "of_asker >= SYM_TABLE_PARTS_PEER_MAX"),
    ),
    (
        "one peer takes every place for tabulations",
        "node/test_table_parts:a_peer_has_no_more_tabulations_than_its_share",
        ("node/exchange/tabulation_answer.c", "of_peer > SYM_TABULATIONS_IN_PEER_MAX", "of_peer > SYM_TABULATIONS_IN_MAX"),
    ),
    (
        "the own part outlives its table, with list and key",
        "node/test_table_parts:the_own_part_ends_with_its_table",
        ("node/exchange/tables.c", "static void conclude(struct sym_asked_table *t)\n{\n    if (t->part != NULL) {", "static void conclude(struct sym_asked_table *t)\n{\n    if (t->part == NULL) {"),
    ),
    (
        "who has said how it ended still evaluates for others",
        "proto/test_table_ends:who_has_said_how_it_ended_begins_nothing_more",
        ("proto/table_member.c", "m->state > MEMBER_WANTS_AGREE && m->state < MEMBER_CLOSES", "m->state > MEMBER_WANTS_AGREE && m->state < MEMBER_SAYS_FAILED"),
    ),
    (
        "an evaluation that comes again may be of any number",
        "node/test_table_blame:an_evaluation_that_comes_again_is_of_as_many_as_were_consented",
        ("node/exchange/table_part_exchanges.c", "consented[place].elements != elements", "consented[place].elements > SYM_TABLE_SET_MAX"),
    ),
    # --- Blame ---
    (
        "all hear that they broke the protocol when one did",
        "node/test_table_blame:nobody_else_hears_of_a_protocol_failure",
        ("node/exchange/table_words.c", "failure.place == place && failure.said_by", "failure.said_by"),
    ),
    (
        "what another says is signed as seen",
        "node/test_table_blame:nobody_is_blamed_on_the_word_of_another",
        ("node/exchange/table_words.c", "failure.place == place && failure.said_by == SYM_TABLE_NOBODY", "failure.place == place"),
    ),
    (
        "who meets what another has spoiled is blamed for it",
        "node/test_table_blame:what_meets_a_tally_that_another_has_spoiled_is_no_failure_of_its_sender",
        ("node/exchange/table_part_legs.c", "return another && err != SYM_NO_MEMORY ? SYM_OK : err;", "return another && err == SYM_NO_MEMORY ? SYM_OK : err;"),
    ),
    (
        "the asker blames all for what one did",
        "node/test_table_blame:the_asker_blames_no_other",
        ("node/exchange/tables.c", "t->reason == SYM_REASON_PROTOCOL ? sym_table_reason_to(failure, i) : t->reason", "failure.place == i ? sym_table_reason_to(failure, i) : t->reason"),
    ),
    (
        "another version of tables is called a broken protocol",
        "node/test_table_parts:a_peer_that_computes_by_another_suite_is_told_so",
        ("node/exchange/table_answer.c", "err == SYM_UNSUPPORTED ? SYM_REASON_UNSUPPORTED : SYM_REASON_PROTOCOL", "SYM_REASON_PROTOCOL"),
    ),
    (
        "parts that are kept take the places of all other peers",
        "node/test_table_parts:a_peer_that_never_closes_has_its_share_of_what_is_kept",
        ("node/exchange/table_part.c", "if (!own && of_asker >= 2 * SYM_TABLE_PARTS_PEER_MAX) {", "if (!own && kept > SYM_TABLE_PARTS_MAX) {"),
    ),
]
