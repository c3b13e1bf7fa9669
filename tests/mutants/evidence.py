# The evidence log of a node: what its tests must catch. Each: what is broken, the test that must fail,
# and edits of (file, text, replacement).
MUTANTS = [
    (
        "a log that begins again is named by the one before alone",
        "node/test_evidence_log:a_new_generation_is_named_by_the_clock",
        ("node/evidence/log.c", "now_s > most && now_s <= UINT32_MAX ? (uint32_t)now_s : most + 1", "now_s > 0 ? most + 1 : 0"),
    ),
    (
        "a generation that partners know of is named once more",
        "node/test_witness_rows:skips_the_generations_that_were_used_up",
        ("node/evidence/log.c", "before > b->used ? before : b->used", "before"),
    ),
    (
        "who asked for a new log is not in it",
        "node/test_witness_rows:who_asked_is_the_second_entry_of_the_new_log",
        ("node/evidence/log.c", "err == SYM_OK && b->asked != NULL ?", "err != SYM_OK && b->asked != NULL ?"),
    ),
    (
        "a node that does not name its logs in order is asked for ever",
        "cli/test_log_verify:refuses_a_node_that_does_not_name_its_logs_in_order",
        ("cli/audit/keys.c", "list.later <= *generation", "list.later == UINT32_MAX"),
    ),
]
