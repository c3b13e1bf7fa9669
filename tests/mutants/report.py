# Reports: what the tests of pages, and of what gets into them, must catch.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "a label of others opens an element",
        "cli/test_report:no_label_opens_an_element_in_tables_or_document",
        ("cli/report/html.c", 'return "&lt;";', 'return "<";'),
    ),
    (
        "a label in the document ends its element",
        "cli/test_report:no_label_opens_an_element_in_tables_or_document",
        ("cli/report/html.c", 'fputs("\\\\u003c", to)', 'fputc(\'<\', to)'),
    ),
    (
        "what is not shown is shown as zero",
        "cli/test_report:what_is_not_shown_is_never_zero",
        ("cli/report/tables_cells.c", "    if (row->has) {\n        (void)fprintf(t->to, \"<td>%\"",
         "    if (row->has || threshold > 0) {\n        (void)fprintf(t->to, \"<td>%\""),
    ),
    (
        "a level whose cells do not fit its dimensions is shown",
        "cli/test_report:refuses_what_is_no_report_or_does_not_agree_with_itself",
        ("cli/report/tables_cells.c", 'cells == sym_json_count(sym_json_get(raw, "cells"))', "cells > 0"),
    ),
    (
        "the command lets matches into a report",
        "cli/test_report:refuses_single_records_before_it_asks_for_them",
        ("cli/report/document.c", "if (e->kind == SYM_KIND_OVERLAP_MATCHES)", "if (false)"),
    ),
    (
        "the node lets matches into a report",
        "node/test_verbs_report:refuses_what_says_something_of_single_records_or_was_not_released",
        ("node/core/verbs_report.c", "if (e->kind == SYM_KIND_OVERLAP_MATCHES)", "if (false)"),
    ),
    (
        "a report that is in no log gets its file",
        "cli/test_report:leaves_no_file_that_the_log_does_not_know",
        ("cli/report_run.c", "return sym_new_file_close(&file, err, r->force, fault);",
         "return sym_new_file_close(&file, SYM_OK, r->force, fault);"),
    ),
    (
        "the node says that it has logged what it has not",
        "node/test_verbs_report:makes_no_report_that_cannot_be_logged",
        ("node/core/verbs_report.c", "enum sym_err err = enter(core, author, made);",
         "(void)enter(core, author, made);\n    enum sym_err err = SYM_OK;"),
    ),
    (
        "another word is shown for who counted a table",
        "cli/test_report:an_overlap_says_what_was_compared_and_who_counted",
        ("cli/report/tables.c", 'sym_json_get(r, "tallier")', 'sym_json_get(r, "purpose")'),
    ),
]
