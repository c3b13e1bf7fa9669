# Previews of what a node would add: what their tests must catch. Each: what is broken, the test that must fail,
# and edits of (file, text, replacement).
MUTANTS = [
    (
        "a preview of a dataset that has changed is told again",
        "node/test_preview:a_dataset_that_changed_since_is_counted_again",
        ("node/core/preview.c", "    sym_preview_look(p);\n", ""),
    ),
    (
        "a preview of a dataset that has changed stays in memory",
        "node/test_preview:a_change_wipes_what_was_counted_at_once",
        ("node/core/preview.c", "!sym_equal(now, p->basis, sizeof now)", "false"),
    ),
    (
        "the pages of one preview are of two editions",
        "node/test_preview:a_dataset_that_changed_since_is_counted_again",
        ("node/core/preview.c", "first > 0 && has_moved(", "false && has_moved("),
    ),
    (
        "what is forgotten in the published edition alone leaves the basis as it was",
        "node/test_dataset_snapshots:a_record_that_was_replaced_is_forgotten_in_the_snapshot",
        ("node/data/datasets.c", "        sym_write_u64(&w, s->snapshot_records);\n", ""),
    ),
    (
        "what is forgotten in the published edition alone is told as a failure",
        "cli/test_dataset:tells_what_it_forgot_in_the_published_edition_alone",
        ("cli/forget_run.c", " &&\n        forgotten.published_records == 0) {", ") {"),
    ),
    (
        "what is forgotten in the published edition is not counted",
        "node/test_dataset_snapshots:a_record_that_was_replaced_is_forgotten_in_the_snapshot",
        ("node/data/dataset_content.c", "    out->published_records = s->snapshot_records - f.after.snapshot_records;\n", ""),
    ),
    (
        "an import is silent of the edition that stays counted",
        "cli/test_import_command_rows:says_what_is_counted_until_it_is_published",
        ("cli/import_run.c", "        job->published_records = row.published_records;\n", ""),
    ),
    (
        "an edition that is older than what was imported looks like the present one",
        "cli/test_dataset:says_that_what_is_published_is_older",
        ("cli/dataset_row.c", "row->imported_ms > row->published_ms", "row->imported_ms > UINT64_MAX - 1"),
    ),
]
