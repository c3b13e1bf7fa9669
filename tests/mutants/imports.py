# Imports that are cut off: what their tests must catch. Each: what is broken, the test that must fail,
# and edits of (file, text, replacement).
MUTANTS = [
    (
        "an import that was kept is forgotten with the node's memory",
        "node/test_dataset_import:an_end_is_answered_once_more_after_a_restart",
        ("node/data/dataset_import.c", "    out->has_import = true;\n", ""),
    ),
    (
        "another user is told of an import that was kept",
        "node/test_dataset_import:an_end_is_answered_once_more_after_a_restart",
        ("node/data/dataset_import.c", "sym_import_check_user(s->imported_by, s->name, author, fault)", "sym_import_check_user(author->user, s->name, author, fault)"),
    ),
    (
        "a dataset of an older node cannot be read",
        "node/test_dataset_import:reads_a_row_from_before_it_named_its_import",
        ("node/data/dataset_row.c", "r.err == SYM_OK && r.left > 0;", "r.err == SYM_OK;"),
    ),
    (
        "an end without an answer is told as if nothing had arrived",
        "cli/test_handover:does_not_know_whether_an_end_without_an_answer_arrived",
        ("cli/handover.c", "err != SYM_CLOSED && err != SYM_UNREACHABLE", "err != SYM_UNREACHABLE"),
    ),
    (
        "an import replaces what is of another kind",
        "node/test_dataset_snapshots:refuses_to_replace_what_is_of_another_kind",
        ("node/data/dataset_begin.c", "if (old->kind != kind_of(begin)) {", "if (begin->append && old->kind != kind_of(begin)) {"),
    ),
    (
        "a column that lacks the one beside it is left out without a word",
        "cli/test_import_command:columns_that_the_profile_does_not_use_are_named",
        ("cli/ingest/spare.c", "if (title.len > 0 && !is_used(b, i)", "if (title.len > 0 && i > 3 && !is_used(b, i)"),
    ),
    (
        "columns in front of rejected rows are named as unused",
        "cli/test_import_command:columns_that_the_profile_does_not_use_are_named",
        ("cli/ingest/spare.c", " && !sym_rejects_has_title(title)", ""),
    ),
    (
        "a title writes to the terminal by itself",
        "cli/test_import_command:columns_that_the_profile_does_not_use_are_named",
        ("cli/import_report.c", "sym_format_text(title, sizeof title, sym_span_text(s->titles[i]));", "(void)snprintf(title, sizeof title, \"%s\", s->titles[i]);"),
    ),
]
