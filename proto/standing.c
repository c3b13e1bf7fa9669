#include "proto/sorted.h"
#include "proto/standing_state.h"

#include <stdlib.h>
#include <string.h>

static bool initiates(const struct sym_standing_run *run)
{
    return run->config.role == SYM_SESSION_INITIATOR;
}

enum sym_err sym_standing_die(struct sym_standing_run *run, enum sym_err err)
{
    if (err != SYM_OK && run->state != STANDING_DONE) {
        run->state = STANDING_DEAD;
    }
    return err;
}

/* Lists ----------------------------------------------------------------------------------------
 */

/* The smallest b with 2^b >= n. */
static uint32_t log_of(uint64_t n)
{
    uint32_t b = 0;
    while (b < 63 && UINT64_C(1) << b < n) {
        b++;
    }
    return b;
}

uint32_t sym_standing_bits(uint32_t n, uint64_t most)
{
    uint32_t bits = 40 + log_of(n) + log_of(most);
    return bits < SYM_TAG_BITS_MIN   ? SYM_TAG_BITS_MIN
           : bits > SYM_TAG_BITS_MAX ? SYM_TAG_BITS_MAX
                                     : bits;
}

uint32_t sym_standing_blocks(uint32_t n)
{
    return n / SYM_TAG_BLOCK + (n % SYM_TAG_BLOCK != 0);
}

uint32_t sym_standing_block_tags(uint32_t n, uint32_t block)
{
    uint32_t before = block * SYM_TAG_BLOCK;
    return n - before < SYM_TAG_BLOCK ? n - before : SYM_TAG_BLOCK;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static bool is_possible(const struct sym_standing_config *c)
{
    if (c->with == NULL || c->query_size == 0 || c->query_size > SYM_STANDING_QUERY_MAX ||
        c->list.n == 0 || c->list.n > SYM_STANDING_LIST_MAX || c->list.bits < SYM_TAG_BITS_MIN ||
        c->list.bits > SYM_TAG_BITS_MAX) {
        return false;
    }
    if (c->role == SYM_SESSION_RESPONDER) {
        return c->key != NULL && (c->blocks != NULL || !c->sends_list);
    }
    return c->n <= c->query_size && (c->digests != NULL || c->n == 0) &&
           (c->firsts != NULL || c->sends_list);
}

static enum sym_err set_up(struct sym_standing_run *run)
{
    const struct sym_standing_config *c = &run->config;
    run->tag_len = sym_tag_bytes(c->list.bits);
    run->n_blocks = sym_standing_blocks(c->list.n);
    enum sym_err err = sym_tag_code_for(&run->code, c->list.bits, c->list.n);
    if (err == SYM_OK) {
        err = sym_secret_new(&run->scalar, SYM_SCALAR_BYTES);
    }
    if (err == SYM_OK) {
        run->elements = malloc(c->query_size * sizeof *run->elements);
        err = run->elements == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    if (err == SYM_OK && initiates(run)) {
        return sym_standing_initiator_new(run);
    }
    if (err == SYM_OK) {
        run->state = STANDING_LISTENS;
        *sym_scalar_in(&run->scalar) = *c->key;
        run->config.key = NULL;
    }
    return err;
}

enum sym_err sym_standing_new(struct sym_standing_run **out,
                              const struct sym_standing_config *config)
{
    if (!is_possible(config)) {
        return SYM_BAD_VALUE;
    }
    struct sym_standing_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->config = *config;
    enum sym_err err = set_up(run);
    if (err != SYM_OK) {
        sym_standing_free(run);
        return err;
    }
    *out = run;
    return SYM_OK;
}

void sym_standing_free(struct sym_standing_run *run)
{
    if (run == NULL) {
        return;
    }
    sym_standing_initiator_release(run);
    sym_secret_clear(&run->scalar);
    sym_wipe_free(run->elements, run->config.query_size * sizeof *run->elements);
    free(run);
}

/* What is computed -----------------------------------------------------------------------------
 */

static enum sym_err evaluate(void *context, size_t first, size_t n)
{
    const struct sym_standing_run *run = context;
    return sym_oprf_evaluate(run->elements + first, NULL, run->config.with, run->elements + first,
                             n, sym_scalar_in(&run->scalar));
}

static bool may_look_up(const struct sym_standing_run *run)
{
    bool closed = run->state == STANDING_CLOSED || run->state == STANDING_DONE;
    return initiates(run) && closed && run->search == SEARCH_LATER;
}

bool sym_standing_work(struct sym_standing_run *run, struct sym_work *out)
{
    if (may_look_up(run)) {
        run->search = SEARCH_BEGUN;
        run->working = true;
        *out = (struct sym_work){
            .run = sym_standing_look_up, .context = run, .n = 1, .grain = STANDING_GRAIN};
        return true;
    }
    enum sym_err (*piece)(void *, size_t, size_t) =
        run->state == STANDING_BLINDS      ? sym_standing_blind
        : run->state == STANDING_EVALUATES ? evaluate
        : run->state == STANDING_COMPLETES ? sym_standing_unblind
                                           : NULL;
    if (piece == NULL || run->given_out) {
        return false;
    }
    run->given_out = true;
    run->working = true;
    *out = (struct sym_work){
        .run = piece, .context = run, .n = run->config.query_size, .grain = STANDING_GRAIN};
    return true;
}

enum sym_err sym_standing_worked(struct sym_standing_run *run, void *context, enum sym_err err)
{
    (void)context;
    run->working = false;
    if (run->state == STANDING_DEAD) {
        return SYM_OK;
    }
    if (err != SYM_OK) {
        return sym_standing_die(run, err);
    }
    if (run->search == SEARCH_BEGUN) {
        sym_standing_looked_up(run);
        return SYM_OK;
    }
    if (run->state == STANDING_COMPLETES) {
        sym_standing_completed(run);
        return SYM_OK;
    }
    run->given_out = false;
    run->state = run->state == STANDING_BLINDS ? STANDING_ASKS : STANDING_ANSWERS;
    return SYM_OK;
}

size_t sym_standing_works_out(const struct sym_standing_run *run)
{
    return run->working ? 1 : 0;
}

/* What leaves ----------------------------------------------------------------------------------
 */

enum sym_overlap_step sym_standing_step(const struct sym_standing_run *run, size_t *len)
{
    *len = 0;
    if (run->state == STANDING_CLOSES) {
        return SYM_OVERLAP_CLOSE;
    }
    if (run->state == STANDING_ASKS || run->state == STANDING_ANSWERS) {
        *len = STANDING_HEAD_BYTES + run->config.query_size * sizeof *run->elements;
        return SYM_OVERLAP_DATA;
    }
    if (run->state == STANDING_LISTS) {
        *len = STANDING_HEAD_BYTES + run->config.blocks[run->blocks_gone].len;
        return SYM_OVERLAP_DATA;
    }
    return SYM_OVERLAP_WAIT;
}

static void put(uint8_t *out, size_t len, enum standing_message type, uint32_t number,
                const void *body)
{
    struct sym_writer w = sym_writer(out, len);
    sym_write_u8(&w, (uint8_t)type);
    sym_write_u32(&w, number);
    sym_write_bytes(&w, body, len - STANDING_HEAD_BYTES);
}

enum sym_err sym_standing_write(struct sym_standing_run *run, uint8_t *payload, size_t len)
{
    size_t due = 0;
    switch (sym_standing_step(run, &due)) {
    case SYM_OVERLAP_WAIT:
        return sym_standing_die(run, SYM_WRONG_STATE);
    case SYM_OVERLAP_CLOSE:
        run->state = initiates(run) ? STANDING_CLOSED : STANDING_DONE;
        return SYM_OK;
    case SYM_OVERLAP_DATA:
        break;
    }
    if (len != due) {
        return sym_standing_die(run, SYM_TOO_LONG);
    }
    if (run->state == STANDING_LISTS) {
        put(payload, len, STANDING_BLOCK, run->blocks_gone,
            run->config.blocks[run->blocks_gone].data);
        run->blocks_gone++;
    } else {
        put(payload, len, run->state == STANDING_ASKS ? STANDING_QUERY : STANDING_EVALUATED,
            run->config.query_size, run->elements);
    }
    if (run->state == STANDING_ASKS) {
        run->state = STANDING_AWAITS;
    } else {
        bool more = run->config.sends_list && run->blocks_gone < run->n_blocks;
        run->state = more ? STANDING_LISTS : STANDING_AWAITS_CLOSE;
    }
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

typedef enum sym_err take_fn(struct sym_standing_run *run, const struct standing_payload *got);

/* None may come twice: in a copy that is sorted it would stand beside itself. */
static enum sym_err refuse_repeats(const struct sym_standing_run *run)
{
    size_t n = run->config.query_size;
    uint8_t *sorted = malloc(n * SYM_ELEMENT_BYTES);
    if (sorted == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(sorted, run->elements, n * SYM_ELEMENT_BYTES);
    sym_sorted_sort(sorted, n, SYM_ELEMENT_BYTES);
    bool repeats = sym_sorted_break(sorted, n, SYM_ELEMENT_BYTES, true) < n;
    free(sorted);
    return repeats ? SYM_REPLAY : SYM_OK;
}

enum sym_err sym_standing_keep_elements(struct sym_standing_run *run,
                                        const struct standing_payload *got)
{
    if (got->number != run->config.query_size) {
        return SYM_BAD_VALUE;
    }
    if (got->body.len != got->number * sizeof *run->elements) {
        return SYM_BAD_FORMAT;
    }
    memcpy(run->elements, got->body.data, got->body.len);
    return refuse_repeats(run);
}

static enum sym_err take_query(struct sym_standing_run *run, const struct standing_payload *got)
{
    enum sym_err err = sym_standing_keep_elements(run, got);
    if (err == SYM_OK) {
        run->state = STANDING_EVALUATES;
    }
    return err;
}

static enum sym_err take_first_close(struct sym_standing_run *run,
                                     const struct standing_payload *got)
{
    (void)got;
    run->state = STANDING_CLOSES;
    return SYM_OK;
}

static enum sym_err take_second_close(struct sym_standing_run *run,
                                      const struct standing_payload *got)
{
    (void)got;
    run->state = STANDING_DONE;
    return SYM_OK;
}

/* An empty cell is a refusal. */
static take_fn *const table[STANDING_STATE_COUNT][STANDING_MESSAGE_COUNT] = {
    [STANDING_LISTENS] = {[STANDING_QUERY] = take_query},
    [STANDING_AWAITS] = {[STANDING_EVALUATED] = sym_standing_take_evaluated},
    [STANDING_COMPLETES] = {[STANDING_BLOCK] = sym_standing_take_block},
    [STANDING_AWAITS_CLOSE] = {[STANDING_OTHER_CLOSED] = take_first_close},
    [STANDING_CLOSED] = {[STANDING_OTHER_CLOSED] = take_second_close},
};

static enum sym_err read_message(struct standing_payload *out, struct sym_span payload)
{
    struct sym_reader r = sym_reader(payload);
    uint8_t type = sym_read_u8(&r);
    out->number = sym_read_u32(&r);
    out->body = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || type < STANDING_QUERY || type > STANDING_BLOCK) {
        return SYM_BAD_FORMAT;
    }
    out->type = (enum standing_message)type;
    return SYM_OK;
}

enum sym_err sym_standing_take(struct sym_standing_run *run, enum sym_session_event_kind kind,
                               struct sym_span payload)
{
    struct standing_payload got = {.type = STANDING_OTHER_CLOSED};
    enum sym_err err = kind == SYM_EVENT_DATA     ? read_message(&got, payload)
                       : kind == SYM_EVENT_CLOSED ? SYM_OK
                                                  : SYM_WRONG_STATE;
    if (err != SYM_OK) {
        return sym_standing_die(run, err);
    }
    take_fn *take = table[run->state][got.type];
    return sym_standing_die(run, take == NULL ? SYM_WRONG_STATE : take(run, &got));
}

/* What is asked --------------------------------------------------------------------------------
 */

struct sym_overlap_progress sym_standing_progress(const struct sym_standing_run *run)
{
    bool over = run->state == STANDING_CLOSES || run->state == STANDING_CLOSED ||
                run->state == STANDING_DONE;
    uint64_t query = run->config.query_size;
    uint64_t list = run->config.sends_list ? run->config.list.n : 0;
    uint64_t blocks = (uint64_t)run->blocks_gone * SYM_TAG_BLOCK;
    uint64_t done = run->state > STANDING_AWAITS && run->state != STANDING_LISTENS ? query : 0;
    done += blocks < list ? blocks : list;
    return (struct sym_overlap_progress){.done = over ? 2 * query + list : done,
                                         .total = 2 * query + list};
}

enum sym_err sym_standing_result(const struct sym_standing_run *run, struct sym_overlap_result *out)
{
    if (!sym_standing_knows(run)) {
        return SYM_WRONG_STATE;
    }
    *out = (struct sym_overlap_result){.common = run->common, .matches = run->matches};
    return SYM_OK;
}
