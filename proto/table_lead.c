#include "proto/table_lead.h"

#include "proto/codec.h"
#include "proto/table_came.h"
#include "proto/table_frames.h"

#include <stdlib.h>
#include <string.h>

enum leg_stage { LEG_OPEN, LEG_CONSENTED, LEG_READY, LEG_WENT, LEG_ENDED };

struct lead_leg {
    enum leg_stage stage;
    enum table_type due; /* a payload to be sent, or none */
    bool wants_close;
    bool gone; /* nothing is sent or taken any more */
    struct tab_bytes consent;
    uint8_t release_hash[SYM_HASH_BYTES];
};

struct sym_table_lead {
    struct sym_table_lead_config config;
    enum sym_table_phase phase;
    uint64_t until_ms;
    struct lead_leg legs[SYM_TABLE_PARTIES_MAX];
    struct sym_table_came came[SYM_TABLE_PARTIES_MAX]; /* by place of who says so */
    struct sym_table_waits waits;
    struct sym_table_agreed agreed; /* without a secret */
    bool has_consents;
    struct tab_bytes consents;
    struct tab_bytes release;
    struct sym_table_failure failure;
};

/* Beginning and end ----------------------------------------------------------------------------
 */

enum sym_err sym_table_lead_new(struct sym_table_lead **out,
                                const struct sym_table_lead_config *config, uint64_t now_ms)
{
    const struct sym_table_question *q = &config->question;
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    struct sym_overlap_table p;
    if (q->n < SYM_TABLE_LISTS_MIN || q->n > SYM_TABLE_LISTS_MAX || q->dataset[0] == '\0' ||
        config->with == NULL) {
        return SYM_BAD_VALUE;
    }
    sym_table_parameters(&p, cohort, q);
    enum sym_err err = sym_table_check(&p, q->asker, NULL);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_table_lead *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return SYM_NO_MEMORY;
    }
    l->config = *config;
    l->agreed.question = &l->config.question;
    l->agreed.place = SYM_TABLE_ASKER;
    l->failure = (struct sym_table_failure){.place = SYM_TABLE_NOBODY, .said_by = SYM_TABLE_NOBODY};
    l->until_ms = now_ms + config->phase_ms;
    err = sym_table_qid(l->agreed.qid, q);
    if (err != SYM_OK) {
        sym_table_lead_free(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

void sym_table_lead_free(struct sym_table_lead *l)
{
    if (l == NULL) {
        return;
    }
    for (uint32_t i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        sym_tab_bytes_clear(&l->legs[i].consent);
    }
    sym_tab_bytes_clear(&l->consents);
    sym_tab_bytes_clear(&l->release);
    free(l);
}

enum sym_table_phase sym_table_lead_phase(const struct sym_table_lead *l)
{
    return l->phase;
}

struct sym_table_failure sym_table_lead_failure(const struct sym_table_lead *l)
{
    return l->failure;
}

const uint8_t *sym_table_lead_consents_hash(const struct sym_table_lead *l)
{
    return l->has_consents ? l->agreed.consents_hash : NULL;
}

uint32_t sym_table_lead_elements(const struct sym_table_lead *l, uint32_t place)
{
    return l->agreed.consented[place].elements;
}

struct sym_span sym_table_lead_release(const struct sym_table_lead *l)
{
    return sym_tab_bytes_span(&l->release);
}

/* Failing --------------------------------------------------------------------------------------
 */

/* The first failure is the one that is told; then nothing else is said on any leg. */
static void fail(struct sym_table_lead *l, struct sym_table_failure why)
{
    if (l->phase >= SYM_TABLE_RELEASING) {
        return;
    }
    l->phase = SYM_TABLE_FAILED;
    l->failure = why;
    for (uint32_t i = 0; i <= l->config.question.n; i++) {
        struct lead_leg *leg = &l->legs[i];
        leg->due = leg->gone || leg->stage == LEG_ENDED ? TABLE_NO_TYPE : TABLE_FAILED;
        leg->wants_close = leg->wants_close && leg->stage == LEG_ENDED;
    }
}

static void lose(struct sym_table_lead *l, uint32_t place, struct sym_table_failure why)
{
    struct lead_leg *leg = &l->legs[place];
    bool early = leg->stage != LEG_ENDED;
    leg->gone = true;
    leg->due = TABLE_NO_TYPE;
    leg->wants_close = false;
    if (early) {
        fail(l, why);
    }
}

void sym_table_lead_lost(struct sym_table_lead *l, uint32_t place, enum sym_table_cause cause)
{
    lose(l, place,
         (struct sym_table_failure){.place = place, .cause = cause, .said_by = SYM_TABLE_NOBODY});
}

bool sym_table_lead_is_told(const struct sym_table_lead *l, uint32_t place)
{
    const struct lead_leg *leg = &l->legs[place];
    return l->phase == SYM_TABLE_FAILED && leg->stage != LEG_ENDED && leg->due == TABLE_NO_TYPE;
}

/* Late -----------------------------------------------------------------------------------------
 */

static uint32_t short_of(const struct sym_table_lead *l, enum leg_stage stage)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i <= l->config.question.n; i++) {
        set |= (uint32_t)(l->legs[i].stage < stage) << i;
    }
    return set;
}

static struct sym_table_failure who_is_late(const struct sym_table_lead *l)
{
    uint32_t all = (2u << l->config.question.n) - 1;
    if (l->phase == SYM_TABLE_COMPUTING) {
        return sym_table_came_late(l->came, all & ~short_of(l, LEG_ENDED), &l->agreed,
                                   l->config.own);
    }
    enum leg_stage stage = l->phase == SYM_TABLE_CONSENTING ? LEG_CONSENTED : LEG_READY;
    return sym_table_late_of(short_of(l, stage), SYM_TABLE_CAUSE_LATE, SYM_TABLE_NOBODY);
}

/* To consent needs nobody else; for what follows all must have had a quarter of the time. */
void sym_table_lead_late(struct sym_table_lead *l, uint64_t now_ms)
{
    const struct sym_table_lead_config *c = &l->config;
    bool whole = l->phase == SYM_TABLE_COMPUTING || c->phase_ms > c->compute_ms;
    uint32_t part_ms = (whole ? c->compute_ms : c->phase_ms) / 4;
    uint64_t since_ms = now_ms > part_ms ? now_ms - part_ms : 0;
    struct sym_table_failure f = who_is_late(l);
    fail(l, l->phase == SYM_TABLE_CONSENTING ? f : sym_table_waits_since(&l->waits, f, since_ms));
}

void sym_table_lead_tick(struct sym_table_lead *l, uint64_t now_ms)
{
    if (l->phase < SYM_TABLE_RELEASING && now_ms >= l->until_ms) {
        sym_table_lead_late(l, now_ms);
    }
}

struct sym_table_progress sym_table_lead_evaluated(const struct sym_table_lead *l)
{
    return sym_table_came_evaluated(l->came, &l->agreed);
}

struct sym_table_progress sym_table_lead_tallied(const struct sym_table_lead *l)
{
    return sym_table_came_tallied(l->came, &l->agreed);
}

/* What leaves ----------------------------------------------------------------------------------
 */

static struct sym_span content_of(const struct sym_table_lead *l, enum table_type type,
                                  uint8_t failed[TABLE_FAILED_BYTES])
{
    if (type == TABLE_FAILED) {
        sym_table_failure_put(failed, &l->failure);
        return sym_span(failed, TABLE_FAILED_BYTES);
    }
    return type == TABLE_CONSENTS ? sym_tab_bytes_span(&l->consents) : sym_span(NULL, 0);
}

enum sym_table_step sym_table_lead_step(const struct sym_table_lead *l, uint32_t place, size_t *len)
{
    const struct lead_leg *leg = &l->legs[place];
    uint8_t failed[TABLE_FAILED_BYTES];
    *len = 0;
    if (leg->wants_close) {
        return SYM_TABLE_CLOSE;
    }
    if (leg->due == TABLE_NO_TYPE) {
        return SYM_TABLE_WAIT;
    }
    *len = 1 + content_of(l, leg->due, failed).len;
    return SYM_TABLE_DATA;
}

enum sym_err sym_table_lead_write(struct sym_table_lead *l, uint32_t place, uint8_t *payload,
                                  size_t len)
{
    struct lead_leg *leg = &l->legs[place];
    uint8_t failed[TABLE_FAILED_BYTES];
    size_t due = 0;
    enum sym_table_step step = sym_table_lead_step(l, place, &due);
    if (step == SYM_TABLE_CLOSE) {
        leg->wants_close = false;
        leg->gone = true;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != due) {
        return step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG;
    }
    struct sym_span content = content_of(l, leg->due, failed);
    payload[0] = (uint8_t)leg->due;
    if (content.len > 0) {
        memcpy(payload + 1, content.data, content.len);
    }
    if (leg->due == TABLE_GO) {
        leg->stage = LEG_WENT;
    }
    leg->gone = leg->due == TABLE_FAILED;
    leg->due = TABLE_NO_TYPE;
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

static bool all_reached(const struct sym_table_lead *l, enum leg_stage stage)
{
    for (uint32_t i = 0; i <= l->config.question.n; i++) {
        if (l->legs[i].stage < stage) {
            return false;
        }
    }
    return true;
}

static void owe_all(struct sym_table_lead *l, enum table_type type)
{
    for (uint32_t i = 0; i <= l->config.question.n; i++) {
        l->legs[i].due = type;
    }
}

static enum sym_err gather_consents(struct sym_table_lead *l)
{
    size_t len = 0;
    for (uint32_t i = 0; i <= l->config.question.n; i++) {
        len += 2 + l->legs[i].consent.len;
    }
    enum sym_err err = sym_tab_bytes_new(&l->consents, len);
    struct sym_writer w = sym_writer(l->consents.data, l->consents.len);
    for (uint32_t i = 0; err == SYM_OK && i <= l->config.question.n; i++) {
        sym_write_u16(&w, (uint16_t)l->legs[i].consent.len);
        sym_write_span(&w, sym_tab_bytes_span(&l->legs[i].consent));
    }
    return err == SYM_OK ? sym_sha256(l->agreed.consents_hash, sym_tab_bytes_span(&l->consents))
                         : err;
}

static enum sym_err take_consent(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                                 uint64_t now_ms)
{
    const struct sym_table_question *q = &l->config.question;
    struct sym_table_consented *c = &l->agreed.consented[place];
    enum sym_err err = sym_table_consent_open(c, content, q, l->agreed.qid, place, l->config.with);
    for (uint32_t i = 0; err == SYM_OK && place < q->n && i < q->n; i++) {
        bool here = i != place && l->legs[i].stage >= LEG_CONSENTED;
        if (here && table_same(l->agreed.consented[i].key.bytes, c->key.bytes, SYM_ELEMENT_BYTES)) {
            err = SYM_REPLAY;
        }
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&l->legs[place].consent, content);
    }
    if (err != SYM_OK) {
        return err;
    }
    l->legs[place].stage = LEG_CONSENTED;
    if (!all_reached(l, LEG_CONSENTED)) {
        return SYM_OK;
    }
    err = sym_table_consents_fit(l->agreed.consented, q->n, l->config.with);
    if (err == SYM_OK) {
        err = gather_consents(l);
    }
    if (err == SYM_OK) {
        l->has_consents = true;
        l->phase = SYM_TABLE_READYING;
        l->until_ms = now_ms + l->config.phase_ms;
        owe_all(l, TABLE_CONSENTS);
    }
    return err;
}

static enum sym_err take_ready(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                               uint64_t now_ms)
{
    if (!sym_span_equal(content, sym_span(l->agreed.consents_hash, SYM_HASH_BYTES))) {
        return SYM_BAD_VALUE;
    }
    l->legs[place].stage = LEG_READY;
    if (all_reached(l, LEG_READY)) {
        l->phase = SYM_TABLE_COMPUTING;
        l->until_ms = now_ms + l->config.compute_ms;
        owe_all(l, TABLE_GO);
    }
    return SYM_OK;
}

/* Once all have ended: has the tallier released the same to all? What a contributor received is
 * its word alone. */
static void compare(struct sym_table_lead *l)
{
    uint32_t n = l->config.question.n;
    if (!all_reached(l, LEG_ENDED)) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!table_same(l->legs[i].release_hash, l->legs[n].release_hash, SYM_HASH_BYTES)) {
            fail(l, (struct sym_table_failure){
                        .place = n, .cause = SYM_TABLE_CAUSE_RELEASES, .said_by = i});
            return;
        }
    }
    l->phase = SYM_TABLE_RELEASING;
}

static void end(struct sym_table_lead *l, uint32_t place)
{
    l->legs[place].stage = LEG_ENDED;
    l->legs[place].wants_close = true;
    compare(l);
}

static enum sym_err take_done(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                              uint64_t now_ms)
{
    (void)now_ms;
    if (content.len != SYM_HASH_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (place == l->config.question.n) {
        return SYM_WRONG_STATE;
    }
    memcpy(l->legs[place].release_hash, content.data, SYM_HASH_BYTES);
    end(l, place);
    return SYM_OK;
}

static enum sym_err take_release(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                                 uint64_t now_ms)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release r;
    (void)now_ms;
    if (place != l->config.question.n) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_release_open(&arena, &r, content, &l->agreed);
    if (err == SYM_OK) {
        err = sym_table_release_hash(l->legs[place].release_hash, content);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&l->release, content);
    }
    if (err == SYM_OK) {
        end(l, place);
    }
    return err;
}

static enum sym_err take_came(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                              uint64_t now_ms)
{
    (void)now_ms;
    return sym_table_came_take(&l->came[place], content, &l->agreed, place);
}

/* A party says that it is over, and whose doing it was: its word. */
static enum sym_err take_failed(struct sym_table_lead *l, uint32_t place, struct sym_span content)
{
    struct sym_table_failure failure;
    enum sym_err err = sym_table_failure_get(&failure, content, l->config.question.n);
    if (err == SYM_OK) {
        l->legs[place].gone = true;
        l->legs[place].due = TABLE_NO_TYPE;
        failure.said_by = place;
        fail(l, failure);
    }
    return err;
}

typedef enum sym_err take_fn(struct sym_table_lead *l, uint32_t place, struct sym_span content,
                             uint64_t now_ms);

struct turn {
    take_fn *take;
    enum sym_table_phase phase;
    enum leg_stage stage;
    enum sym_table_cause cause; /* of what does not fit */
};

static const struct turn turns[TABLE_TYPE_COUNT] = {
    [TABLE_CONSENT] = {take_consent, SYM_TABLE_CONSENTING, LEG_OPEN, SYM_TABLE_CAUSE_CONSENT},
    [TABLE_READY] = {take_ready, SYM_TABLE_READYING, LEG_CONSENTED, SYM_TABLE_CAUSE_PROTOCOL},
    [TABLE_CAME] = {take_came, SYM_TABLE_COMPUTING, LEG_WENT, SYM_TABLE_CAUSE_PROTOCOL},
    [TABLE_DONE] = {take_done, SYM_TABLE_COMPUTING, LEG_WENT, SYM_TABLE_CAUSE_PROTOCOL},
    [TABLE_RELEASE] = {take_release, SYM_TABLE_COMPUTING, LEG_WENT, SYM_TABLE_CAUSE_RELEASE},
};

/* What comes of a leg that has something left to be sent is too early. */
static enum sym_err take(struct sym_table_lead *l, uint32_t place, struct sym_span payload,
                         uint64_t now_ms, enum sym_table_cause *cause)
{
    enum table_type type = TABLE_NO_TYPE;
    struct sym_span content = {0};
    const struct lead_leg *leg = &l->legs[place];
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err != SYM_OK) {
        return err;
    }
    if (type == TABLE_FAILED && leg->stage != LEG_ENDED) {
        return take_failed(l, place, content);
    }
    const struct turn *turn = &turns[type];
    if (turn->take == NULL || l->phase != turn->phase || leg->stage != turn->stage ||
        leg->due != TABLE_NO_TYPE) {
        return SYM_WRONG_STATE;
    }
    *cause = turn->cause;
    err = turn->take(l, place, content, now_ms);
    if (err == SYM_OK && l->phase < SYM_TABLE_RELEASING) {
        sym_table_waits_change(&l->waits, who_is_late(l), now_ms);
    }
    return err;
}

enum sym_err sym_table_lead_take(struct sym_table_lead *l, uint32_t place, struct sym_span payload,
                                 uint64_t now_ms)
{
    enum sym_table_cause cause;
    if (l->phase == SYM_TABLE_FAILED) {
        return SYM_OK; /* on its way when it failed: this leg has been told, or is about to be */
    }
    if (l->legs[place].gone) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = take(l, place, payload, now_ms, &cause);
    if (err != SYM_OK) {
        lose(l, place, sym_table_failure_of(err, SYM_TABLE_ASKER, place, cause));
    }
    return err;
}

enum sym_err sym_table_lead_kept(struct sym_table_lead *l)
{
    if (l->phase != SYM_TABLE_RELEASING) {
        return SYM_WRONG_STATE;
    }
    l->phase = SYM_TABLE_DONE;
    return SYM_OK;
}
