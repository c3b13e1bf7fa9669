#include "cli/report/estimates.h"

#include "cli/estimate/show.h"

#include <stdlib.h>
#include <string.h>

#define MILLI 1e3

/* The bit of the list of this name; 0: there is none. */
static uint32_t bit_of(const struct sym_combinations *c, const char *name)
{
    for (uint32_t i = 0; i < c->lists; i++) {
        if (strcmp(c->names[i], name) == 0) {
            return 1u << i;
        }
    }
    return 0;
}

static enum sym_err read_names(struct sym_combinations *c, const struct sym_json_value *lists)
{
    for (uint32_t i = 0; i < c->lists; i++) {
        const char *name = sym_json_words(sym_json_get(sym_json_at(lists, i), "name"));
        if (*name == '\0' || strlen(name) >= SYM_ESTIMATE_NAME_BYTES) {
            return SYM_BAD_FORMAT;
        }
        memcpy(c->names[i], name, strlen(name) + 1);
    }
    return SYM_OK;
}

static enum sym_err read_counts(struct sym_combinations *c, const struct sym_json_value *rows)
{
    for (size_t i = 0; i < sym_json_count(rows); i++) {
        const struct sym_json_value *in = sym_json_get(sym_json_at(rows, i), "in");
        int64_t count = 0;
        uint32_t cell = 0;
        for (size_t k = 0; k < sym_json_count(in); k++) {
            uint32_t bit = bit_of(c, sym_json_words(sym_json_at(in, k)));
            if (bit == 0) {
                return SYM_BAD_FORMAT;
            }
            cell |= bit;
        }
        if (cell == 0) {
            return SYM_BAD_FORMAT;
        }
        bool has = sym_json_whole(&count, sym_json_get(sym_json_at(rows, i), "count"));
        c->counts[cell] = has ? (double)count : 0;
        c->suppressed[cell] = !has;
    }
    return SYM_OK;
}

static enum sym_err read_table(struct sym_combinations *c, const struct sym_json_value *release,
                               struct sym_fault *fault)
{
    const struct sym_json_value *lists = sym_json_get(release, "lists");
    const struct sym_json_value *privacy = sym_json_get(release, "privacy");
    int64_t scale = 0;
    int64_t threshold = 0;
    enum sym_err err = sym_combinations_init(c, (uint32_t)sym_json_count(lists), fault);
    if (err != SYM_OK) {
        return err;
    }
    err = read_names(c, lists);
    if (err == SYM_OK) {
        err = read_counts(c, sym_json_get(release, "combinations"));
    }
    if (sym_json_whole(&threshold,
                       sym_json_get(sym_json_get(release, "suppression"), "threshold"))) {
        c->below = (double)threshold;
    }
    if (sym_json_whole(&scale, sym_json_get(sym_json_get(privacy, "noise"), "scale_milli"))) {
        c->noise_variance = sym_combinations_noise((double)scale / MILLI);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "the overlap table makes no sense");
}

/* The same object, which begins with the exchange that it is of. */
static enum sym_err put(FILE *to, const char *exchange, const struct sym_population_estimate *e,
                        const struct sym_combinations *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = sym_estimate_write_json(memory, e, c);
    err = fclose(memory) == 0 ? err : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        (void)fprintf(to, "{\n  \"exchange\": \"%s\",", exchange);
        (void)fwrite(text + 1, 1, len - 1, to); /* after its brace */
    }
    free(text);
    return err;
}

enum sym_err sym_report_estimate(FILE *to, const struct sym_json_value *release,
                                 struct sym_fault *fault)
{
    SYM_COMBINATIONS_AUTO table = {0};
    struct sym_population_estimate estimate;
    struct sym_fault why = {.text = ""};
    const char *exchange = sym_json_words(sym_json_get(release, "exchange"));
    if (strcmp(sym_json_words(sym_json_get(release, "kind")), "overlap-table") != 0) {
        return sym_fail(fault, SYM_UNSUPPORTED, "%.12s: is no overlap table", exchange);
    }
    enum sym_err err = read_table(&table, release, &why);
    if (err == SYM_OK) {
        err = sym_estimate(&estimate, &table, &why);
    }
    if (err == SYM_OK) {
        err = put(to, exchange, &estimate, &table);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "%.12s: no estimate: %.200s", exchange, why.text);
}
