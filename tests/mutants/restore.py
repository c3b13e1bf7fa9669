# A node that is an older copy of itself: whatever lets happen again what may have happened since.
DATA = "node/test_verbs_data:"
LOG = "node/test_verbs_log:"
RESTORED = "node/test_restored:"

HELD = "node/test_grants_held:"

MUTANTS = [
    ("a standing list goes on counting where its backup was",
     "node/test_exchange_standing:a_list_from_before_a_restore_answers_no_more",
     ("node/overlap/standing_wish.c", "        sym_write_u64(&w, offer->restored_ms);\n", "")),
    ("grants do not know of a restore",
     "node/test_grants_counted:evaluated_elements_stay_counted",
     ("node/grant/grants_standing.c", ".restored_ms = restored_ms};", ".restored_ms = 0 * restored_ms};")),
    ("an approval is used once before a restore and once after it",
     HELD + "an_approval_from_before_a_restore_is_good_for_nothing",
     ("node/grant/grants_held.c", "item->terms.decided_ms <= *g->config.restored_ms;",
      "item->terms.decided_ms < *g->config.restored_ms - 3600000u;")),
    ("an approval is used once more when the log is begun again",
     HELD + "an_approval_expires_when_the_log_is_begun_again",
     ("node/grant/grants_held.c", "item->terms.decided_ms <= *g->config.restored_ms;",
      "item->terms.decided_ms < *g->config.restored_ms;")),
    ("a log that is begun again gives the budget back",
     LOG + "a_log_that_is_begun_again_takes_the_budget_for_spent",
     ("node/core/restored.c", "    *restored = m.when;\n", "")),
    ("editions have the numbers of those that a restore has lost",
     DATA + "after_a_restore_no_edition_has_the_number_of_one_that_was_lost",
     ("node/core/verbs_data.c", "sym_datasets_go_beyond(core->datasets, asked->name, core->restored.restored_ms);", "")),
    ("a budget is shown as if there had been no restore",
     DATA + "budgets_say_what_the_ledger_would_let_through",
     ("node/core/verbs_tabulate.c", "\n        .left_nano = left.left_nano,", "\n        .left_nano = b->cap_nano - row->spent_nano,")),
    ("what was reserved before a restore is paid after it",
     LOG + "a_log_that_is_begun_again_takes_the_budget_for_spent",
     ("node/core/restored.c", "return err == SYM_OK ? sym_ledger_start(t) : err;", "return err;")),
    ("an older copy that was found out is one again after the next start",
     RESTORED + "an_older_copy_that_is_found_out_counts_as_restored",
     ("node/core/restored.c", "    err = write_entry(t, m);\n", "    err = SYM_OK;\n")),
    ("a clock that was set back makes a restore older",
     RESTORED + "an_older_copy_that_is_found_out_counts_as_restored",
     ("node/core/restored.c", "m->when.restored_ms <= known.when.restored_ms", "m->when.restored_ms == 0")),
    ("a mark is taken a second time",
     RESTORED + "a_mark_that_was_taken_stays_so_when_an_older_copy_is_found_out",
     ("node/core/restored.c", "    memcpy(m->id, known.id, sizeof m->id);\n", "")),
]
