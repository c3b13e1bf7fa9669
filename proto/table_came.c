#include "proto/table_came.h"

#include "proto/table_frames.h"

static bool has(uint32_t set, uint32_t place)
{
    return (set >> place & 1u) != 0;
}

uint32_t sym_table_came_most(const struct sym_table_agreed *agreed, uint32_t place)
{
    return place == agreed->question->n
               ? 1
               : sym_table_frame_count(agreed->consented[place].elements, SYM_OVERLAP_ITEMS_MAX);
}

struct sym_span sym_table_came_put(uint8_t out[TABLE_CAME_BYTES_MAX],
                                   const struct sym_table_came *came, uint32_t n)
{
    struct sym_writer w = sym_writer(out, TABLE_CAME_BYTES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        sym_write_u32(&w, came->of[i]);
    }
    return sym_span(out, w.len);
}

enum sym_err sym_table_came_take(struct sym_table_came *came, struct sym_span content,
                                 const struct sym_table_agreed *agreed, uint32_t place)
{
    uint32_t n = agreed->question->n;
    uint32_t most = sym_table_came_most(agreed, place);
    struct sym_table_came next = {{0}};
    struct sym_reader r = sym_reader(content);
    bool more = false;
    for (uint32_t i = 0; i < n; i++) {
        next.of[i] = sym_read_u32(&r);
    }
    if (sym_read_end(&r) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (next.of[i] > (i == place ? 0 : most)) {
            return SYM_LIMIT;
        }
        if (next.of[i] < came->of[i]) {
            return SYM_REPLAY;
        }
        more = more || next.of[i] > came->of[i];
    }
    if (!more) {
        return SYM_REPLAY;
    }
    *came = next;
    return SYM_OK;
}

bool sym_table_came_lacks(const struct sym_table_came *came, uint32_t set,
                          const struct sym_table_agreed *agreed, uint32_t place)
{
    uint32_t n = agreed->question->n;
    for (uint32_t i = 0; i < n; i++) {
        if (has(set, i) && came->of[i] == sym_table_came_most(agreed, place)) {
            return false;
        }
    }
    return set != 0 && set >> n == 0 && !has(set, place);
}

struct sym_table_progress sym_table_came_evaluated(const struct sym_table_came came[],
                                                   const struct sym_table_agreed *agreed)
{
    uint32_t n = agreed->question->n;
    struct sym_table_progress p = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        p.total += (uint64_t)(n - 1) * sym_table_came_most(agreed, i);
        for (uint32_t of = 0; of < n; of++) {
            p.done += came[i].of[of];
        }
    }
    return p;
}

struct sym_table_progress sym_table_came_tallied(const struct sym_table_came came[],
                                                 const struct sym_table_agreed *agreed)
{
    uint32_t n = agreed->question->n;
    struct sym_table_progress p = {0, n};
    for (uint32_t i = 0; i < n; i++) {
        p.done += came[n].of[i];
    }
    return p;
}

/* Who is late ------------------------------------------------------------------------------------
 */

struct sym_table_failure sym_table_late_of(uint32_t awaited, enum sym_table_cause cause,
                                           uint32_t said_by)
{
    struct sym_table_failure f = {.place = 0, .cause = cause, .said_by = said_by};
    if (awaited == 0 || (awaited & (awaited - 1)) != 0) {
        f.place = SYM_TABLE_NOBODY;
        f.awaited = awaited;
        return f;
    }
    while (awaited >> f.place != 1) {
        f.place++;
    }
    return f;
}

/* Whom the list at `place` waits for: those farthest behind, as its frames go to all at once, a few
 * ahead of the slowest. */
static uint32_t behind(const struct sym_table_came *came, const struct sym_table_agreed *agreed,
                       uint32_t place)
{
    uint32_t most = sym_table_came_most(agreed, place);
    uint32_t least = most;
    uint32_t set = 0;
    for (uint32_t i = 0; i < agreed->question->n; i++) {
        least = i != place && came->of[i] < least ? came->of[i] : least;
    }
    for (uint32_t i = 0; least < most && i < agreed->question->n; i++) {
        set |= (uint32_t)(i != place && came->of[i] == least) << i;
    }
    return set;
}

/* Is it the one that all wait for, who wait for anybody, other than itself? */
static bool explains(const uint32_t *waits, uint32_t n, uint32_t place)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i != place && (waits[i] & ~(1u << place)) != 0) {
            return false;
        }
    }
    return true;
}

/* Who says that this one is waited for: by preference this node itself. */
static uint32_t witness(const uint32_t *waits, uint32_t n, uint32_t place, uint32_t own)
{
    uint32_t i = 0;
    if (own < n && has(waits[own], place)) {
        return SYM_TABLE_NOBODY;
    }
    while (i < n && !has(waits[i], place)) {
        i++;
    }
    return i;
}

static struct sym_table_failure late_answers(const uint32_t *waits, uint32_t awaited, uint32_t n,
                                             uint32_t own)
{
    uint32_t alone = 0;
    for (uint32_t i = 0; i < n; i++) {
        alone |= (uint32_t)(has(awaited, i) && explains(waits, n, i)) << i;
    }
    struct sym_table_failure f = sym_table_late_of(alone, SYM_TABLE_CAUSE_LATE, SYM_TABLE_NOBODY);
    if (f.place == SYM_TABLE_NOBODY) {
        f.awaited = awaited;
    } else {
        f.said_by = witness(waits, n, f.place, own);
    }
    return f;
}

static struct sym_table_failure late_rows(const struct sym_table_came *tallied, uint32_t ended,
                                          uint32_t n)
{
    uint32_t all = (1u << n) - 1;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < n; i++) {
        missing |= (uint32_t)(tallied->of[i] == 0) << i;
    }
    if (has(ended, n)) { /* which says that it has released: to all? */
        missing = (all & ~ended) | 1u << n;
    } else if (missing == 0 || missing == all) {
        missing = 1u << n;
    } else {
        return sym_table_late_of(missing, SYM_TABLE_CAUSE_NO_ROWS, n);
    }
    return sym_table_late_of(missing, SYM_TABLE_CAUSE_LATE, SYM_TABLE_NOBODY);
}

struct sym_table_failure sym_table_came_late(const struct sym_table_came came[], uint32_t ended,
                                             const struct sym_table_agreed *agreed, uint32_t own)
{
    uint32_t n = agreed->question->n;
    uint32_t waits[SYM_TABLE_LISTS_MAX] = {0};
    uint32_t awaited = 0;
    for (uint32_t i = 0; i < n; i++) {
        waits[i] = has(ended, i) ? 0 : behind(&came[i], agreed, i);
        awaited |= waits[i];
    }
    return awaited != 0 ? late_answers(waits, awaited, n, own) : late_rows(&came[n], ended, n);
}

/* Since when ------------------------------------------------------------------------------------
 */

static uint32_t set_of(struct sym_table_failure late)
{
    return late.place == SYM_TABLE_NOBODY ? late.awaited : 1u << late.place;
}

void sym_table_waits_change(struct sym_table_waits *w, struct sym_table_failure late,
                            uint64_t now_ms)
{
    for (uint32_t i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        w->until_ms[i] = has(w->set, i) ? now_ms : w->until_ms[i];
    }
    w->been |= w->set;
    w->set = set_of(late);
}

struct sym_table_failure sym_table_waits_since(const struct sym_table_waits *w,
                                               struct sym_table_failure late, uint64_t since_ms)
{
    uint32_t set = set_of(late);
    for (uint32_t i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        set |= (uint32_t)(has(w->been, i) && w->until_ms[i] > since_ms) << i;
    }
    return set == set_of(late) ? late
                               : sym_table_late_of(set, SYM_TABLE_CAUSE_LATE, SYM_TABLE_NOBODY);
}
