/* User keys: what is read must be written back byte for byte. */
#include "crypto/userkey.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_sign_key key = {0};
    char name[SYM_USERKEY_NAME_BYTES];
    insist(sym_crypto_init() == SYM_OK);
    if (sym_userkey_read(&key, name, sym_span(data, size)) == SYM_OK) {
        char text[SYM_USERKEY_BYTES_MAX];
        size_t len = 0;
        insist(sym_userkey_write(text, sizeof text, &len, sym_span_text(name), &key) == SYM_OK);
        insist(sym_span_equal(sym_span(text, len), sym_span(data, size)));
    }
    sym_sign_key_clear(&key);
    return 0;
}
