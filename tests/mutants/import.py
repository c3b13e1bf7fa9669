# Imports of incidents: what their tests must catch.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
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
]
