#include "tests/support/tab_lies.h"

#include <stdlib.h>
#include <string.h>

#define LIES_MAX 4u

static struct lie {
    uint32_t place;
    bool to_lead;
    enum tab_type type;
    tab_lie_fn *fn;
    bool told;
} lies[LIES_MAX];
static size_t n_lies;

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool tell(struct tab_rig *r, uint32_t place, bool to_lead, uint8_t **bytes, size_t *len)
{
    const struct tab_payload p = {.place = place, .bytes = bytes, .len = len};
    for (size_t i = 0; i < n_lies; i++) {
        struct lie *lie = &lies[i];
        if (lie->place == place && lie->to_lead == to_lead && lie->type == (*bytes)[0] &&
            !lie->told) {
            lie->told = true;
            lie->fn(r, &p);
            break;
        }
    }
    return true;
}

void tab_lies_open(struct tab_rig *r)
{
    n_lies = 0;
    r->tap = tell;
}

void tab_lie(uint32_t place, bool to_lead, enum tab_type type, tab_lie_fn *fn)
{
    insist(n_lies < LIES_MAX);
    lies[n_lies++] = (struct lie){.place = place, .to_lead = to_lead, .type = type, .fn = fn};
}

bool tab_lies_told(void)
{
    bool all = true;
    for (size_t i = 0; i < n_lies; i++) {
        all = all && lies[i].told;
    }
    return all;
}

void tab_lie_longer(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    *p->bytes = realloc(*p->bytes, *p->len + 1);
    insist(*p->bytes != NULL);
    (*p->bytes)[(*p->len)++] = 1;
}

void tab_lie_shorter(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->len)--;
}

void tab_lie_last_byte(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[*p->len - 1] ^= 1;
}

void tab_lie_empty(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    *p->len = 0;
}

void tab_lie_unknown(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[0] = TAB_TYPE_COUNT;
}

void tab_lie_send(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[0] = TAB_SEND;
    *p->len = 1;
}

struct sym_span tab_payload_content(const struct tab_payload *p)
{
    return sym_span(*p->bytes + 1, *p->len - 1);
}

void tab_payload_replace(const struct tab_payload *p, enum tab_type type, struct sym_span content)
{
    struct tab_bytes made = {0};
    insist(sym_tab_payload_new(&made, type, content) == SYM_OK);
    free(*p->bytes);
    *p->bytes = made.data;
    *p->len = made.len;
}

void tab_payload_sign(const struct tab_payload *p, struct tab_rig *r, enum tab_type type,
                      uint32_t signer, const struct sym_message *kind, const void *value,
                      size_t variable)
{
    struct tab_bytes made = {0};
    insist(sym_tab_signed_new(&made, type, &r->keys[signer], kind, value, variable) == SYM_OK);
    free(*p->bytes);
    *p->bytes = made.data;
    *p->len = made.len;
}
