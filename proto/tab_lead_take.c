#include "proto/codec.h"
#include "proto/tab_lead_state.h"

#include <string.h>

static const uint8_t *identity_of(const struct sym_tab_lead *l, uint32_t place)
{
    return l->config.question.cohort[place].identity;
}

/* Does a message of the participant at `place` belong to this query and these consents? */
static enum sym_err check_bound(const struct sym_tab_lead *l, uint32_t place, uint32_t member,
                                struct sym_span qid, struct sym_span consents_hash)
{
    if (!sym_span_equal(qid, sym_span(l->qid, sizeof l->qid)) ||
        !sym_span_equal(consents_hash, sym_span(l->consents_hash, sizeof l->consents_hash))) {
        return SYM_REPLAY;
    }
    return member == place ? SYM_OK : SYM_BAD_VALUE;
}

static enum sym_err take_consent(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    struct lead_leg *leg = &l->legs[place];
    struct tab_consent *c = &l->consenting[place];
    enum sym_err err = sym_tab_consent_open(c, content, identity_of(l, place), l->qid, place);
    if (err == SYM_OK && sym_tab_consents_clash(c, c)) {
        err = SYM_REPLAY;
    }
    for (uint32_t i = 0; err == SYM_OK && i < l->rules.n; i++) {
        if (l->legs[i].stage == LEG_CONSENTED && sym_tab_consents_clash(c, &l->consenting[i])) {
            err = SYM_REPLAY;
        }
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&leg->consent, content);
    }
    if (err == SYM_OK) {
        leg->stage = LEG_CONSENTED;
    }
    return err;
}

static enum sym_err take_shares(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_shares s;
    struct lead_leg *leg = &l->legs[place];
    enum sym_err err =
        sym_tab_signed_open(&arena, &s, &sym_msg_tab_shares, content, identity_of(l, place));
    if (err == SYM_OK) {
        err = check_bound(l, place, s.member, s.qid, s.consents_hash);
    }
    if (err == SYM_OK && s.sealed.len != (l->n_consents - 1) * (size_t)SYM_TAB_BOX_BYTES) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&leg->boxes, s.sealed);
    }
    if (err == SYM_OK) {
        leg->stage = LEG_SHARED;
    }
    return err;
}

/* Vectors --------------------------------------------------------------------------------------
 */

static enum sym_err take_tile(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    struct lead_slot *slot = l->legs[place].slot;
    size_t total = (size_t)l->cells * sizeof(uint64_t);
    size_t left = total - slot->got;
    size_t full = (size_t)SYM_TAB_TILE_CELLS * sizeof(uint64_t);
    if (left == 0 || (l->legs[place].due & (1u << TAB_SEND)) != 0) {
        return SYM_WRONG_STATE;
    }
    if (content.len != (left < full ? left : full)) {
        return SYM_BAD_VALUE;
    }
    memcpy(slot->packed + slot->got, content.data, content.len);
    sym_hash_update(&slot->hash, content);
    slot->got += content.len;
    return SYM_OK;
}

static enum sym_err check_vector(const struct sym_tab_lead *l, uint32_t place,
                                 struct sym_span content)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_vector v;
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err =
        sym_tab_signed_open(&arena, &v, &sym_msg_tab_vector, content, identity_of(l, place));
    if (err == SYM_OK) {
        err = check_bound(l, place, v.member, v.qid, v.consents_hash);
    }
    if (err == SYM_OK) {
        err = sym_hash_value(hash, &l->legs[place].slot->hash);
    }
    if (err == SYM_OK && !sym_span_equal(v.vector_hash, sym_span(hash, sizeof hash))) {
        err = SYM_BAD_VALUE;
    }
    return err;
}

static enum sym_err take_vector(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    struct lead_leg *leg = &l->legs[place];
    if (leg->slot->got != (size_t)l->cells * sizeof(uint64_t)) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = check_vector(l, place, content);
    if (err == SYM_OK) {
        err = sym_hash_value(leg->vector_hash, &leg->slot->hash);
    }
    if (err == SYM_OK) {
        sym_hash_clear(&leg->slot->hash);
        leg->slot->state = SLOT_FULL;
        leg->slot = NULL;
        leg->stage = LEG_SENT;
    }
    return err;
}

/* The end --------------------------------------------------------------------------------------
 */

static enum sym_err take_signature(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    struct lead_leg *leg = &l->legs[place];
    if (content.len != SYM_SIGNATURE_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_verify(content.data, identity_of(l, place), SYM_DOMAIN_TABULATE,
                                  sym_tab_bytes_span(&l->survivors_said));
    if (err == SYM_OK) {
        memcpy(leg->signature, content.data, sizeof leg->signature);
        leg->stage = LEG_SIGNED;
    }
    return err;
}

static enum sym_err take_unmask(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_unmask u;
    struct lead_leg *leg = &l->legs[place];
    enum sym_err err =
        sym_tab_signed_open(&arena, &u, &sym_msg_tab_unmask, content, identity_of(l, place));
    if (err == SYM_OK) {
        err = check_bound(l, place, u.member, u.qid, u.consents_hash);
    }
    if (err == SYM_OK &&
        !sym_span_equal(u.survivors_hash, sym_span(l->survivors_hash, SYM_HASH_BYTES))) {
        err = SYM_REPLAY;
    }
    if (err == SYM_OK && u.shares.len != l->n_consents * (size_t)SYM_SHAMIR_BYTES) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_secret_copy(&leg->shares, u.shares);
    }
    if (err == SYM_OK) {
        leg->stage = LEG_UNMASKED;
    }
    if (err == SYM_OK && l->phase == SYM_TAB_RELEASING && !l->wants_keep) {
        leg->due |= 1u << TAB_RELEASE | 1u << TAB_CELLS;
    }
    return err;
}

static enum sym_err take_kept(struct sym_tab_lead *l, uint32_t place, struct sym_span content)
{
    struct lead_leg *leg = &l->legs[place];
    if (content.len != SYM_SIGNATURE_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_verify(content.data, identity_of(l, place), SYM_DOMAIN_TABULATE,
                                  sym_span(l->release_hash, sizeof l->release_hash));
    if (err == SYM_OK) {
        leg->stage = LEG_KEPT;
        leg->wants_close = true;
    }
    return err;
}

typedef enum sym_err take_fn(struct sym_tab_lead *l, uint32_t place, struct sym_span content);

/* When a payload may come: at this stage of its leg, when that has nothing left to be sent. */
struct turn {
    take_fn *take;
    enum leg_stage stage;
};

static const struct turn turns[TAB_TYPE_COUNT] = {
    [TAB_CONSENT] = {take_consent, LEG_PROPOSED}, [TAB_SHARES] = {take_shares, LEG_CONSENTED},
    [TAB_TILE] = {take_tile, LEG_ASKED},          [TAB_VECTOR] = {take_vector, LEG_ASKED},
    [TAB_SIGNATURE] = {take_signature, LEG_SENT}, [TAB_UNMASK] = {take_unmask, LEG_SIGNED},
    [TAB_KEPT] = {take_kept, LEG_UNMASKED},
};

static enum sym_tab_phase first_phase(enum tab_type type)
{
    return type == TAB_CONSENT                      ? SYM_TAB_CONSENTS
           : type == TAB_SHARES                     ? SYM_TAB_SHARES
           : type == TAB_TILE || type == TAB_VECTOR ? SYM_TAB_VECTORS
           : type == TAB_SIGNATURE                  ? SYM_TAB_SURVIVORS
           : type == TAB_UNMASK                     ? SYM_TAB_UNMASKING
                                                    : SYM_TAB_RELEASING;
}

static bool is_turn(const struct sym_tab_lead *l, const struct lead_leg *leg, enum tab_type type)
{
    bool phase =
        l->phase == first_phase(type) || (type == TAB_UNMASK && l->phase == SYM_TAB_RELEASING);
    return turns[type].take != NULL && leg->stage == turns[type].stage && leg->due == 0 && phase &&
           !l->wants_look && !l->is_done && !(type == TAB_KEPT && l->wants_keep);
}

enum sym_err sym_lead_take(struct sym_tab_lead *l, uint32_t place, struct sym_span payload)
{
    enum tab_type type = TAB_NO_TYPE;
    struct sym_span content = {0};
    enum sym_err err = sym_tab_payload_read(&type, &content, payload);
    if (err != SYM_OK) {
        return err;
    }
    if (!is_turn(l, &l->legs[place], type)) {
        return SYM_WRONG_STATE;
    }
    return turns[type].take(l, place, content);
}
