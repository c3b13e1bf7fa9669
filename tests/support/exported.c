#include "tests/support/exported.h"

#include "proto/tile_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void insist(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "exported.c: %s\n", what);
        abort();
    }
}

static void must(enum sym_err err, const char *what)
{
    insist(err == SYM_OK, what);
}

static void make_key(struct sym_sign_key *k, uint8_t seed, uint8_t use)
{
    uint8_t bytes[SYM_SEED_BYTES] = {seed, use};
    must(sym_sign_key_from(k, sym_span(bytes, sizeof bytes)), "key");
}

static void make_card(struct exported *e, uint8_t seed)
{
    e->card = (struct sym_card){.role = SYM_ROLE_BANK,
                                .serial = 1,
                                .issued_s = (int64_t)(EXPORTED_TIME_MS / 1000),
                                .expires_s = (int64_t)(EXPORTED_TIME_MS / 1000) + 86400};
    (void)snprintf(e->card.name, sizeof e->card.name, "Node %u", seed);
    sym_card_keys(&e->card, &e->keys);
    must(sym_card_write(e->card_text, sizeof e->card_text, &e->card_len, &e->card,
                        &e->keys.identity, NULL, NULL),
         "card");
}

static void make(struct exported *e, uint8_t seed);

void exported_new(struct exported *e, uint8_t seed, uint64_t size)
{
    *e = (struct exported){.size = size};
    make(e, seed);
}

void exported_new_early(struct exported *e, uint8_t seed, uint64_t size, uint64_t early)
{
    *e = (struct exported){.size = size, .early = early};
    make(e, seed);
}

void exported_new_silent(struct exported *e, uint8_t seed, uint64_t size)
{
    *e = (struct exported){.size = size, .silent = true};
    make(e, seed);
}

static void make(struct exported *e, uint8_t seed)
{
    uint64_t size = e->size;
    must(sym_crypto_init(), "init");
    make_key(&e->keys.identity, seed, 1);
    make_key(&e->keys.tls[0], seed, 2);
    make_key(&e->keys.log, seed, 3);
    make_key(&e->keys.cosign, seed, 4);
    memset(e->keys.exchange[0].public_key, seed + 1, sizeof e->keys.exchange[0].public_key);
    make_card(e, seed);
    sym_node_id_of(&e->id, e->card.identity);
    sym_log_origin(e->origin, &e->id, 1);
    e->hashes = malloc((size_t)size * SYM_HASH_BYTES + 1);
    insist(e->hashes != NULL, "memory");
    for (uint64_t i = 0; i < size; i++) {
        struct exported_entry entry;
        exported_entry(&entry, e, i);
        must(sym_merkle_leaf(e->hashes[i], sym_span(entry.leaf, entry.leaf_len)), "leaf");
    }
}

void exported_free(struct exported *e)
{
    sym_node_keys_clear(&e->keys);
    free(e->hashes);
    *e = (struct exported){.size = 0};
}

struct sym_span exported_card(const struct exported *e)
{
    return sym_span(e->card_text, e->card_len);
}

void exported_entry(struct exported_entry *out, const struct exported *e, uint64_t index)
{
    bool early = e->early != 0 && index == e->early;
    exported_entry_at(out, e, index, early ? 1 : EXPORTED_TIME_MS + index / 2);
}

void exported_entry_at(struct exported_entry *out, const struct exported *e, uint64_t index,
                       uint64_t time_ms)
{
    uint8_t number[8];
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    char before[24];
    bool erases = !e->silent && index % EXPORTED_ERASES == EXPORTED_ERASES - 1;
    (void)snprintf(before, sizeof before, "%llu", (unsigned long long)time_ms);
    const struct sym_entry_body body = {.event = sym_span_text("granted"),
                                        .user = sym_span_text("ann"),
                                        .subject = sym_span_text(erases ? before : ""),
                                        .count = index};
    sym_put_u64(number, index / 4);
    must(sym_sha256(hash, sym_span(number, sizeof number)), "id");
    memcpy(out->exchange_id, hash, sizeof out->exchange_id);
    sym_put_u64(number, index + 1000000007u);
    must(sym_sha256(out->salt, sym_span(number, sizeof number)), "salt");
    must(sym_encode(out->body, sizeof out->body, &out->body_len, &sym_msg_entry_body, &body),
         "body");
    must(sym_body_commit(commitment, out->salt, sym_span(out->body, out->body_len)), "commitment");
    const struct sym_leaf leaf = {
        .version = SYM_LEAF_VERSION,
        .time_ms = time_ms,
        .kind = erases ? SYM_ENTRY_ERASED : (uint32_t)(SYM_ENTRY_REQUESTED + index % 4),
        .exchange_id = sym_span(out->exchange_id, sizeof out->exchange_id),
        .initiator = sym_span(e->id.bytes, sizeof e->id.bytes),
        .responder = sym_span(hash, sizeof hash),
        .commitment = sym_span(commitment, sizeof commitment),
    };
    must(sym_encode(out->leaf, sizeof out->leaf, &out->leaf_len, &sym_msg_leaf, &leaf), "leaf");
}

enum sym_err exported_read(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                           uint64_t index)
{
    const struct exported *e = context;
    struct sym_merkle_edge edge = {.size = 0};
    uint64_t first = index << level;
    uint64_t width = (uint64_t)1 << level;
    insist(first + width <= e->size, "a subtree beyond the log");
    for (uint64_t i = 0; i < width; i++) {
        must(sym_merkle_add(&edge, e->hashes[first + i]), "edge");
    }
    memcpy(out, edge.hash[0], SYM_HASH_BYTES);
    return SYM_OK;
}

size_t exported_checkpoint(char out[EXPORTED_NOTE_BYTES], const struct exported *e, uint64_t size)
{
    struct sym_checkpoint c = {.origin = sym_span_text(e->origin), .size = size};
    struct sym_merkle_edge edge = {.size = 0};
    size_t len = 0;
    for (uint64_t i = 0; i < size; i++) {
        must(sym_merkle_add(&edge, e->hashes[i]), "edge");
    }
    must(sym_merkle_edge_root(c.root, &edge), "root");
    must(sym_checkpoint_sign(out, EXPORTED_NOTE_BYTES, &len, &c, &e->keys.log), "checkpoint");
    return len;
}

/* Files ---------------------------------------------------------------------------------------- */

static FILE *create(const char *dir, const char *name)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *at = strchr(path + strlen(dir) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
    FILE *f = fopen(path, "wbe");
    insist(f != NULL, path);
    return f;
}

static void put(FILE *f, const void *data, size_t len)
{
    insist(fwrite(data, 1, len, f) == len, "write");
}

static void finish(FILE *f)
{
    insist(fclose(f) == 0, "close");
}

static unsigned width_of(uint64_t number, uint64_t count)
{
    uint64_t left = count - number * SYM_TILE_WIDTH;
    return left < SYM_TILE_WIDTH ? (unsigned)left : SYM_TILE_WIDTH;
}

/* Hashes of one level, each of them made from the leaves; those of full subtrees only. */
static void write_level(const struct exported *e, const char *dir, unsigned level)
{
    uint64_t count = e->size >> (8 * level);
    for (uint64_t n = 0; n * SYM_TILE_WIDTH < count; n++) {
        char name[SYM_TILE_PATH_BYTES];
        unsigned width = width_of(n, count);
        sym_tile_path(name, level, n, width);
        FILE *f = create(dir, name);
        for (unsigned i = 0; i < width; i++) {
            uint8_t hash[SYM_HASH_BYTES];
            struct exported copy = *e;
            must(exported_read(&copy, hash, 8 * level, n * SYM_TILE_WIDTH + i), "tile");
            put(f, hash, sizeof hash);
        }
        finish(f);
    }
}

static void write_entries(const struct exported *e, const char *dir)
{
    for (uint64_t n = 0; n * SYM_TILE_WIDTH < e->size; n++) {
        char name[SYM_TILE_PATH_BYTES];
        unsigned width = width_of(n, e->size);
        sym_tile_path(name, SYM_TILE_ENTRIES, n, width);
        FILE *f = create(dir, name);
        for (unsigned i = 0; i < width; i++) {
            struct exported_entry entry;
            exported_entry(&entry, e, n * SYM_TILE_WIDTH + i);
            const uint8_t len[] = {(uint8_t)(entry.leaf_len >> 8), (uint8_t)entry.leaf_len};
            put(f, len, sizeof len);
            put(f, entry.leaf, entry.leaf_len);
        }
        finish(f);
    }
}

static void write_bodies(const struct exported *e, const char *dir)
{
    FILE *f = create(dir, "bodies.jsonl");
    for (uint64_t i = 0; i < e->size; i++) {
        struct exported_entry entry;
        char salt[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
        char body[SYM_BASE64_BYTES(sizeof entry.body)];
        /* Times are those of two entries: the one in front of what erases it is too young. */
        bool announced = (i + 2) / EXPORTED_ERASES < e->size / EXPORTED_ERASES;
        if (i % 7 == 3 && announced) {
            (void)fprintf(f, "{\"index\":%llu,\"erased\":true}\n", (unsigned long long)i);
            continue;
        }
        exported_entry(&entry, e, i);
        sym_base64(salt, entry.salt, sizeof entry.salt);
        sym_base64(body, entry.body, entry.body_len);
        (void)fprintf(f, "{\"index\":%llu,\"salt\":\"%s\",\"body\":\"%s\"}\n",
                      (unsigned long long)i, salt, body);
    }
    finish(f);
}

static void write_vkey(FILE *f, const char *name, enum sym_note_key_type type,
                       const uint8_t key[SYM_ED25519_BYTES])
{
    struct sym_note_key k = {.type = type};
    char text[SYM_VKEY_BYTES];
    (void)snprintf(k.name, sizeof k.name, "%s", name);
    memcpy(k.key, key, sizeof k.key);
    must(sym_vkey_write(text, &k), "vkey");
    (void)fprintf(f, "%s\n", text);
}

static void write_head(const struct exported *e, const char *dir, const struct exported *witnesses,
                       size_t n_witnesses)
{
    char note[EXPORTED_NOTE_BYTES];
    size_t len = exported_checkpoint(note, e, e->size);
    struct sym_note parsed;
    FILE *checkpoint = create(dir, "checkpoint");
    FILE *keys = create(dir, "keys");
    must(sym_note_parse(&parsed, sym_span(note, len)), "note");
    put(checkpoint, note, len);
    write_vkey(keys, e->origin, SYM_NOTE_ED25519, e->keys.log.public_key);
    for (size_t i = 0; i < n_witnesses; i++) {
        char name[SYM_KEY_NAME_BYTES];
        char line[SYM_SIGNATURE_LINE_BYTES];
        const struct sym_sign_key *key = &witnesses[i].keys.cosign;
        sym_witness_name(name, &witnesses[i].id);
        must(sym_note_sign(line, parsed.text, name, SYM_NOTE_COSIGNATURE, key,
                           EXPORTED_TIME_MS / 1000),
             "cosignature");
        put(checkpoint, line, strlen(line));
        write_vkey(keys, name, SYM_NOTE_COSIGNATURE, key->public_key);
    }
    finish(checkpoint);
    finish(keys);
}

void exported_write(const struct exported *e, const char *dir, const struct exported *witnesses,
                    size_t n_witnesses)
{
    insist(mkdir(dir, 0755) == 0, dir);
    FILE *card = create(dir, "card");
    put(card, e->card_text, e->card_len);
    finish(card);
    write_head(e, dir, witnesses, n_witnesses);
    for (unsigned level = 0; level < SYM_TILE_LEVELS_MAX; level++) {
        write_level(e, dir, level);
    }
    write_entries(e, dir);
    write_bodies(e, dir);
}
