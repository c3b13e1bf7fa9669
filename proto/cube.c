#include "proto/cube.h"

#include "crypto/aead.h"

#include <stdlib.h>
#include <string.h>

/* Noise beyond this scale (sensitivity by epsilon) would leave nothing to read. */
#define SCALE_MAX   256u
#define CELL_MAX    (UINT64_C(1) << 53)
#define CUBE_DOMAIN "symbolon-cube-2"
#define NANO        UINT64_C(1000000000)
#define HEAD_ROOM   64u
#define LEVEL_ROOM  (1u + SYM_TAB_DIMENSIONS_MAX)
#define CODE_TO_NARROW                                                                             \
    "narrow its codes with --only, the time with --from and --to, or ask fewer levels"

struct code {
    struct sym_span text; /* in the text of the cube */
    uint32_t place;       /* in the list of the query */
};

struct dimension {
    enum sym_dimension dimension;
    enum sym_incident_field field;
    struct code *codes; /* by text, for searching */
    size_t n_codes;
    bool narrows;
};

struct level {
    size_t n;
    uint8_t dimensions[SYM_TAB_DIMENSIONS_MAX];
    size_t first;
    size_t cells;
};

struct sym_cube {
    struct dimension dimensions[SYM_TAB_DIMENSIONS_MAX];
    size_t n_dimensions;
    struct level levels[SYM_TAB_LEVELS_MAX];
    size_t n_levels;
    size_t cells;
    uint32_t unit;
    uint32_t persons_max;
    uint32_t cells_per_incident;
    uint64_t epsilon_nano;
    char *text;
    uint8_t hash[SYM_HASH_BYTES];
    unsigned owners;
};

static int compare_codes(const void *a, const void *b)
{
    const struct code *x = a;
    const struct code *y = b;
    return sym_span_compare(x->text, y->text);
}

/* Building ----------------------------------------------------------------------------------- */

static enum sym_err check_numbers(const struct sym_tab_query *q, struct sym_fault *fault)
{
    if (q->version != 1) {
        return sym_fail(fault, SYM_BAD_VERSION, "query: of a version this program does not know");
    }
    if (q->unit >= SYM_TAB_UNIT_COUNT) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "query: counts what this program does not know; update this node");
    }
    if (q->persons_max == 0 || q->cells_per_incident == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "query: its bounds of cells and persons are at least 1");
    }
    if (q->unit == SYM_TAB_INCIDENTS && q->persons_max != 1) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "query: incidents are counted, so that the bound of persons must be 1; "
                        "count persons with --unit persons");
    }
    if (q->n_dimensions == 0 || q->n_levels == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "query: has no dimensions; name some with --by, such as country,year");
    }
    uint64_t sensitivity = (uint64_t)q->cells_per_incident * q->persons_max * q->n_levels;
    if (sensitivity > SYM_TAB_SENSITIVITY_MAX) {
        return sym_fail(
            fault, SYM_LIMIT,
            "query: one incident could move the counts by %llu (cells per incident x "
            "persons x levels), above the limit of %u; ask fewer levels, or smaller bounds",
            (unsigned long long)sensitivity, SYM_TAB_SENSITIVITY_MAX);
    }
    if (sensitivity * NANO > SCALE_MAX * q->epsilon_nano) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "query: the noise would have a scale above %u and leave nothing to read; "
                        "raise --epsilon, or ask fewer levels",
                        SCALE_MAX);
    }
    return SYM_OK;
}

/* The codes of one dimension, sorted; *text moves on. */
static enum sym_err take_codes(struct dimension *d, char **text, const struct sym_tab_dimension *q,
                               struct sym_fault *fault)
{
    const char *name = sym_dimension_text(q->dimension);
    d->codes = calloc(q->n_codes, sizeof *d->codes);
    if (d->codes == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "query: its codes do not fit into memory");
    }
    for (size_t i = 0; i < q->n_codes; i++) {
        struct sym_span code = q->codes[i];
        if (sym_dimension_check(d->dimension, code) != SYM_OK) {
            return sym_fail(fault, SYM_BAD_VALUE, "query: \"%.*s\" is no code of %s",
                            (int)(code.len < SYM_CODE_BYTES_MAX ? code.len : SYM_CODE_BYTES_MAX),
                            (const char *)code.data, name);
        }
        memcpy(*text, code.data, code.len);
        d->codes[i] = (struct code){.text = sym_span(*text, code.len), .place = (uint32_t)i};
        *text += code.len;
    }
    d->n_codes = q->n_codes;
    qsort(d->codes, d->n_codes, sizeof *d->codes, compare_codes);
    for (size_t i = 1; i < d->n_codes; i++) {
        if (compare_codes(&d->codes[i - 1], &d->codes[i]) == 0) {
            return sym_fail(fault, SYM_BAD_VALUE, "query: %s lists \"%.*s\" twice", name,
                            (int)d->codes[i].text.len, (const char *)d->codes[i].text.data);
        }
    }
    return SYM_OK;
}

static enum sym_err take_dimensions(struct sym_cube *c, const struct sym_tab_query *q,
                                    struct sym_fault *fault)
{
    size_t codes = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < q->n_dimensions; i++) {
        const struct sym_tab_dimension *from = &q->dimensions[i];
        struct dimension *d = &c->dimensions[i];
        if (from->dimension == SYM_DIMENSION_NONE || from->dimension >= SYM_DIMENSION_COUNT) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "query: dimension %u is unknown; update this node",
                            (unsigned)from->dimension);
        }
        d->dimension = (enum sym_dimension)from->dimension;
        d->field = sym_dimension_field(d->dimension);
        d->narrows = from->narrows != 0;
        for (size_t j = 0; j < i; j++) {
            if (c->dimensions[j].dimension == d->dimension) {
                return sym_fail(fault, SYM_BAD_VALUE, "query: names the dimension %s twice",
                                sym_dimension_text(from->dimension));
            }
        }
        codes += from->n_codes;
        for (size_t j = 0; j < from->n_codes; j++) {
            bytes += from->codes[j].len;
        }
        if (from->n_codes == 0 || codes > SYM_TAB_CODES_MAX) {
            return sym_fail(fault, SYM_LIMIT,
                            "query: the codes of all dimensions together are none of %s, or more "
                            "than %u; " CODE_TO_NARROW,
                            sym_dimension_text(from->dimension), SYM_TAB_CODES_MAX);
        }
    }
    char *text = c->text = malloc(bytes);
    if (text == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "query: its codes do not fit into memory");
    }
    enum sym_err err = SYM_OK;
    for (; err == SYM_OK && c->n_dimensions < q->n_dimensions; c->n_dimensions++) {
        err = take_codes(&c->dimensions[c->n_dimensions], &text, &q->dimensions[c->n_dimensions],
                         fault);
    }
    return err;
}

/* One level behind those there are; cells may grow beyond the limit, so that the fault can say by
 * how much. */
static enum sym_err take_level(struct sym_cube *c, const struct sym_tab_level *from, unsigned *used,
                               uint64_t *cells, struct sym_fault *fault)
{
    struct level *l = &c->levels[c->n_levels];
    uint64_t size = 1;
    l->n = from->dimensions.len;
    if (l->n == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "query: a level has no dimensions");
    }
    for (size_t i = 0; i < l->n; i++) {
        uint8_t d = from->dimensions.data[i];
        if (d >= c->n_dimensions || (i > 0 && d <= from->dimensions.data[i - 1])) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "query: a level names a dimension that is not there, or out of order");
        }
        l->dimensions[i] = d;
        *used |= 1u << d;
        size *= c->dimensions[d].n_codes;
        size = size > UINT32_MAX ? UINT32_MAX : size;
    }
    for (size_t i = 0; i < c->n_levels; i++) {
        if (sym_span_equal(sym_span(c->levels[i].dimensions, c->levels[i].n), from->dimensions)) {
            return sym_fail(fault, SYM_BAD_VALUE, "query: asks the same level twice");
        }
    }
    l->first = (size_t)*cells;
    l->cells = (size_t)size;
    *cells += size;
    c->n_levels++;
    return SYM_OK;
}

static enum sym_err take_levels(struct sym_cube *c, const struct sym_tab_query *q,
                                struct sym_fault *fault)
{
    uint64_t cells = 0;
    unsigned used = 0;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < q->n_levels; i++) {
        err = take_level(c, &q->levels[i], &used, &cells, fault);
    }
    if (err == SYM_OK && used != (1u << c->n_dimensions) - 1u) {
        return sym_fail(fault, SYM_BAD_VALUE, "query: a dimension is in none of its levels");
    }
    if (err == SYM_OK && cells > SYM_TAB_CELLS_MAX) {
        return sym_fail(
            fault, SYM_LIMIT,
            "query: its %llu cells are more than the %u that one query may have; " CODE_TO_NARROW,
            (unsigned long long)cells, SYM_TAB_CELLS_MAX);
    }
    c->cells = (size_t)cells;
    return err;
}

/* Everything that gives the cells their meaning, in the order of the query. */
static enum sym_err make_hash(struct sym_cube *c, const struct sym_tab_query *q)
{
    size_t room = HEAD_ROOM + SYM_TAB_LEVELS_MAX * LEVEL_ROOM;
    for (size_t i = 0; i < q->n_dimensions; i++) {
        room += 6;
        for (size_t j = 0; j < q->dimensions[i].n_codes; j++) {
            room += 1 + q->dimensions[i].codes[j].len;
        }
    }
    uint8_t *block = malloc(room);
    if (block == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_writer w = sym_writer(block, room);
    sym_write_span(&w, sym_span_text(CUBE_DOMAIN));
    sym_write_u8(&w, (uint8_t)q->n_dimensions);
    for (size_t i = 0; i < q->n_dimensions; i++) {
        const struct sym_tab_dimension *d = &q->dimensions[i];
        sym_write_u8(&w, (uint8_t)d->dimension);
        sym_write_u8(&w, d->narrows != 0);
        sym_write_u32(&w, (uint32_t)d->n_codes);
        for (size_t j = 0; j < d->n_codes; j++) {
            sym_write_u8(&w, (uint8_t)d->codes[j].len);
            sym_write_span(&w, d->codes[j]);
        }
    }
    sym_write_u8(&w, (uint8_t)q->n_levels);
    for (size_t i = 0; i < q->n_levels; i++) {
        sym_write_u8(&w, (uint8_t)q->levels[i].dimensions.len);
        sym_write_span(&w, q->levels[i].dimensions);
    }
    sym_write_u8(&w, (uint8_t)q->unit);
    sym_write_u32(&w, q->persons_max);
    sym_write_u32(&w, q->cells_per_incident);
    sym_write_u64(&w, q->epsilon_nano);
    struct sym_span all;
    enum sym_err err = sym_write_end(&w, &all);
    if (err == SYM_OK) {
        err = sym_sha256(c->hash, all);
    }
    free(block);
    return err;
}

enum sym_err sym_cube_new(struct sym_cube **out, const struct sym_tab_query *query,
                          struct sym_fault *fault)
{
    enum sym_err err = check_numbers(query, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (query->n_dimensions > SYM_TAB_DIMENSIONS_MAX || query->n_levels > SYM_TAB_LEVELS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "query: has more than %u dimensions or %u levels",
                        SYM_TAB_DIMENSIONS_MAX, SYM_TAB_LEVELS_MAX);
    }
    struct sym_cube *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "query: its cube does not fit into memory");
    }
    c->owners = 1;
    c->unit = query->unit;
    c->persons_max = query->persons_max;
    c->cells_per_incident = query->cells_per_incident;
    c->epsilon_nano = query->epsilon_nano;
    err = take_dimensions(c, query, fault);
    if (err == SYM_OK) {
        err = take_levels(c, query, fault);
    }
    if (err == SYM_OK && (err = make_hash(c, query)) != SYM_OK) {
        err = sym_fail(fault, err, "query: its hash cannot be computed");
    }
    if (err != SYM_OK) {
        sym_cube_free(c);
        return err;
    }
    *out = c;
    return SYM_OK;
}

struct sym_cube *sym_cube_share(struct sym_cube *c)
{
    c->owners++;
    return c;
}

void sym_cube_free(struct sym_cube *c)
{
    if (c != NULL && --c->owners == 0) {
        for (size_t i = 0; i < SYM_TAB_DIMENSIONS_MAX; i++) {
            free(c->dimensions[i].codes);
        }
        free(c->text);
        free(c);
    }
}

/* Looking at it ------------------------------------------------------------------------------ */

size_t sym_cube_cells(const struct sym_cube *c)
{
    return c->cells;
}

void sym_cube_level(const struct sym_cube *c, size_t level, size_t *first, size_t *n)
{
    *first = c->levels[level].first;
    *n = c->levels[level].cells;
}

uint32_t sym_cube_sensitivity(const struct sym_cube *c)
{
    return c->cells_per_incident * c->persons_max * (uint32_t)c->n_levels;
}

uint64_t sym_cube_epsilon(const struct sym_cube *c)
{
    return c->epsilon_nano;
}

uint32_t sym_cube_unit(const struct sym_cube *c)
{
    return c->unit;
}

uint32_t sym_cube_cells_per_incident(const struct sym_cube *c)
{
    return c->cells_per_incident;
}

uint32_t sym_cube_persons_max(const struct sym_cube *c)
{
    return c->persons_max;
}

const uint8_t *sym_cube_hash(const struct sym_cube *c)
{
    return c->hash;
}

/* Counting ----------------------------------------------------------------------------------- */

/* Places in the code list of the values that a record has in one dimension, as it has them. */
struct places {
    uint32_t at[SYM_INCIDENT_VALUES_MAX];
    size_t n;
};

static void find_code(struct places *out, const struct dimension *d, struct sym_span text)
{
    const struct code wanted = {.text = text};
    const struct code *found =
        bsearch(&wanted, d->codes, d->n_codes, sizeof *d->codes, compare_codes);
    if (found != NULL && out->n < SYM_INCIDENT_VALUES_MAX) {
        out->at[out->n++] = found->place;
    }
}

static void find_places(struct places *out, const struct dimension *d,
                        const struct sym_incident *incident)
{
    char room[SYM_CODE_BYTES_MAX];
    bool recorded = false;
    out->n = 0;
    if (d->field >= SYM_FIELD_OF_CODES) {
        find_code(out, d, sym_incident_derived(room, incident, d->dimension));
        return;
    }
    for (size_t i = 0; i < incident->n_codes; i++) {
        if (incident->codes[i].field == d->field) {
            recorded = true;
            find_code(out, d, incident->codes[i].text);
        }
    }
    if (!recorded) {
        find_code(out, d, sym_span_text(SYM_CODE_UNKNOWN));
    }
}

/* How much one record adds to each cell that it counts in; where incidents are counted, the most is
 * one for each. */
static uint64_t weight_of(const struct sym_cube *c, const struct sym_incident *incident)
{
    uint64_t most = incident->count * c->persons_max;
    if (incident->persons < incident->count) {
        return incident->count; /* each concerned somebody */
    }
    return incident->persons < most ? incident->persons : most;
}

static enum sym_err add_to(uint64_t *cell, uint64_t weight)
{
    if (weight > CELL_MAX - *cell) {
        return SYM_LIMIT;
    }
    *cell += weight;
    return SYM_OK;
}

/* What one record adds: to the first combinations of its values. */
struct share {
    uint64_t weight;
    uint32_t most; /* cells of a level */
};

/* The last dimension changes first. */
static enum sym_err count_level(uint64_t *cells, size_t *hit, const struct sym_cube *c,
                                const struct level *l, const struct places *places,
                                struct share share)
{
    size_t at[SYM_TAB_DIMENSIONS_MAX] = {0};
    for (size_t i = 0; i < l->n; i++) {
        if (places[l->dimensions[i]].n == 0) {
            return SYM_OK;
        }
    }
    for (uint32_t taken = 0; taken < share.most; taken++) {
        size_t cell = 0;
        for (size_t i = 0; i < l->n; i++) {
            uint8_t d = l->dimensions[i];
            cell = cell * c->dimensions[d].n_codes + places[d].at[at[i]];
        }
        enum sym_err err = add_to(&cells[l->first + cell], share.weight);
        if (err != SYM_OK) {
            return err;
        }
        ++*hit;
        size_t i = l->n;
        while (i > 0 && ++at[i - 1] == places[l->dimensions[i - 1]].n) {
            at[--i] = 0;
        }
        if (i == 0) {
            return SYM_OK;
        }
    }
    return SYM_OK;
}

enum sym_err sym_cube_count(uint64_t *cells, size_t *cells_hit, const struct sym_cube *c,
                            const struct sym_incident *incident, uint32_t records)
{
    struct places places[SYM_TAB_DIMENSIONS_MAX];
    struct share share = {.weight = weight_of(c, incident),
                          .most = c->cells_per_incident / records};
    enum sym_err err = SYM_OK;
    *cells_hit = 0;
    for (size_t i = 0; i < c->n_dimensions; i++) {
        find_places(&places[i], &c->dimensions[i], incident);
        if (c->dimensions[i].narrows && places[i].n == 0) {
            return SYM_OK;
        }
    }
    for (size_t i = 0; err == SYM_OK && i < c->n_levels; i++) {
        err = count_level(cells, cells_hit, c, &c->levels[i], places, share);
    }
    return err;
}
