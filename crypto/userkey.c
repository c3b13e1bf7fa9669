#include "crypto/userkey.h"

#include "crypto/text.h"

#include <string.h>

#define FAMILY    "symbolon-user-key/"
#define FIRST     FAMILY "1\n"
#define NAME      "name: "
#define SEED      "\nseed: "
#define SEED_TEXT (SYM_BASE64_BYTES(SYM_SEED_BYTES) - 1)

static bool name_is_fine(struct sym_span name)
{
    return name.len < SYM_USERKEY_NAME_BYTES && sym_text_is_alias(name);
}

enum sym_err sym_userkey_write(char *out, size_t max, size_t *len, struct sym_span name,
                               const struct sym_sign_key *key)
{
    if (!name_is_fine(name) || key->seed.len != SYM_SEED_BYTES) {
        return SYM_BAD_VALUE;
    }
    char seed[SYM_BASE64_BYTES(SYM_SEED_BYTES)];
    sym_base64(seed, key->seed.data, SYM_SEED_BYTES);
    struct sym_writer w = sym_writer((uint8_t *)out, max);
    sym_write_span(&w, sym_span_text(FIRST NAME));
    sym_write_span(&w, name);
    sym_write_span(&w, sym_span_text(SEED));
    sym_write_bytes(&w, seed, SEED_TEXT);
    sym_write_span(&w, sym_span_text("\n"));
    sym_wipe(seed, sizeof seed);
    struct sym_span written;
    enum sym_err err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    } else {
        sym_wipe(out, max);
    }
    return err;
}

static void read_first_line(struct sym_reader *r)
{
    struct sym_span family = sym_span_text(FAMILY);
    bool ours = sym_span_begins(sym_span(r->at, r->left), family);
    sym_read_text(r, FIRST);
    if (ours && r->err == SYM_BAD_FORMAT) {
        r->err = SYM_BAD_VERSION;
    }
}

static struct sym_span read_name(struct sym_reader *r)
{
    size_t len = 0;
    while (len < r->left && r->at[len] != '\n') {
        len++;
    }
    struct sym_span name = sym_read_span(r, len);
    if (r->err == SYM_OK && !name_is_fine(name)) {
        r->err = SYM_BAD_VALUE;
    }
    return name;
}

enum sym_err sym_userkey_read(struct sym_sign_key *key, char name[SYM_USERKEY_NAME_BYTES],
                              struct sym_span text)
{
    if (text.len > SYM_USERKEY_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    struct sym_reader r = sym_reader(text);
    read_first_line(&r);
    sym_read_text(&r, NAME);
    struct sym_span name_text = read_name(&r);
    sym_read_text(&r, SEED);
    struct sym_span seed_text = sym_read_span(&r, SEED_TEXT);
    sym_read_text(&r, "\n");
    enum sym_err err = sym_read_end(&r);
    if (err != SYM_OK) {
        return err;
    }
    uint8_t seed[SYM_SEED_BYTES];
    size_t len = sizeof seed;
    err = SYM_BAD_FORMAT;
    if (sym_unbase64(seed, &len, seed_text) == SYM_OK && len == sizeof seed) {
        err = sym_sign_key_from(key, sym_span(seed, sizeof seed));
    }
    sym_wipe(seed, sizeof seed);
    if (err == SYM_OK) {
        memcpy(name, name_text.data, name_text.len);
        name[name_text.len] = '\0';
    }
    return err;
}
