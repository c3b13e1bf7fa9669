# Imports: what their tests must catch. Each: what is broken, the test that must fail, and edits of
# (file, text, replacement).
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
        "an incident counts once for each of its rows",
        "cli/test_import_incidents:an_id_is_that_of_one_incident",
        ("cli/ingest/import.c", "if (err != SYM_OK || (!held && !before)) {", "if (err != SYM_OK || !held) {"),
    ),
    (
        "what the dataset has is added once more",
        "cli/test_import_incidents:what_the_dataset_has_is_not_added_again",
        ("cli/ingest/import.c", "bool held = im->source->held != NULL && sym_repeats_has(im->source->held, r->print);", "bool held = im->source->held != NULL && im->source->held->max == 0;"),
    ),
    (
        "rows without ids are added",
        "cli/test_import_incidents:rows_without_ids_are_not_added_to_others",
        ("cli/ingest/import.c", "im->binding.id != SYM_BOUND_ROW ||", "im->binding.id == SYM_BOUND_ROW ||"),
    ),
    (
        "remarks about ids come behind those of later rows",
        "cli/test_import_incidents:an_id_is_that_of_one_incident",
        ("cli/ingest/import.c", "        sym_batch_sort_remarks(b);\n", "        (void)b;\n"),
    ),
    (
        "only the first page of ids is asked for",
        "cli/test_import_command_rows:adds_no_incident_that_the_dataset_has",
        ("cli/handover.c", "from = err == SYM_OK ? next.prints_next : 0;", "from = 0;"),
    ),
    (
        "ids of the segment after a page are left out",
        "node/test_dataset_snapshots:an_import_hears_which_ids_are_there",
        ("node/data/dataset_content.c", "*next = at < c->segments ? at + 1 : 0;", "*next = at + 1 < c->segments ? at + 2 : 0;"),
    ),
    (
        "an import that goes on is begun anew by a node that was started again",
        "node/test_dataset_import:an_import_that_goes_on_is_not_begun_anew",
        ("node/data/dataset_begin.c", "if (known || begin->goes_on) {", "if (known) {"),
    ),
    (
        "what adds incidents shows life as what is compared with nothing",
        "cli/test_handover:what_adds_incidents_is_not_begun_anew_at_a_node_that_was_started_again",
        ("cli/handover.c", "&next, h->terms.held != NULL, fault);", "&next, false, fault);"),
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
    (
        "half a person is five hundred",
        "cli/test_import_incidents:numbers_have_commas_between_thousands_alone",
        ("cli/ingest/incident_row.c", "if (text.len == 0 || !is_grouped(text)) {", "if (text.len == 0 || text.data[0] == ',') {"),
    ),
    (
        "half of a file that is written anew is imported",
        "cli/test_csv:refuses_a_file_that_is_written_meanwhile",
        ("cli/ingest/csv.c", "return csv->ended ? check_unchanged(csv, fault) : SYM_OK;", "(void)check_unchanged;\n    return SYM_OK;"),
    ),
    (
        "a title with its accents written otherwise is another",
        "cli/test_profile:titles_are_one_however_their_accents_and_blanks_are_written",
        ("cli/ingest/profile_bind.c", "sym_unicode_compose(&w, text) == SYM_OK && w.err", "w.err != SYM_OK && sym_unicode_compose(&w, text) == SYM_OK && w.err"),
    ),
    (
        "a year and a half is a year",
        "cli/test_import_incidents:whole_numbers_may_have_a_zero_for_decimals",
        ("cli/ingest/incident_row.c", "text.data[len + 1] == '0';", "len > 0;"),
    ),
    (
        "identifiers by older rules are compared with those of today",
        "node/test_dataset_import:identifiers_by_older_rules_are_not_compared",
        ("node/data/datasets.c", " && s->canon_version != SYM_CANON_VERSION", " && s->records > SYM_SET_MAX"),
    ),
    (
        "what is added makes a list one of today's rules",
        "node/test_dataset_import:identifiers_by_older_rules_are_not_compared",
        ("node/data/dataset_begin.c", "            m->added.canon_version = old->canon_version;\n", "            m->added.canon_version += 0;\n"),
    ),
    (
        "the version of the rules is forgotten with the node's memory",
        "node/test_dataset_import:identifiers_by_older_rules_are_not_compared",
        ("node/data/dataset_row.c", "        sym_write_u8(&w, s->canon_version);\n", "        sym_write_u8(&w, 1);\n"),
    ),
    (
        "a standing list by older rules is offered",
        "node/test_exchange_standing:an_outdated_list_is_erased",
        ("node/overlap/standing_wish.c", "sym_datasets_is_outdated(datasets, at)", "false"),
    ),
]
