#include "tests/support/toy_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void toy_log_open(struct toy_log *log)
{
    memset(log, 0, sizeof *log);
    assert_int_equal(sym_sign_key_new(&log->key), SYM_OK);
    sym_random(log->id.bytes, sizeof log->id.bytes);
    log->generation = 1;
}

void toy_log_copy(struct toy_log *out, const struct toy_log *from)
{
    *out = *from;
    out->key = (struct sym_sign_key){.seed = {.data = NULL}};
    assert_int_equal(sym_sign_key_from(&out->key, sym_secret_span(&from->key.seed)), SYM_OK);
}

void toy_log_close(struct toy_log *log)
{
    sym_sign_key_clear(&log->key);
}

void toy_log_add_leaf(struct toy_log *log, const struct sym_leaf *leaf)
{
    assert_true(log->size < TOY_LOG_MAX);
    size_t at = log->size++;
    assert_int_equal(
        sym_encode(log->leaves[at], SYM_LEAF_BYTES_MAX, &log->len[at], &sym_msg_leaf, leaf),
        SYM_OK);
    assert_int_equal(sym_merkle_leaf(log->hashes[at], sym_span(log->leaves[at], log->len[at])),
                     SYM_OK);
}

void toy_log_add(struct toy_log *log, uint64_t time_ms)
{
    uint8_t commitment[SYM_HASH_BYTES];
    memset(commitment, 7, sizeof commitment);
    struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                            .time_ms = time_ms,
                            .kind = SYM_ENTRY_STARTED,
                            .commitment = sym_span(commitment, sizeof commitment)};
    toy_log_add_leaf(log, &leaf);
}

static enum sym_err read_node(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                              uint64_t index)
{
    const struct toy_log *log = context;
    uint8_t right[SYM_HASH_BYTES];
    if (level == 0) {
        assert_true(index < log->size);
        memcpy(out, log->hashes[index], SYM_HASH_BYTES);
        return SYM_OK;
    }
    enum sym_err err = read_node(context, out, level - 1, 2 * index);
    if (err == SYM_OK) {
        err = read_node(context, right, level - 1, 2 * index + 1);
    }
    return err == SYM_OK ? sym_merkle_node(out, out, right) : err;
}

void toy_log_root(const struct toy_log *log, uint8_t root[SYM_HASH_BYTES], size_t size)
{
    struct toy_log copy = *log;
    assert_int_equal(sym_merkle_root(root, size, read_node, &copy), SYM_OK);
}

static size_t spans_of(struct sym_span *spans, const struct sym_merkle_proof *proof)
{
    for (size_t i = 0; i < proof->n; i++) {
        spans[i] = sym_span(proof->hash[i], SYM_HASH_BYTES);
    }
    return proof->n;
}

void toy_log_show(const struct toy_log *log, struct toy_evidence *out, size_t size, size_t from,
                  uint64_t leaf)
{
    struct toy_log copy = *log;
    char origin[SYM_KEY_NAME_BYTES];
    struct sym_checkpoint c = {.size = size};
    size_t len = 0;
    memset(out, 0, sizeof *out);
    sym_log_origin(origin, &log->id, log->generation);
    c.origin = sym_span_text(origin);
    toy_log_root(log, c.root, size);
    assert_int_equal(sym_checkpoint_sign(out->note, sizeof out->note, &len, &c, &log->key), SYM_OK);
    out->evidence.checkpoint = sym_span(out->note, len);
    if (from > 0) {
        assert_int_equal(
            sym_merkle_prove_consistency(&out->consistency, from, size, read_node, &copy), SYM_OK);
        toy_log_root(log, out->prefix_root, from);
        out->evidence.consistent_from = from;
        out->evidence.prefix_root = sym_span(out->prefix_root, SYM_HASH_BYTES);
        out->evidence.consistency = out->consistency_spans;
        out->evidence.n_consistency = spans_of(out->consistency_spans, &out->consistency);
    }
    if (leaf != UINT64_MAX) {
        assert_int_equal(sym_merkle_prove_inclusion(&out->inclusion, leaf, size, read_node, &copy),
                         SYM_OK);
        out->evidence.leaf = sym_span(log->leaves[leaf], log->len[leaf]);
        out->evidence.leaf_index = leaf;
        out->evidence.inclusion = out->inclusion_spans;
        out->evidence.n_inclusion = spans_of(out->inclusion_spans, &out->inclusion);
    }
}
