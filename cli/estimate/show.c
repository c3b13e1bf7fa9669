#include "cli/estimate/show.h"

#include "cli/format.h"
#include "cli/json.h"
#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PAIR_BYTES (2 * SYM_ESTIMATE_NAME_BYTES + 8)

static const char *const assumptions[] = {
    "nobody enters or leaves the population while the lists are kept, and all lists mean the same "
    "one",
    "one record is one person, and the same person is recognised on every list",
    "anybody of the population could come to be on any list, and all alike",
    "lists depend on each other in pairs at most; which pairs do was chosen from these counts, and "
    "the interval does not contain the uncertainty of that choice",
};
static const char noisy[] =
    "the counts carry noise: the interval allows for it, and would be narrower with exact counts";
static const char hidden_counts[] =
    "suppressed counts are only known to be small: the interval allows for that as well";

static uint64_t rounded(double value)
{
    return value < 0 ? 0 : value > 1e15 ? UINT64_C(1000000000000000) : (uint64_t)llround(value);
}

static const char *pair_text(char out[PAIR_BYTES], const struct sym_combinations *c, uint32_t pair)
{
    uint32_t a, b;
    sym_model_pair_lists(&a, &b, pair);
    (void)snprintf(out, PAIR_BYTES, "%s and %s", c->names[a], c->names[b]);
    return out;
}

static void put_row(struct sym_table *t, const char *what, double value)
{
    sym_table_format(t, "%s", what);
    sym_table_format(t, "%" PRIu64, rounded(value));
}

static void put_pairs(struct sym_table *t, const struct sym_population_estimate *e,
                      const struct sym_combinations *c)
{
    char text[PAIR_BYTES];
    for (uint32_t pair = 0; pair < SYM_ESTIMATE_PAIRS_MAX; pair++) {
        if ((e->model.pairs >> pair & 1) != 0) {
            sym_table_format(t, "%s", "  depend on each other");
            sym_table_text(t, sym_span_text(pair_text(text, c, pair)));
        }
    }
}

enum sym_err sym_estimate_show(FILE *to, const struct sym_population_estimate *e,
                               const struct sym_combinations *c)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    put_row(t, "on at least one list", e->model.listed);
    put_row(t, "on none of them, estimated", e->model.hidden);
    put_row(t, "together, estimated", e->total);
    sym_table_format(t, "95 %% interval");
    sym_table_format(t, "%" PRIu64 " to %" PRIu64, rounded(e->low), rounded(e->high));
    put_pairs(t, e, c);
    if (e->suppressed > 0) {
        sym_table_format(t, "suppressed counts");
        sym_table_format(t, "%u of %u", e->suppressed, c->cells - 1);
    }
    enum sym_err err = sym_table_print(t, to);
    if (err != SYM_OK) {
        return err;
    }
    (void)fprintf(to, "\nThis holds if:\n");
    for (size_t i = 0; i < sizeof assumptions / sizeof *assumptions; i++) {
        (void)fprintf(to, "  - %s\n", assumptions[i]);
    }
    if (c->noise_variance > 0) {
        (void)fprintf(to, "Note: %s.\n", noisy);
    }
    if (e->suppressed > 0) {
        (void)fprintf(to, "Note: %s.\n", hidden_counts);
    }
    return SYM_OK;
}

static void put_list_names(struct sym_json *j, const struct sym_combinations *c)
{
    sym_json_array(j, "lists");
    for (uint32_t i = 0; i < c->lists; i++) {
        sym_json_string(j, NULL, c->names[i]);
    }
    sym_json_end(j);
}

static void put_dependences(struct sym_json *j, const struct sym_population_estimate *e,
                            const struct sym_combinations *c)
{
    sym_json_array(j, "interactions");
    for (uint32_t pair = 0; pair < SYM_ESTIMATE_PAIRS_MAX; pair++) {
        uint32_t a, b;
        if ((e->model.pairs >> pair & 1) != 0) {
            sym_model_pair_lists(&a, &b, pair);
            sym_json_array(j, NULL);
            sym_json_string(j, NULL, c->names[a]);
            sym_json_string(j, NULL, c->names[b]);
            sym_json_end(j);
        }
    }
    sym_json_end(j);
}

static void put_notes(struct sym_json *j, const struct sym_population_estimate *e,
                      const struct sym_combinations *c)
{
    sym_json_array(j, "assumptions");
    for (size_t i = 0; i < sizeof assumptions / sizeof *assumptions; i++) {
        sym_json_string(j, NULL, assumptions[i]);
    }
    sym_json_end(j);
    sym_json_array(j, "warnings");
    if (c->noise_variance > 0) {
        sym_json_string(j, NULL, noisy);
    }
    if (e->suppressed > 0) {
        sym_json_string(j, NULL, hidden_counts);
    }
    sym_json_end(j);
}

enum sym_err sym_estimate_write_json(FILE *to, const struct sym_population_estimate *e,
                                     const struct sym_combinations *c)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    put_list_names(j, c);
    sym_json_number(j, "listed", rounded(e->model.listed));
    sym_json_number(j, "hidden", rounded(e->model.hidden));
    sym_json_number(j, "total", rounded(e->total));
    sym_json_number(j, "low", rounded(e->low));
    sym_json_number(j, "high", rounded(e->high));
    sym_json_number(j, "level_percent", 95);
    sym_json_number(j, "suppressed", e->suppressed);
    put_dependences(j, e, c);
    sym_json_millionths(j, "aic", llround(e->model.aic * 1e6));
    sym_json_millionths(j, "deviance", llround(e->model.deviance * 1e6));
    sym_json_number(j, "degrees_of_freedom", e->model.freedom);
    put_notes(j, e, c);
    sym_json_end(j);
    return sym_json_finish(j);
}
