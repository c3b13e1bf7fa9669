#include "tests/support/vole_cheat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct cheat *current; /* whose rows are hashed */
static int working = -1;      /* the side whose work runs */

void __real_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n);
void __wrap_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n);

void __wrap_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n)
{
    if (current != NULL && working == VOLE_R && current->rows != NULL &&
        strcmp(label, "ot-chi") == 0) {
        current->rows(current, (uint8_t *)(uintptr_t)parts[0].data, a);
    }
    __real_sym_prefix_hash_once(out, with, c, label, a, b, parts, n);
}

static void keep(struct vole_buffer *b, const struct vole_buffer *message)
{
    *b = (struct vole_buffer){.at = malloc(message->len), .len = message->len};
    assert_non_null(b->at);
    memcpy(b->at, message->at, message->len);
}

static void drop(struct vole_buffer *b)
{
    free(b->at);
    *b = (struct vole_buffer){0};
}

static void hook(void *context, const struct vole_moment *m)
{
    struct cheat *c = context;
    working = m->after ? -1 : m->side;
    if (c->hook != NULL) {
        c->hook(c, m);
    }
}

static void tap(void *context, int from, struct rig_payload *p)
{
    struct cheat *c = context;
    if (c->tap != NULL && p->len > 0) {
        c->tap(c, from, p);
    }
}

void cheat_play(struct cheat *c)
{
    struct token_set x;
    struct token_set y;
    struct vole_rig rig;
    struct sym_vole_result result;
    token_set_make(&x, 1, 100, 200, 0);
    token_set_make(&y, 1, 100, 500, 1);
    c->terms.r_size = c->r_size > 0 ? c->r_size : 5000;
    vole_rig_open(&rig, &x, &y, &c->terms);
    rig.prompt = true;
    rig.seed += c->seed++;
    rig.hook = hook;
    rig.tap = tap;
    rig.context = c;
    c->batches = rig.runs[VOLE_R]->g.batches;
    c->done = false;
    current = c;
    vole_rig_run(&rig);
    current = NULL;
    c->err = rig.err;
    c->failed = rig.failed;
    (void)strcpy(c->fault, sym_vole_fault(rig.runs[rig.failed]));
    c->common = 0;
    if (rig.err == SYM_OK) {
        assert_true(vole_rig_done(&rig));
        assert_int_equal(sym_vole_result(rig.runs[VOLE_R], &result), SYM_OK);
        c->common = result.common;
    }
    vole_rig_close(&rig);
    token_set_free(&x);
    token_set_free(&y);
    drop(&c->kept);
}

void assert_caught(const struct cheat *c, int by, enum sym_err err, const char *words)
{
    assert_true(c->done);
    assert_int_equal(c->err, err);
    assert_int_equal(c->failed, by);
    assert_non_null(strstr(c->fault, words));
}

const uint32_t cheat_sizes[2] = {5000, 262145};

size_t cheat_n_sizes(void)
{
    return getenv("SYMBOLON_WRAP") == NULL ? 2 : 1;
}

void assert_always_caught(struct cheat *c, int by, enum sym_err err, const char *words)
{
    for (size_t i = 0; i < cheat_n_sizes(); i++) {
        c->r_size = cheat_sizes[i];
        for (size_t round = 0; round < (i == 0 ? 4 : 1); round++) {
            cheat_play(c);
            assert_caught(c, by, err, words);
        }
    }
}

size_t times_caught(struct cheat *c, int by, enum sym_err err, const char *words)
{
    size_t caught = 0;
    for (size_t i = 0; i < CHEAT_ROUNDS; i++) {
        cheat_play(c);
        assert_true(c->done);
        if (c->err == SYM_OK) {
            assert_int_equal(c->common, 100);
        } else {
            assert_caught(c, by, err, words);
            caught++;
        }
    }
    return caught;
}

void cheat_replay(struct cheat *c, struct vole_buffer *message, bool first, bool last)
{
    if (first && c->kept.at == NULL) {
        keep(&c->kept, &(struct vole_buffer){message->at, message->len});
    } else if (last && c->kept.at != NULL) {
        memcpy(message->at, c->kept.at, message->len);
        c->done = true;
    }
}

/* Over two sessions. */
static struct vole_buffer old;

void cheat_replay_session(struct cheat *c, struct vole_buffer *message)
{
    if (old.at == NULL) {
        keep(&old, message);
    } else {
        memcpy(message->at, old.at, message->len);
        drop(&old);
    }
    c->done = true;
}
