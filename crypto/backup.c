#include "crypto/backup.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY           "symbolon-backup/"
#define FIRST            FAMILY "1\n"
#define FIRST_BYTES      (sizeof FIRST - 1)
#define FAMILY_BYTES     (sizeof FAMILY - 1)
#define SALT_BYTES       crypto_pwhash_SALTBYTES
#define START_BYTES      crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define PREFIX_BYTES     (SYM_BACKUP_HEADER_BYTES - START_BYTES)
#define MEMORY_STEP      (1u << 20)
#define MEMORY_MIN_BYTES (64u << 20)
#define MEMORY_MAX_BYTES (1024u << 20)
#define PASSES_MAX       10u

_Static_assert(SYM_BACKUP_HEADER_BYTES ==
                   FIRST_BYTES + 8 + SALT_BYTES + SYM_NODE_ID_BYTES + 8 + START_BYTES,
               "parts of the header");
_Static_assert(SYM_BACKUP_OVERHEAD_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES, "tag");
_Static_assert(SYM_BACKUP_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES, "key");
_Static_assert(_Alignof(crypto_secretstream_xchacha20poly1305_state) == 1,
               "key memory starts at any address");

struct sym_backup {
    struct sym_secret state;
    uint8_t header[SYM_BACKUP_HEADER_BYTES];
    uint64_t chunks;
    bool ended;   /* the last chunk has gone through */
    bool refused; /* one was not as it should be */
};

struct parameters {
    uint32_t memory_bytes;
    uint32_t passes;
    struct sym_span salt;
};

void sym_backup_header(uint8_t out[SYM_BACKUP_HEADER_BYTES], const struct sym_backup_about *about)
{
    uint8_t salt[SALT_BYTES];
    struct sym_writer w = sym_writer(out, SYM_BACKUP_HEADER_BYTES);
    sym_random(salt, sizeof salt);
    memset(out, 0, SYM_BACKUP_HEADER_BYTES);
    sym_write_span(&w, sym_span_text(FIRST));
    sym_write_u32(&w, crypto_pwhash_MEMLIMIT_MODERATE);
    sym_write_u32(&w, crypto_pwhash_OPSLIMIT_MODERATE);
    sym_write_bytes(&w, salt, sizeof salt);
    sym_write_bytes(&w, about->node.bytes, sizeof about->node.bytes);
    sym_write_u64(&w, about->time_ms);
}

static enum sym_err read_header(struct parameters *p, struct sym_backup_about *about,
                                const uint8_t header[SYM_BACKUP_HEADER_BYTES])
{
    struct sym_reader r = sym_reader(sym_span(header, PREFIX_BYTES));
    struct sym_span first = sym_read_span(&r, FIRST_BYTES);
    if (!sym_span_equal(sym_span(first.data, FAMILY_BYTES), sym_span_text(FAMILY))) {
        return SYM_BAD_FORMAT;
    }
    if (!sym_span_equal(first, sym_span_text(FIRST))) {
        return SYM_BAD_VERSION;
    }
    p->memory_bytes = sym_read_u32(&r);
    p->passes = sym_read_u32(&r);
    p->salt = sym_read_span(&r, SALT_BYTES);
    sym_read_bytes(&r, about->node.bytes, sizeof about->node.bytes);
    about->time_ms = sym_read_u64(&r);
    bool sound = p->memory_bytes >= MEMORY_MIN_BYTES && p->memory_bytes <= MEMORY_MAX_BYTES &&
                 p->memory_bytes % MEMORY_STEP == 0 && p->passes >= 1 && p->passes <= PASSES_MAX;
    enum sym_err err = sym_read_end(&r);
    return err == SYM_OK && !sound ? SYM_BAD_VALUE : err;
}

enum sym_err sym_backup_about(struct sym_backup_about *out,
                              const uint8_t header[SYM_BACKUP_HEADER_BYTES])
{
    struct parameters p;
    struct sym_backup_about about;
    enum sym_err err = read_header(&p, &about, header);
    if (err == SYM_OK) {
        *out = about;
    }
    return err;
}

enum sym_err sym_backup_key(struct sym_secret *key, const uint8_t header[SYM_BACKUP_HEADER_BYTES],
                            struct sym_span passphrase)
{
    struct parameters p;
    struct sym_backup_about about;
    enum sym_err err = read_header(&p, &about, header);
    if (err == SYM_OK) {
        err = sym_secret_new(key, SYM_BACKUP_KEY_BYTES);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (crypto_pwhash(key->data, key->len, (const char *)passphrase.data, passphrase.len,
                      p.salt.data, p.passes, p.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        sym_secret_clear(key);
        return SYM_NO_MEMORY;
    }
    return SYM_OK;
}

static crypto_secretstream_xchacha20poly1305_state *state_of(struct sym_backup *b)
{
    return (crypto_secretstream_xchacha20poly1305_state *)b->state.data;
}

static enum sym_err make(struct sym_backup **out, const struct sym_secret *key)
{
    if (key->len != SYM_BACKUP_KEY_BYTES) {
        return SYM_BAD_VALUE;
    }
    struct sym_backup *b = calloc(1, sizeof *b);
    if (b == NULL ||
        sym_secret_new(&b->state, sizeof(crypto_secretstream_xchacha20poly1305_state)) != SYM_OK) {
        free(b);
        return SYM_NO_MEMORY;
    }
    *out = b;
    return SYM_OK;
}

enum sym_err sym_backup_write(struct sym_backup **out, uint8_t header[SYM_BACKUP_HEADER_BYTES],
                              const struct sym_secret *key)
{
    enum sym_err err = make(out, key);
    if (err == SYM_OK) {
        (void)crypto_secretstream_xchacha20poly1305_init_push(state_of(*out), header + PREFIX_BYTES,
                                                              key->data);
        memcpy((*out)->header, header, SYM_BACKUP_HEADER_BYTES);
    }
    return err;
}

enum sym_err sym_backup_read(struct sym_backup **out, const uint8_t header[SYM_BACKUP_HEADER_BYTES],
                             const struct sym_secret *key)
{
    struct sym_backup_about about;
    enum sym_err err = sym_backup_about(&about, header);
    if (err == SYM_OK) {
        err = make(out, key);
    }
    if (err == SYM_OK) {
        (void)crypto_secretstream_xchacha20poly1305_init_pull(state_of(*out), header + PREFIX_BYTES,
                                                              key->data);
        memcpy((*out)->header, header, SYM_BACKUP_HEADER_BYTES);
    }
    return err;
}

void sym_backup_free(struct sym_backup *b)
{
    if (b != NULL) {
        sym_secret_clear(&b->state);
        free(b);
    }
}

uint64_t sym_backup_chunks(const struct sym_backup *b)
{
    return b->chunks;
}

static bool fits(size_t len, bool last)
{
    return last ? len >= 1 && len <= SYM_BACKUP_CHUNK_BYTES : len == SYM_BACKUP_CHUNK_BYTES;
}

static struct sym_span bound_to(const struct sym_backup *b)
{
    return b->chunks == 0 ? sym_span(b->header, sizeof b->header) : sym_span(NULL, 0);
}

enum sym_err sym_backup_seal(struct sym_backup *b, uint8_t *out, struct sym_span content, bool last)
{
    if (b->ended) {
        return SYM_WRONG_STATE;
    }
    if (!fits(content.len, last)) {
        return SYM_BAD_VALUE;
    }
    struct sym_span ad = bound_to(b);
    (void)crypto_secretstream_xchacha20poly1305_push(
        state_of(b), out, NULL, content.data, content.len, ad.data, ad.len,
        last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
             : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    b->ended = last;
    b->chunks++;
    return SYM_OK;
}

static enum sym_err pull(struct sym_backup *b, uint8_t *out, bool *last, struct sym_span sealed)
{
    unsigned char tag = 0;
    struct sym_span ad = bound_to(b);
    if (b->ended) {
        return SYM_TRAILING;
    }
    if (sealed.len <= SYM_BACKUP_OVERHEAD_BYTES) {
        return SYM_SHORT;
    }
    size_t len = sealed.len - SYM_BACKUP_OVERHEAD_BYTES;
    if (len > SYM_BACKUP_CHUNK_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (crypto_secretstream_xchacha20poly1305_pull(state_of(b), out, NULL, &tag, sealed.data,
                                                   sealed.len, ad.data, ad.len) != 0) {
        return SYM_BAD_TAG;
    }
    bool final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if ((!final && tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE) || !fits(len, final)) {
        return SYM_BAD_FORMAT;
    }
    *last = final;
    return SYM_OK;
}

enum sym_err sym_backup_unseal(struct sym_backup *b, uint8_t *out, bool *last,
                               struct sym_span sealed)
{
    bool final = false;
    if (b->refused) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = pull(b, out, &final, sealed);
    if (err != SYM_OK) {
        b->refused = true;
        return err;
    }
    b->ended = final;
    b->chunks++;
    *last = final;
    return SYM_OK;
}
