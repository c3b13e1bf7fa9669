#include "node/exchange/overlap_terms.h"
#include "node/log.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

struct standing {
    const struct sym_standings *store;
    struct sym_standing_row row; /* the list, as it is kept or will be */
    struct sym_standing_config config;
    struct sym_standing_run *run;
    struct sym_overlap_set *set; /* initiator */
    struct sym_secret head;      /* key, or first tags */
    struct sym_span *blocks;     /* responder that sends the list: own copies */
    bool kept;                   /* initiator: what came was seen to */
    bool reduced;
};

static void free_standing(void *machine)
{
    struct standing *s = machine;
    sym_standing_free(s->run);
    sym_overlap_set_free(s->set);
    sym_secret_clear(&s->head);
    for (size_t i = 0; s->blocks != NULL && i < sym_standing_blocks(s->config.list.n); i++) {
        free((uint8_t *)(uintptr_t)s->blocks[i].data);
    }
    free(s->blocks);
    free(s);
}

/* What both sides have agreed on fits together, and to the list that is kept. */
static enum sym_err read_terms(struct standing *s, const struct sym_run_plan *plan)
{
    SYM_ARENA_AUTO asked_arena = {0};
    SYM_ARENA_AUTO answer_arena = {0};
    struct sym_overlap asked;
    struct sym_overlap_answer answer;
    enum sym_err err = sym_decode(&asked_arena, &asked, &sym_msg_overlap, plan->parameters);
    if (err == SYM_OK) {
        err = sym_decode(&answer_arena, &answer, &sym_msg_overlap_answer, plan->answer);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (sym_overlap_engine_agreed(&asked, &answer) != SYM_OVERLAP_ENGINE_STANDING ||
        answer.epoch.len != sizeof s->row.epoch) {
        return SYM_BAD_VALUE;
    }
    s->config.query_size = asked.set_size;
    s->config.sends_list = answer.sends_list;
    s->config.list = (struct sym_standing_list){.n = answer.set_size, .bits = answer.bits};
    bool same = sym_span_equal(answer.epoch, sym_span(s->row.epoch, sizeof s->row.epoch)) &&
                s->row.list.n == answer.set_size && s->row.list.bits == answer.bits;
    if (plan->role == SYM_SESSION_RESPONDER) {
        return same ? SYM_OK : SYM_INTERNAL;
    }
    if (!answer.sends_list) {
        return same && asked.epoch.len > 0 ? SYM_OK : SYM_BAD_VALUE;
    }
    memcpy(s->row.epoch, answer.epoch.data, sizeof s->row.epoch);
    s->row.list = s->config.list;
    return SYM_OK;
}

static enum sym_err load_blocks(struct standing *s)
{
    uint32_t n = sym_standing_blocks(s->row.list.n);
    enum sym_err err = SYM_OK;
    s->blocks = calloc(n, sizeof *s->blocks);
    if (s->blocks == NULL) {
        return SYM_NO_MEMORY;
    }
    for (uint32_t i = 0; err == SYM_OK && i < n; i++) {
        SYM_SECRET_AUTO block = {0};
        err = sym_standings_block(s->store, &s->row, i, &block);
        uint8_t *copy = err == SYM_OK ? malloc(block.len) : NULL;
        if (err == SYM_OK && copy == NULL) {
            err = SYM_NO_MEMORY;
        }
        if (err == SYM_OK) {
            memcpy(copy, block.data, block.len);
            s->blocks[i] = sym_span(copy, block.len);
        }
    }
    s->config.blocks = s->blocks;
    return err == SYM_NOT_FOUND ? SYM_INTERNAL : err;
}

static enum sym_err load(struct standing *s, const struct sym_run_plan *plan)
{
    bool initiates = plan->role == SYM_SESSION_INITIATOR;
    enum sym_err err = SYM_OK;
    if (!initiates || !s->config.sends_list) {
        err = sym_standings_head(s->store, &s->row, &s->head);
        err = err == SYM_NOT_FOUND ? SYM_INTERNAL : err;
    }
    if (err == SYM_OK && initiates) {
        size_t len = sym_standing_blocks(s->config.list.n) * sym_tag_bytes(s->config.list.bits);
        s->config.digests = sym_overlap_set_digests(plan->set, &s->config.n);
        s->config.firsts = s->head.data;
        return s->config.sends_list || s->head.len == len ? SYM_OK : SYM_INTERNAL;
    }
    if (err == SYM_OK) {
        s->config.key = s->head.len == SYM_SCALAR_BYTES ? sym_scalar_in(&s->head) : NULL;
        err = s->config.sends_list ? load_blocks(s) : SYM_OK;
    }
    return err;
}

static enum sym_err open_standing(void **machine, const struct sym_run_plan *plan)
{
    if (plan->standings == NULL || plan->standing == NULL) {
        return SYM_INTERNAL;
    }
    struct standing *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    s->store = plan->standings;
    s->row = *plan->standing;
    s->config.role = plan->role;
    s->config.with = plan->with;
    enum sym_err err = read_terms(s, plan);
    if (err == SYM_OK) {
        err = load(s, plan);
    }
    if (err == SYM_OK) {
        err = sym_standing_new(&s->run, &s->config);
    }
    if (err != SYM_OK) {
        free_standing(s);
        return err;
    }
    s->set = plan->set;
    *machine = s;
    return SYM_OK;
}

static enum sym_step step_standing(const void *machine, size_t *len)
{
    const struct standing *s = machine;
    switch (sym_standing_step(s->run, len)) {
    case SYM_OVERLAP_DATA:
        return SYM_STEP_DATA;
    case SYM_OVERLAP_CLOSE:
        return SYM_STEP_CLOSE;
    case SYM_OVERLAP_WAIT:
        break;
    }
    return SYM_STEP_WAIT;
}

static enum sym_err write_standing(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct standing *s = machine;
    (void)now_us;
    return sym_standing_write(s->run, payload, len);
}

static enum sym_err take_standing(void *machine, bool filler, struct sym_span payload,
                                  uint64_t now_us)
{
    struct standing *s = machine;
    (void)now_us;
    return sym_standing_take(s->run, filler ? SYM_EVENT_FILLER : SYM_EVENT_DATA, payload);
}

static enum sym_err close_standing(void *machine)
{
    struct standing *s = machine;
    return sym_standing_take(s->run, SYM_EVENT_CLOSED, sym_span(NULL, 0));
}

static bool work_standing(void *machine, struct sym_work *out)
{
    struct standing *s = machine;
    return sym_standing_work(s->run, out);
}

/* Own tags are known: opens the blocks that they could lie in. A kept list that is damaged is
 * this side's fault. */
static enum sym_err worked_standing(void *machine, void *context, enum sym_err err)
{
    struct standing *s = machine;
    uint32_t block = 0;
    err = sym_standing_worked(s->run, context, err);
    if (err != SYM_OK || !sym_standing_wants(s->run, &block)) {
        return err;
    }
    uint8_t *bytes = malloc(SYM_TAG_BLOCK_BYTES_MAX);
    err = bytes == NULL ? SYM_NO_MEMORY : SYM_OK;
    while (err == SYM_OK && sym_standing_wants(s->run, &block)) {
        size_t len = 0;
        err = sym_standings_block_into(s->store, &s->row, block, bytes, &len);
        if (err == SYM_OK) {
            err = sym_standing_give(s->run, sym_span(bytes, len));
        }
        err = err == SYM_OK || err == SYM_NO_MEMORY ? err : SYM_INTERNAL;
    }
    free(bytes);
    return err;
}

static size_t works_out_of_standing(const void *machine)
{
    const struct standing *s = machine;
    return sym_standing_works_out(s->run);
}

static struct sym_run_progress progress_of_standing(const void *machine)
{
    const struct standing *s = machine;
    struct sym_overlap_progress p = sym_standing_progress(s->run);
    return (struct sym_run_progress){.done = p.done, .total = p.total};
}

/* Without it the next query downloads the list again; the result is good all the same. */
static void keep_list(struct standing *s)
{
    const struct sym_span *blocks = NULL;
    const uint8_t *firsts = NULL;
    struct sym_fault fault = {.text = ""};
    if (s->kept || sym_standing_received(s->run, &blocks, &firsts) != SYM_OK) {
        return;
    }
    size_t len = sym_standing_blocks(s->row.list.n) * sym_tag_bytes(s->row.list.bits);
    s->kept = true;
    s->row.own = false;
    s->row.made_ms = sym_wall_ms();
    if (sym_standings_put(s->store, &s->row, sym_span(firsts, len), blocks, &fault) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "standing-list-not-kept", "reason", fault.text, NULL);
    }
}

static enum sym_err result_of_standing(void *machine, struct sym_run_result *out)
{
    struct standing *s = machine;
    struct sym_overlap_result result;
    enum sym_err err = sym_standing_result(s->run, &result);
    if (err == SYM_OK) {
        keep_list(s);
        sym_overlap_terms_result(out, s->set, result.common, result.matches, &s->reduced);
    }
    return err;
}

const struct sym_run_kind sym_run_kind_standing = {
    .open = open_standing,
    .free = free_standing,
    .step = step_standing,
    .write = write_standing,
    .take = take_standing,
    .closed = close_standing,
    .work = work_standing,
    .worked = worked_standing,
    .works_out = works_out_of_standing,
    .progress = progress_of_standing,
    .result = result_of_standing,
};
