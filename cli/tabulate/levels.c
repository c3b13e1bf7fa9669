#include "cli/tabulate/levels.h"

#include <string.h>

struct maker {
    struct sym_levels *out;
    const struct sym_tab_dimension *dimensions;
    size_t n;
};

/* Sets of places as bits. */
static unsigned with_role(const struct maker *m, enum sym_dimension_role role)
{
    unsigned set = 0;
    for (size_t i = 0; i < m->n; i++) {
        enum sym_dimension d = (enum sym_dimension)m->dimensions[i].dimension;
        set |= sym_dimension_role(d) == role ? 1u << i : 0;
    }
    return set;
}

/* A level that is there, or empty, is not asked twice. */
static enum sym_err add(struct maker *m, unsigned set, struct sym_fault *fault)
{
    uint8_t members[SYM_TAB_DIMENSIONS_MAX];
    size_t n = 0;
    for (uint8_t i = 0; i < SYM_TAB_DIMENSIONS_MAX; i++) {
        if ((set >> i & 1u) != 0) {
            members[n++] = i;
        }
    }
    for (size_t i = 0; i < m->out->n; i++) {
        if (sym_span_equal(m->out->levels[i].dimensions, sym_span(members, n))) {
            return SYM_OK;
        }
    }
    size_t at = m->out->n;
    if (n == 0) {
        return SYM_OK;
    }
    if (at == SYM_TAB_LEVELS_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "--levels: a question has at most %u levels",
                        SYM_TAB_LEVELS_MAX);
    }
    memcpy(m->out->members[at], members, n);
    m->out->levels[at].dimensions = sym_span(m->out->members[at], n);
    m->out->n++;
    return SYM_OK;
}

const char *sym_levels_default_by(enum sym_tab_shape shape)
{
    switch (shape) {
    case SYM_TAB_HOTSPOTS:
        return "country,year,exploitation";
    case SYM_TAB_ROUTES:
        return "origin,destination,year";
    case SYM_TAB_TRENDS:
        return "year,exploitation";
    case SYM_TAB_TABULATE:
    case SYM_TAB_SHAPE_COUNT:
        break;
    }
    return NULL;
}

static enum sym_err preset(struct maker *m, enum sym_tab_shape shape, struct sym_fault *fault)
{
    unsigned full = (1u << m->n) - 1u;
    unsigned place = with_role(m, SYM_ROLE_PLACE);
    unsigned origin = with_role(m, SYM_ROLE_ORIGIN);
    unsigned destination = with_role(m, SYM_ROLE_DESTINATION);
    unsigned ends = origin | (destination != 0 ? destination : place);
    unsigned spot = place != 0 ? place : origin | destination;
    unsigned time = with_role(m, SYM_ROLE_TIME);
    unsigned first[2] = {full, full};
    switch (shape) {
    case SYM_TAB_HOTSPOTS:
        if (spot == 0) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--by: hotspots need a place, such as country; others: tabulate");
        }
        first[0] = spot;
        first[1] = spot | time;
        break;
    case SYM_TAB_ROUTES:
        if (origin == 0 || ends == origin) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--by: routes need origin, and destination or a place such as country; "
                            "others: tabulate");
        }
        first[0] = ends;
        first[1] = ends | time;
        break;
    case SYM_TAB_TRENDS:
        if (time == 0) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--by: trends need a period: year, quarter or month; others: "
                            "tabulate");
        }
        first[0] = time;
        break;
    case SYM_TAB_TABULATE:
    case SYM_TAB_SHAPE_COUNT:
        break;
    }
    enum sym_err err = add(m, first[0], fault);
    if (err == SYM_OK) {
        err = add(m, first[1], fault);
    }
    return err == SYM_OK ? add(m, full, fault) : err;
}

/* The place of a dimension in --by. */
static enum sym_err find(unsigned *set, const struct maker *m, struct sym_span name,
                         struct sym_fault *fault)
{
    enum sym_dimension d = SYM_DIMENSION_NONE;
    enum sym_err err = sym_dimension_read(&d, name, "levels", fault);
    for (size_t i = 0; err == SYM_OK && i < m->n; i++) {
        if (m->dimensions[i].dimension == (uint32_t)d) {
            *set |= 1u << i;
            return SYM_OK;
        }
    }
    return err != SYM_OK
               ? err
               : sym_fail(fault, SYM_BAD_VALUE,
                          "--levels: %s is not among the dimensions of --by; add it there",
                          sym_dimension_text((uint32_t)d));
}

static enum sym_err said(struct maker *m, const char *text, struct sym_fault *fault)
{
    unsigned set = 0;
    unsigned all = 0;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",/");
        enum sym_err err = find(&set, m, sym_span(at, len), fault);
        at += len;
        if (err == SYM_OK && *at != ',') {
            err = add(m, set, fault);
            all |= set;
            set = 0;
        }
        if (err != SYM_OK) {
            return err;
        }
        if (*at == '\0') {
            break;
        }
    }
    for (size_t i = 0; i < m->n; i++) {
        if ((all >> i & 1u) == 0) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--levels: %s is in none of them; leave it out of --by",
                            sym_dimension_text(m->dimensions[i].dimension));
        }
    }
    return SYM_OK;
}

enum sym_err sym_levels_make(struct sym_levels *out, const struct sym_tab_dimension *dimensions,
                             size_t n, enum sym_tab_shape shape, const char *text,
                             struct sym_fault *fault)
{
    struct maker m = {.out = out, .dimensions = dimensions, .n = n};
    return text != NULL ? said(&m, text, fault) : preset(&m, shape, fault);
}
