# A node that is an older copy of itself: whatever lets happen again what may have happened since.
LOG = "node/test_verbs_log:"
RESTORED = "node/test_restored:"

MUTANTS = [
    ("a log that is begun again gives the budget back",
     LOG + "a_log_that_is_begun_again_takes_the_budget_for_spent",
     ("node/core/restored.c", "    *restored = m.when;\n", "")),
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
