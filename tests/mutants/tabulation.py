# Joint tabulation: what its tests must catch (design 3, "Tests that must exist"), in that order.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    # --- Exact sums, with drop-outs at each stage ---
    (
        "both sides of a pair add their mask",
        "proto/test_tabulate:sums_of_3_are_exact",
        ("crypto/mask.c", "own < other ? SYM_MASK_ADD : SYM_MASK_SUBTRACT", "SYM_MASK_ADD"),
    ),
    (
        "a lane of the vectorised sum is left out",
        "crypto/test_mask:all_ways_to_make_masks_agree",
        ("crypto/mask.c", "cells[i + j] -= sym_mask_word", "cells[i + j + (j == 3)] -= sym_mask_word"),
    ),
    (
        "one self mask stays on the sum",
        "proto/test_tabulate:sums_of_50_are_exact",
        ("proto/tab_lead_unmask.c", "for (size_t i = 0; err == SYM_OK && i < l->n_survivors; i++) {\n            err = self_key", "for (size_t i = 1; err == SYM_OK && i < l->n_survivors; i++) {\n            err = self_key"),
    ),
    (
        "the pair masks of who dropped out are added once more, not taken off",
        "proto/test_tabulate:of_50_ten_may_leave_at_any_stage_but_sharing",
        ("proto/tab_lead_unmask.c", "sym_mask_sign_inverse(sym_mask_sign_of(s->place, l->consenting[index].place))", "sym_mask_sign_of(s->place, l->consenting[index].place)"),
    ),
    (
        "of a node that falls silent the vector is awaited for ever",
        "proto/test_tabulate:of_12_two_may_fall_silent_at_any_stage_but_sharing",
        ("proto/tab_lead_phases.c", "now_ms >= leg->late_ms", "now_ms > now_ms + leg->late_ms"),
    ),
    (
        "the second tile of a vector is added at the first",
        "proto/test_tabulate:cells_of_many_tiles_are_exact",
        ("proto/tab_lead_sum.c", "sym_tab_cells_add(l->sum + start,", "sym_tab_cells_add(l->sum,"),
    ),
    (
        "a vector is added before it is complete and its hash is verified",
        "proto/test_tabulate_many:a_fifth_may_leave_with_their_vectors_half_sent",
        ("proto/tab_lead_phases.c", "leg->slot->state = SLOT_FREE;", "leg->slot->state = SLOT_FULL;"),
    ),
    (
        "with 200 the points of shares collide",
        "proto/test_tabulate_many:a_sum_of_200_is_exact",
        ("proto/tab_lead_unmask.c", "points[i] = (uint8_t)(places[i] + 1);", "points[i] = (uint8_t)((places[i] & 127) + 1);"),
    ),
    (
        "who is away from the beginning is counted among the consents",
        "proto/test_tabulate_many:a_fifth_may_be_away_from_the_beginning",
        ("proto/tab_lead_phases.c", "if (l->legs[i].stage == LEG_CONSENTED) {\n            l->consenting[n++]", "if (l->legs[i].stage >= LEG_PROPOSED) {\n            l->consenting[n++]"),
    ),
    (
        "fewer signatures than survivors count as too few",
        "proto/test_tabulate_many:a_fifth_may_leave_before_they_sign",
        ("proto/tab_lead_phases.c", "n + waiting < l->rules.quorum || (n", "n + waiting < l->n_survivors || (n"),
    ),
    (
        "the shares of all survivors are awaited, not of t",
        "proto/test_tabulate_many:a_fifth_may_leave_before_they_unmask",
        ("proto/tab_lead_unmask.c", "if (n < l->rules.quorum || n <= l->tried)", "if (n < l->n_survivors || n <= l->tried)"),
    ),
    (
        "Shamir's field has another polynomial when shares are made",
        "crypto/test_joint_sum:sums_of_3_and_5_are_exact",
        ("crypto/shamir.c", "high * 0x1bu", "high * 0x1du"),
    ),
    (
        "interpolation in a group that is too large by one",
        "crypto/test_joint_sum:sums_of_50_are_exact_with_10_gone_at_any_stage",
        ("crypto/shamir.c", "l->power[i] = (uint8_t)power;", "l->power[i] = (uint8_t)(i == 200 ? power ^ 1u : power);"),
    ),
    # --- Below t nothing ---
    (
        "t is rounded down",
        "proto/test_tabulate_rules:rules_follow_from_the_number_of_participants",
        ("proto/tabulate.c", "(4u * n + 4u) / 5u", "(4u * n) / 5u"),
    ),
    (
        "the initiator asks one survivor less than t to sign",
        "proto/test_tabulate:of_3_nobody_may_leave",
        ("proto/tab_lead_phases.c", "if (have + waiting < l->least) {", "if (have + waiting + 1 < l->least) {"),
        ("proto/tab_lead_phases.c", "if (n + waiting < l->rules.quorum ||", "if (n + waiting + 1 < l->rules.quorum ||"),
    ),
    (
        "the initiator goes on with too few consents",
        "proto/test_tabulate:of_5_nobody_may_leave_before_all_survive",
        ("proto/tab_lead_phases.c", "if (n < l->least) {", "if (n + 1 < l->least) {"),
    ),
    (
        "t is 0.79 n",
        "proto/test_tabulate_many:of_forty_one_nothing_is_revealed",
        ("proto/tabulate.c", "(4u * n + 4u) / 5u", "(79u * n + 99u) / 100u"),
    ),
    (
        "a member signs for too few survivors",
        "proto/test_tabulate_end:signs_no_list_that_is_not_true",
        ("proto/tab_member_unmask.c", "if (members.len < sym_member_least(m)) {", "if (members.len + 1 < sym_member_least(m)) {"),
    ),
    (
        "a member's own minimum is not asked for",
        "proto/test_tabulate_member:refuses_fewer_than_its_own_minimum",
        ("proto/tab_member.c", "return m->config.minimum > m->rules.quorum ? m->config.minimum : m->rules.quorum;", "return m->rules.quorum;"),
    ),
    (
        "shares are of a polynomial for t - 1",
        "proto/test_tabulate_attack:one_share_less_than_t_reveals_nothing",
        ("proto/tab_member_share.c", "m->rules.n, m->rules.quorum, &whole", "m->rules.n, m->rules.quorum - 1, &whole"),
    ),
    (
        "coefficients of the polynomial are zero",
        "crypto/test_shamir:a_share_of_one_secret_looks_uniform",
        ("crypto/shamir.c", "    sym_random_many(drawn.data, drawn.len);\n", ""),
    ),
    (
        "two survivors are allowed for by a minimum of 2",
        "proto/test_tabulate_member:refuses_impossible_configurations",
        ("proto/tab_member.c", "c->minimum >= SYM_TAB_MEMBERS_MIN &&", "c->minimum + 1 >= SYM_TAB_MEMBERS_MIN &&"),
    ),
    # --- Equivocation about who dropped out ---
    (
        "a member signs a list without itself",
        "proto/test_tabulate_attack:a_victim_does_not_help_to_leave_itself_out",
        ("proto/tab_member_unmask.c", "if (i == s->members.len) {\n", "if (i == s->members.len) {\n        return SYM_OK;\n"),
    ),
    (
        "a member unmasks for two lists of survivors",
        "proto/test_tabulate_attack:equivocation_fails_with_one_less",
        ("proto/tab_member_share.c", "m->rules.n, m->rules.quorum, &whole", "m->rules.n, m->rules.quorum - 1, &whole"),
        ("proto/tab_member_unmask.c", "if (n < m->rules.quorum) {", "if (n + 1 < m->rules.quorum) {"),
    ),
    (
        "a member unmasks for t - 1 signatures",
        "proto/test_tabulate_end:unmasks_only_for_enough_signatures",
        ("proto/tab_member_unmask.c", "if (n < m->rules.quorum) {", "if (n + 1 < m->rules.quorum) {"),
    ),
    (
        "a signature that is shown twice counts twice",
        "proto/test_tabulate_end:unmasks_only_for_enough_signatures",
        ("proto/tab_member_unmask.c", "if (!ascends || !survives(m, place)) {", "if (!survives(m, place)) {"),
    ),
    (
        "signatures over another list count",
        "proto/test_tabulate_end:unmasks_only_for_enough_signatures",
        ("proto/tab_member_unmask.c", "if (m->verdicts[i] != SYM_OK) {", "if (m->verdicts[i] == SYM_NO_MEMORY) {"),
    ),
    (
        "a member lets another vector stand for its own",
        "proto/test_tabulate_end:signs_no_list_that_is_not_true",
        ("proto/tab_member_unmask.c", "if (!sym_span_equal(listed, sym_span(m->vector_hash, sizeof m->vector_hash))) {", "if (listed.len == 0) {"),
    ),
    (
        "one colluder less than 2t - n is enough",
        "crypto/test_joint_sum:equivocation_needs_2t_minus_n_colluders",
        ("tests/support/tally.c", "err = sym_shamir_split(of_seed, y->n, y->t, &own->seed);", "err = sym_shamir_split(of_seed, y->n, y->t - 1, &own->seed);"),
        ("tests/support/tally.c", "err = sym_shamir_split(of_key, y->n, y->t, &key);", "err = sym_shamir_split(of_key, y->n, y->t - 1, &key);"),
    ),
    # --- Late, replayed, twice, restarted ---
    (
        "a vector that comes late is taken",
        "proto/test_tabulate_lead:refuses_a_vector_that_comes_late",
        ("proto/tab_lead_take.c", "leg->stage == turns[type].stage && leg->due == 0 && phase &&", "leg->stage == turns[type].stage && leg->due == 0 &&"),
        ("proto/tab_lead.c", "l->phase == SYM_TAB_FAILED || l->legs[place].gone) {", "l->phase == SYM_TAB_FAILED) {"),
    ),
    (
        "a reservation that expired still lets cells go",
        "proto/test_tabulate_member:sends_nothing_once_its_reservation_has_expired",
        ("proto/tab_member_vector.c", "now_ms >= m->expires_ms", "now_ms > m->expires_ms"),
    ),
    (
        "a consent to another query id counts",
        "proto/test_tabulate_member:refuses_consents_that_are_not_all_in_order",
        ("proto/tab_frames.c", "c->member != place || !sym_span_equal(c->qid, sym_span(qid, SYM_HASH_BYTES))", "c->member != place"),
    ),
    (
        "vectors and shares of another query id count",
        "proto/test_tabulate_lead:leaves_out_who_sends_no_true_vector",
        ("proto/tab_lead_take.c", "if (!sym_span_equal(qid, sym_span(l->qid, sizeof l->qid)) ||\n        ", "if ("),
    ),
    (
        "survivors of another query id or of other consents are signed",
        "proto/test_tabulate_end:signs_no_list_that_is_not_true",
        ("proto/tab_member_unmask.c", "if (!is_bound(m, s->qid, s->consents_hash)) {", "if (false) {"),
    ),
    (
        "the query id does not depend on the tabulation, so that it comes again",
        "proto/test_tabulate_rules:ids_depend_on_all_that_they_name",
        ("proto/tabulate.c", "        sym_span(q->tabulation, sizeof q->tabulation),", "        sym_span(q->tabulation, 0),"),
    ),
    (
        "a key of one consent comes again in another",
        "proto/test_tabulate_member:refuses_consents_that_are_not_all_in_order",
        ("proto/tab_member_consent.c", "if (sym_tab_consents_clash(&m->consenting[i], &m->consenting[j])) {", "if (false) {"),
    ),
    (
        "a member unmasks a second time",
        "proto/test_tabulate_end:unmasks_once",
        ("proto/tab_member_unmask.c", "if (m->state == MEMBER_WANTS_UNMASK && !m->unmasked) {", "if (true) {"),
        ("proto/tab_member_unmask.c", "    sym_secret_clear(&m->pairs);\n    return", "    return"),
    ),
    (
        "what could be unmasked a second time stays in memory",
        "proto/test_tabulate_end:unmasks_once",
        ("proto/tab_member_unmask.c", "    sym_secret_clear(&m->pairs);\n    return", "    return"),
    ),
    (
        "a member sends its vector a second time",
        "proto/test_tabulate_member:sends_one_vector_only",
        ("proto/tab_member_vector.c", "m->state == MEMBER_WANTS_DEBIT ? SYM_OK : SYM_WRONG_STATE", "SYM_OK"),
    ),
    (
        "a member that was restarted goes on where the query is",
        "proto/test_tabulate_member:knows_nothing_of_a_query_after_a_restart",
        ("proto/tab_member.c", "[MEMBER_AWAITS_QUERY] = {[TAB_PROPOSE] = sym_member_take_query},", "[MEMBER_AWAITS_QUERY] = {[TAB_PROPOSE] = sym_member_take_query, [TAB_SURVIVORS] = sym_member_take_survivors},"),
    ),
    # --- Seeds and masks ---
    (
        "a seed is folded to 32 bits",
        "crypto/test_mask:flipping_any_bit_of_a_seed_changes_key_stream_and_commitment",
        ("crypto/mask.c", "derive(key, parts, sizeof parts / sizeof *parts, sym_span(seed, SYM_MASK_SEED_BYTES))", "derive(key, parts, sizeof parts / sizeof *parts, sym_span(seed, 4))"),
    ),
    (
        "the last bit of a seed is not committed to",
        "crypto/test_mask:flipping_any_bit_of_a_seed_changes_key_stream_and_commitment",
        ("crypto/mask.c", "        sym_span(seed, SYM_MASK_SEED_BYTES),\n    };\n    return sym_sha256_parts", "        sym_span(seed, SYM_MASK_SEED_BYTES - 1),\n    };\n    return sym_sha256_parts"),
    ),
    (
        "the masks of each tile are the same",
        "crypto/test_mask:tiles_are_pieces_of_one_stream",
        ("crypto/mask.c", "(first + at) / 2, m,", "at / 2, m,"),
    ),
    (
        "16 bytes of the key make the stream",
        "crypto/test_mask:flipping_any_bit_of_a_key_changes_the_stream",
        ("crypto/mask.c", "sym_stream_start(&m->stream, key, block);", "sym_stream_start(&m->stream, memcpy((uint8_t[SYM_MASK_KEY_BYTES]){0}, key, 16), block);"),
    ),
    (
        "the mask of a pair does not depend on their secret",
        "crypto/test_mask:flipping_any_bit_of_a_mask_key_pair_changes_the_stream",
        ("crypto/mask.c", "sym_span(shared, SYM_X25519_BYTES));", "sym_span(shared, 0));"),
        ("crypto/mask.c", "        sym_span(own_first ? own : remote, SYM_X25519_BYTES),\n        sym_span(own_first ? remote : own, SYM_X25519_BYTES),\n", ""),
    ),
    (
        "the same masks for each query",
        "crypto/test_mask:keys_of_one_secret_differ_by_purpose_and_query",
        ("crypto/mask.c", "        sym_span(domain_self, sizeof domain_self),\n        sym_span(qid, SYM_QID_BYTES),", "        sym_span(domain_self, sizeof domain_self),"),
    ),
    (
        "masks reach the lower half of a cell only",
        "crypto/test_mask:one_masked_vector_is_uniform_whatever_it_hides",
        ("crypto/mask.c", "cells[i + j] += sym_mask_word(words[i + j]);", "cells[i + j] += (uint32_t)sym_mask_word(words[i + j]);"),
        ("crypto/mask.c", "cells[i + j] -= sym_mask_word(words[i + j]);", "cells[i + j] -= (uint32_t)sym_mask_word(words[i + j]);"),
    ),
    (
        "a vector leaves without masks",
        "proto/test_tabulate_attack:a_masked_vector_is_uniform_whatever_is_in_it",
        ("proto/tab_member_vector.c", "err = sym_mask_cells(m->tiles.cells + at, len, at, &masker, sym_secret_span(&m->keys),\n                             m->signs);", "err = len == 0 ? SYM_LIMIT : SYM_OK;"),
    ),
    (
        "a vector is masked with what it shares with one participant only",
        "proto/test_tabulate_attack:a_masked_vector_is_uniform_whatever_is_in_it",
        ("proto/tab_member_vector.c", "sym_secret_span(&m->keys),", "sym_span(m->keys.data + (m->n_consents - 1) * SYM_MASK_KEY_BYTES, SYM_MASK_KEY_BYTES),"),
    ),
    # --- Noise ---
    (
        "the scale is 2 % low",
        "crypto/test_laplace:shares_sum_to_the_exact_distribution",
        ("crypto/laplace.c", "sym_fixed_exp(p->epsilon_nano, (uint64_t)p->sensitivity * NANO)", "sym_fixed_exp(p->epsilon_nano * 50, (uint64_t)p->sensitivity * NANO * 49)"),
    ),
    (
        "one share in ten is missing",
        "crypto/test_laplace:shares_sum_to_the_exact_distribution",
        ("crypto/laplace.c", "quotients(sums, n, q, p->shares, present);", "quotients(sums, n, q, p->shares * 10, present * 9);"),
    ),
    (
        "a Laplace in floating point, rounded, of the same scale",
        "crypto/test_laplace:shares_sum_to_the_exact_distribution",
        ("crypto/laplace.c", "    size_t n;\n    struct sym_threshold thresholds[];", "    size_t n;\n    double scale;\n    struct sym_threshold thresholds[];"),
        ("crypto/laplace.c", "    t->n = n;\n", "    t->n = n;\n    t->scale = p->shares == 1 ? (double)p->sensitivity * NANO / (double)p->epsilon_nano : 0;\n"),
        ("crypto/laplace.c", "        cells[i] += x & KEPT;", "        if (t->scale > 0) {\n            double u = (double)(drawn[2 * i] >> 11) * 0x1p-53 - 0.5;\n            x = (uint64_t)__builtin_llround(-t->scale * __builtin_copysign(1, u) * __builtin_log1p(-2 * __builtin_fabs(u)));\n        }\n        cells[i] += x & KEPT;"),
    ),
    (
        "zero has one sign too many",
        "crypto/test_laplace:shares_sum_to_the_exact_distribution",
        ("crypto/laplace.c", "((t->n - above[i]) ^ minus) - minus;", "(t->n - above[i]) ^ minus;"),
    ),
    (
        "a table of noise is off in its last bit",
        "crypto/test_laplace:tables_are_those_of_an_independent_computation",
        ("crypto/laplace.c", "sym_fixed_subtract(sym_fixed_from(1), outside(&tails, k)));", "sym_fixed_subtract(sym_fixed_from(1), outside(&tails, k))) ^ (k == 7);"),
    ),
    (
        "a table of noise is cut at 2^-80",
        "crypto/test_laplace:tables_are_those_of_an_independent_computation",
        ("crypto/laplace.c", "(127 - 96)", "(127 - 80)"),
    ),
    (
        "the same noise in each tile",
        "crypto/test_laplace:noise_depends_on_key_and_cell_only",
        ("crypto/laplace.c", "2 * (first + at), m, key", "2 * at, m, key"),
    ),
    (
        "noise for an epsilon that is 10 % larger",
        "crypto/test_laplace:an_audit_finds_no_more_than_epsilon",
        ("crypto/laplace.c", "sym_fixed_exp(p->epsilon_nano, (uint64_t)p->sensitivity * NANO)", "sym_fixed_exp(p->epsilon_nano * 11, (uint64_t)p->sensitivity * NANO * 10)"),
    ),
    (
        "noise for a sensitivity of 1, whatever it is",
        "crypto/test_laplace:an_audit_finds_no_more_than_epsilon",
        ("crypto/laplace.c", "sym_fixed_exp(p->epsilon_nano, (uint64_t)p->sensitivity * NANO)", "sym_fixed_exp(p->epsilon_nano, (uint64_t)NANO)"),
    ),
    (
        "participants share the noise among all n, not among t - m",
        "proto/test_tabulate:noise_is_that_of_its_shares",
        ("proto/tab_member_consent.c", ".shares = m->rules.noise_shares", ".shares = m->rules.n"),
    ),
    (
        "one participant in five adds no noise",
        "proto/test_tabulate:noise_is_that_of_its_shares",
        ("proto/tab_member_vector.c", "    if (err == SYM_OK) {\n        err = sym_laplace_add(", "    if (err == SYM_OK && m->config.place % 5 != 4) {\n        err = sym_laplace_add("),
    ),
    (
        "participants add the noise of a sensitivity of 1",
        "proto/test_tabulate:noise_is_that_of_its_shares",
        ("proto/tab_member_consent.c", ".sensitivity = sym_cube_sensitivity(m->cube)", ".sensitivity = 1"),
    ),
    (
        "t - m counts the colluders among the honest",
        "proto/test_tabulate_rules:rules_follow_from_the_number_of_participants",
        ("proto/tabulate.c", "r.noise_shares = r.quorum - r.colluders", "r.noise_shares = r.quorum"),
    ),
    # --- Ghosts and the threshold ---
    (
        "a threshold of 11, whatever the noise",
        "crypto/test_laplace:an_empty_federation_releases_at_most_5_ghosts",
        ("crypto/laplace.c", "while (sym_fixed_less(tails.total, sym_fixed_times(tail(&tails, threshold), rarity))) {", "while (false) {"),
    ),
    (
        "a threshold for a thousand cells",
        "crypto/test_laplace:an_empty_federation_releases_at_most_5_ghosts",
        ("crypto/laplace.c", "uint64_t rarity = cells < GHOSTS_ONE_IN ? GHOSTS_ONE_IN : cells;", "uint64_t rarity = 1000;"),
    ),
    (
        "cubes of more than 10^5 cells keep the threshold of 10^5",
        "crypto/test_laplace:thresholds_of_200_nodes_are_those_of_the_design",
        ("crypto/laplace.c", "uint64_t rarity = cells < GHOSTS_ONE_IN ? GHOSTS_ONE_IN : cells;", "uint64_t rarity = GHOSTS_ONE_IN;"),
    ),
    (
        "the threshold is that of the noise of one share",
        "proto/test_tabulate:an_empty_federation_releases_at_most_5_cells",
        ("proto/tab_lead_release.c", "l->n_survivors, l->cells);", "1, l->cells);"),
    ),
    (
        "cells below zero are released",
        "proto/test_tabulate:an_empty_federation_releases_at_most_5_cells",
        ("proto/tab_lead_release.c", "l->sum[i] > INT64_MAX || ", ""),
    ),
    (
        "what is below the threshold is released",
        "proto/test_tabulate:an_empty_federation_releases_at_most_5_cells",
        ("proto/tab_lead_release.c", "l->sum[i] = below ? 0 : l->sum[i];", ""),
    ),
    (
        "a member keeps a release with cells below the threshold",
        "proto/test_tabulate_end:keeps_no_release_of_a_cell_below_the_threshold",
        ("proto/tab_member_release.c", "if (cells[i] != 0 && cells[i] < r->threshold)", "if (false)"),
    ),
    (
        "a page of one cell that never ends is kept",
        "proto/test_tabulate_end:keeps_no_release_with_other_cells",
        ("proto/tab_member_release.c", "!sym_cells_are_whole(content)", "content.len == 0 || content.data[content.len - 1] >= 0x80u"),
    ),
    (
        "two that lie about one mask end the tabulation",
        "proto/test_tabulate_lead:finds_as_many_who_give_wrong_shares_as_are_not_needed",
        ("proto/tab_lead_liars.c", "{.k = l->tried, .spare = l->tried - l->rules.quorum};", "{.k = l->rules.quorum + 1, .spare = 1};"),
    ),
    (
        "who was asked for its edition alone goes on without budget or approval",
        "proto/test_tabulate_member:goes_no_further_than_its_edition_where_that_alone_was_asked_for",
        ("proto/tab_member_consent.c", "if (m->config.only_confirms) {", "if (m->config.only_confirms && content.len == 0) {"),
    ),
    (
        "who approves is not told what narrows the question",
        "proto/test_outline:says_what_is_counted_by_what",
        ("proto/outline.c", ".narrows = d->narrows", ".narrows = 0"),
    ),
    # --- Releases that are owed ---
    (
        "one participant that takes no release holds up all others",
        "node/test_deliveries:whom_it_failed_with_comes_last",
        ("node/exchange/deliveries.c", "        come_last(x, &d->row);\n", ""),
    ),
    (
        "one participant that cannot be asked makes all others wait",
        "node/test_deliveries:who_cannot_even_be_asked_comes_last_and_makes_nobody_wait",
        ("node/exchange/deliveries.c", "x->delivery_ms = now_ms + WAIT_MS_MIN;", "x->delivery_ms = now_ms + x->delivery_wait_ms;"),
    ),
    (
        "who has failed is asked each time that all others were",
        "node/test_deliveries:whom_it_failed_with_is_left_alone_for_longer_each_time",
        ("node/exchange/deliveries.c", "if (now_ms >= x->delivery_late_ms) {", "if (now_ms + WAIT_MS_MAX >= x->delivery_late_ms) {"),
    ),
    (
        "a link for a delivery is looked at when it is idle and closed again",
        "node/test_deliveries:a_link_that_comes_up_is_used_at_once",
        ("node/exchange/deliveries.c", "#define LINK_LOOKS 3u", "#define LINK_LOOKS 0u"),
    ),
    (
        "a participant without a link holds up all others",
        "node/test_deliveries:who_has_no_link_keeps_the_others_waiting_for_some_seconds_only",
        ("node/exchange/deliveries.c", "return x->delivery_looks++ == LINK_LOOKS;", "return false;"),
    ),
    (
        "who comes last has a link by chance only",
        "node/test_deliveries:who_comes_last_is_asked_as_soon_as_there_is_a_link",
        ("node/exchange/deliveries.c", "(void)look_at_row(x, &s.row, true);", "(void)look_at_row(x, &s.row, false);"),
    ),
    (
        "who has taken a release stays behind all others",
        "node/test_deliveries:who_takes_a_release_comes_as_others_again",
        ("node/exchange/deliveries.c", "        come_as_others(x, d->row.participant);\n", ""),
    ),
    (
        "a request for a delivery waits for its answer as long as for all of it",
        "node/test_deliveries:who_does_not_answer_holds_up_nobody",
        ("node/exchange/deliveries.c", "            leave_late(x);\n", "            (void)leave_late;\n"),
    ),
    (
        "who answers and takes no release holds up what is owed to others",
        "node/test_deliveries:who_answers_and_then_stalls_holds_up_nobody_for_long",
        ("node/exchange/deliveries.c", "if (e == NULL || e->phase == SYM_PHASE_ENDING) {", "if (e == NULL || (e->phase != SYM_PHASE_ASKING && e->phase != SYM_PHASE_ASKED)) {"),
    ),
]
