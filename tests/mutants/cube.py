# Cubes, and what a node counts into them: whatever moves a count further than the noise covers.
MUTANTS = [
    (
        "each of several counts that hold one incident counts in as many cells as it alone might",
        "proto/test_cube:an_incident_in_several_records_moves_the_cells_by_the_sensitivity_at_most",
        ("proto/cube.c", ".most = c->cells_per_incident / records};", ".most = c->cells_per_incident / (records > 0 ? 1 : 2)};"),
    ),
    (
        "several values count in every cell, whatever was declared",
        "proto/test_cube:several_values_count_once_unless_more_is_declared",
        ("proto/cube.c", "for (uint32_t taken = 0; taken < share.most; taken++) {", "for (;;) {"),
    ),
    (
        "one cell more than declared",
        "proto/test_cube:several_values_count_in_as_many_cells_as_declared",
        ("proto/cube.c", "for (uint32_t taken = 0; taken < share.most; taken++) {", "for (uint32_t taken = 0; taken <= c->cells_per_incident; taken++) {"),
    ),
    (
        "persons are not clipped",
        "proto/test_cube:persons_are_clipped_to_what_was_declared",
        ("proto/cube.c", "return incident->persons < most ? incident->persons : most;", "return incident->persons;"),
    ),
    (
        "persons are added where incidents are counted",
        "proto/test_cube_refusals:refuses_persons_where_incidents_count",
        ("proto/cube.c", "if (q->unit == SYM_TAB_INCIDENTS && q->persons_max != 1) {", "if (q->unit == SYM_TAB_INCIDENTS && q->persons_max > UINT16_MAX) {"),
    ),
    (
        "the sensitivity forgets levels",
        "proto/test_cube:says_what_its_query_said",
        ("proto/cube.c", "return c->cells_per_incident * c->persons_max * (uint32_t)c->n_levels;", "return c->cells_per_incident * c->persons_max;"),
    ),
    (
        "the first dimension changes first",
        "proto/test_cube:cells_are_row_major_in_the_order_of_the_query",
        ("proto/cube.c", "uint8_t d = l->dimensions[i];\n            cell =", "uint8_t d = l->dimensions[l->n - 1 - i];\n            cell ="),
    ),
    (
        "cells are in the order of the alphabet",
        "proto/test_cube:cells_are_row_major_in_the_order_of_the_query",
        ("proto/cube.c", "out->at[out->n++] = found->place;", "out->at[out->n++] = (uint32_t)(found - d->codes);"),
    ),
    (
        "the beginning of a code is that code",
        "proto/test_cube:codes_are_compared_whole",
        ("crypto/bytes.c", "return (a.len > b.len) - (a.len < b.len);", "return 0;"),
    ),
    (
        "what is recorded and not asked for is unknown",
        "proto/test_cube:codes_that_are_not_asked_for_are_left_out",
        ("proto/cube.c", "    if (!recorded) {", "    if (!recorded || out->n == 0) {"),
        ("proto/cube.c", "        if (places[l->dimensions[i]].n == 0) {\n            return SYM_OK;", "        if (places[l->dimensions[i]].n == 0 && l->n > 1) {\n            return SYM_OK;"),
    ),
    (
        "the hash forgets the order of codes",
        "proto/test_cube:the_hash_changes_with_everything_that_gives_cells_their_meaning",
        ("proto/cube.c", "            sym_write_span(&w, d->codes[j]);", "            sym_write_u8(&w, 0);"),
    ),
    (
        "the hash forgets epsilon",
        "proto/test_cube:the_hash_changes_with_everything_that_gives_cells_their_meaning",
        ("proto/cube.c", "    sym_write_u64(&w, q->epsilon_nano);\n", ""),
    ),
    (
        "counts beyond 2^53",
        "proto/test_cube:refuses_to_count_beyond_2_to_the_53",
        ("proto/cube.c", "if (weight > CELL_MAX - *cell) {", "if (false) {"),
    ),
    (
        "products of dimensions overflow",
        "proto/test_cube_refusals:refuses_cubes_beyond_all_numbers",
        ("proto/cube.c", "size = size > UINT32_MAX ? UINT32_MAX : size;", "size &= 0xffffu;"),
    ),
    (
        "a sensitivity above the limit",
        "proto/test_cube_refusals:refuses_a_sensitivity_above_the_limit",
        ("proto/cube.c", "if (sensitivity > SYM_TAB_SENSITIVITY_MAX) {", "if (false) {"),
    ),
    (
        "the same level twice",
        "proto/test_cube_refusals:refuses_the_same_level_twice",
        ("proto/cube.c", "if (sym_span_equal(sym_span(c->levels[i].dimensions, c->levels[i].n), from->dimensions)) {", "if (false) {"),
    ),
    # --- Snapshots ---
    (
        "what is imported is published at once",
        "node/test_dataset_snapshots:what_is_added_is_not_published_before_it_is",
        ("node/data/dataset_content.c", "        (*out)->segments = s->snapshot_segments;\n", ""),
    ),
    (
        "what replaces a dataset replaces what is published",
        "node/test_dataset_snapshots:what_is_replaced_stays_published_until_the_next_time",
        ("node/data/dataset_content.c", "        memcpy((*out)->id, s->snapshot, sizeof(*out)->id);\n", ""),
    ),
    (
        "forgetting does not reach what is published",
        "node/test_dataset_snapshots:a_record_that_was_replaced_is_forgotten_in_the_snapshot",
        ("node/data/dataset_content.c", "f.segments = s->segments + (snapshot_is_apart(s) ? s->snapshot_segments : 0);", "f.segments = s->segments;"),
    ),
    (
        "dropping leaves what is published",
        "node/test_dataset_snapshots:dropping_takes_the_snapshot_too",
        ("node/data/datasets.c", "    if (err == SYM_OK && c->after.has_snapshot) {\n        err = sym_vault_delete", "    if (err == SYM_OK && c->after.epoch > 1000) {\n        err = sym_vault_delete"),
        ("node/data/datasets.c", "    remove_at(d, place);\n    sym_contents_cancel", "    sym_contents_cancel"),
    ),
    (
        "a snapshot takes the bounds of what replaced it",
        "node/test_dataset_snapshots:the_bounds_of_a_snapshot_are_those_that_it_was_declared_with",
        ("node/data/dataset_import.c", "    return a->cells_per_incident == b->cells_per_incident && a->persons_max == b->persons_max;", "    return a->kind == b->kind;"),
    ),
    (
        "aggregates with other bounds are added",
        "node/test_dataset_snapshots:refuses_to_append_other_bounds_or_another_kind",
        ("node/data/dataset_begin.c", "    if (old->cells_per_incident != begin->cells_per_incident ||\n        old->persons_max != begin->persons_max) {", "    if (false) {"),
    ),
    (
        "one record of incidents stands for many",
        "node/test_dataset_snapshots:refuses_incidents_that_stand_for_several",
        ("node/data/dataset_import.c", "!each_is_one(chunk)", "false"),
    ),
    (
        "a publication keeps its epoch",
        "node/test_dataset_snapshots:publishes_the_same_again_under_the_next_epoch",
        ("node/data/datasets.c", "    c.after.epoch++;\n", "    c.after.epoch += c.after.epoch == 0;\n"),
    ),
    (
        "aggregates move more cells than a question promises",
        "proto/test_cube:a_question_has_to_promise_what_aggregates_declare",
        ("proto/dataset.c", "bool in_more = row->cells_per_incident > promised;", "bool in_more = row->cells_per_incident > promised && row->persons_max == 0;"),
    ),
    (
        "aggregates have more persons than a question promises",
        "proto/test_cube:a_question_has_to_promise_what_aggregates_declare",
        ("proto/dataset.c", "row->persons_max > sym_cube_persons_max(cube);", "row->persons_max > SYM_TAB_PERSONS_MAX;"),
    ),
    (
        "a preview counts what no question would",
        "node/test_preview:counts_no_more_than_the_question_promises",
        ("node/core/preview.c", "err = sym_dataset_check_bounds(&row, p->cube, fault);", "err = SYM_OK;"),
    ),
]
