#include "cli/tabulate/write.h"

#include "cli/epsilon.h"
#include "crypto/digest.h"

#include <inttypes.h>

#define HOLDERS 3u
#define COMMON  4u /* remarks of every release */

size_t sym_release_asked(const struct sym_view *v)
{
    return v->release.cohort.len / SYM_HASH_BYTES;
}

size_t sym_release_included(const struct sym_view *v)
{
    return v->release.survivors.len;
}

struct sym_span sym_release_member(bool *included, const struct sym_view *v, size_t place)
{
    *included = false;
    for (size_t i = 0; i < v->release.survivors.len; i++) {
        *included = *included || v->release.survivors.data[i] == place;
    }
    return sym_span(v->release.cohort.data + place * SYM_HASH_BYTES, SYM_HASH_BYTES);
}

size_t sym_release_missing(char line[SYM_PARTIES_BYTES], const struct sym_view *v)
{
    size_t n = 0;
    line[0] = '\0';
    for (size_t i = 0; i < sym_release_asked(v); i++) {
        char name[SYM_PARTY_BYTES];
        bool included = false;
        struct sym_span member = sym_release_member(&included, v, i);
        if (!included) {
            sym_party_name(name, &v->parties, member);
            sym_parties_add(line, n++, name);
        }
    }
    sym_parties_end(line, n);
    return n;
}

size_t sym_level_suppressed(const struct sym_view *v, size_t level)
{
    size_t first = 0;
    size_t n = 0;
    size_t suppressed = 0;
    sym_cube_level(v->cube, level, &first, &n);
    for (size_t i = 0; i < n; i++) {
        suppressed += v->cells[first + i] == 0;
    }
    return suppressed;
}

/* What not every release has to say. */
static bool put_special(char out[SYM_REMARK_BYTES], const struct sym_view *v, size_t at)
{
    bool persons = v->query.unit == SYM_TAB_PERSONS;
    char missing[SYM_PARTIES_BYTES];
    size_t n = sym_release_missing(missing, v);
    if (n > 0 && at == 0) {
        (void)snprintf(out, SYM_REMARK_BYTES, "Asked, but not in these counts: %s.", missing);
        return true;
    }
    at -= n > 0;
    if (persons && at == 0) {
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "Persons are counted, at most %" PRIu32 " of one incident.",
                       v->query.persons_max);
        return true;
    }
    if (v->query.shape == SYM_TAB_ROUTES && at == persons) {
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "A route is what was recorded: an origin, and a destination or the place of "
                       "the incident; not the path that was taken.");
        return true;
    }
    return false;
}

bool sym_release_remark(char out[SYM_REMARK_BYTES], const struct sym_view *v, size_t at)
{
    const struct sym_release *r = &v->release;
    char epsilon[SYM_EPSILON_BYTES];
    char held[SYM_EPSILON_BYTES];
    sym_epsilon_text(epsilon, v->query.epsilon_nano);
    sym_epsilon_text(held, HOLDERS * v->query.epsilon_nano);
    switch (at) {
    case 0:
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "Counts have noise: 95 %% of them are within %" PRIu64
                       " of the sum that the "
                       "participants contributed.",
                       r->half_width);
        return true;
    case 1:
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "Cells below %" PRIu64 " or empty are not shown; do not read them as zero, "
                       "and do not add up cells: ask for the level that you want to read.",
                       r->threshold);
        return true;
    case 2:
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "The privacy budget spent protects one incident: epsilon %s; %s if three "
                       "organisations hold the same one.",
                       epsilon, held);
        return true;
    case 3:
        (void)snprintf(out, SYM_REMARK_BYTES,
                       "Counts are what participants contributed; nobody verifies them.");
        return true;
    default:
        return put_special(out, v, at - COMMON);
    }
}
