#include "proto/table_owner.h"

#include "proto/codec.h"
#include "proto/table_list_state.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_table_owner_new(struct sym_table_owner **out, struct sym_table_list *list,
                                 uint32_t place)
{
    const struct sym_table_agreed *a = list->config.agreed;
    if (place >= a->question->n || place == a->place) {
        return SYM_BAD_VALUE;
    }
    if (list->begun[place]) {
        return SYM_EXISTS;
    }
    struct sym_table_owner *o = calloc(1, sizeof *o);
    if (o == NULL) {
        return SYM_NO_MEMORY;
    }
    o->list = list;
    o->place = place;
    list->begun[place] = true;
    *out = o;
    return SYM_OK;
}

void sym_table_owner_free(struct sym_table_owner *o)
{
    free(o);
}

/* What leaves ----------------------------------------------------------------------------------
 */

/* The frame to be asked next, if it is blinded. */
static struct list_slot *next(const struct sym_table_owner *o)
{
    struct list_slot *slot = sym_table_slot(o->list, o->asked);
    bool ready = o->asked < o->list->frames && slot->state == SLOT_OPEN && slot->frame == o->asked;
    return ready ? slot : NULL;
}

enum sym_table_step sym_table_owner_step(const struct sym_table_owner *o, size_t *len)
{
    *len = 0;
    if (o->closed || o->list->stage == LIST_FAILED) {
        return SYM_TABLE_WAIT;
    }
    if (o->list->checked[o->place] == o->list->frames) {
        return SYM_TABLE_CLOSE;
    }
    const struct list_slot *slot = next(o);
    if (slot == NULL) {
        return SYM_TABLE_WAIT;
    }
    *len = TABLE_ASK_HEAD_BYTES + slot->n * sizeof *slot->asked;
    return SYM_TABLE_DATA;
}

enum sym_err sym_table_owner_write(struct sym_table_owner *o, uint8_t *payload, size_t len)
{
    size_t due = 0;
    enum sym_table_step step = sym_table_owner_step(o, &due);
    if (step == SYM_TABLE_CLOSE) {
        o->closed = true;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != due) {
        return step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG;
    }
    struct list_slot *slot = next(o);
    if (slot == NULL) {
        return SYM_INTERNAL;
    }
    struct sym_writer w = sym_writer(payload, len);
    sym_write_u8(&w, TABLE_ASK);
    sym_write_u32(&w, slot->frame);
    sym_write_bytes(&w, slot->asked, slot->n * sizeof *slot->asked);
    slot->answers[o->place].state = ANSWER_ASKED;
    o->asked++;
    return w.err;
}

/* What arrives ---------------------------------------------------------------------------------
 */

/* Is this what was asked, in this table, of this evaluator? */
static enum sym_err check_said(const struct sym_table_owner *o, const struct list_slot *slot,
                               const struct sym_table_answer *said, enum sym_table_cause *cause)
{
    const struct sym_table_agreed *a = o->list->config.agreed;
    if (!table_same(said->qid.data, a->qid, SYM_HASH_BYTES) ||
        !table_same(said->consents_hash.data, a->consents_hash, SYM_HASH_BYTES)) {
        *cause = SYM_TABLE_CAUSE_PROTOCOL;
        return SYM_REPLAY;
    }
    if (said->elements != slot->n) {
        *cause = SYM_TABLE_CAUSE_COUNT;
        return SYM_BAD_VALUE;
    }
    bool fits = said->owner == a->place && said->member == o->place && said->frame == slot->frame &&
                table_same(said->asked_hash.data, slot->asked_hash, SYM_HASH_BYTES);
    *cause = SYM_TABLE_CAUSE_PROTOCOL;
    return fits ? SYM_OK : SYM_BAD_VALUE;
}

static enum sym_err take_answer(struct sym_table_owner *o, struct list_slot *slot,
                                struct sym_span content, enum sym_table_cause *cause)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_answer said;
    struct list_answer *answer = &slot->answers[o->place];
    struct sym_reader r = sym_reader(content);
    size_t len = sym_read_u16(&r);
    struct sym_span from = sym_read_span(&r, len);
    struct sym_span elements = sym_read_span(&r, r.left);
    if (r.err != SYM_OK || from.len > SYM_TABLE_SIGNED_BYTES_MAX) {
        return SYM_BAD_FORMAT;
    }
    *cause = SYM_TABLE_CAUSE_COUNT;
    if (elements.len != slot->n * sizeof *answer->elements) {
        return SYM_BAD_VALUE;
    }
    *cause = SYM_TABLE_CAUSE_SIGNATURE;
    enum sym_err err =
        sym_table_signed_open(&arena, &said, &sym_msg_table_answer, from,
                              o->list->config.agreed->question->parties[o->place].identity);
    if (err == SYM_OK) {
        err = check_said(o, slot, &said, cause);
    }
    if (err == SYM_OK) {
        err = sym_sha256(answer->hash, elements);
    }
    if (err == SYM_OK && !table_same(said.answers_hash.data, answer->hash, SYM_HASH_BYTES)) {
        *cause = SYM_TABLE_CAUSE_SIGNATURE;
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&answer->said, from);
    }
    if (err == SYM_OK) {
        memcpy(answer->elements, elements.data, elements.len);
        memcpy(answer->proof, said.proof.data, sizeof answer->proof);
        answer->state = ANSWER_HERE;
        o->answered++;
    }
    return err;
}

enum sym_err sym_table_owner_take(struct sym_table_owner *o, struct sym_span payload)
{
    enum table_type type = TABLE_NO_TYPE;
    enum sym_table_cause cause = SYM_TABLE_CAUSE_PROTOCOL;
    struct sym_span content = {0};
    struct list_slot *slot = sym_table_slot(o->list, o->answered);
    if (o->list->stage == LIST_FAILED) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err == SYM_OK && (type != TABLE_ANSWER || o->answered == o->asked)) {
        err = SYM_WRONG_STATE;
    }
    if (err == SYM_OK) {
        err = take_answer(o, slot, content, &cause);
    }
    return sym_table_list_fail(o->list, err, o->place, cause);
}

enum sym_err sym_table_owner_closed(struct sym_table_owner *o)
{
    bool early = o->answered < o->list->frames;
    return sym_table_list_fail(o->list, early ? SYM_WRONG_STATE : SYM_OK, o->place,
                               SYM_TABLE_CAUSE_GONE);
}
