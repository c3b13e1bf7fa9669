#include "cli/tabulate/question.h"

#include "cli/epsilon.h"
#include "proto/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NANO_DIGITS 9u
#define NANO        UINT64_C(1000000000)

/* Numbers ------------------------------------------------------------------------------------- */

static enum sym_err read_epsilon(uint64_t *out, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    const char *text = sym_args_value(args, "epsilon");
    char least[SYM_EPSILON_BYTES];
    char most[SYM_EPSILON_BYTES];
    *out = NANO;
    if (text == NULL) {
        return SYM_OK;
    }
    sym_epsilon_text(least, SYM_EPSILON_NANO_MIN);
    sym_epsilon_text(most, SYM_EPSILON_NANO_MAX);
    if (sym_epsilon_parse(out, text, NANO_DIGITS, SYM_EPSILON_NANO_MAX) != SYM_OK ||
        *out < SYM_EPSILON_NANO_MIN) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--epsilon: \"%.64s\" is not a number from %s to %s, the most that a "
                        "dataset may spend in a year",
                        text, least, most);
    }
    return SYM_OK;
}

static enum sym_err read_numbers(struct sym_tab_query *q, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    const char *unit = sym_args_value(args, "unit");
    bool persons = unit != NULL && strcmp(unit, "persons") == 0;
    uint64_t p = 1;
    uint64_t k = 1;
    if (unit != NULL && !persons && strcmp(unit, "incidents") != 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "--unit: \"%.64s\" is not one of incidents, persons",
                        unit);
    }
    if (persons != sym_args_has(args, "persons-max")) {
        return persons ? sym_fail(fault, SYM_BAD_VALUE,
                                  "--persons-max is missing: of how many persons an incident "
                                  "counts at most; the noise grows with it")
                       : sym_fail(fault, SYM_BAD_VALUE, "--persons-max is for --unit persons");
    }
    enum sym_err err = sym_args_number(&p, args, "persons-max", 1, SYM_TAB_PERSONS_MAX, fault);
    if (err == SYM_OK) {
        err = sym_args_number(&k, args, "cells-per-incident", 1, SYM_TAB_CELLS_PER_INCIDENT_MAX,
                              fault);
    }
    q->unit = persons ? SYM_TAB_PERSONS : SYM_TAB_INCIDENTS;
    q->persons_max = (uint32_t)p;
    q->cells_per_incident = (uint32_t)k;
    return err == SYM_OK ? read_epsilon(&q->epsilon_nano, args, fault) : err;
}

/* Dimensions ---------------------------------------------------------------------------------- */

static enum sym_err read_by(struct sym_question *q, const char *by, struct sym_fault *fault)
{
    for (const char *at = by;; at++) {
        size_t len = strcspn(at, ",");
        enum sym_dimension d = SYM_DIMENSION_NONE;
        enum sym_err err = sym_dimension_read(&d, sym_span(at, len), "by", fault);
        if (err != SYM_OK) {
            return err;
        }
        for (size_t i = 0; i < q->query.n_dimensions; i++) {
            if (q->dimensions[i].dimension == (uint32_t)d) {
                return sym_fail(fault, SYM_BAD_VALUE, "--by: names %s twice",
                                sym_dimension_text((uint32_t)d));
            }
        }
        if (q->query.n_dimensions == SYM_TAB_DIMENSIONS_MAX) {
            return sym_fail(fault, SYM_BAD_VALUE, "--by: a question has at most %u dimensions",
                            SYM_TAB_DIMENSIONS_MAX);
        }
        q->dimensions[q->query.n_dimensions++].dimension = (uint32_t)d;
        at += len;
        if (*at == '\0') {
            return SYM_OK;
        }
    }
}

static enum sym_err read_only(struct sym_code_source *s, const struct sym_args *args,
                              struct sym_fault *fault)
{
    const char *values[SYM_ONLY_MAX];
    size_t n = sym_args_values(values, SYM_ONLY_MAX, args, "only");
    for (; s->n_only < n; s->n_only++) {
        enum sym_err err = sym_only_read(&s->only[s->n_only], values[s->n_only], fault);
        if (err != SYM_OK) {
            return err;
        }
        for (size_t i = 0; i < s->n_only; i++) {
            if (s->only[i].dimension == s->only[s->n_only].dimension) {
                const char *name = sym_dimension_text((uint32_t)s->only[i].dimension);
                return sym_fail(fault, SYM_BAD_VALUE,
                                "--only: %s is there twice; write --only %s=CODE,CODE", name, name);
            }
        }
    }
    return SYM_OK;
}

static bool needs_places(const struct sym_question *q)
{
    bool needs = false;
    for (size_t i = 0; i < q->query.n_dimensions; i++) {
        enum sym_dimension d = (enum sym_dimension)q->dimensions[i].dimension;
        needs = needs || (sym_dimension_role(d) != SYM_ROLE_TIME &&
                          sym_dimension_role(d) != SYM_ROLE_CATEGORY);
    }
    return needs;
}

static bool has_time(const struct sym_question *q)
{
    bool has = false;
    for (size_t i = 0; i < q->query.n_dimensions; i++) {
        enum sym_dimension d = (enum sym_dimension)q->dimensions[i].dimension;
        has = has || sym_dimension_role(d) == SYM_ROLE_TIME;
    }
    return has;
}

static enum sym_err read_periods(struct sym_question *q, const struct sym_args *args,
                                 uint64_t now_s, struct sym_fault *fault)
{
    const char *from = sym_args_value(args, "from");
    const char *to = sym_args_value(args, "to");
    enum sym_err err = sym_periods_read(&q->periods, from, to, now_s, fault);
    if (err == SYM_OK && !q->periods.is_default && !has_time(q)) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--%s is for questions by year, quarter or month: add one to --by; records "
                       "of all times count otherwise",
                       from != NULL ? "from" : "to");
    }
    q->periods.is_default = q->periods.is_default && has_time(q);
    return err;
}

static bool says_codes(const struct sym_code_source *s, enum sym_dimension d)
{
    bool says = false;
    for (size_t i = 0; i < s->n_only; i++) {
        says = says || s->only[i].dimension == d;
    }
    return says;
}

/* The finest of those times whose codes --only does not name; none where it names them all. */
static enum sym_dimension finest_time(const struct sym_question *q, const struct sym_code_source *s)
{
    static const enum sym_dimension times[] = {SYM_DIMENSION_MONTH, SYM_DIMENSION_QUARTER,
                                               SYM_DIMENSION_YEAR};
    for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
        for (size_t i = 0; i < q->query.n_dimensions; i++) {
            if (q->dimensions[i].dimension == (uint32_t)times[t] && !says_codes(s, times[t])) {
                return times[t];
            }
        }
    }
    return SYM_DIMENSION_NONE;
}

/* A time that was said, and would not be what is counted. */
static enum sym_err check_periods(const struct sym_question *q, const struct sym_code_source *s,
                                  bool said, struct sym_fault *fault)
{
    enum sym_dimension finest = finest_time(q, s);
    if (finest == SYM_DIMENSION_NONE && said) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--only: it names the codes of all times; leave --from and --to");
    }
    return said ? sym_periods_fit(&q->periods, finest, fault) : SYM_OK;
}

/* The codes of one dimension. The question is of some alone where a filter chose them, and of a
 * time it always is. */
static enum sym_err make_codes_of(struct sym_codes *out, struct sym_tab_dimension *d,
                                  struct sym_code_source *s, struct sym_fault *fault)
{
    const enum sym_dimension dimension = (enum sym_dimension)d->dimension;
    bool before[SYM_ONLY_MAX] = {false};
    for (size_t i = 0; i < s->n_only; i++) {
        before[i] = s->only[i].used;
        s->only[i].used = false;
    }
    enum sym_err err = sym_codes_make(out, dimension, s, fault);
    d->narrows = sym_dimension_role(dimension) == SYM_ROLE_TIME;
    for (size_t i = 0; i < s->n_only; i++) {
        d->narrows |= s->only[i].used;
        s->only[i].used |= before[i];
    }
    d->codes = out->spans;
    d->n_codes = out->n;
    return err;
}

static enum sym_err make_codes(struct sym_question *q, struct sym_code_source *s,
                               struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < q->query.n_dimensions; i++) {
        err = make_codes_of(&q->codes[i], &q->dimensions[i], s, fault);
    }
    for (size_t i = 0; err == SYM_OK && i < s->n_only; i++) {
        if (!s->only[i].used) {
            const char *name = sym_dimension_text((uint32_t)s->only[i].dimension);
            err = sym_fail(fault, SYM_BAD_VALUE,
                           "--only: %s is not among the dimensions of --by; add it there", name);
        }
    }
    return err;
}

/* As bytes ------------------------------------------------------------------------------------ */

static enum sym_err encode(struct sym_question *q, struct sym_fault *fault)
{
    size_t len = 0;
    q->bytes = malloc(SYM_TAB_QUERY_BYTES_MAX);
    if (q->bytes == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the question does not fit into memory");
    }
    enum sym_err err =
        sym_encode(q->bytes, SYM_TAB_QUERY_BYTES_MAX, &len, &sym_msg_tab_query, &q->query);
    q->exact = sym_span(q->bytes, len);
    return err == SYM_OK
               ? err
               : sym_fail(fault, err, "the question is too long; narrow its codes with --only");
}

static enum sym_err read_all(struct sym_question *q, enum sym_tab_shape shape,
                             const struct sym_args *args, struct sym_code_source *s,
                             struct sym_fault *fault)
{
    bool said = sym_args_has(args, "from") || sym_args_has(args, "to");
    enum sym_err err = check_periods(q, s, said, fault);
    if (err == SYM_OK) {
        err = make_codes(q, s, fault);
    }
    q->periods.is_default = q->periods.is_default && finest_time(q, s) != SYM_DIMENSION_NONE;
    if (err == SYM_OK) {
        err = sym_levels_make(&q->levels, q->dimensions, q->query.n_dimensions, shape,
                              sym_args_value(args, "levels"), fault);
        q->query.n_levels = q->levels.n;
    }
    if (err == SYM_OK) {
        err = sym_cube_new(&q->cube, &q->query, fault);
    }
    return err == SYM_OK ? encode(q, fault) : err;
}

enum sym_err sym_question_read(struct sym_question *out, enum sym_tab_shape shape,
                               const struct sym_args *args, uint64_t now_s, struct sym_fault *fault)
{
    struct sym_only only[SYM_ONLY_MAX];
    struct sym_code_source source = {.only = only};
    struct sym_gazetteer *places = NULL;
    const char *by = sym_args_value(args, "by");
    by = by != NULL ? by : sym_levels_default_by(shape);
    out->query = (struct sym_tab_query){.version = 1,
                                        .shape = (uint32_t)shape,
                                        .dimensions = out->dimensions,
                                        .levels = out->levels.levels};
    if (by == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--by is missing: what to count by, such as sex,age");
    }
    enum sym_err err = read_by(out, by, fault);
    if (err == SYM_OK) {
        err = read_numbers(&out->query, args, fault);
    }
    if (err == SYM_OK) {
        err = read_periods(out, args, now_s, fault);
    }
    if (err == SYM_OK) {
        err = read_only(&source, args, fault);
    }
    if (err == SYM_OK && needs_places(out) && (err = sym_gazetteer_new(&places)) != SYM_OK) {
        err = sym_fail(fault, err, "the gazetteer %s", sym_err_text(err));
    }
    source.places = places;
    source.periods = out->periods;
    if (err == SYM_OK) {
        err = read_all(out, shape, args, &source, fault);
    }
    sym_gazetteer_free(places);
    return err;
}

void sym_question_clear(struct sym_question *q)
{
    for (size_t i = 0; i < SYM_TAB_DIMENSIONS_MAX; i++) {
        sym_codes_clear(&q->codes[i]);
    }
    sym_cube_free(q->cube);
    free(q->bytes);
    *q = (struct sym_question){0};
}
