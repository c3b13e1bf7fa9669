#include "proto/table_tally.h"

#include "crypto/laplace.h"
#include "proto/sorted.h"
#include "proto/table_count.h"
#include "proto/table_frames.h"
#include "proto/tabulate.h"

#include <stdlib.h>
#include <string.h>

/* Of a release beside its counts and what there is one of for each list. */
#define RELEASE_BYTES 1024u

enum leg_state {
    LEG_ABSENT,
    LEG_TAKES,
    LEG_ENDED,
    LEG_SAYS_RELEASE,
    LEG_SAID,
    LEG_CLOSES,
    LEG_OVER
};

struct leg {
    enum leg_state state;
    uint8_t *rows;
    uint32_t most; /* as announced */
    uint32_t n;
};

enum count_state { COUNT_LATER, COUNT_OUT, COUNT_DONE, COUNT_RELEASED };

struct sym_table_tally {
    struct sym_table_member *member;
    const struct sym_table_agreed *agreed;
    struct leg legs[SYM_TABLE_LISTS_MAX];
    enum count_state count;
    uint64_t *cells;
    uint32_t n_cells;
    uint32_t suppressed;
    struct sym_laplace_release noise;
    bool dead;
    struct sym_table_failure failure;
};

static enum sym_err die(struct sym_table_tally *t, enum sym_err err, uint32_t place,
                        enum sym_table_cause cause)
{
    if (err != SYM_OK && !t->dead) {
        t->dead = true;
        t->failure = sym_table_failure_of(err, t->agreed->place, place, cause);
    }
    return err;
}

static uint32_t lists(const struct sym_table_tally *t)
{
    return t->agreed->question->n;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

enum sym_err sym_table_tally_new(struct sym_table_tally **out, struct sym_table_member *member)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(member);
    if (a == NULL || a->place != a->question->n) {
        return SYM_WRONG_STATE;
    }
    struct sym_table_tally *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return SYM_NO_MEMORY;
    }
    t->member = member;
    t->agreed = a;
    t->n_cells = sym_table_cells(a->question->n);
    t->failure = (struct sym_table_failure){.place = SYM_TABLE_NOBODY, .said_by = SYM_TABLE_NOBODY};
    t->cells = calloc(t->n_cells, sizeof *t->cells);
    if (t->cells == NULL) {
        free(t);
        return SYM_NO_MEMORY;
    }
    *out = t;
    return SYM_OK;
}

/* Which tag is on which list is what nobody but the tallier sees. */
static void wipe_rows(struct leg *leg)
{
    sym_wipe_free(leg->rows, (size_t)leg->most * SYM_TABLE_TAG_BYTES);
    leg->rows = NULL;
}

void sym_table_tally_free(struct sym_table_tally *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < SYM_TABLE_LISTS_MAX; i++) {
        wipe_rows(&t->legs[i]);
    }
    sym_wipe_free(t->cells, t->n_cells * sizeof *t->cells);
    free(t);
}

enum sym_err sym_table_tally_begin(struct sym_table_tally *t, uint32_t place)
{
    if (place >= lists(t)) {
        return SYM_BAD_VALUE;
    }
    struct leg *leg = &t->legs[place];
    if (leg->state != LEG_ABSENT) {
        return SYM_EXISTS;
    }
    leg->most = t->agreed->consented[place].elements;
    leg->rows = malloc(leg->most > 0 ? (size_t)leg->most * SYM_TABLE_TAG_BYTES : 1);
    if (leg->rows == NULL) {
        return SYM_NO_MEMORY;
    }
    leg->state = LEG_TAKES;
    return SYM_OK;
}

static bool has_all_rows(const struct sym_table_tally *t)
{
    for (uint32_t i = 0; i < lists(t); i++) {
        if (t->legs[i].state < LEG_ENDED) {
            return false;
        }
    }
    return true;
}

struct sym_table_failure sym_table_tally_failure(const struct sym_table_tally *t)
{
    return t->failure;
}

/* Counting ---------------------------------------------------------------------------------------
 */

static void count_rows(struct sym_table_tally *t)
{
    struct sym_table_counted counted[SYM_TABLE_LISTS_MAX];
    for (uint32_t i = 0; i < lists(t); i++) {
        counted[i] = (struct sym_table_counted){t->legs[i].rows, t->legs[i].n};
    }
    sym_table_count(t->cells, counted, lists(t));
}

static enum sym_err add_noise(struct sym_table_tally *t, const struct sym_laplace_params *p)
{
    struct sym_laplace *table = NULL;
    struct sym_masker masker = {0};
    SYM_SECRET_AUTO key = {0};
    enum sym_err err = sym_laplace_new(&table, p);
    if (err == SYM_OK) {
        err = sym_secret_random(&key, SYM_MASK_KEY_BYTES);
    }
    if (err == SYM_OK) {
        err = sym_masker_new(&masker);
    }
    if (err == SYM_OK) {
        err = sym_laplace_add(t->cells, t->n_cells, 0, table, &masker, key.data);
    }
    sym_masker_clear(&masker);
    sym_laplace_free(table);
    return err;
}

/* Below the threshold a cell is 0, and nothing else is left of it. A noisy count may be negative.
 */
static void suppress(struct sym_table_tally *t)
{
    for (uint32_t i = 0; i < t->n_cells; i++) {
        bool below = t->cells[i] > INT64_MAX || t->cells[i] < t->noise.threshold;
        t->cells[i] = below ? 0 : t->cells[i];
        t->suppressed += below;
    }
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    struct sym_table_tally *t = context;
    const struct sym_table_question *q = t->agreed->question;
    const struct sym_laplace_params p = {
        .epsilon_nano = q->epsilon_nano, .sensitivity = SYM_TABLE_SENSITIVITY, .shares = 1};
    (void)first;
    (void)n;
    count_rows(t);
    if (q->mode != SYM_TABLE_DP) {
        return SYM_OK;
    }
    enum sym_err err = add_noise(t, &p);
    if (err == SYM_OK) {
        err = sym_laplace_release(&t->noise, &p, 1, t->n_cells);
    }
    if (err == SYM_OK) {
        suppress(t);
    }
    return err;
}

bool sym_table_tally_work(struct sym_table_tally *t, struct sym_work *out)
{
    if (t->dead || t->count != COUNT_LATER || !has_all_rows(t)) {
        return false;
    }
    t->count = COUNT_OUT;
    *out = (struct sym_work){.run = run_piece, .context = t, .n = 1, .grain = 1};
    return true;
}

enum sym_err sym_table_tally_worked(struct sym_table_tally *t, void *context, enum sym_err err)
{
    (void)context;
    t->count = COUNT_DONE;
    for (uint32_t i = 0; i < lists(t); i++) {
        wipe_rows(&t->legs[i]);
    }
    return t->dead ? SYM_OK : die(t, err, t->agreed->place, SYM_TABLE_CAUSE_OTHER);
}

bool sym_table_tally_is_counted(const struct sym_table_tally *t)
{
    return !t->dead && t->count == COUNT_DONE && sym_table_member_has_started(t->member);
}

/* Release ----------------------------------------------------------------------------------------
 */

struct per_list {
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    uint8_t elements[4 * SYM_TABLE_LISTS_MAX];
    uint8_t epochs[8 * SYM_TABLE_LISTS_MAX];
};

static void describe(struct sym_table_release *r, struct per_list *each,
                     const struct sym_table_tally *t)
{
    const struct sym_table_agreed *a = t->agreed;
    const struct sym_table_question *q = a->question;
    struct sym_overlap_table p;
    struct sym_writer elements = sym_writer(each->elements, sizeof each->elements);
    struct sym_writer epochs = sym_writer(each->epochs, sizeof each->epochs);
    sym_table_parameters(&p, each->cohort, q);
    for (uint32_t i = 0; i < q->n; i++) {
        sym_write_u32(&elements, a->consented[i].elements);
        sym_write_u64(&epochs, a->consented[i].epoch);
    }
    *r = (struct sym_table_release){
        .version = 1,
        .table = p.table,
        .qid = sym_span(a->qid, sizeof a->qid),
        .asker = sym_span(q->asker, sizeof q->asker),
        .cohort = p.cohort,
        .tallier = p.tallier,
        .dataset = sym_span_text(q->dataset),
        .purpose = q->purpose,
        .basis = q->basis,
        .type = q->type,
        .type_version = q->type_version,
        .canon_version = q->canon_version,
        .mode = q->mode,
        .epsilon_nano = q->epsilon_nano,
        .elements = sym_span(each->elements, elements.len),
        .epochs = sym_span(each->epochs, epochs.len),
        .consents_hash = sym_span(a->consents_hash, sizeof a->consents_hash),
    };
    if (q->mode == SYM_TABLE_DP) {
        r->sensitivity = SYM_TABLE_SENSITIVITY;
        r->half_width = t->noise.half_width;
        r->threshold = t->noise.threshold;
        r->ghosts_per_million = sym_laplace_ghosts_per_million(&t->noise);
        r->suppressed = t->suppressed;
    }
}

static enum sym_err make_release(struct tab_bytes *out, const struct sym_table_tally *t,
                                 uint64_t wall_ms)
{
    struct sym_table_release r;
    struct per_list each;
    struct tab_bytes counts = {0};
    size_t len = 0;
    size_t done = 0;
    describe(&r, &each, t);
    r.released_ms = wall_ms;
    enum sym_err err = sym_tab_bytes_new(&counts, SYM_TABLE_COUNTS_BYTES_MAX);
    if (err == SYM_OK) {
        sym_cells_write(counts.data, counts.len, &len, t->cells, t->n_cells, &done);
        err = done == t->n_cells ? SYM_OK : SYM_INTERNAL;
    }
    r.counts = sym_span(counts.data, len);
    if (err == SYM_OK) {
        err = sym_table_signed_new(out, t->agreed->identity, &sym_msg_table_release, &r,
                                   len + sizeof each + RELEASE_BYTES);
    }
    sym_tab_bytes_clear(&counts);
    return err;
}

enum sym_err sym_table_tally_release(struct sym_table_tally *t, uint64_t wall_ms)
{
    struct tab_bytes release = {0};
    if (!sym_table_tally_is_counted(t)) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = make_release(&release, t, wall_ms);
    if (err == SYM_OK) {
        err = sym_table_member_released(t->member, sym_tab_bytes_span(&release), 0);
    }
    sym_tab_bytes_clear(&release);
    if (err == SYM_OK) {
        t->count = COUNT_RELEASED;
        for (uint32_t i = 0; i < lists(t); i++) {
            t->legs[i].state = LEG_SAYS_RELEASE;
        }
    }
    return die(t, err, t->agreed->place, SYM_TABLE_CAUSE_OTHER);
}

/* What leaves ----------------------------------------------------------------------------------
 */

enum sym_table_step sym_table_tally_step(const struct sym_table_tally *t, uint32_t place,
                                         size_t *len)
{
    const struct leg *leg = &t->legs[place];
    *len = 0;
    if (t->dead) {
        return SYM_TABLE_WAIT;
    }
    if (leg->state == LEG_SAYS_RELEASE) {
        *len = 1 + sym_table_member_release(t->member).len;
        return SYM_TABLE_DATA;
    }
    return leg->state == LEG_CLOSES ? SYM_TABLE_CLOSE : SYM_TABLE_WAIT;
}

enum sym_err sym_table_tally_write(struct sym_table_tally *t, uint32_t place, uint8_t *payload,
                                   size_t len)
{
    size_t due = 0;
    struct leg *leg = &t->legs[place];
    enum sym_table_step step = sym_table_tally_step(t, place, &due);
    if (step == SYM_TABLE_CLOSE) {
        leg->state = LEG_OVER;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != due) {
        return step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG;
    }
    payload[0] = TABLE_RELEASE;
    memcpy(payload + 1, sym_table_member_release(t->member).data, len - 1);
    leg->state = LEG_SAID;
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

static enum sym_err take_rows(struct leg *leg, struct sym_span content, enum sym_table_cause *cause)
{
    size_t n = content.len / SYM_TABLE_TAG_BYTES;
    uint8_t *at = leg->rows + (size_t)leg->n * SYM_TABLE_TAG_BYTES;
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    if (n == 0 || n > SYM_TABLE_ROWS_FRAME || content.len % SYM_TABLE_TAG_BYTES != 0) {
        return SYM_BAD_FORMAT;
    }
    *cause = SYM_TABLE_CAUSE_COUNT;
    if (n > leg->most - leg->n) {
        return SYM_LIMIT;
    }
    memcpy(at, content.data, content.len);
    size_t before = leg->n > 0; /* the last one of the frame before is looked at, too */
    const uint8_t *from = at - before * SYM_TABLE_TAG_BYTES;
    size_t first = sym_sorted_break(from, n + before, SYM_TABLE_TAG_BYTES, true);
    if (first < n + before) {
        const uint8_t *wrong = from + first * SYM_TABLE_TAG_BYTES;
        bool again = table_same(wrong, wrong - SYM_TABLE_TAG_BYTES, SYM_TABLE_TAG_BYTES);
        *cause = again ? SYM_TABLE_CAUSE_REPEATED : SYM_TABLE_CAUSE_ROWS;
        return again ? SYM_REPLAY : SYM_BAD_VALUE;
    }
    leg->n += (uint32_t)n;
    return SYM_OK;
}

static enum sym_err take_end(struct leg *leg, struct sym_span content, enum sym_table_cause *cause)
{
    struct sym_reader r = sym_reader(content);
    uint32_t total = sym_read_u32(&r);
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    if (sym_read_end(&r) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    *cause = SYM_TABLE_CAUSE_COUNT;
    if (total != leg->n) {
        return SYM_BAD_VALUE;
    }
    leg->state = LEG_ENDED;
    return SYM_OK;
}

enum sym_err sym_table_tally_take(struct sym_table_tally *t, uint32_t place,
                                  struct sym_span payload)
{
    enum table_type type = TABLE_NO_TYPE;
    enum sym_table_cause cause = SYM_TABLE_CAUSE_PROTOCOL;
    struct sym_span content = {0};
    struct leg *leg = &t->legs[place];
    if (t->dead) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err == SYM_OK && leg->state == LEG_TAKES && type == TABLE_ROWS) {
        err = take_rows(leg, content, &cause);
    } else if (err == SYM_OK && leg->state == LEG_TAKES && type == TABLE_END) {
        err = take_end(leg, content, &cause);
        sym_table_member_came(t->member, place, leg->state == LEG_ENDED);
    } else if (err == SYM_OK) {
        err = SYM_WRONG_STATE;
    }
    return die(t, err, place, cause);
}

enum sym_err sym_table_tally_closed(struct sym_table_tally *t, uint32_t place)
{
    struct leg *leg = &t->legs[place];
    if (leg->state != LEG_SAID) {
        return die(t, SYM_WRONG_STATE, place, SYM_TABLE_CAUSE_GONE);
    }
    leg->state = LEG_CLOSES;
    return SYM_OK;
}
