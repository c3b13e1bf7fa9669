# Engine vole: whatever lets a cheat of section 12 of its specification pass, or a frame that is not
# due. The test named is the cheat that gets through then.
HOSTILE = "proto/test_vole_hostile:"
VOLE_CHECK = ("proto/vole_r.c", "if (!sym_equal(want, run->m8, sizeof want)) {", "if (false) {")
OT_CHECK = ("crypto/vole/cot.c", "bool good = (wrong.low | wrong.high) == 0;", "bool good = (wrong.low | wrong.high) <= UINT64_MAX;")


def cheat(test):
    return f"proto/test_vole_cheats_{'s' if test.startswith('s_') else 'r'}:{test}"


def passes(check, *tests):
    return [(f"{words} passes", cheat(test), check) for words, test in tests]


MUTANTS = [
    *passes(
        OT_CHECK,
        ("a COT matrix with changed choice bits", "r_that_changes_64_rows_of_choice_bits_is_caught"),
        ("a COT matrix with changed noise", "r_that_changes_64_rows_of_noise_is_caught"),
        ("a guess of one bit of delta", "r_that_changes_one_row_guesses_one_bit_of_delta"),
        ("a wrong x~", "r_that_changes_x_tilde_is_caught"),
        ("a wrong tau", "r_that_changes_one_tau_is_caught"),
        ("M4 of another batch", "r_that_sends_m4_of_batch_0_as_batch_1_is_caught"),
        ("M4 of another session", "r_that_sends_m4_of_another_session_is_caught"),
        ("a pair of base OTs that was swapped", "s_that_swaps_a_pair_of_base_ots_fails_its_own_check"),
        ("another size of a list", "sides_that_mean_other_sizes_fail_at_the_first_check"),
        ("another exchange", "sides_that_mean_other_exchanges_fail_at_the_first_check"),
    ),
    *passes(
        VOLE_CHECK,
        ("a wrong x*", "r_that_sends_a_wrong_x_star_learns_only_a_hash"),
        ("a tree with two wrong corrections", "s_that_spoils_both_corrections_of_the_last_level_is_caught"),
        ("a guess of one bit of alpha", "s_that_spoils_one_correction_guesses_one_bit_of_alpha"),
        ("a tree with a wrong level 3", "s_that_spoils_level_3_is_caught_but_where_the_sibling_is_dropped"),
        ("a wrong sum of leaves", "s_that_spoils_a_leaf_sum_is_caught"),
        ("the base VOLE of another tree", "s_that_uses_the_base_of_another_tree_is_caught"),
        ("another delta in the trees", "s_that_uses_another_delta_in_the_trees_is_caught"),
        ("another delta in the check", "s_that_uses_another_delta_in_the_check_is_caught"),
        ("M5 of another batch", "s_that_sends_m5_of_batch_0_as_batch_1_is_caught"),
        ("M5 of another session", "s_that_sends_m5_of_another_session_is_caught"),
        ("a wrong eq", "s_that_sends_a_wrong_eq_is_caught"),
    ),
    *passes(
        ("proto/vole_r.c", "if (!sym_equal(want, run->m1 + 32, sizeof want)) {", "if (false) {"),
        ("a w_S that was not committed to", "s_that_opens_another_w_is_caught"),
    ),
    *passes(
        ("proto/vole_list.c", "if (sym_sorted_break(at, masks - first, SYM_VOLE_MASK_BYTES, true) < masks - first) {", "if (at == NULL) {"),
        ("a list of masks that is not sorted", "s_that_sends_masks_out_of_order_is_caught"),
        ("a mask that comes twice", "s_that_sends_a_mask_twice_is_caught"),
    ),
    *passes(
        ("proto/vole_frames.c", "if (r.left != part(a->len, a->at)) {", "if (r.left > part(a->len, a->at)) {"),
        ("a list that lacks a mask", "s_that_leaves_a_mask_out_is_caught"),
    ),
    (
        "a changed w_R is not noticed",
        cheat("a_flipped_bit_in_m1_to_m5_x_star_m7_or_m8_ends_the_session"),
        ("proto/vole_setup.c", "parts[] = {sym_span(w_r, 32), sym_span(run->end.at, run->end.len)};", "parts[] = {sym_span(w_r, 0), sym_span(run->end.at, run->end.len)};"),
    ),
    (
        "a session is not named after the exchange",
        cheat("sides_that_mean_other_exchanges_fail_at_the_first_check"),
        ("proto/vole_setup.c", "sym_span(run->config.context, SYM_VOLE_CONTEXT_BYTES)", "sym_span(run->config.context, 1)"),
    ),
    (
        "a session is not named after the sizes of the lists",
        cheat("sides_that_mean_other_sizes_fail_at_the_first_check"),
        ("proto/vole_setup.c", "\"sid\", run->n_r,\n                         run->n_s, parts", "\"sid\", run->n_r,\n                         0, parts"),
    ),
    (
        "masks need not ascend from one frame to the next",
        "proto/test_vole_hostile:refuses_masks_that_descend_between_two_works",
        ("proto/vole_list.c", "size_t first = l->masks_come > 0 ? l->masks_come - 1 : 0;", "size_t first = l->masks_come;"),
    ),
    (
        "masks are looked for before the close has left",
        "proto/test_vole_hostile:nothing_is_looked_up_before_the_close_has_left",
        ("proto/vole_list.c", "return l->stage != LIST_SEARCHES || has_closed(run) ? l->total : l->given;", "return l->total;"),
    ),
    (
        "a frame may be of any message",
        HOSTILE + "refuses_a_message_inside_another_one",
        ("proto/vole_frames.c", "return type == run->arrival.type\n", "return type != VOLE_NO_MESSAGE\n"),
    ),
    (
        "a frame may be longer than what is due",
        HOSTILE + "refuses_frames_of_any_other_length",
        ("proto/vole_frames.c", "if (r.left != part(a->len, a->at)) {", "if (r.left < part(a->len, a->at)) {"),
    ),
    (
        "M5 may come before its M4 was sent",
        HOSTILE + "refuses_m5_before_m4_was_sent",
        ("proto/vole_r.c", "if (run->m5_gone >= run->m4_gone) {", "if (false) {"),
    ),
    (
        "S may be as far ahead as it likes",
        HOSTILE + "refuses_m5_too_far_ahead_of_m6",
        ("proto/vole_r.c", "if (run->m5_gone >= run->m6_gone + SYM_VOLE_AHEAD) {", "if (false) {"),
    ),
    (
        "M6 may come before its M5 was sent",
        HOSTILE + "refuses_m6_before_m5_was_sent_and_m7_before_m6_came",
        ("proto/vole_s.c", "if (run->m6_gone == run->m5_gone) {", "if (false) {"),
    ),
    (
        "M7 may come before the last M6",
        HOSTILE + "refuses_m6_before_m5_was_sent_and_m7_before_m6_came",
        ("proto/vole_s.c", "if (run->m6_gone < run->g.batches) {", "if (false) {"),
    ),
    (
        "own digests may repeat",
        HOSTILE + "refuses_own_digests_that_do_not_ascend",
        ("proto/vole_list.c", "if (!own_ascend(c, first, n)) {", "if (false) {"),
    ),
    (
        "a side that is dead goes on",
        HOSTILE + "refuses_a_close_before_the_end",
        ("proto/vole.c", "        run->state = VOLE_DEAD;\n", ""),
    ),
    (
        "S keeps its secrets after the end",
        HOSTILE + "a_run_that_is_done_holds_no_secret_any_more",
        ("proto/vole_s.c", "        sym_vole_release(run);\n", ""),
    ),
    (
        "R keeps its secrets after the end",
        HOSTILE + "a_run_that_is_done_holds_no_secret_any_more",
        ("proto/vole_list.c", "        sym_vole_release(run);\n", ""),
    ),
    (
        "the masks leave in the order of the items",
        "proto/test_vole:the_masks_ascend_and_use_their_range_evenly",
        ("proto/vole_list.c", "        sym_match_sort(records(run), words(&l->offsets), l->bits, first, n, scratch.at);", "        ;"),
    ),
]
