#include "proto/table_evaluator.h"

#include "proto/seen.h"
#include "proto/table_frames.h"

#include <stdlib.h>
#include <string.h>

enum slot_state {
    SLOT_FREE,
    SLOT_TAKEN,
    SLOT_EVALUATING,
    SLOT_EVALUATED,
    SLOT_PROVING,
    SLOT_READY
};

struct slot {
    enum slot_state state;
    uint32_t n;
    struct sym_element *asked;
    struct sym_element *answers;
    uint8_t asked_hash[SYM_HASH_BYTES];
    uint8_t answers_hash[SYM_HASH_BYTES];
    uint8_t proof[SYM_DLEQ_PROOF_BYTES];
    struct tab_bytes said; /* signature and TableAnswer */
};

struct job {
    bool out;
    struct sym_table_evaluator *of;
    struct slot *slot;
    uint32_t frame;
    bool proves; /* else it multiplies */
};

struct sym_table_evaluator {
    const struct sym_table_agreed *agreed;
    const struct sym_ristretto *with;
    uint32_t owner;
    uint32_t total; /* elements */
    uint32_t frames;
    uint32_t taken; /* frames */
    uint32_t answered;
    bool over; /* both sides have closed, or this one may */
    bool closed;
    bool dead;
    struct sym_seen *seen;
    struct sym_element *memory;
    struct slot slots[SYM_TABLE_WINDOW];
    struct job jobs[SYM_WORKS_OUT_MAX];
    size_t out;
    struct sym_table_failure failure;
};

static enum sym_err die(struct sym_table_evaluator *e, enum sym_err err, uint32_t place,
                        enum sym_table_cause cause)
{
    if (err != SYM_OK && !e->dead) {
        e->dead = true;
        e->failure = sym_table_failure_of(err, e->agreed->place, place, cause);
    }
    return err;
}

static struct slot *slot_of(struct sym_table_evaluator *e, uint32_t frame)
{
    return &e->slots[frame % SYM_TABLE_WINDOW];
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static enum sym_err make_slots(struct sym_table_evaluator *e)
{
    size_t slots = e->frames < SYM_TABLE_WINDOW ? e->frames : SYM_TABLE_WINDOW;
    size_t items = e->total < SYM_OVERLAP_ITEMS_MAX ? e->total : SYM_OVERLAP_ITEMS_MAX;
    e->memory = malloc(slots > 0 ? 2 * slots * items * sizeof *e->memory : 1);
    if (e->memory == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < slots; i++) {
        e->slots[i].asked = e->memory + 2 * i * items;
        e->slots[i].answers = e->memory + (2 * i + 1) * items;
    }
    return sym_seen_new(&e->seen, e->total);
}

enum sym_err sym_table_evaluator_new(struct sym_table_evaluator **out,
                                     const struct sym_table_agreed *agreed,
                                     const struct sym_ristretto *with, uint32_t owner,
                                     uint32_t elements)
{
    uint32_t n = agreed->question->n;
    if (owner >= n || agreed->place >= n || owner == agreed->place || with == NULL ||
        agreed->consented[owner].elements != elements) {
        return SYM_BAD_VALUE;
    }
    struct sym_table_evaluator *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return SYM_NO_MEMORY;
    }
    e->agreed = agreed;
    e->with = with;
    e->owner = owner;
    e->total = elements;
    e->frames = sym_table_frame_count(elements, SYM_OVERLAP_ITEMS_MAX);
    e->failure = (struct sym_table_failure){.place = SYM_TABLE_NOBODY, .said_by = SYM_TABLE_NOBODY};
    enum sym_err err = make_slots(e);
    if (err != SYM_OK) {
        sym_table_evaluator_free(e);
        return err;
    }
    *out = e;
    return SYM_OK;
}

void sym_table_evaluator_free(struct sym_table_evaluator *e)
{
    if (e == NULL) {
        return;
    }
    for (size_t i = 0; i < SYM_TABLE_WINDOW; i++) {
        sym_tab_bytes_clear(&e->slots[i].said);
    }
    sym_seen_free(e->seen);
    free(e->memory);
    free(e);
}

struct sym_table_failure sym_table_evaluator_failure(const struct sym_table_evaluator *e)
{
    return e->failure;
}

struct sym_table_progress sym_table_evaluator_progress(const struct sym_table_evaluator *e)
{
    return (struct sym_table_progress){.done = (uint64_t)e->taken + e->answered,
                                       .total = 2 * (uint64_t)e->frames};
}

/* Works ----------------------------------------------------------------------------------------
 */

static struct sym_table_answer describe(const struct sym_table_evaluator *e, const struct slot *s,
                                        uint32_t frame)
{
    const struct sym_table_agreed *a = e->agreed;
    return (struct sym_table_answer){
        .qid = sym_span(a->qid, sizeof a->qid),
        .consents_hash = sym_span(a->consents_hash, sizeof a->consents_hash),
        .owner = e->owner,
        .member = a->place,
        .frame = frame,
        .elements = s->n,
        .asked_hash = sym_span(s->asked_hash, sizeof s->asked_hash),
        .answers_hash = sym_span(s->answers_hash, sizeof s->answers_hash),
        .proof = sym_span(s->proof, sizeof s->proof),
    };
}

static enum sym_err prove(const struct job *job)
{
    const struct sym_table_evaluator *e = job->of;
    struct slot *s = job->slot;
    uint8_t context[TABLE_CONTEXT_BYTES];
    const struct sym_table_answer said = describe(e, s, job->frame);
    struct sym_dleq st = {
        .key = &e->agreed->consented[e->agreed->place].key,
        .asked = s->asked,
        .answers = s->answers,
        .n = s->n,
        .context = sym_table_context(context, &said),
    };
    enum sym_err err = sym_dleq_hash(s->asked_hash, s->asked, s->n);
    if (err == SYM_OK) {
        err = sym_dleq_hash(s->answers_hash, s->answers, s->n);
    }
    memcpy(st.asked_hash, s->asked_hash, sizeof st.asked_hash);
    memcpy(st.answers_hash, s->answers_hash, sizeof st.answers_hash);
    return err == SYM_OK ? sym_dleq_prove(s->proof, e->with, &st, sym_scalar_in(&e->agreed->secret))
                         : err;
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct job *job = context;
    if (job->proves) {
        return prove(job);
    }
    return sym_ristretto_multiply(job->slot->answers + first, NULL, job->of->with,
                                  job->slot->asked + first, n,
                                  sym_scalar_in(&job->of->agreed->secret));
}

/* The oldest frame comes first, so that one is ready early. */
static struct slot *find(struct sym_table_evaluator *e, uint32_t *frame)
{
    for (*frame = e->answered; *frame < e->taken; (*frame)++) {
        struct slot *s = slot_of(e, *frame);
        if (s->state == SLOT_TAKEN || s->state == SLOT_EVALUATED) {
            return s;
        }
    }
    return NULL;
}

bool sym_table_evaluator_work(struct sym_table_evaluator *e, struct sym_work *out)
{
    uint32_t frame = 0;
    struct slot *s = e->dead ? NULL : find(e, &frame);
    for (size_t i = 0; s != NULL && i < SYM_WORKS_OUT_MAX; i++) {
        struct job *job = &e->jobs[i];
        if (job->out) {
            continue;
        }
        bool proves = s->state == SLOT_EVALUATED;
        *job = (struct job){.out = true, .of = e, .slot = s, .frame = frame, .proves = proves};
        s->state = proves ? SLOT_PROVING : SLOT_EVALUATING;
        e->out++;
        *out = (struct sym_work){.run = run_piece,
                                 .context = job,
                                 .n = proves ? 1 : s->n,
                                 .grain = proves ? 1 : TABLE_GRAIN};
        return true;
    }
    return false;
}

static enum sym_err sign(struct sym_table_evaluator *e, const struct job *job)
{
    const struct sym_table_answer said = describe(e, job->slot, job->frame);
    sym_tab_bytes_clear(&job->slot->said);
    return sym_table_signed_new(&job->slot->said, e->agreed->identity, &sym_msg_table_answer, &said,
                                0);
}

enum sym_err sym_table_evaluator_worked(struct sym_table_evaluator *e, void *context,
                                        enum sym_err err)
{
    struct job *job = context;
    job->out = false;
    e->out--;
    if (e->dead) {
        return SYM_OK;
    }
    if (err == SYM_BAD_ELEMENT) {
        return die(e, err, e->owner, SYM_TABLE_CAUSE_ELEMENT);
    }
    if (err == SYM_OK && job->proves) {
        err = sign(e, job);
    }
    if (err == SYM_OK) {
        job->slot->state = job->proves ? SLOT_READY : SLOT_EVALUATED;
    }
    return die(e, err, e->agreed->place, SYM_TABLE_CAUSE_OTHER);
}

/* What leaves ----------------------------------------------------------------------------------
 */

enum sym_table_step sym_table_evaluator_step(const struct sym_table_evaluator *e, size_t *len)
{
    const struct slot *s = &e->slots[e->answered % SYM_TABLE_WINDOW];
    *len = 0;
    if (e->dead || e->closed) {
        return SYM_TABLE_WAIT;
    }
    if (e->answered == e->frames) {
        return e->over ? SYM_TABLE_CLOSE : SYM_TABLE_WAIT;
    }
    if (s->state != SLOT_READY) {
        return SYM_TABLE_WAIT;
    }
    *len = 3 + s->said.len + s->n * sizeof *s->answers;
    return SYM_TABLE_DATA;
}

enum sym_err sym_table_evaluator_write(struct sym_table_evaluator *e, uint8_t *payload, size_t len)
{
    size_t due = 0;
    enum sym_table_step step = sym_table_evaluator_step(e, &due);
    if (step == SYM_TABLE_CLOSE) {
        e->closed = true;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != due) {
        return die(e, step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG, e->agreed->place,
                   SYM_TABLE_CAUSE_OTHER);
    }
    struct slot *s = slot_of(e, e->answered);
    struct sym_writer w = sym_writer(payload, len);
    sym_write_u8(&w, TABLE_ANSWER);
    sym_write_u16(&w, (uint16_t)s->said.len);
    sym_write_span(&w, sym_tab_bytes_span(&s->said));
    sym_write_bytes(&w, s->answers, s->n * sizeof *s->answers);
    sym_tab_bytes_clear(&s->said);
    s->state = SLOT_FREE;
    e->answered++;
    return w.err;
}

/* What arrives ---------------------------------------------------------------------------------
 */

static enum sym_err take_elements(struct sym_table_evaluator *e, struct sym_span content,
                                  enum sym_table_cause *cause)
{
    struct sym_reader r = sym_reader(content);
    uint32_t frame = sym_read_u32(&r);
    struct sym_span elements = sym_read_span(&r, r.left);
    uint32_t due = sym_table_frame_items(e->total, SYM_OVERLAP_ITEMS_MAX, e->taken);
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    if (r.err != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    *cause = SYM_TABLE_CAUSE_COUNT;
    if (due == 0) {
        return SYM_LIMIT;
    }
    if (elements.len != (size_t)due * SYM_ELEMENT_BYTES) {
        return SYM_BAD_VALUE;
    }
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    if (frame != e->taken) {
        return SYM_BAD_VALUE;
    }
    struct slot *s = slot_of(e, e->taken);
    if (s->state != SLOT_FREE) {
        return SYM_LIMIT;
    }
    *cause = SYM_TABLE_CAUSE_REPEATED;
    for (uint32_t i = 0; i < due; i++) {
        enum sym_err err = sym_seen_add(e->seen, elements.data + (size_t)i * SYM_ELEMENT_BYTES);
        if (err != SYM_OK) {
            return err;
        }
    }
    memcpy(s->asked, elements.data, elements.len);
    s->n = due;
    s->state = SLOT_TAKEN;
    e->taken++;
    return SYM_OK;
}

enum sym_err sym_table_evaluator_take(struct sym_table_evaluator *e, struct sym_span payload)
{
    enum table_type type = TABLE_NO_TYPE;
    enum sym_table_cause cause = SYM_TABLE_CAUSE_PROTOCOL;
    struct sym_span content = {0};
    if (e->dead || e->over) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err == SYM_OK && type != TABLE_ASK) {
        err = SYM_WRONG_STATE;
    }
    if (err == SYM_OK) {
        err = take_elements(e, content, &cause);
    }
    return die(e, err, e->owner, cause);
}

enum sym_err sym_table_evaluator_closed(struct sym_table_evaluator *e)
{
    if (e->answered < e->frames) {
        return die(e, SYM_WRONG_STATE, e->owner, SYM_TABLE_CAUSE_GONE);
    }
    e->over = true;
    return SYM_OK;
}
