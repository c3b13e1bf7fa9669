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
    (
        "releases that peers bring are recorded without a bound",
        "node/test_exchange_deliveries:what_is_beyond_the_allowance_is_denied_and_not_recorded",
        ("node/exchange/exchange_answer.c", "e->matter == NULL || e->matter->delivers ||", "e->matter == NULL ||"),
    ),
    (
        "a peer brings any number of releases at once",
        "node/test_exchange_deliveries:a_peer_brings_one_at_a_time",
        ("node/exchange/tabulation_answer.c", "} else if (brings_another(j)) {", "} else if (brings_another(j) && false) {"),
    ),
    (
        "a release that was broken off is brought again at once",
        "node/test_exchange_deliveries:one_that_was_broken_off_is_let_in_again_after_a_pause",
        ("node/exchange/delivery_pause.c", "if (now_ms < row->until_ms) {", "if (now_ms < row->until_ms / 1000) {"),
    ),
    (
        "who brings a release and hangs keeps its place for ten minutes",
        "node/test_exchange_deliveries:who_hangs_keeps_its_place_for_a_short_time_only",
        ("node/exchange/exchange_answer.c", "return SYM_DELIVERY_EACH_MS;", "return SYM_REQUEST_LIFE_MS_MAX;"),
    ),
    (
        "a comparison shows a page again and again",
        "node/test_compare_asked:refuses_to_show_a_page_again",
        ("node/exchange/compare_page.c", "if (first != told->next) {", "if (first > told->next) {"),
    ),
    (
        "a comparison answers without end",
        "node/test_compare_asked:answers_so_many_asks_and_no_more",
        ("node/exchange/compare_page.c", "if (++told->asks > SYM_COMPARE_ASKS_MAX) {", "if (++told->asks == UINT32_MAX) {"),
    ),
    (
        "a meeting makes proofs without end",
        "node/test_exchange_owed:a_meeting_proves_what_one_node_may_want_and_no_more",
        ("node/exchange/run_witness.c", "run->wanted += wants.len / 8;", "run->wanted = wants.len / 8;"),
    ),
    (
        "ids of all exchanges are forgotten in one go",
        "node/test_sightings:forgets_a_portion_at_a_time",
        ("node/exchange/sightings.c", "if (p->n == SYM_SIGHTINGS_PORTION) {", "if (p->n == SIZE_MAX) {"),
    ),
    (
        "each portion of ids is the first",
        "node/test_sightings:goes_on_behind_what_it_keeps",
        ("node/exchange/sightings.c", "        memcpy(p->next.from, key.data, sizeof p->next.from);\n", ""),
    ),
    (
        "a full disk is blamed on the dataset",
        "node/test_exchange_close:a_full_disk_is_not_blamed_on_the_dataset",
        ("node/exchange/exchange_save.c", "err == SYM_NOT_FOUND) {", "err != SYM_OK) {"),
    ),
    (
        "an overlap that the other side has as done is called cancelled",
        "node/test_exchange_close:what_ends_it_meanwhile_is_not_told_and_hides_nothing",
        ("node/exchange/exchange_end.c", "    if (sym_exchange_is_settled(e)) {\n        sym_exchange_lose_result", "    if (false) {\n        sym_exchange_lose_result"),
    ),
    (
        "an end that was due is put in words again",
        "node/test_exchange_close:the_end_of_a_settled_one_is_put_in_words_once",
        ("node/exchange/exchange_write.c", "sym_exchange_abort_so(x, e, due.reason,", "sym_exchange_abort(x, e, due.reason,"),
    ),
    (
        "a search begins anew while an end is due",
        "node/test_exchange_close:no_second_search_begins_while_an_end_is_due",
        ("node/exchange/exchange_save.c", "e->matter->saved || e->ending.due) {", "e->matter->saved) {"),
    ),
    (
        "what is held no longer is withdrawn when it is cancelled",
        "node/test_exchange_overlap_ends:what_is_held_no_longer_is_not_withdrawn",
        ("node/exchange/exchanges.c", "if (e->state == SYM_EXCHANGE_HELD && e->matter->is_held) {", "if (e->matter != NULL && e->matter->is_held) {"),
    ),
    (
        "a withdrawal of no id cancels what was not asked for again since the start",
        "node/test_grants_waiting:refuses_to_cancel_what_is_anothers_or_over",
        ("node/grant/grants_resolve.c", "!sym_equal(id, none, sizeof none);", "item->id != none;"),
    ),
    (
        "a cancelled approval is written down as one that waited",
        "node/test_grants_waiting:what_the_peer_cancels_waits_no_longer",
        ("node/grant/grants_resolve.c", "item->terms.state == SYM_HELD_APPROVED};", "item->terms.state == SYM_HELD_CANCELLED};"),
    ),
    (
        "asking whether an answer still is one takes along what the question is known by",
        "node/test_openings:asking_whether_an_answer_still_is_one_is_another_wish",
        ("node/exchange/exchange_matter.c", "asked->cohort, asked->answered};", "asked->cohort};"),
    ),
    (
        "an approval that came to nothing is given back for ever",
        "node/test_grants_held:each_attempt_on_one_approval_is_one_request_of_the_day",
        ("node/grant/grants_decide.c", "sym_asked_count(&item->asked, now_ms) < item->limits.per_day;", "item->limits.per_day > 0;"),
    ),
    (
        "an approval comes back that a revoked grant has voided",
        "node/test_grants_held:no_approval_is_given_back_after_a_restart_or_once_its_grant_was_revoked",
        ("node/grant/grants.c", "            g->held[i].in_use = false; /* it is not given back any more */\n", "            continue;\n"),
    ),
    (
        "an approval is given back after its day",
        "node/test_grants_held:what_came_to_nothing_gives_its_approval_back_for_as_long_as_it_was_good",
        ("node/grant/grants_decide.c", "held->in_use && now_ms < held->terms.expires_ms &&", "held->in_use &&"),
    ),
    (
        "what the node itself denies uses up the approval",
        "node/test_grants_held:what_the_node_itself_denies_leaves_the_approval_as_it_was",
        ("node/grant/grants_decide.c", "        *held = s->held_before;\n        s->holds = false;\n        count(", "        count("),
    ),
    (
        "anybody takes back the command of another user",
        "node/test_proposals:who_gave_it_takes_it_back_and_nobody_else",
        ("node/grant/proposals.c", "if (strcmp(author->user, item->user) != 0) {", "if (author->user == NULL) {"),
    ),
    (
        "a command is taken back after it was approved",
        "node/test_proposals:who_gave_it_takes_it_back_and_nobody_else",
        ("node/grant/proposals.c", "    enum sym_err err = check_waits(p, item, hex, fault);\n", "    enum sym_err err = SYM_OK;\n"),
    ),
    (
        "an approval is good for a difference that came up after it",
        "node/test_grants_held:an_approval_is_not_good_for_what_came_up_after_it",
        ("node/grant/grants_decide.c", "policy_ask(ask, 0, told && item->terms.state", "policy_ask(ask, 0, item->terms.state"),
    ),
    (
        "who decides is told why it was held at first",
        "node/test_grants_held:who_decides_what_still_waits_is_told_of_what_came_up",
        ("node/grant/grants_decide.c", "        if (!told) {\n            hold_anew", "        if (!told && item->terms.state == SYM_HELD_APPROVED) {\n            hold_anew"),
    ),
]
