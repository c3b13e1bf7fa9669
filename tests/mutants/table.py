# Overlap tables: what their tests must catch. Each: what is broken, the test that must fail, and
# edits of (file, text, replacement).
MUTANTS = [
    # --- Counting ---
    (
        "counting is quicker where lists are alike",
        "proto/test_table_count:the_time_does_not_tell_the_counts",
        ("proto/table_count.c", "        uint32_t i = least_of(heads, n);\n",
         "        uint32_t i = cell != 0 ? (uint32_t)__builtin_ctz(cell) : 0;\n        for (i = 0; i < n && !(cell != 0 && heads[i].is_there != 0 && is_same(heads[i].tag, last) != 0); i++) {\n        }\n        i = i < n ? i : least_of(heads, n);\n"),
    ),
    (
        "tags that differ in their second half are one",
        "proto/test_table_count:counts_tags_at_the_edges",
        ("proto/table_count.c", "(uint32_t)(a.high == b.high) & (uint32_t)(a.low == b.low);", "(uint32_t)(a.high == b.high);"),
    ),
    # --- Proofs ---
    (
        "all weights of a proof are alike",
        "crypto/test_dleq:finds_two_answers_that_make_up_for_each_other",
        ("crypto/dleq.c", "(void)crypto_stream_chacha20(weights, st->n * SYM_SHORT_WEIGHT_BYTES, nonce, seed);", "(void)nonce;\n        memset(weights, 1, st->n * SYM_SHORT_WEIGHT_BYTES);"),
    ),
    (
        "a proof is not bound to its context",
        "crypto/test_dleq:refuses_another_key_context_or_number",
        ("crypto/dleq.c", "sym_sha256(context, st->context)", "sym_sha256(context, sym_span(NULL, 0))"),
    ),
    (
        "any challenge is the right one",
        "crypto/test_dleq:finds_one_answer_among_a_thousand_made_with_another_secret",
        ("crypto/dleq.c", "!sym_equal(challenge.bytes, proof, sizeof challenge.bytes)", "challenge.bytes[0] != challenge.bytes[0]"),
    ),
    (
        "an owner does not verify proofs",
        "proto/test_table_answers:one_answer_among_a_thousand_with_another_secret_is_found",
        ("proto/table_list_work.c", "return sym_dleq_verify(answer->proof, job->list->config.with, &st);", "return SYM_OK;"),
    ),
    (
        "answers are not those that were signed",
        "proto/test_table_answers:answers_that_are_not_what_was_signed_or_asked_are_refused",
        ("proto/table_owner.c", "!table_same(said.answers_hash.data, answer->hash, SYM_HASH_BYTES)", "said.answers_hash.len == 0"),
    ),
    (
        "an exhibit convicts whoever signed an answer",
        "proto/test_table_answers:nobody_is_convicted_of_a_right_answer",
        ("proto/table_exhibit.c", "? SYM_DENIED", "? SYM_OK"),
    ),
    (
        "the last of the summands is forgotten",
        "crypto/test_ristretto_sums:a_multiple_of_a_sum_is_the_same_in_steps_or_at_once",
        ("crypto/ristretto.c", "with->add_multiply(out, in, sets, n, k)", "with->add_multiply(out, in, sets > 1 ? sets - 1 : 1, n, k)"),
    ),
    # --- Questions ---
    (
        "an element may be evaluated twice",
        "proto/test_table_cheats:questions_that_are_not_as_announced_are_refused",
        ("proto/table_evaluator.c", "enum sym_err err = sym_seen_add(e->seen, elements.data + (size_t)i * SYM_ELEMENT_BYTES);", "enum sym_err err = SYM_OK;"),
    ),
    (
        "more frames may be unanswered than there is room for",
        "proto/test_table_cheats:more_frames_than_may_be_unanswered_are_refused",
        ("proto/table_evaluator.c", "if (s->state != SLOT_FREE) {", "if (s->state == SLOT_READY) {"),
    ),
    (
        "another list than announced is evaluated",
        "proto/test_table_cheats:evaluations_beyond_the_announced_number_are_refused",
        ("proto/table_evaluator.c", "agreed->consented[owner].elements != elements", "elements > SYM_TABLE_SET_MAX"),
    ),
    (
        "records leave in the order in which they lie",
        "proto/test_table:no_order_is_preserved",
        ("proto/table_list_work.c", "sym_shuffle(job->list->order, job->list->total);", "for (uint32_t i = 0; i < job->list->total; i++) {\n        job->list->order[i] = i;\n    }"),
    ),
    (
        "all owners blind alike",
        "proto/test_table:no_element_repeats_at_a_party_between_lists_owners_or_tables",
        ("proto/table_list.c", "sym_scalar_random(&pair[0]);", "memset(pair[0].bytes, 0, sizeof pair[0].bytes);\n    pair[0].bytes[0] = 3;"),
    ),
    (
        "a row says nothing of the record but its element",
        "proto/test_table:a_row_is_made_of_query_digest_and_element",
        ("proto/table_list_work.c", "sym_span(digest, SYM_HASH_BYTES),", "sym_span(digest, 0),"),
    ),
    # --- Rows and release ---
    (
        "a row may come twice",
        "proto/test_table_rows:a_row_repeated_in_the_next_frame_is_refused",
        ("proto/table_tally.c", "sym_sorted_break(from, n + before, SYM_TABLE_TAG_BYTES, true)", "sym_sorted_break(from, n + before, SYM_TABLE_TAG_BYTES, false)"),
    ),
    (
        "rows that are lost are not missed",
        "proto/test_table_rows:rows_that_are_not_in_order_or_not_as_announced_are_refused",
        ("proto/table_tally.c", "if (total != leg->n) {", "if (total < leg->n) {"),
    ),
    (
        "a record on two lists is counted on the last alone",
        "proto/test_table:a_table_is_what_was_planted",
        ("proto/table_count.c", "cell = (cell & (0u - same)) | 1u << i;", "cell = 1u << i;"),
    ),
    (
        "the noise is that of one record more, though sizes are known",
        "proto/test_table:the_noise_of_a_table_is_the_announced_one",
        ("proto/table_tally.c", ".sensitivity = SYM_TABLE_SENSITIVITY, .shares = 1", ".sensitivity = 2, .shares = 1"),
    ),
    (
        "the noise of an older version is agreed to",
        "proto/test_table_consents:what_cannot_be_asked_is_refused_in_words",
        ("proto/table.c", "if (asked->suite != suite_of(asked->mode)) {", "if (asked->suite != SYM_TABLE_SUITE && asked->suite != SYM_TABLE_SUITE_DP) {"),
    ),
    (
        "what an older table hides is not told",
        "cli/test_overlap_table:what_is_suppressed_is_not_zero_and_has_no_sums",
        ("cli/overlap_table/view.c", "v->release.sensitivity >= SYM_TABLE_SENSITIVITY", "v->release.sensitivity > 0"),
    ),
    (
        "a negative count is released as a large one",
        "proto/test_table:empty_lists_release_nothing_in_a_noisy_table",
        ("proto/table_tally.c", "t->cells[i] > INT64_MAX || t->cells[i] < t->noise.threshold", "t->cells[i] < t->noise.threshold"),
    ),
    (
        "rows leave before the debit",
        "proto/test_table:no_row_leaves_before_the_debit",
        ("proto/table_rows.c", "!sym_table_list_is_complete(list) || !sym_table_member_sends_rows(member)", "!sym_table_list_is_complete(list)"),
    ),
    (
        "two releases of one table are the same to the asker",
        "proto/test_table_rows:a_tallier_that_releases_two_tables_is_named",
        ("proto/table_lead.c", "if (!table_same(l->legs[i].release_hash, l->legs[n].release_hash, SYM_HASH_BYTES)) {", "if (l->legs[i].stage != LEG_ENDED) {"),
    ),
    (
        "a contributor does not look for its own number",
        "proto/test_table_rows:an_exact_table_shows_each_its_own_number",
        ("proto/table_member.c", "err == SYM_OK && seen != rows ? SYM_BAD_VALUE : err", "err == SYM_OK && seen > SYM_TABLE_SET_MAX ? SYM_BAD_VALUE : err"),
    ),
    (
        "a release of other epochs is taken",
        "proto/test_table_rows:releases_that_do_not_fit_what_was_agreed_are_refused",
        ("proto/table_release.c", "sym_read_u64(&epochs) == a->consented[i].epoch", "sym_read_u64(&epochs) <= UINT64_MAX"),
    ),
    # --- Ends ---
    (
        "who has no memory to look at a message says that it was wrong",
        "proto/test_table_ends:who_has_no_memory_to_look_accuses_nobody",
        ("proto/table_frames.c", "bool own_doing = err == SYM_NO_MEMORY;", "bool own_doing = err == SYM_OK;"),
    ),
    (
        "a party is named for what an asker shows as its consent",
        "proto/test_table_consents:an_asker_that_shows_no_consent_for_a_party_is_named",
        ("proto/table_member.c", "(err == SYM_BAD_VALUE || err == SYM_BAD_ELEMENT)", "(err != SYM_OK && err != SYM_BAD_SIGNATURE && err != SYM_REPLAY)"),
    ),
    (
        "what the asker says while a failure is on its way takes its place",
        "proto/test_table_ends:what_crosses_a_failure_does_not_hide_it",
        ("proto/table_member.c", "if (m->state == MEMBER_SAYS_FAILED) {", "if (m->state == MEMBER_OVER) {"),
    ),
    # --- Consents ---
    (
        "two may consent with the same key",
        "proto/test_table_consents:consents_that_do_not_fit_are_refused_and_named",
        ("proto/table_frames.c", "if (table_same(keys[i].bytes, keys[j].bytes, SYM_ELEMENT_BYTES)) {", "if (i == j) {"),
        ("proto/table_lead.c", "bool here = i != place && l->legs[i].stage >= LEG_CONSENTED;", "bool here = false;"),
    ),
    (
        "keys may cancel out",
        "proto/test_table_consents:keys_that_cancel_out_are_refused",
        ("proto/table_frames.c", "return sym_ristretto_sum(&sum, NULL, with, keys, n, weights, SYM_SHORT_WEIGHT_BYTES);", "(void)sum;\n    (void)with;\n    return SYM_OK;"),
    ),
    (
        "the own consent may be replaced",
        "proto/test_table_consents:an_asker_that_replaces_a_consent_is_named",
        ("proto/table_member.c", "place == m->agreed.place && !sym_span_equal(from, sym_tab_bytes_span(&m->own_consent))", "from.len == 0"),
    ),
    (
        "the query id says nothing of the mode",
        "proto/test_table_consents:who_is_asked_otherwise_consents_to_another_table",
        ("proto/table.c", "sym_write_u32(&w, q->mode);\n    sym_write_u64(&w, q->epsilon_nano);", "sym_write_u32(&w, 0);\n    sym_write_u64(&w, 0);"),
        ("proto/table.c", 'q->mode == SYM_TABLE_DP ? "symbolon-table-qid-2" : "symbolon-table-qid-1"', '"symbolon-table-qid-1"'),
    ),
    (
        "who is ready for other consents is as good as ready",
        "proto/test_table_consents:two_lists_of_consents_for_one_table_come_to_nothing",
        ("proto/table_lead.c", "if (!sym_span_equal(content, sym_span(l->agreed.consents_hash, SYM_HASH_BYTES))) {", "if (content.len != SYM_HASH_BYTES) {"),
        ("proto/table_owner.c", "!table_same(said->consents_hash.data, a->consents_hash, SYM_HASH_BYTES)", "said->consents_hash.len == 0"),
    ),
    # --- Who is late ---
    (
        "a party may say less of another than before",
        "proto/test_table_came:nobody_says_less_than_before_or_more_than_can_be",
        ("proto/table_came.c", "if (next.of[i] < came->of[i]) {", "if (next.of[i] > most) {"),
    ),
    (
        "a party may say again what it has said",
        "proto/test_table_came:nobody_says_less_than_before_or_more_than_can_be",
        ("proto/table_came.c", "more = more || next.of[i] > came->of[i];", "more = more || next.of[i] >= came->of[i];"),
    ),
    (
        "a party may speak of itself",
        "proto/test_table_came:nobody_says_less_than_before_or_more_than_can_be",
        ("proto/table_came.c", "next.of[i] > (i == place ? 0 : most)", "next.of[i] > most"),
    ),
    (
        "what has come has no bound",
        "proto/test_table_came:nobody_says_less_than_before_or_more_than_can_be",
        ("proto/table_came.c", "next.of[i] > (i == place ? 0 : most)", "i == place && next.of[i] > 0"),
    ),
    (
        "how far it is a party says before all go",
        "proto/test_table_came:before_go_and_after_the_end_nobody_says_it",
        ("proto/table_lead.c", "[TABLE_CAME] = {take_came, SYM_TABLE_COMPUTING, LEG_WENT,", "[TABLE_CAME] = {take_came, SYM_TABLE_CONSENTING, LEG_OPEN,"),
    ),
    (
        "nobody says how far it is",
        "proto/test_table_came:who_gives_no_rows_is_named_to_all",
        ("proto/table_member.c", "m->has_news = true;", "m->has_news = false;"),
    ),
    (
        "the tallier does not say whose rows are complete",
        "proto/test_table_came:who_gives_no_rows_is_named_to_all",
        ("proto/table_tally.c", "sym_table_member_came(t->member, place, leg->state == LEG_ENDED);", "(void)place;"),
    ),
    (
        "all that have not evaluated the whole list are waited for",
        "proto/test_table_came:who_owes_all_that_is_missing_is_named_by_who_misses_it",
        ("proto/table_came.c", "i != place && came->of[i] == least", "i != place && came->of[i] < most"),
    ),
    (
        "who is waited for by one is to blame, whatever else is missing",
        "proto/test_table_came:who_waits_for_each_other_accuses_nobody",
        ("proto/table_came.c", "if (i != place && (waits[i] & ~(1u << place)) != 0) {", "if (i != place && waits[i] != 0 && !has(waits[i], place)) {"),
    ),
    (
        "what another says counts as seen",
        "proto/test_table_came:who_owes_all_that_is_missing_is_named_by_who_misses_it",
        ("proto/table_came.c", "if (own < n && has(waits[own], place)) {", "if (own <= SYM_TABLE_NOBODY) {"),
    ),
    (
        "a silent tallier blames all others",
        "proto/test_table_came:a_tallier_that_says_nothing_is_the_one_waited_for",
        ("proto/table_came.c", "missing == 0 || missing == all", "missing == 0"),
    ),
    (
        "who is waited for at the last moment has all the blame",
        "proto/test_table_came:who_comes_at_the_last_moment_makes_nobody_late_but_itself",
        ("proto/table_came.c", "has(w->been, i) && w->until_ms[i] > since_ms", "has(w->been, i) && w->until_ms[i] < since_ms"),
    ),
    (
        "whoever was ever waited for shares the blame",
        "proto/test_table_came:who_comes_at_the_last_moment_makes_nobody_late_but_itself",
        ("proto/table_came.c", "has(w->been, i) && w->until_ms[i] > since_ms", "has(w->been, i) && w->until_ms[i] <= UINT64_MAX - since_ms"),
    ),
    (
        "who was ready at the last moment was not waited for",
        "proto/test_table_came:who_is_ready_at_the_last_moment_is_one_of_those_waited_for",
        ("proto/table_lead.c", "if (err == SYM_OK && l->phase < SYM_TABLE_RELEASING) {", "if (err == SYM_OK && l->phase == SYM_TABLE_COMPUTING) {"),
    ),
    (
        "the asker may say what a party confessed, as if all had heard it",
        "proto/test_table_ends:what_this_party_never_said_and_what_others_confess_is_the_word_of_who_asks",
        ("proto/table_member.c", "if (failure.said_by == SYM_TABLE_NOBODY || failure.said_by == failure.place ||", "if (failure.said_by == SYM_TABLE_NOBODY ||"),
    ),
    (
        "the asker may say of anybody what it likes, as this party's word",
        "proto/test_table_ends:what_this_party_never_said_and_what_others_confess_is_the_word_of_who_asks",
        ("proto/table_member.c", "return late && m->has_agreed &&", "return late || m->has_agreed ||"),
    ),
    (
        "a party takes for its own word that one is late whose part has come",
        "proto/test_table_ends:what_this_party_never_said_and_what_others_confess_is_the_word_of_who_asks",
        ("proto/table_came.c", "if (has(set, i) && came->of[i] == sym_table_came_most(agreed, place)) {", "if (has(set, i) && came->of[i] > sym_table_came_most(agreed, place)) {"),
    ),
    (
        "the asker says of several that were late nothing",
        "proto/test_table_came:all_hear_who_was_waited_for_where_nobody_is_named",
        ("proto/table_frames.c", "f.awaited = sym_read_u32(&r);", "(void)sym_read_u32(&r);"),
    ),
    (
        "a failure may name whom there is not",
        "proto/test_table_came:a_failure_names_only_parties_and_several_only_where_all_were_late",
        ("proto/table_frames.c", "f->place == SYM_TABLE_NOBODY && f->awaited >> (n + 1) == 0", "f->place == SYM_TABLE_NOBODY && n > 0"),
    ),
    (
        "a tallier says of its noise what it likes",
        "proto/test_table_rows:a_tallier_that_says_less_of_its_noise_than_there_is_is_refused",
        ("proto/table_release.c", "return err == SYM_OK && !same ? SYM_BAD_VALUE : err;", "return err == SYM_OK && !same && r->threshold < SYM_LAPLACE_THRESHOLD_MIN ? SYM_BAD_VALUE : err;"),
    ),
]
