#include "node/link/dials.h"

#include "node/leash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than the supervisor looks for a name, or gate tries the addresses of one: who has not
 * answered by then will not, or was not reached. */
#define ANSWER_MS 60000u

struct dial {
    struct dial *next;
    struct sym_dials *dials;
    uint32_t number; /* of the look-up that is awaited; 0: none */
    struct sym_node_id id;
    char endpoint[SYM_CARD_ENDPOINTS_MAX][SYM_ENDPOINT_BYTES];
    size_t n_endpoint;
    size_t at; /* endpoint being tried */
    uint64_t pause_ms;
    uint64_t pause_until_ms; /* monotonic; 0 while it is looked up or connected */
    bool linked;             /* it rests, and remembers how long it was to pause */
    uint64_t linked_ms;      /* since then, monotonic */
    struct sym_timer *timer; /* until the end of the pause, or of patience */
};

struct sym_dials {
    struct sym_dials_config config;
    struct dial *first;
    uint32_t last_number;
};

enum sym_err sym_dials_new(struct sym_dials **out, const struct sym_dials_config *config)
{
    struct sym_dials *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return SYM_NO_MEMORY;
    }
    d->config = *config;
    *out = d;
    return SYM_OK;
}

static void dial_free(struct dial *dial)
{
    sym_timer_remove(&dial->timer);
    free(dial);
}

void sym_dials_free(struct sym_dials *d)
{
    while (d != NULL && d->first != NULL) {
        struct dial *dial = d->first;
        d->first = dial->next;
        dial_free(dial);
    }
    free(d);
}

static struct dial *find(const struct sym_dials *d, const struct sym_node_id *id)
{
    for (struct dial *dial = d->first; dial != NULL; dial = dial->next) {
        if (sym_node_id_equal(&dial->id, id)) {
            return dial;
        }
    }
    return NULL;
}

bool sym_dials_has(const struct sym_dials *d, const struct sym_node_id *id)
{
    const struct dial *dial = find(d, id);
    return dial != NULL && !dial->linked;
}

void sym_dials_forget(struct sym_dials *d, const struct sym_node_id *id)
{
    for (struct dial **at = &d->first; *at != NULL; at = &(*at)->next) {
        if (sym_node_id_equal(&(*at)->id, id)) {
            struct dial *dial = *at;
            *at = dial->next;
            dial_free(dial);
            return;
        }
    }
}

static void fail(struct dial *dial, const char *reason)
{
    struct sym_dials *d = dial->dials;
    struct sym_node_id id = dial->id;
    d->config.failed(d->config.owner, &id, sym_span_text(reason));
    sym_dials_failed(d, &id);
}

/* Asks the supervisor for the addresses of the current endpoint. A number of its own tells the
 * answer from a late one to an earlier question. */
static void look_up(struct dial *dial)
{
    struct sym_dials *d = dial->dials;
    uint8_t payload[4 + SYM_ENDPOINT_BYTES];
    struct sym_span written;
    struct sym_writer w = sym_writer(payload, sizeof payload);
    d->last_number += d->last_number == UINT32_MAX ? 2 : 1;
    dial->number = d->last_number;
    dial->pause_until_ms = 0;
    sym_timer_set(dial->timer, ANSWER_MS);
    sym_write_u32(&w, dial->number);
    sym_write_span(&w, sym_span_text(dial->endpoint[dial->at]));
    if (dial->n_endpoint == 0) {
        fail(dial, "its card names no endpoint; ask for a new card, or wait until it connects");
        return;
    }
    if (sym_write_end(&w, &written) != SYM_OK ||
        sym_leash_send(d->config.leash, SYM_LEASH_RESOLVE, written) != SYM_OK) {
        fail(dial, "the name could not be looked up");
    }
}

static void on_time(void *owner)
{
    struct dial *dial = owner;
    struct sym_dials *d = dial->dials;
    struct sym_node_id id = dial->id;
    if (!d->config.wanted(d->config.owner, &id)) {
        sym_dials_forget(d, &id);
        return;
    }
    if (dial->pause_until_ms == 0) {
        fail(dial, "no answer came in time");
        return;
    }
    dial->at = dial->at + 1 < dial->n_endpoint ? dial->at + 1 : 0;
    look_up(dial);
}

/* Half of the pause is random, so that two nodes that dial each other do not stay in step. */
static uint64_t with_jitter(uint64_t pause_ms)
{
    uint8_t random[2];
    sym_random(random, sizeof random);
    uint64_t part = ((uint64_t)random[0] << 8) | random[1];
    return pause_ms / 2 + pause_ms * part / 131072;
}

static void take_endpoints(struct dial *dial, const struct sym_peer *peer)
{
    dial->n_endpoint = peer->card.n_endpoint;
    memcpy(dial->endpoint, peer->card.endpoint, sizeof dial->endpoint);
    dial->at = dial->at < dial->n_endpoint ? dial->at : 0;
}

/* Who asks now does not wait for a pause that grew before he asked. */
static void hurry(struct dial *dial)
{
    uint64_t pause_ms = with_jitter(SYM_DIAL_PAUSE_MS);
    dial->pause_ms = SYM_DIAL_PAUSE_MS;
    if (dial->pause_until_ms > sym_now_ms() + pause_ms) {
        dial->pause_until_ms = sym_now_ms() + pause_ms;
        sym_timer_set(dial->timer, pause_ms);
    }
}

static void begin(struct sym_dials *d, const struct sym_peer *peer)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL ||
        sym_loop_timer(d->config.loop, &dial->timer, ANSWER_MS, on_time, dial) != SYM_OK) {
        free(dial);
        return;
    }
    dial->dials = d;
    dial->id = peer->id;
    take_endpoints(dial, peer);
    dial->pause_ms = SYM_DIAL_PAUSE_MS;
    dial->next = d->first;
    d->first = dial;
    look_up(dial);
}

void sym_dials_start(struct sym_dials *d, const struct sym_peer *peer)
{
    struct dial *dial = find(d, &peer->id);
    if (dial == NULL) {
        begin(d, peer);
    } else {
        take_endpoints(dial, peer); /* a newer card may have come */
        hurry(dial);
    }
}

void sym_dials_go_on(struct sym_dials *d, const struct sym_peer *peer)
{
    if (find(d, &peer->id) == NULL && d->config.wanted(d->config.owner, &peer->id)) {
        begin(d, peer);
    }
}

static void pause(struct dial *dial)
{
    uint64_t pause_ms = with_jitter(dial->pause_ms);
    dial->number = 0;
    dial->pause_until_ms = sym_now_ms() + pause_ms;
    dial->pause_ms *= 2;
    if (dial->pause_ms > SYM_DIAL_PAUSE_MAX_MS) {
        dial->pause_ms = SYM_DIAL_PAUSE_MAX_MS;
    }
    sym_timer_set(dial->timer, pause_ms);
}

void sym_dials_failed(struct sym_dials *d, const struct sym_node_id *id)
{
    struct dial *dial = find(d, id);
    if (dial == NULL || dial->linked) {
        return;
    }
    if (d->config.wanted(d->config.owner, id)) {
        pause(dial);
    } else {
        sym_dials_forget(d, id);
    }
}

void sym_dials_linked(struct sym_dials *d, const struct sym_node_id *id)
{
    struct dial *dial = find(d, id);
    if (dial != NULL) {
        dial->linked = true;
        dial->linked_ms = sym_now_ms();
        dial->number = 0;
        sym_timer_stop(dial->timer);
    }
}

/* Who ends each link as soon as it is there would else be dialled hundreds of times a second. */
void sym_dials_unlinked(struct sym_dials *d, const struct sym_node_id *id)
{
    struct dial *dial = find(d, id);
    if (dial == NULL || !dial->linked) {
        return;
    }
    dial->linked = false;
    if (sym_now_ms() - dial->linked_ms < dial->pause_ms) {
        pause(dial);
    } else {
        sym_dials_forget(d, id);
    }
}

static void connect_to(struct dial *dial, const struct sym_span *addresses, size_t n)
{
    struct sym_dials *d = dial->dials;
    struct sym_node_id id = dial->id;
    sym_timer_set(dial->timer, ANSWER_MS);
    enum sym_err err = d->config.dial(d->config.owner, &id, addresses, n);
    if (err != SYM_OK) {
        char reason[96];
        (void)snprintf(reason, sizeof reason, "gate could not be told to connect: it %s",
                       sym_err_text(err));
        fail(dial, reason);
    }
}

/* Splits texts that are each ended by LF. */
static size_t split_lines(struct sym_span *out, size_t max, struct sym_span text)
{
    size_t n = 0;
    size_t start = 0;
    for (size_t i = 0; i < text.len && n < max; i++) {
        if (text.data[i] == '\n') {
            out[n++] = sym_span(text.data + start, i - start);
            start = i + 1;
        }
    }
    return n;
}

void sym_dials_resolved(struct sym_dials *d, struct sym_span payload)
{
    struct sym_span addresses[SYM_ADDRESSES_MAX];
    struct sym_reader r = sym_reader(payload);
    uint32_t number = sym_read_u32(&r);
    uint8_t result = sym_read_u8(&r);
    struct sym_span text = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || number == 0) {
        return;
    }
    for (struct dial *dial = d->first; dial != NULL; dial = dial->next) {
        if (dial->number != number) {
            continue;
        }
        size_t n = split_lines(addresses, SYM_ADDRESSES_MAX, text);
        dial->number = 0;
        if (result != SYM_OK || n == 0) {
            char reason[SYM_ENDPOINT_BYTES + 64];
            (void)snprintf(reason, sizeof reason, "the name in %s could not be found",
                           dial->endpoint[dial->at]);
            fail(dial, reason);
        } else {
            connect_to(dial, addresses, n);
        }
        return;
    }
}
