# The auditor's commands: what the tests of verify, log and requests must catch.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "a head of a log that was rewritten fits",
        "cli/test_verify_proofs:a_head_of_a_log_that_was_rewritten_is_wrong",
        ("cli/verify_heads.c", "v->seen = fits ? SYM_HEAD_FITS : SYM_HEAD_CONTRADICTS;", "v->seen = fits || true ? SYM_HEAD_FITS : SYM_HEAD_CONTRADICTS;"),
    ),
    (
        "a head that contradicts is good all the same",
        "cli/test_verify_proofs:a_head_of_a_log_that_was_rewritten_is_wrong",
        ("cli/verify_heads.c", "v->good = v->good && v->head != SYM_HEAD_CONTRADICTS;", ""),
    ),
    (
        "heads that met no export are not compared with each other",
        "cli/test_verify_proofs:heads_of_one_size_and_two_roots_contradict_each_other",
        ("cli/verify_heads.c", "    compare_heads(h);\n", "    (void)compare_heads;\n"),
    ),
    (
        "a pipe in an export is waited for",
        "cli/test_verify:refuses_a_pipe_in_place_of_any_file",
        ("cli/verify_dir.c", "return lstat(path, &st) != 0 || S_ISREG(st.st_mode);", "return lstat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode);"),
    ),
    (
        "the newest entries are the first ones that came",
        "cli/test_log_list:a_limit_takes_the_newest_unless_a_beginning_is_named",
        ("cli/audit/newest.c", "l.skip = l.found > n->limit ? l.found - n->limit : 0;", "l.skip = 0;"),
    ),
    (
        "an answer that was given before is a denial",
        "cli/test_log_report:a_report_counts_what_was_answered_before_as_no_denial",
        ("cli/audit/repeat.c", "return repeat == SYM_REPEAT_BRINGS &&", "return repeat == SYM_REPEAT_NONE &&"),
    ),
    (
        "a denial of another question hides as an answer given before",
        "cli/test_log_report:a_report_counts_what_was_answered_before_as_no_denial",
        ("cli/audit/repeat.c", "return repeat == SYM_REPEAT_BRINGS &&", "return"),
    ),
    (
        "periods with a gap are shown as a run",
        "cli/test_requests:a_tabulation_shows_what_is_asked_of_whom_and_what_it_costs",
        ("cli/tabulate/outlined.c", "&& place == want;", "&& place >= want;"),
    ),
    (
        "a leg of a tabulation goes on after its close",
        "node/test_runs:a_leg_of_a_tabulation_closes_once",
        ("node/exchange/run_tabulate.c", "    if (r->said_close) {\n        return SYM_STEP_WAIT;", "    if (false) {\n        return SYM_STEP_WAIT;"),
    ),
    (
        "a person is asked to accept what a peer did that is not there",
        "cli/test_terminal:nobody_is_asked_about_what_is_not_there",
        ("cli/cmd_log_partners.c", "if (fault.err == SYM_OK && asks) {", "if (fault.err == SYM_OK && asks && call == NULL) {"),
    ),
]
