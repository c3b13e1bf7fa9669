# From what matched to the result that its user gets: which tokens, which records, which answers.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "of tokens that share a digest only the first matched",
        "node/test_overlap_set:notes_which_tokens_matched",
        ("node/overlap/overlap_set.c", "at += at < n && indices[at] < digest;",
         "at += at < n && (indices[at] < digest || (i > 0 && (set->places[i] & SAME) != 0));"),
    ),
    (
        "a segment begins where the one before did",
        "node/test_exchange_overlap:finds_own_records_that_the_other_holds",
        ("node/overlap/overlap_find.c", "f->place += p->segment.n_tokens;", ""),
    ),
    (
        "tags are looked up before the close has left",
        "proto/test_overlap_works:nothing_is_looked_up_before_the_close_has_left",
        ("proto/overlap_initiator.c", "bool closed = run->state == OVERLAP_CLOSED ||",
         "bool closed = run->state == OVERLAP_CLOSES || run->state == OVERLAP_CLOSED ||"),
    ),
    (
        "the close waits until the result is kept",
        "node/test_exchange_close:what_is_said_and_when_is_the_same_whatever_matches",
        ("node/exchange/exchange_carry.c", "            sym_exchange_close(x, e);\n            return;",
         "            if (sym_exchange_has_result(e) && !e->matter->saved) {\n                (void)sym_run_write(e->run, NULL, 0, 0);\n                e->phase = SYM_PHASE_SAVING;\n                go_on_alone(x, e);\n                return;\n            }\n            sym_exchange_close(x, e);\n            return;"),
    ),
    (
        "the log waits for the result",
        "node/test_exchange_close:the_log_does_not_wait_for_the_result",
        ("node/exchange/exchange_end.c", "        write_settled(x, e);\n    } else if (sym_session",
         "        return;\n    } else if (sym_session"),
    ),
    (
        "a frame behind the close ends what is not kept yet",
        "node/test_exchange_close:what_happens_on_the_link_meanwhile_changes_nothing",
        ("node/exchange/exchange_carry.c", "if (sym_exchange_is_settled(e)) {", "if (false) {"),
    ),
    (
        "a peer is denied while a result is being kept",
        "node/test_exchange_close:what_is_left_to_do_does_not_count_against_the_peer",
        ("node/exchange/exchange_table.c", "                 !sym_exchange_is_settled(e) && ", "                 "),
    ),
    (
        "a link that is lost ends what both have closed",
        "node/test_exchange_close:what_happens_on_the_link_meanwhile_changes_nothing",
        ("node/exchange/exchanges.c", "if (e->phase == SYM_PHASE_ENDING || sym_exchange_is_settled(e)) {",
         "if (e->phase == SYM_PHASE_ENDING) {"),
    ),
    *[
        (f"{words} lie about in memory that was freed", test, (path, text, f"free({text[len('sym_wipe_free('):text.index(',')]});"))
        for words, test, path, text in (
            ("own tags", "proto/test_wiped:an_overlap_that_is_given_up_wipes_as_much",
             "proto/overlap_initiator.c", "sym_wipe_free(a->own_tags, size * run->tag_len);"),
            ("the other side's tags", "proto/test_wiped:an_overlap_wipes_what_matched",
             "proto/overlap.c", "sym_wipe_free(run->tags, run->tags_gone.total * run->tag_len);"),
            ("matches of dh", "proto/test_wiped:an_overlap_wipes_what_matched",
             "proto/overlap.c", "sym_wipe_free(run->initiator.matches, run->initiator.common * sizeof(uint32_t));"),
            ("matches of vole", "proto/test_wiped:vole_wipes_what_matched",
             "proto/vole.c", "sym_wipe_free(run->list.matches, ((size_t)run->list.common + 1) * sizeof(uint32_t));"),
            ("matches of a query", "proto/test_wiped:a_query_of_a_standing_list_wipes_what_matched",
             "proto/standing_initiator.c", "sym_wipe_free(run->matches, size * sizeof *run->matches);"),
            ("rows of a contributor", "proto/test_table_wiped:an_overlap_table_wipes_its_rows",
             "proto/table_list.c", "sym_wipe_free(l->rows, l->config.n * SYM_TABLE_TAG_BYTES);"),
            ("rows at a tallier", "proto/test_table_wiped:an_overlap_table_wipes_its_rows",
             "proto/table_tally.c", "sym_wipe_free(leg->rows, (size_t)leg->most * SYM_TABLE_TAG_BYTES);"),
        )
    ],
    (
        "an answer is more than fits a reply",
        "node/test_results:an_answer_fits_a_reply_whatever_the_ids",
        ("node/data/results.c", "g->bytes + value->len > SYM_RESULT_ANSWER_BYTES_MAX", "g->bytes + value->len > SIZE_MAX / 2"),
    ),
    (
        "an answer says that there is no more",
        "node/test_results:an_answer_takes_as_many_pages_as_there_may_be",
        ("node/data/results.c", "out->more = g.first + g.n < g.pages;", "out->more = false;"),
    ),
    (
        "a result that changes while it is fetched loses the row behind a page",
        "cli/test_overlap_command:a_result_that_changes_meanwhile_is_fetched_again",
        ("cli/result.c", "*changed = page.exchange->records != rows->records ||", "*changed = false &&"),
    ),
    (
        "a command sleeps through the end of what it waits for",
        "cli/test_overlap_command:the_end_is_not_slept_through_once_all_is_counted",
        ("cli/follow.c", "(counted ? PAUSES_AT_END : PAUSES)", "(counted ? PAUSES : PAUSES)"),
    ),
    (
        "an answer that names no engine means another than was asked for",
        "node/test_exchange_engines:an_answer_without_an_engine_stands_for_the_only_one_asked_for",
        ("node/exchange/exchange_ask.c", "*out = sym_overlap_engine_agreed(&asked, answer);", "*out = answer->engine == 0 ? SYM_OVERLAP_ENGINE_DH : answer->engine;"),
    ),
    (
        "an answer may name an engine that was not asked for",
        "node/test_exchange_engines:refuses_dh_where_vole_alone_was_asked_for",
        ("node/exchange/exchange_ask.c", "*out = sym_overlap_engine_agreed(&asked, answer);", "*out = answer->engine;"),
        ("node/exchange/overlap_terms.c", "sym_overlap_engine_agreed(&asked, &answer) != engine", "engine == SYM_OVERLAP_ENGINE_AUTO"),
    ),
    (
        "an overlap without an engine is one of engine dh",
        "node/test_runs:refuses_an_overlap_without_an_engine",
        ("node/exchange/runs.c", "return engine == SYM_OVERLAP_ENGINE_DH ", "return engine <= SYM_OVERLAP_ENGINE_DH "),
    ),
    (
        "a frame that this node has no memory for was altered on the way",
        "node/test_exchange_memory:who_has_no_memory_for_a_frame_blames_nobody",
        ("node/exchange/exchange_carry.c", "if (err == SYM_NO_MEMORY || err == SYM_INTERNAL) {", "if (err == SYM_OK) {"),
    ),
    (
        "what a search kept before it failed stays in the store",
        "node/test_exchange_overlap_ends:keeps_no_part_of_a_result_whose_rest_could_not_be_kept",
        ("node/exchange/exchange_end.c", "    if (may_keep && sym_results_has", "    if (may_keep && (e->matter->find != NULL || e->matter->has_result) && sym_results_has"),
    ),
    # --- Failed checks of engine vole ---
    (
        "a failed check is not counted",
        "node/test_exchange_checks:who_asks_and_fails_three_checks_waits_for_an_approver",
        ("node/exchange/exchange_carry.c", "if (err == SYM_BAD_TAG) {", "if (err == SYM_INTERNAL) {"),
    ),
    (
        "two failed checks are a breach",
        "node/test_exchange_checks:who_asks_and_fails_three_checks_waits_for_an_approver",
        ("node/grant/breaches.c", "failed < SYM_BREACH_CHECKS", "failed + 1 < SYM_BREACH_CHECKS"),
    ),
    (
        "what was accepted still counts",
        "node/test_exchange_checks:who_asks_and_fails_three_checks_waits_for_an_approver",
        ("node/grant/breaches.c", "enum sym_err checks = sym_store_delete(t, SYM_TABLE_BREACHES, checks_key(room, peer));",
         "enum sym_err checks = SYM_OK;\n    (void)room;"),
    ),
    (
        "who fails checks is asked with vole all the same",
        "node/test_exchange_checks:who_answers_and_fails_three_checks_is_asked_with_vole_no_more",
        ("node/exchange/exchange_ask.c", "if (sym_exchange_must_hold(x, peer) != NULL) {", "if (x == NULL) {"),
    ),
]
