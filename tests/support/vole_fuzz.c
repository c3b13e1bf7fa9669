#include "tests/support/vole_fuzz.h"

#include "tests/support/vole_rig.h"

#include <stdlib.h>

#define TOKENS_MAX 1200u

static struct token_set tokens;

struct fuzz {
    int side;
    struct sym_reader in;
    bool altered;
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void replace(struct rig_payload *p, struct sym_span by)
{
    uint8_t *bytes = malloc(by.len > 0 ? by.len : 1);
    insist(bytes != NULL);
    for (size_t i = 0; i < by.len; i++) {
        bytes[i] = by.data[i];
    }
    free(p->bytes);
    p->bytes = bytes;
    p->len = by.len;
}

static void lengthen(struct rig_payload *p, size_t by)
{
    uint8_t *bytes = realloc(p->bytes, p->len + by + 1);
    insist(bytes != NULL);
    p->bytes = bytes;
    memset(bytes + p->len, 0, by);
    p->len += by;
}

static void alter(struct fuzz *f, struct rig_payload *p, uint8_t how)
{
    uint32_t at = (uint32_t)sym_read_u16(&f->in) * (how & 0x10 ? 64u : 1u);
    uint8_t value = sym_read_u8(&f->in);
    size_t n = 0;
    switch (how & 0x0f) {
    case 1: /* one byte */
        f->altered = f->altered || (value != 0 && p->len > 0);
        if (p->len > 0) {
            p->bytes[at % p->len] ^= value;
        }
        break;
    case 2:
        n = p->len > 0 ? at % (p->len + 1) : 0;
        f->altered = f->altered || n > 0;
        p->len -= n;
        break;
    case 3:
        f->altered = f->altered || value > 0;
        lengthen(p, value);
        break;
    case 4:
        f->altered = true;
        replace(p, sym_read_span(&f->in, f->in.left < value ? f->in.left : value));
        break;
    case 5:
        f->altered = true;
        p->kind = (enum sym_session_event_kind)(value % 6);
        break;
    case 6: /* the message of another number */
        f->altered = f->altered || (value != 0 && p->len > 0);
        if (p->len > 0) {
            p->bytes[0] ^= value;
        }
        break;
    default:
        break;
    }
}

static void tap(void *context, int from, struct rig_payload *p)
{
    struct fuzz *f = context;
    if (from != f->side && f->in.left > 0) {
        alter(f, p, sym_read_u8(&f->in));
    }
}

static void check_end(const struct fuzz *f, const struct vole_rig *r, uint32_t common)
{
    struct sym_vole_result result;
    for (int side = 0; side < 2; side++) {
        size_t len = 7;
        struct sym_vole_progress p = sym_vole_progress(r->runs[side]);
        insist(p.done <= p.total);
        if (r->err != SYM_OK && side == r->failed && r->runs[side]->state != VOLE_DONE) {
            insist(r->runs[side]->state == VOLE_DEAD && sym_vole_fault(r->runs[side])[0] != '\0');
            insist(sym_vole_step(r->runs[side], &len) == SYM_VOLE_WAIT && len == 0);
        }
    }
    if (f->altered) {
        return;
    }
    insist(vole_rig_done(r) && sym_vole_result(r->runs[VOLE_R], &result) == SYM_OK);
    insist(result.common == common);
}

static uint32_t size_of(uint8_t byte)
{
    return byte >= 0xfc ? 1000u + (byte & 3u) * 30u : byte & 0x3fu;
}

int vole_fuzz(int side, const uint8_t *data, size_t size)
{
    struct fuzz f = {.side = side, .in = sym_reader(sym_span(data, size))};
    uint32_t n_x = size_of(sym_read_u8(&f.in));
    uint32_t n_y = size_of(sym_read_u8(&f.in));
    uint8_t padding = sym_read_u8(&f.in);
    uint8_t seed = sym_read_u8(&f.in);
    struct vole_terms terms = {.r_size = n_x + (padding & 0x0fu), .s_size = n_y + (padding >> 4)};
    if (f.in.err != SYM_OK || terms.r_size == 0 || terms.s_size == 0) {
        return 0;
    }
    insist(sym_crypto_init() == SYM_OK);
    if (tokens.digests == NULL) {
        token_set_make(&tokens, 1, 2 * TOKENS_MAX, 0, 0);
    }
    struct token_set x = {.digests = tokens.digests, .n = n_x};
    struct token_set y = {.digests = tokens.digests + n_x / 2, .n = n_y};
    struct vole_rig r;
    uint32_t shared = n_x - n_x / 2;
    vole_rig_open(&r, &x, &y, &terms);
    r.seed = seed;
    r.tap = tap;
    r.context = &f;
    vole_rig_run(&r);
    check_end(&f, &r, shared < n_y ? shared : n_y);
    vole_rig_close(&r);
    return 0;
}
