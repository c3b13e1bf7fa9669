/* keyfile_case.h - key files of fresh keys, and the secrets that open them: for the tests of the
 * wrapped key file. */
#ifndef SYM_TESTS_CRYPTO_KEYFILE_CASE_H
#define SYM_TESTS_CRYPTO_KEYFILE_CASE_H

#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CREDENTIAL "a credential of at least 32 bytes"
#define PASSPHRASE "correct horse battery"

struct text {
    char data[SYM_KEYFILE_BYTES_MAX + 1];
    size_t len;
};

static inline struct sym_span span_of(const struct text *t)
{
    return sym_span(t->data, t->len);
}

static inline void new_keys(struct sym_node_keys *keys)
{
    *keys = (struct sym_node_keys){0};
    assert_int_equal(sym_node_keys_new(keys), SYM_OK);
}

static inline struct text wrapped(const struct sym_node_keys *keys, enum sym_wrap wrap,
                                  const char *secret)
{
    struct text t = {.len = 0};
    assert_int_equal(
        sym_keyfile_write(t.data, SYM_KEYFILE_BYTES_MAX, &t.len, keys, wrap, sym_span_text(secret)),
        SYM_OK);
    return t;
}

static inline struct text some_keyfile(void)
{
    struct sym_node_keys keys;
    new_keys(&keys);
    struct text t = wrapped(&keys, SYM_WRAP_KEY, CREDENTIAL);
    sym_node_keys_clear(&keys);
    return t;
}

static inline enum sym_err open_with(const struct text *t, const char *secret)
{
    struct sym_node_keys keys = {0};
    enum sym_err err = sym_keyfile_read(&keys, span_of(t), sym_span_text(secret));
    assert_true(err == SYM_OK || (keys.identity.seed.data == NULL && keys.storage.data == NULL));
    sym_node_keys_clear(&keys);
    return err;
}

#endif
