#include "proto/tab_giver.h"

#include "proto/codec.h"
#include "proto/tab_frames.h"

#include <stdlib.h>
#include <string.h>

enum giver_state { SAYS_QUERY, AWAITS_READY, SAYS_HEAD, SAYS_CELLS, AWAITS_KEPT, CLOSES, OVER };

struct sym_tab_giver {
    enum giver_state state;
    struct tab_bytes query;
    struct tab_bytes head;
    struct tab_bytes cells;
    size_t page;  /* bytes of them that have gone */
    bool is_kept; /* by the word of the participant */
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t identity[SYM_ED25519_BYTES];
};

static enum sym_err set_up(struct sym_tab_giver *g, struct sym_span head, struct sym_span cells)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    enum sym_err err = sym_decode(&arena, &r, &sym_msg_release, head);
    if (err == SYM_OK) {
        /* Numbers that end, so that pages can. */
        err = sym_cells_are_whole(cells) ? sym_release_hash(g->hash, head) : SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&g->query, r.query);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&g->head, head);
    }
    return err == SYM_OK ? sym_tab_bytes_copy(&g->cells, cells) : err;
}

enum sym_err sym_tab_giver_new(struct sym_tab_giver **out, struct sym_span head,
                               struct sym_span cells, const uint8_t identity[SYM_ED25519_BYTES])
{
    struct sym_tab_giver *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(g->identity, identity, sizeof g->identity);
    enum sym_err err = set_up(g, head, cells);
    if (err != SYM_OK) {
        sym_tab_giver_free(g);
        return err;
    }
    *out = g;
    return SYM_OK;
}

void sym_tab_giver_free(struct sym_tab_giver *g)
{
    if (g != NULL) {
        sym_tab_bytes_clear(&g->query);
        sym_tab_bytes_clear(&g->head);
        sym_tab_bytes_clear(&g->cells);
        free(g);
    }
}

bool sym_tab_giver_is_kept(const struct sym_tab_giver *g)
{
    return g->is_kept;
}

const uint8_t *sym_tab_giver_hash(const struct sym_tab_giver *g)
{
    return g->hash;
}

static struct sym_span content_due(const struct sym_tab_giver *g)
{
    struct sym_span left = sym_span(g->cells.data + g->page, g->cells.len - g->page);
    return g->state == SAYS_QUERY  ? sym_tab_bytes_span(&g->query)
           : g->state == SAYS_HEAD ? sym_tab_bytes_span(&g->head)
                                   : sym_cells_page(left);
}

enum sym_tab_step sym_tab_giver_step(const struct sym_tab_giver *g, size_t *len)
{
    bool says = g->state == SAYS_QUERY || g->state == SAYS_HEAD || g->state == SAYS_CELLS;
    *len = says ? 1 + content_due(g).len : 0;
    return says ? SYM_TAB_DATA : g->state == CLOSES ? SYM_TAB_CLOSE : SYM_TAB_WAIT;
}

enum sym_err sym_tab_giver_write(struct sym_tab_giver *g, uint8_t *payload, size_t len)
{
    size_t due = 0;
    enum sym_tab_step step = sym_tab_giver_step(g, &due);
    if (step == SYM_TAB_WAIT || len != due) {
        return SYM_WRONG_STATE;
    }
    if (step == SYM_TAB_CLOSE) {
        g->state = OVER;
        return SYM_OK;
    }
    struct sym_span content = content_due(g);
    payload[0] = (uint8_t)(g->state == SAYS_QUERY  ? TAB_PROPOSE
                           : g->state == SAYS_HEAD ? TAB_RELEASE
                                                   : TAB_CELLS);
    memcpy(payload + 1, content.data, content.len);
    if (g->state == SAYS_CELLS) {
        g->page += content.len;
        g->state = g->page < g->cells.len ? SAYS_CELLS : AWAITS_KEPT;
    } else {
        g->state = (enum giver_state)(g->state + 1);
    }
    return SYM_OK;
}

static enum sym_err take_ready(struct sym_tab_giver *g, struct sym_span content)
{
    g->state = SAYS_HEAD;
    return content.len == 0 ? SYM_OK : SYM_BAD_FORMAT;
}

static enum sym_err take_kept(struct sym_tab_giver *g, struct sym_span content)
{
    if (content.len != SYM_SIGNATURE_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_verify(content.data, g->identity, SYM_DOMAIN_TABULATE,
                                  sym_span(g->hash, sizeof g->hash));
    g->is_kept = err == SYM_OK;
    g->state = CLOSES;
    return err;
}

enum sym_err sym_tab_giver_take(struct sym_tab_giver *g, struct sym_span payload)
{
    enum tab_type type = TAB_NO_TYPE;
    struct sym_span content = {0};
    enum sym_err err = sym_tab_payload_read(&type, &content, payload);
    if (err == SYM_OK) {
        err = g->state == AWAITS_READY && type == TAB_SEND  ? take_ready(g, content)
              : g->state == AWAITS_KEPT && type == TAB_KEPT ? take_kept(g, content)
                                                            : SYM_WRONG_STATE;
    }
    g->state = err == SYM_OK ? g->state : OVER;
    return err;
}
