#include "node/gate/pairing.h"

#include "node/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_TEXT_BYTES 17 /* half an id is enough to tell peers apart in a log */

/* One order to dial: the addresses, and the most telling failure so far. */
struct sym_dial {
    struct sym_address addresses[SYM_ADDRESSES_MAX];
    size_t n;
    size_t next;
    struct sym_gate_link *link;
    struct sym_fault fault;
};

static void id_text(char out[ID_TEXT_BYTES], const struct sym_pinned *peer)
{
    sym_hex(out, peer->id.bytes, (ID_TEXT_BYTES - 1) / 2);
}

/* A partner who connects and breaks off without end cannot fill the disk. */
static void log_link(const struct sym_gate_link *l, const char *event, const struct sym_fault *why)
{
    char peer[ID_TEXT_BYTES];
    char address[SYM_ADDRESS_BYTES];
    char number[SYM_LINES_COUNT_TEXT];
    bool may = sym_line_budget_event(&l->peer->lines, sym_now_ms(), number);

    id_text(peer, l->peer);
    if (number[0] != '\0') {
        sym_log(SYM_LEVEL_WARN, "links-more", "peer", peer, "count", number, NULL);
    }
    if (!may) {
        return;
    }
    sym_address_text(address, &l->address);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)l->number);
    if (why == NULL) {
        sym_log(SYM_LEVEL_INFO, event, "peer", peer, "link", number, "address", address, "dialled",
                l->dialled ? "yes" : "no", NULL);
    } else {
        sym_log(SYM_LEVEL_INFO, event, "peer", peer, "link", number, "reason",
                sym_err_name(why->err), "detail", why->text, NULL);
    }
}

static void report_up(struct sym_pairing *p, const struct sym_gate_link *l)
{
    char address[SYM_ADDRESS_BYTES];
    sym_address_text(address, &l->address);
    const struct sym_gate_link_up up = {
        .link = l->number,
        .id = sym_span(l->peer->id.bytes, SYM_NODE_ID_BYTES),
        .exporter = sym_span(l->exporter, SYM_EXPORTER_BYTES),
        .dialled = l->dialled,
        .address = sym_span_text(address),
    };
    log_link(l, "link-up", NULL);
    sym_outbox_send(p->outbox, SYM_LOCAL_LINK_UP, &up);
}

static void report_down(struct sym_pairing *p, const struct sym_gate_link *l,
                        const struct sym_fault *why)
{
    const struct sym_gate_link_down down = {
        .link = l->number,
        .id = sym_span(l->peer->id.bytes, SYM_NODE_ID_BYTES),
        .result = (uint32_t)why->err,
        .fault = sym_span_text(why->text),
        .frames = sym_pump_in_total(&l->pump),
    };
    log_link(l, "link-down", why);
    sym_outbox_send(p->outbox, SYM_LOCAL_LINK_DOWN, &down);
}

static void report_dial_failed(struct sym_pairing *p, struct sym_span id,
                               const struct sym_fault *why)
{
    const struct sym_gate_dial_failed failed = {
        .id = id, .result = (uint32_t)why->err, .fault = sym_span_text(why->text)};
    sym_log(SYM_LEVEL_WARN, "dial-failed", "reason", sym_err_name(why->err), "detail", why->text,
            NULL);
    sym_outbox_send(p->outbox, SYM_LOCAL_DIAL_FAILED, &failed);
}

static void add(struct sym_pairing *p, struct sym_gate_link *l)
{
    l->next = p->links;
    if (p->links != NULL) {
        p->links->previous = l;
    }
    p->links = l;
}

static void on_gone(struct sym_gate_link *l)
{
    struct sym_pairing *p = l->context->owner;
    if (l->previous != NULL) {
        l->previous->next = l->next;
    } else {
        p->links = l->next;
    }
    if (l->next != NULL) {
        l->next->previous = l->previous;
    }
}

static struct sym_gate_link *by_number(const struct sym_pairing *p, uint64_t number)
{
    struct sym_gate_link *l = p->links;
    while (l != NULL && l->number != number) {
        l = l->next;
    }
    return l;
}

static void forget_dial(struct sym_pairing *p, struct sym_pinned *peer)
{
    free(peer->dial);
    peer->dial = NULL;
    p->n_dials--;
}

/* Without a word to core: a better connection is there, or the peer is forgotten. */
static void cancel_dial(struct sym_pairing *p, struct sym_pinned *peer, const char *why)
{
    struct sym_gate_link *l = peer->dial == NULL ? NULL : peer->dial->link;
    if (peer->dial != NULL) {
        forget_dial(p, peer);
    }
    if (l != NULL) {
        sym_gate_link_end(l, SYM_CANCELLED, why);
    }
}

static void note_dial_fault(struct sym_dial *d, const struct sym_address *a, enum sym_err err,
                            const char *text)
{
    char address[SYM_ADDRESS_BYTES];
    /* A node that answers and refuses tells more than an address where nobody is. */
    if (d->fault.err == SYM_OK || d->fault.err == SYM_UNREACHABLE || err != SYM_UNREACHABLE) {
        sym_address_text(address, a);
        (void)sym_fail(&d->fault, err, "%s: %s", address, text);
    }
}

/* All addresses have failed: a connection from the peer that was parked has its chance. */
static void give_up(struct sym_pairing *p, struct sym_pinned *peer)
{
    struct sym_fault fault = peer->dial->fault;
    struct sym_gate_link *parked = peer->parked;

    forget_dial(p, peer);
    peer->parked = NULL;
    if (parked != NULL) {
        sym_gate_link_unpark(parked);
    }
    if (peer->live == NULL) {
        report_dial_failed(p, sym_span(peer->id.bytes, SYM_NODE_ID_BYTES), &fault);
    }
}

static void dial_next(struct sym_pairing *p, struct sym_pinned *peer)
{
    struct sym_dial *d = peer->dial;

    d->link = NULL;
    while (d->next < d->n) {
        const struct sym_address *a = &d->addresses[d->next++];
        enum sym_err err = sym_gate_link_dial(&d->link, &p->context, peer, a);
        if (err == SYM_OK) {
            add(p, d->link);
            return;
        }
        note_dial_fault(d, a, err, sym_err_text(err));
    }
    give_up(p, peer);
}

static enum sym_err read_addresses(struct sym_dial *d, const struct sym_gate_dial *order)
{
    for (size_t i = 0; i < order->n_addresses && i < SYM_ADDRESSES_MAX; i++) {
        struct sym_span text = order->addresses[i];
        if (sym_address_parse(&d->addresses[d->n], text) != SYM_OK) {
            return sym_fail(&d->fault, SYM_BAD_FORMAT, "%.*s is no numeric address and port",
                            (int)text.len, (const char *)text.data);
        }
        d->n++;
    }
    if (d->n == 0) {
        return sym_fail(&d->fault, SYM_NOT_FOUND, "its card has no address to dial");
    }
    return SYM_OK;
}

static enum sym_err begin_dial(struct sym_pairing *p, struct sym_pinned *peer,
                               const struct sym_gate_dial *order, struct sym_fault *fault)
{
    if (p->n_up + p->n_dials >= SYM_LINKS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "%u links are up or being dialled: hang one up first",
                        SYM_LINKS_MAX);
    }
    struct sym_dial *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "no memory to dial");
    }
    enum sym_err err = read_addresses(d, order);
    if (err != SYM_OK) {
        *fault = d->fault;
        free(d);
        return err;
    }
    peer->dial = d;
    p->n_dials++;
    dial_next(p, peer);
    return SYM_OK;
}

void sym_pairing_dial(struct sym_pairing *p, const struct sym_gate_dial *order)
{
    struct sym_pinned *peer = sym_pins_by_id(&p->pins, order->id.data);
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = SYM_OK;

    if (peer == NULL) {
        err = sym_fail(&fault, SYM_NOT_FOUND, "this peer is not pinned");
    } else if (peer->live == NULL && peer->dial == NULL) {
        err = begin_dial(p, peer, order, &fault);
    }
    if (err != SYM_OK) {
        report_dial_failed(p, order->id, &fault);
    }
}

static bool self_is_lower(const struct sym_pairing *p, const struct sym_pinned *peer)
{
    for (size_t i = 0; i < SYM_NODE_ID_BYTES; i++) {
        if (p->self.bytes[i] != peer->id.bytes[i]) {
            return p->self.bytes[i] < peer->id.bytes[i];
        }
    }
    return false;
}

static bool replaces(const struct sym_pairing *p, const struct sym_gate_link *new_one,
                     const struct sym_gate_link *live)
{
    if (live->phase == SYM_PHASE_DRAINING || live->dialled == new_one->dialled ||
        sym_now_ms() - live->up_ms >= SYM_PAIRING_FRESH_MS) {
        return true;
    }
    return new_one->dialled == self_is_lower(p, new_one->peer);
}

/* True when this side's dial has reached the peer, which may have settled on it already. */
static bool is_deciding(const struct sym_dial *d)
{
    return d->link != NULL && d->link->phase != SYM_PHASE_CONNECTING;
}

static void park(struct sym_gate_link *l)
{
    struct sym_gate_link *older = l->peer->parked;
    l->peer->parked = l;
    if (older != NULL) {
        sym_gate_link_end(older, SYM_CANCELLED, "the peer connected again");
    }
}

static enum sym_err on_admit(struct sym_gate_link *l, struct sym_fault *fault)
{
    struct sym_pairing *p = l->context->owner;
    struct sym_pinned *peer = l->peer;

    if (peer->live != NULL && !replaces(p, l, peer->live)) {
        return sym_fail(fault, SYM_EXISTS, "a link to this peer has just come up");
    }
    if (sym_outbox_is_behind(p->outbox)) {
        return sym_fail(fault, SYM_LIMIT, "core is busy");
    }
    if (peer->live == NULL && p->n_up >= SYM_LINKS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "%u links are up, which is the limit", SYM_LINKS_MAX);
    }
    if (l->dialled) {
        return SYM_OK;
    }
    if (peer->dial != NULL && self_is_lower(p, peer) && is_deciding(peer->dial)) {
        park(l);
        return SYM_AGAIN;
    }
    cancel_dial(p, peer, "the peer has connected to us");
    return SYM_OK;
}

static void on_up(struct sym_gate_link *l)
{
    struct sym_pairing *p = l->context->owner;
    struct sym_pinned *peer = l->peer;
    struct sym_gate_link *parked = peer->parked;

    if (l->dialled && peer->dial != NULL) {
        forget_dial(p, peer);
    }
    if (peer->live != NULL) {
        sym_gate_link_end(peer->live, SYM_CANCELLED, "replaced by a newer link");
    }
    peer->parked = NULL;
    if (parked != NULL && parked != l) {
        sym_gate_link_end(parked, SYM_CANCELLED, "our own connection came first");
    }
    peer->live = l;
    p->n_up++;
    l->number = ++p->last_number;
    report_up(p, l);
}

static void on_ended(struct sym_gate_link *l, bool was_up, const struct sym_fault *why)
{
    struct sym_pairing *p = l->context->owner;
    struct sym_pinned *peer = l->peer;

    if (was_up) {
        peer->live = NULL;
        p->n_up--;
        report_down(p, l, why);
        return;
    }
    if (!l->dialled) {
        if (peer != NULL && peer->parked == l) {
            peer->parked = NULL;
        }
        sym_refusals_note(&p->refusals, sym_now_ms(), &l->address, why);
        return;
    }
    if (peer->dial == NULL || peer->dial->link != l) {
        return;
    }
    if (peer->live != NULL) {
        forget_dial(p, peer);
        return;
    }
    note_dial_fault(peer->dial, &l->address, why->err, why->text);
    dial_next(p, peer);
}

void sym_pairing_adopt(struct sym_pairing *p, int fd, const struct sym_address *from)
{
    struct sym_gate_link *l = NULL;
    struct sym_fault fault;
    enum sym_err err = sym_gate_link_accept(&l, &p->context, fd, from);

    if (err != SYM_OK) {
        (void)sym_fail(&fault, err, "no room for a connection");
        sym_refusals_note(&p->refusals, sym_now_ms(), from, &fault);
        return;
    }
    add(p, l);
}

static const struct sym_gate_link_events events = {
    .admit = on_admit, .up = on_up, .ended = on_ended, .gone = on_gone};

void sym_pairing_init(struct sym_pairing *p, struct sym_loop *loop, struct sym_tls *tls,
                      struct sym_outbox *outbox)
{
    memset(p, 0, sizeof *p);
    p->context = (struct sym_gate_link_context){.loop = loop,
                                                .tls = tls,
                                                .pins = &p->pins,
                                                .events = &events,
                                                .owner = p,
                                                .idle_ms = SYM_IDLE_MS};
    p->outbox = outbox;
}

enum sym_err sym_pairing_configure(struct sym_pairing *p, const struct sym_gate_configure *order)
{
    /* Room for a number of 20 digits. */
    if (order->link_url.len + 20 >= sizeof p->context.link_url) {
        return SYM_BAD_VALUE;
    }
    memcpy(p->self.bytes, order->self.data, SYM_NODE_ID_BYTES);
    memcpy(p->context.link_url, order->link_url.data, order->link_url.len);
    p->context.link_url[order->link_url.len] = '\0';
    p->context.idle_ms = order->idle_ms;
    return SYM_OK;
}

static struct sym_gate_link *find_unpinned(const struct sym_pairing *p,
                                           const struct sym_pinned *peer)
{
    struct sym_gate_link *l = p->links;
    while (l != NULL &&
           (l->peer != peer || l->phase < SYM_PHASE_HELLO || sym_pinned_has(peer, l->pin))) {
        l = l->next;
    }
    return l;
}

/* Ends the connections of a peer that were authenticated by a key other than its pins. One end may
 * bring about another, so the search starts anew each time. */
static void cut_unpinned(struct sym_pairing *p, const struct sym_pinned *peer)
{
    for (struct sym_gate_link *l = find_unpinned(p, peer); l != NULL; l = find_unpinned(p, peer)) {
        sym_gate_link_end(l, SYM_CANCELLED, "its key is no longer pinned");
    }
}

enum sym_err sym_pairing_pin(struct sym_pairing *p, const struct sym_pinned_peer *order)
{
    struct sym_pinned *peer = NULL;
    enum sym_err err = sym_pins_set(&p->pins, &peer, order->id.data, order->pins, order->n_pins);
    if (err == SYM_OK) {
        cut_unpinned(p, peer);
    }
    return err;
}

void sym_pairing_unpin(struct sym_pairing *p, const uint8_t id[SYM_NODE_ID_BYTES])
{
    struct sym_pinned *peer = sym_pins_by_id(&p->pins, id);
    if (peer == NULL) {
        return;
    }
    peer->n_pins = 0;
    cancel_dial(p, peer, "the peer was removed");
    cut_unpinned(p, peer);
    sym_pins_remove(&p->pins, peer);
}

void sym_pairing_accept(struct sym_pairing *p, uint64_t number)
{
    struct sym_gate_link *l = by_number(p, number);
    if (l != NULL) {
        sym_gate_link_open(l);
    }
}

void sym_pairing_hang_up(struct sym_pairing *p, uint64_t number)
{
    struct sym_gate_link *l = by_number(p, number);
    if (l != NULL) {
        sym_gate_link_hang_up(l, SYM_CANCELLED, "hung up by this node");
    }
}

static void cancel_dials(struct sym_pairing *p)
{
    for (size_t i = 0; i < p->pins.n; i++) {
        cancel_dial(p, p->pins.peers[i], "this node is stopping");
    }
}

void sym_pairing_hang_up_all(struct sym_pairing *p)
{
    struct sym_gate_link *next = NULL;

    cancel_dials(p);
    for (struct sym_gate_link *l = p->links; l != NULL; l = next) {
        next = l->next;
        sym_gate_link_hang_up(l, SYM_CANCELLED, "this node is stopping");
    }
}

void sym_pairing_clear(struct sym_pairing *p)
{
    cancel_dials(p);
    while (p->links != NULL) {
        sym_gate_link_end(p->links, SYM_CANCELLED, "this node has stopped");
    }
    sym_pins_clear(&p->pins);
}
