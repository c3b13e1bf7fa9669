#include "proto/codec.h"
#include "proto/tab_lead_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Counting -------------------------------------------------------------------------------------
 */

/* Legs at this stage; live: that are not gone. */
static uint32_t count_legs(const struct sym_tab_lead *l, enum leg_stage stage, bool live)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->rules.n; i++) {
        n += l->legs[i].stage == stage && !(live && l->legs[i].gone);
    }
    return n;
}

static void owe(struct sym_tab_lead *l, enum leg_stage stage, enum tab_type type)
{
    for (uint32_t i = 0; i < l->rules.n; i++) {
        if (l->legs[i].stage == stage && !l->legs[i].gone) {
            l->legs[i].due |= 1u << type;
        }
    }
}

void sym_lead_drop(struct lead_leg *leg)
{
    leg->gone = true;
    leg->due = 0;
    leg->wants_close = false;
    if (leg->slot != NULL && leg->slot->state == SLOT_FILLS) {
        leg->slot->state = SLOT_FREE;
        sym_hash_clear(&leg->slot->hash);
    }
    leg->slot = NULL;
}

static void drop_stage(struct sym_tab_lead *l, enum leg_stage stage)
{
    for (uint32_t i = 0; i < l->rules.n; i++) {
        if (l->legs[i].stage == stage) {
            sym_lead_drop(&l->legs[i]);
        }
    }
}

void sym_lead_fail(struct sym_tab_lead *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (l->phase != SYM_TAB_FAILED) {
        (void)vsnprintf(l->fault, sizeof l->fault, format, args);
    }
    va_end(args);
    l->phase = SYM_TAB_FAILED;
}

/* Who stopped at this stage: those that are gone, or those that are late where none is. */
static void mark_missing(struct sym_tab_lead *l, enum leg_stage stage)
{
    bool left = count_legs(l, stage, true) < count_legs(l, stage, false);
    for (uint32_t i = 0; i < l->rules.n; i++) {
        l->legs[i].missing = l->legs[i].stage == stage && (l->legs[i].gone || !left);
    }
}

static void fail_missing(struct sym_tab_lead *l, const char *what, enum leg_stage stage,
                         uint32_t have, uint32_t need)
{
    mark_missing(l, stage);
    sym_lead_fail(l, "%u of %u participants %s, at least %u are needed", have, l->rules.n, what,
                  need);
}

bool sym_tab_lead_misses(const struct sym_tab_lead *l, uint32_t place)
{
    return l->phase == SYM_TAB_FAILED && place < l->rules.n && l->legs[place].missing;
}

static void enter(struct sym_tab_lead *l, enum sym_tab_phase phase, uint64_t now_ms)
{
    l->phase = phase;
    l->until_ms = now_ms > 0 ? now_ms + l->config.phase_ms : 0;
}

static bool is_late(struct sym_tab_lead *l, uint64_t now_ms)
{
    if (l->until_ms == 0 && now_ms > 0) {
        l->until_ms = now_ms + l->config.phase_ms;
    }
    return now_ms > 0 && now_ms >= l->until_ms;
}

/* Consents -------------------------------------------------------------------------------------
 */

static enum sym_err list_consents(struct sym_tab_lead *l)
{
    size_t len = 1;
    for (uint32_t i = 0; i < l->n_consents; i++) {
        len += 2 + l->legs[l->consenting[i].place].consent.len;
    }
    enum sym_err err = sym_tab_bytes_new(&l->consents, len);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_writer w = sym_writer(l->consents.data, len);
    sym_write_u8(&w, (uint8_t)l->n_consents);
    for (uint32_t i = 0; i < l->n_consents; i++) {
        struct lead_leg *leg = &l->legs[l->consenting[i].place];
        leg->index = i;
        sym_write_u16(&w, (uint16_t)leg->consent.len);
        sym_write_span(&w, sym_tab_bytes_span(&leg->consent));
        sym_tab_bytes_clear(&leg->consent);
    }
    return sym_sha256(l->consents_hash, sym_tab_bytes_span(&l->consents));
}

static void close_consents(struct sym_tab_lead *l)
{
    uint32_t n = 0;
    drop_stage(l, LEG_PROPOSED);
    for (uint32_t i = 0; i < l->rules.n; i++) {
        if (l->legs[i].stage == LEG_CONSENTED && l->legs[i].gone) {
            l->legs[i].stage = LEG_PROPOSED;
        }
        if (l->legs[i].stage == LEG_CONSENTED) {
            l->consenting[n++] = l->consenting[i];
            l->epochs[i] = l->consenting[n - 1].epoch;
        }
    }
    if (n < l->least) {
        fail_missing(l, "consented", LEG_PROPOSED, n, l->least);
        return;
    }
    l->n_consents = n;
    enum sym_err err = list_consents(l);
    if (err == SYM_OK) {
        err = sym_tab_question_id(l->question_id, &l->config.question);
    }
    if (err != SYM_OK) {
        sym_lead_fail(l, "the list of consents %s", sym_err_text(err));
        return;
    }
    l->wants_look = true;
}

static void advance_consents(struct sym_tab_lead *l, uint64_t now_ms)
{
    bool late = is_late(l, now_ms);
    if (l->wants_look) {
        return;
    }
    if (count_legs(l, LEG_PROPOSED, true) == 0 || late) {
        close_consents(l);
    }
}

enum sym_err sym_tab_lead_looked(struct sym_tab_lead *l, const uint8_t *tabulation, uint64_t now_ms)
{
    if (sym_tab_lead_wants(l) != SYM_TAB_LEAD_WANTS_LOOK) {
        return SYM_WRONG_STATE;
    }
    l->wants_look = false;
    if (tabulation != NULL) {
        memcpy(l->done, tabulation, sizeof l->done);
        l->is_done = true;
        enter(l, SYM_TAB_RELEASING, now_ms);
        owe(l, LEG_CONSENTED, TAB_DONE);
    } else {
        enter(l, SYM_TAB_SHARES, now_ms);
        owe(l, LEG_CONSENTED, TAB_CONSENTS);
    }
    sym_lead_advance(l, now_ms);
    return SYM_OK;
}

/* Shares ---------------------------------------------------------------------------------------
 */

static void advance_shares(struct sym_tab_lead *l, uint64_t now_ms)
{
    uint32_t missing = count_legs(l, LEG_CONSENTED, false);
    uint32_t live = count_legs(l, LEG_CONSENTED, true) + count_legs(l, LEG_SHARED, true);
    if (is_late(l, now_ms) || live < l->n_consents) {
        uint32_t have = l->n_consents - missing;
        if (missing > 0) {
            fail_missing(l, "sealed their shares", LEG_CONSENTED, have, l->n_consents);
        } else {
            mark_missing(l, LEG_SHARED);
            sym_lead_fail(l, "a participant left after it had sealed its shares, before all had");
        }
        return;
    }
    if (missing > 0) {
        return;
    }
    enum sym_err err = sym_lead_sum_new(l);
    if (err != SYM_OK) {
        sym_lead_fail(l, "the sum of %u cells %s", l->cells, sym_err_text(err));
        return;
    }
    enter(l, SYM_TAB_VECTORS, now_ms);
    owe(l, LEG_SHARED, TAB_BOXES);
}

/* Vectors --------------------------------------------------------------------------------------
 */

static void drop_late(struct sym_tab_lead *l, uint64_t now_ms)
{
    for (uint32_t i = 0; i < l->rules.n; i++) {
        struct lead_leg *leg = &l->legs[i];
        if (leg->stage == LEG_ASKED && !leg->gone && now_ms > 0) {
            if (leg->late_ms == 0) {
                leg->late_ms = now_ms + l->config.phase_ms;
            } else if (now_ms >= leg->late_ms) {
                sym_lead_drop(leg);
            }
        }
    }
}

static void ask_next(struct sym_tab_lead *l, uint64_t now_ms)
{
    for (uint32_t i = 0; i < l->rules.n; i++) {
        struct lead_leg *leg = &l->legs[i];
        if (leg->stage != LEG_SHARED || leg->gone) {
            continue;
        }
        struct lead_slot *slot = sym_lead_slot(l);
        if (slot == NULL) {
            return;
        }
        leg->slot = slot;
        leg->stage = LEG_ASKED;
        leg->due |= 1u << TAB_SEND;
        leg->late_ms = now_ms > 0 ? now_ms + l->config.phase_ms : 0;
    }
}

static enum sym_err say_survivors(struct sym_tab_lead *l)
{
    uint8_t hashes[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    uint32_t n = 0;
    l->n_dropped = 0;
    for (uint32_t i = 0; i < l->n_consents; i++) {
        uint32_t place = l->consenting[i].place;
        if (l->legs[place].stage == LEG_SENT) {
            l->survivors[n] = (uint8_t)place;
            memcpy(hashes + n * SYM_HASH_BYTES, l->legs[place].vector_hash, SYM_HASH_BYTES);
            n++;
        } else {
            l->dropped[l->n_dropped++] = i;
        }
    }
    l->n_survivors = n;
    const struct sym_tab_survivors s = {
        .qid = sym_span(l->qid, sizeof l->qid),
        .consents_hash = sym_span(l->consents_hash, sizeof l->consents_hash),
        .members = sym_span(l->survivors, n),
        .vector_hashes = sym_span(hashes, n * (size_t)SYM_HASH_BYTES),
    };
    enum sym_err err = sym_tab_encode(&l->survivors_said, &sym_msg_tab_survivors, &s,
                                      n * (1 + (size_t)SYM_HASH_BYTES));
    return err == SYM_OK ? sym_sha256(l->survivors_hash, sym_tab_bytes_span(&l->survivors_said))
                         : err;
}

static void close_vectors(struct sym_tab_lead *l, uint64_t now_ms)
{
    for (uint32_t i = 0; i < l->rules.n; i++) {
        sym_tab_bytes_clear(&l->legs[i].boxes);
    }
    sym_lead_slots_clear(l);
    enum sym_err err = say_survivors(l);
    if (err != SYM_OK) {
        sym_lead_fail(l, "the list of survivors %s", sym_err_text(err));
        return;
    }
    enter(l, SYM_TAB_SURVIVORS, now_ms);
    owe(l, LEG_SENT, TAB_SURVIVORS);
}

static void advance_vectors(struct sym_tab_lead *l, uint64_t now_ms)
{
    drop_late(l, now_ms);
    ask_next(l, now_ms);
    uint32_t have = count_legs(l, LEG_SENT, false);
    uint32_t waiting = count_legs(l, LEG_SHARED, true) + count_legs(l, LEG_ASKED, true);
    if (have + waiting < l->least) {
        enum leg_stage stage = count_legs(l, LEG_ASKED, false) > 0 ? LEG_ASKED : LEG_SHARED;
        fail_missing(l, "sent their cells or still may", stage, have + waiting, l->least);
    } else if (!sym_lead_adds(l) && waiting == 0) {
        close_vectors(l, now_ms);
    } else if (!sym_lead_adds(l)) {
        sym_lead_fail(l, "a vector of %u cells %s", l->cells, sym_err_text(SYM_NO_MEMORY));
    }
}

/* Survivors ------------------------------------------------------------------------------------
 */

static enum sym_err list_signatures(struct sym_tab_lead *l, uint32_t n)
{
    size_t len = 1 + n * (1 + (size_t)SYM_SIGNATURE_BYTES);
    enum sym_err err = sym_tab_bytes_new(&l->signatures, len);
    struct sym_writer w = sym_writer(l->signatures.data, l->signatures.len);
    sym_write_u8(&w, (uint8_t)n);
    for (uint32_t i = 0; i < l->rules.n; i++) {
        if (l->legs[i].stage == LEG_SIGNED) {
            sym_write_u8(&w, (uint8_t)i);
            sym_write_bytes(&w, l->legs[i].signature, SYM_SIGNATURE_BYTES);
        }
    }
    return err;
}

static void advance_survivors(struct sym_tab_lead *l, uint64_t now_ms)
{
    uint32_t n = count_legs(l, LEG_SIGNED, false);
    uint32_t waiting = count_legs(l, LEG_SENT, true);
    if (n + waiting < l->rules.quorum || (n < l->rules.quorum && is_late(l, now_ms))) {
        fail_missing(l, "signed who survived", LEG_SENT, n, l->rules.quorum);
        return;
    }
    if (waiting > 0 && !is_late(l, now_ms)) {
        return;
    }
    drop_stage(l, LEG_SENT);
    if (list_signatures(l, n) != SYM_OK) {
        sym_lead_fail(l, "the list of signatures %s", sym_err_text(SYM_NO_MEMORY));
        return;
    }
    enter(l, SYM_TAB_UNMASKING, now_ms);
    owe(l, LEG_SIGNED, TAB_SIGNATURES);
}

/* Unmasking ------------------------------------------------------------------------------------
 */

static void advance_unmasking(struct sym_tab_lead *l, uint64_t now_ms)
{
    if (l->unmasking == UNMASK_DONE) {
        enter(l, SYM_TAB_RELEASING, now_ms);
        l->wants_keep = true;
        return;
    }
    if (l->unmasking != UNMASK_WAITS) {
        return;
    }
    uint32_t waiting = count_legs(l, LEG_SIGNED, true);
    enum sym_err err = sym_lead_recover(l);
    bool over = err != SYM_OK && (err != SYM_AGAIN || waiting == 0 || is_late(l, now_ms));
    if (over && l->misfits) {
        sym_lead_fail_misfit(l);
    } else if (over) {
        fail_missing(l, "gave shares of the masks that fit", LEG_SIGNED,
                     count_legs(l, LEG_UNMASKED, false), l->rules.quorum);
    }
}

/* Release --------------------------------------------------------------------------------------
 */

static void advance_releasing(struct sym_tab_lead *l, uint64_t now_ms)
{
    if (l->wants_keep) {
        return;
    }
    if (is_late(l, now_ms)) {
        for (uint32_t i = 0; i < l->rules.n; i++) {
            sym_lead_drop(&l->legs[i]);
        }
    }
    uint32_t live = 0;
    for (uint32_t i = 0; i < l->rules.n; i++) {
        live += !l->legs[i].gone;
    }
    if (live == 0) {
        l->phase = SYM_TAB_DONE;
    }
}

enum sym_err sym_tab_lead_kept(struct sym_tab_lead *l)
{
    if (sym_tab_lead_wants(l) != SYM_TAB_LEAD_WANTS_KEEP || l->head.len == 0) {
        return SYM_WRONG_STATE;
    }
    l->wants_keep = false;
    l->until_ms = 0;
    owe(l, LEG_UNMASKED, TAB_RELEASE);
    owe(l, LEG_UNMASKED, TAB_CELLS);
    return SYM_OK;
}

void sym_lead_advance(struct sym_tab_lead *l, uint64_t now_ms)
{
    for (int before = -1; before != (int)l->phase;) {
        before = (int)l->phase;
        switch (l->phase) {
        case SYM_TAB_CONSENTS:
            advance_consents(l, now_ms);
            break;
        case SYM_TAB_SHARES:
            advance_shares(l, now_ms);
            break;
        case SYM_TAB_VECTORS:
            advance_vectors(l, now_ms);
            break;
        case SYM_TAB_SURVIVORS:
            advance_survivors(l, now_ms);
            break;
        case SYM_TAB_UNMASKING:
            advance_unmasking(l, now_ms);
            break;
        case SYM_TAB_RELEASING:
            advance_releasing(l, now_ms);
            break;
        case SYM_TAB_DONE:
        case SYM_TAB_FAILED:
            break;
        }
    }
}
