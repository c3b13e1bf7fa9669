#include "cli/json.h"
#include "cli/noise_json.h"
#include "cli/overlap_table/view.h"
#include "cli/terms.h"

#include <inttypes.h>

static void put_names(struct sym_json *j, const char *key, const struct sym_table_view *v,
                      uint32_t cell)
{
    sym_json_array(j, key);
    for (uint32_t i = 0; i < v->n; i++) {
        if ((cell >> i & 1u) != 0) {
            sym_json_string(j, NULL, v->names[i]);
        }
    }
    sym_json_end(j);
}

static void put_lists(struct sym_json *j, const struct sym_table_view *v)
{
    const struct sym_table_release *r = &v->release;
    sym_json_array(j, "lists");
    for (uint32_t i = 0; i < v->n; i++) {
        size_t at = v->order[i];
        sym_json_object(j, NULL);
        sym_json_string(j, "name", v->names[i]);
        struct sym_reader announced = sym_reader(sym_span(r->elements.data + 4 * at, 4));
        sym_json_hex(j, "id", sym_span(r->cohort.data + at * SYM_HASH_BYTES, SYM_HASH_BYTES));
        sym_json_number(j, "announced", sym_read_u32(&announced));
        sym_json_end(j);
    }
    sym_json_end(j);
}

/* Of "combinations", and of "cells", which older programs read. */
static void put_cells(struct sym_json *j, const char *key, const char *names,
                      const struct sym_table_view *v, const struct sym_target *target)
{
    sym_json_array(j, key);
    for (uint32_t cell = 1; cell <= v->n_cells; cell++) {
        if (!sym_table_is_listed(v, target, cell)) {
            continue;
        }
        sym_json_object(j, NULL);
        put_names(j, names, v, cell);
        if (sym_table_view_is_exact(v) || v->cells[cell - 1] > 0) {
            sym_json_number(j, "count", v->cells[cell - 1]);
        } else {
            sym_json_null(j, "count");
        }
        sym_json_end(j);
    }
    sym_json_end(j);
}

/* What follows from the cells of an exact table; of one with noise it would say more than they do.
 */
static void put_sums(struct sym_json *j, const struct sym_table_view *v,
                     const struct sym_target *target)
{
    sym_json_array(j, "totals");
    for (uint32_t i = 0; i < v->n; i++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "list", v->names[i]);
        sym_json_number(j, "count", sym_table_on_all(v, 1u << i));
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_array(j, "pairs");
    for (uint32_t a = 0; a < v->n; a++) {
        for (uint32_t b = a + 1; b < v->n; b++) {
            sym_json_object(j, NULL);
            put_names(j, "lists", v, 1u << a | 1u << b);
            sym_json_number(j, "count", sym_table_on_all(v, 1u << a | 1u << b));
            sym_json_end(j);
        }
    }
    sym_json_end(j);
    sym_json_number(j, "records", sym_table_on_at_least(v, 1));
    if (target->at_least > 0) {
        sym_json_object(j, "at_least");
        sym_json_number(j, "lists", target->at_least);
        sym_json_number(j, "count", sym_table_on_at_least(v, (unsigned)target->at_least));
        sym_json_end(j);
    }
}

static void put_cohort(struct sym_json *j, const struct sym_table_view *v)
{
    sym_json_object(j, "cohort");
    sym_json_number(j, "asked", v->n);
    sym_json_number(j, "included", v->n);
    sym_json_number(j, "threshold", v->n);
    sym_json_array(j, "members");
    for (uint32_t i = 0; i < v->n; i++) {
        struct sym_span id =
            sym_span(v->release.cohort.data + (size_t)v->order[i] * SYM_HASH_BYTES, SYM_HASH_BYTES);
        sym_json_object(j, NULL);
        sym_json_hex(j, "id", id);
        sym_json_text(j, "alias", sym_party_alias(&v->parties, id));
        sym_json_bool(j, "self", sym_party_is_self(&v->parties, id));
        sym_json_bool(j, "included", true);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
}

/* What every release says of itself. Of exact counts there is no noise and nothing suppressed. */
static void put_context(struct sym_json *j, const struct sym_table_view *v)
{
    const struct sym_table_release *r = &v->release;
    sym_json_object(j, "measure");
    sym_json_string(j, "unit", "records");
    sym_json_number(j, "cells_per_incident", 1);
    sym_json_end(j);
    put_cohort(j, v);
    if (sym_table_view_is_exact(v) || r->epsilon_nano == 0) {
        sym_json_null(j, "privacy");
        sym_json_null(j, "suppression");
        return;
    }
    sym_noise_put_json(j, &(struct sym_noise_told){.distribution = "discrete-laplace",
                                                   .epsilon_nano = r->epsilon_nano,
                                                   .sensitivity = r->sensitivity,
                                                   .half_width = r->half_width,
                                                   .threshold = r->threshold,
                                                   .cells = v->n_cells,
                                                   .suppressed = r->suppressed,
                                                   .ghosts_per_million = r->ghosts_per_million});
}

static void put_notes(struct sym_json *j, const struct sym_table_view *v)
{
    const struct sym_table_release *r = &v->release;
    char note[192];
    bool all = v->n <= SYM_TABLE_LISTED_ALL;
    sym_json_array(j, "notes");
    if (sym_table_view_is_exact(v)) {
        sym_json_string(j, NULL,
                        all ? "Counts are exact, without noise."
                            : "Counts are exact, without noise; combinations that are not listed "
                              "have no record.");
    } else {
        (void)snprintf(note, sizeof note,
                       "Counts have noise: 95 %% of them are within %" PRIu64 " of the true one.",
                       r->half_width);
        sym_json_string(j, NULL, note);
        (void)snprintf(note, sizeof note,
                       "Combinations below %" PRIu64 " or empty are not shown%s; do not read them "
                       "as zero, and do not add up counts.",
                       r->threshold, all ? "" : " or listed");
        sym_json_string(j, NULL, note);
        sym_json_string(j, NULL, sym_table_view_protects(v));
    }
    sym_json_string(j, NULL, "Each record is counted once, on exactly the lists that are named.");
    sym_json_string(j, NULL, "Lists are what contributors brought; nobody verifies them.");
    sym_json_end(j);
}

enum sym_err sym_table_write_json(FILE *to, const struct sym_table_view *v,
                                  const struct sym_target *target)
{
    const struct sym_table_release *r = &v->release;
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "format", "symbolon-release/1");
    sym_json_string(j, "kind", "overlap-table");
    sym_json_hex(j, "exchange", sym_span(v->exchange, sizeof v->exchange));
    sym_json_hex(j, "query_id", r->qid);
    sym_json_hex(j, "table", r->table);
    sym_json_text(j, "dataset", r->dataset);
    sym_json_string(j, "type", sym_terms_type_text(r->type));
    sym_json_string(j, "mode", sym_table_mode_text(r->mode));
    sym_json_string(j, "purpose", sym_purpose_text(r->purpose));
    sym_json_string(j, "basis", sym_basis_text(r->basis));
    sym_json_string(j, "asker", v->asker);
    sym_json_string(j, "tallier", v->tallier);
    sym_json_time(j, "released", r->released_ms / 1000);
    put_context(j, v);
    put_lists(j, v);
    if (!sym_table_view_is_exact(v)) {
        sym_json_number(j, "epsilon_nano", r->epsilon_nano);
        sym_json_number(j, "half_width", r->half_width);
        sym_json_number(j, "threshold", r->threshold);
        sym_json_number(j, "suppressed", r->suppressed);
        sym_json_number(j, "ghosts_per_million", r->ghosts_per_million);
    }
    put_cells(j, "combinations", "in", v, target);
    put_cells(j, "cells", "lists", v, target);
    if (sym_table_view_is_exact(v)) {
        put_sums(j, v, target);
    }
    sym_proof_put_json(j, &v->proof);
    put_notes(j, v);
    sym_json_end(j);
    return sym_json_finish(j);
}
