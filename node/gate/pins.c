#include "node/gate/pins.h"

#include <stdlib.h>
#include <string.h>

void sym_pins_clear(struct sym_pins *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->peers[i]);
    }
    t->n = 0;
}

struct sym_pinned *sym_pins_by_id(const struct sym_pins *t, const uint8_t id[SYM_NODE_ID_BYTES])
{
    for (size_t i = 0; i < t->n; i++) {
        if (sym_equal(t->peers[i]->id.bytes, id, SYM_NODE_ID_BYTES)) {
            return t->peers[i];
        }
    }
    return NULL;
}

bool sym_pinned_has(const struct sym_pinned *peer, const uint8_t pin[SYM_PIN_BYTES])
{
    bool has = false;
    for (size_t i = 0; i < SYM_PINS_PER_PEER; i++) {
        has |= sym_equal(peer->pins[i], pin, SYM_PIN_BYTES) & (i < peer->n_pins);
    }
    return has;
}

struct sym_pinned *sym_pins_by_pin(const struct sym_pins *t, const uint8_t pin[SYM_PIN_BYTES])
{
    struct sym_pinned *found = NULL;
    for (size_t i = 0; i < t->n; i++) {
        found = sym_pinned_has(t->peers[i], pin) ? t->peers[i] : found;
    }
    return found;
}

enum sym_err sym_pins_set(struct sym_pins *t, struct sym_pinned **out,
                          const uint8_t id[SYM_NODE_ID_BYTES], const struct sym_span *pins,
                          size_t n)
{
    struct sym_pinned *peer = sym_pins_by_id(t, id);

    for (size_t i = 0; i < n; i++) {
        const struct sym_pinned *holder = sym_pins_by_pin(t, pins[i].data);
        if (holder != NULL && holder != peer) {
            return SYM_EXISTS;
        }
    }
    if (peer == NULL) {
        if (t->n == SYM_PEERS_MAX) {
            return SYM_LIMIT;
        }
        peer = calloc(1, sizeof *peer);
        if (peer == NULL) {
            return SYM_NO_MEMORY;
        }
        memcpy(peer->id.bytes, id, SYM_NODE_ID_BYTES);
        t->peers[t->n++] = peer;
    }
    peer->n_pins = n < SYM_PINS_PER_PEER ? n : SYM_PINS_PER_PEER;
    for (size_t i = 0; i < peer->n_pins; i++) {
        memcpy(peer->pins[i], pins[i].data, SYM_PIN_BYTES);
    }
    *out = peer;
    return SYM_OK;
}

void sym_pins_remove(struct sym_pins *t, struct sym_pinned *peer)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->peers[i] == peer) {
            t->peers[i] = t->peers[--t->n];
            free(peer);
            return;
        }
    }
}
