#include "cli/file.h"
#include "cli/verify.h"
#include "crypto/lines.h"
#include "crypto/merkle.h"
#include "proto/exhibit.h"
#include "proto/tile_path.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES     4096u
#define KEYS_BYTES_MAX (SYM_NOTE_SIGNERS_MAX * SYM_VKEY_BYTES)
#define BUNDLE_MAX     (SYM_TILE_WIDTH * (2u + SYM_LEAF_BYTES_MAX))
#define DEPTH_MAX      12u /* of directories */

/* Hashes of one level that have come since its last full tile. */
struct level {
    uint8_t hash[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    unsigned n;
    uint64_t tiles; /* that were full */
};

/* An export on its way to a verdict. What is wrong first is in fault. */
struct exported {
    const char *dir;
    char name[SYM_FAULT_BYTES]; /* as it is shown */
    struct sym_fault *fault;
    struct sym_card card;
    struct sym_secret checkpoint;
    struct sym_note note;
    struct sym_checkpoint head;
    size_t cosigners; /* of those, whose keys are trusted */
    struct sym_bodies bodies;
    char bodies_name[SYM_FAULT_BYTES];
    struct sym_merkle_edge edge;
    struct level level[SYM_TILE_LEVELS_MAX];
    uint64_t time_ms; /* of the entry before */
    struct sym_heads_walk heads;
};

/* DIR/name, and how it is shown. */
struct place {
    char path[PATH_BYTES];
    char name[SYM_FAULT_BYTES];
};

static enum sym_err place_of(struct place *p, const struct exported *e, const char *name)
{
    int len = snprintf(p->path, sizeof p->path, "%s/%s", e->dir, name);
    if (len < 0 || (size_t)len >= sizeof p->path) {
        return sym_fail(e->fault, SYM_TOO_LONG, "%s: the path is too long", name);
    }
    (void)sym_file_show(p->name, p->path);
    return SYM_OK;
}

bool sym_verify_is_ordinary(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static enum sym_err read_part(struct sym_secret *out, struct place *p, const struct exported *e,
                              const char *name, size_t max)
{
    enum sym_err err = place_of(p, e, name);
    if (err == SYM_OK && !sym_verify_is_ordinary(p->path)) {
        err = sym_fail(e->fault, SYM_BAD_FORMAT, "%s: is not an ordinary file", p->name);
    }
    return err == SYM_OK ? sym_file_read(out, p->path, max, e->fault) : err;
}

/* Card, checkpoint, keys ------------------------------------------------------------------------
 */

static enum sym_err read_card(struct exported *e)
{
    SYM_SECRET_AUTO text = {0};
    struct place p = {.path = ""};
    enum sym_err err = read_part(&text, &p, e, "card", SYM_CARD_BYTES_MAX);
    if (err == SYM_NOT_FOUND) {
        return sym_fail(e->fault, err,
                        "%s: is missing; a directory must be an exported log, other files are "
                        "named one by one",
                        p.name);
    }
    return err == SYM_OK ? sym_exhibit_card(&e->card, sym_secret_span(&text), p.name, e->fault)
                         : err;
}

static enum sym_err read_checkpoint(struct exported *e)
{
    struct place p = {.path = ""};
    struct sym_node_id id;
    enum sym_err err = read_part(&e->checkpoint, &p, e, "checkpoint", SYM_SIGNED_NOTE_BYTES_MAX);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_checkpoint_open(&e->head, &e->note, sym_secret_span(&e->checkpoint), e->card.log);
    if (err != SYM_OK) {
        return sym_fail(e->fault, err, "%s: the checkpoint %s", p.name,
                        err == SYM_NOT_FOUND ? "is not signed by the log key of the card"
                                             : sym_err_text(err));
    }
    sym_node_id_of(&id, e->card.identity);
    return sym_origin_is_of(e->head.origin, &id)
               ? SYM_OK
               : sym_fail(e->fault, SYM_BAD_VALUE,
                          "%s:1: the checkpoint is of the log of another node", p.name);
}

/* The first line is the log's, as the card has it; every other one a cosigner's. All have signed,
 * and nobody else has: so no byte of the checkpoint is without someone who vouches for it. */
static void check_key(struct exported *e, struct sym_lines *l, struct sym_span text, bool first)
{
    struct sym_note_key key;
    if (l->err != SYM_OK) {
        return;
    }
    enum sym_err err = sym_vkey_read(&key, text);
    if (err != SYM_OK) {
        sym_lines_refuse(l, err, "this is not a verifier key, or its id is not its own");
        return;
    }
    bool is_log = key.type == SYM_NOTE_ED25519;
    if (first ? !is_log || !sym_span_equal(sym_span_text(key.name), e->head.origin) ||
                    !sym_span_equal(sym_span(key.key, sizeof key.key),
                                    sym_span(e->card.log, sizeof e->card.log))
              : is_log) {
        sym_lines_refuse(l, SYM_BAD_VALUE,
                         first ? "this is not the key of the log, as the card has it"
                               : "this is not the key of a cosigner");
        return;
    }
    err = sym_note_verify(&e->note, &key, NULL);
    if (err != SYM_OK) {
        sym_lines_refuse(l, err,
                         err == SYM_NOT_FOUND ? "the checkpoint has no signature of this key"
                                              : "the signature of this key in the checkpoint is "
                                                "not valid");
    }
}

static enum sym_err read_keys(struct exported *e)
{
    SYM_SECRET_AUTO text = {0};
    struct place p = {.path = ""};
    size_t n = 0;
    enum sym_err err = read_part(&text, &p, e, "keys", KEYS_BYTES_MAX);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_lines l = sym_lines(sym_secret_span(&text), p.name, e->fault);
    struct sym_span seen[SYM_NOTE_SIGNERS_MAX];
    do {
        struct sym_span line = sym_lines_take(&l);
        if (n == e->note.n_signatures) {
            sym_lines_refuse(&l, SYM_TOO_LONG, "the checkpoint has fewer signatures than this");
            break;
        }
        for (size_t i = 0; i < n; i++) {
            if (sym_span_equal(line, seen[i])) {
                sym_lines_refuse(&l, SYM_EXISTS, "this key stands here twice");
            }
        }
        check_key(e, &l, line, n == 0);
        seen[n] = line;
        n++;
    } while (l.err == SYM_OK && l.rest.len > 0);
    if (l.err == SYM_OK && n != e->note.n_signatures) {
        return sym_fail(e->fault, SYM_NOT_FOUND,
                        "%s: names %zu keys, but the checkpoint has %zu signatures", p.name, n,
                        e->note.n_signatures);
    }
    return l.err;
}

/* Entries and tiles -----------------------------------------------------------------------------
 */

/* The file of this tile must hold the hashes that have come. */
static enum sym_err check_tile(struct exported *e, unsigned level)
{
    SYM_SECRET_AUTO bytes = {0};
    struct place p = {.path = ""};
    char name[SYM_TILE_PATH_BYTES];
    const struct level *l = &e->level[level];
    sym_tile_path(name, level, l->tiles, l->n);
    enum sym_err err = read_part(&bytes, &p, e, name, sizeof l->hash);
    if (err != SYM_OK) {
        return err;
    }
    if (bytes.len != l->n * SYM_HASH_BYTES) {
        return sym_fail(e->fault, SYM_BAD_FORMAT, "%s: holds %zu bytes instead of %u hashes",
                        p.name, bytes.len, l->n);
    }
    for (unsigned i = 0; i < l->n; i++) {
        if (!sym_span_equal(sym_span(bytes.data + (size_t)i * SYM_HASH_BYTES, SYM_HASH_BYTES),
                            sym_span(l->hash[i], SYM_HASH_BYTES))) {
            uint64_t width = (uint64_t)1 << (8 * level);
            uint64_t from = (l->tiles * SYM_TILE_WIDTH + i) * width;
            return sym_fail(e->fault, SYM_BAD_TAG,
                            "%s: hash %u is not that of the entries: entry %llu%s has been changed",
                            p.name, i, (unsigned long long)from,
                            level == 0 ? "" : " or one behind it");
        }
    }
    return SYM_OK;
}

static enum sym_err add_hash(struct exported *e, const uint8_t hash[SYM_HASH_BYTES])
{
    uint8_t up[SYM_HASH_BYTES];
    memcpy(up, hash, sizeof up);
    for (unsigned i = 0; i < SYM_TILE_LEVELS_MAX; i++) {
        struct level *l = &e->level[i];
        memcpy(l->hash[l->n++], up, sizeof up);
        if (l->n < SYM_TILE_WIDTH) {
            return SYM_OK;
        }
        struct sym_merkle_edge tile = {.size = 0};
        enum sym_err err = check_tile(e, i);
        for (unsigned k = 0; k < SYM_TILE_WIDTH && err == SYM_OK; k++) {
            err = sym_merkle_add(&tile, l->hash[k]);
        }
        if (err != SYM_OK) {
            return err;
        }
        memcpy(up, tile.hash[0], sizeof up);
        l->n = 0;
        l->tiles++;
    }
    return SYM_OK;
}

static enum sym_err refuse_entry(const struct exported *e, const struct place *p, enum sym_err err,
                                 const char *why)
{
    return sym_fail(e->fault, err, "%s: entry %llu %s", p->name, (unsigned long long)e->edge.size,
                    why);
}

/* Only what is needed of it, so that one arena at a time is in use: two make the allocator give
 * memory back to the system, and ask for it again, for each of a million entries. */
static enum sym_err read_entry(struct sym_leaf *out, uint8_t commitment[SYM_HASH_BYTES],
                               struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    enum sym_err err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    if (err == SYM_OK) {
        memcpy(commitment, leaf.commitment.data, SYM_HASH_BYTES);
        *out = (struct sym_leaf){.time_ms = leaf.time_ms,
                                 .kind = leaf.kind,
                                 .commitment = sym_span(commitment, SYM_HASH_BYTES)};
    }
    return err;
}

static enum sym_err check_entry(struct exported *e, const struct place *p, struct sym_span bytes)
{
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t hash[SYM_HASH_BYTES];
    struct sym_leaf leaf;
    enum sym_err err = read_entry(&leaf, commitment, bytes);
    if (err != SYM_OK) {
        return refuse_entry(e, p, err, sym_err_text(err));
    }
    if (leaf.time_ms < e->time_ms) {
        return refuse_entry(e, p, SYM_BAD_VALUE, "carries an earlier time than the one before it");
    }
    e->time_ms = leaf.time_ms;
    err = sym_bodies_check(&e->bodies, e->edge.size, &leaf, e->fault);
    if (err == SYM_OK) {
        err = sym_merkle_leaf(hash, bytes);
    }
    if (err == SYM_OK) {
        err = add_hash(e, hash);
    }
    if (err == SYM_OK) {
        err = sym_merkle_add(&e->edge, hash);
    }
    return err == SYM_OK ? sym_heads_at(&e->heads, &e->edge) : err;
}

/* One file of entries. */
static enum sym_err check_bundle(struct exported *e, uint64_t number, unsigned width)
{
    SYM_SECRET_AUTO bytes = {0};
    struct place p = {.path = ""};
    char name[SYM_TILE_PATH_BYTES];
    sym_tile_path(name, SYM_TILE_ENTRIES, number, width);
    enum sym_err err = read_part(&bytes, &p, e, name, BUNDLE_MAX);
    struct sym_reader r = sym_reader(sym_secret_span(&bytes));
    for (unsigned i = 0; i < width && err == SYM_OK; i++) {
        struct sym_span entry = sym_read_span(&r, sym_read_u16(&r));
        err =
            r.err != SYM_OK ? refuse_entry(e, &p, r.err, "is cut off") : check_entry(e, &p, entry);
    }
    if (err == SYM_OK && sym_read_end(&r) != SYM_OK) {
        err = sym_fail(e->fault, SYM_TRAILING, "%s: has bytes behind entry %llu", p.name,
                       (unsigned long long)(e->edge.size - 1));
    }
    return err;
}

static enum sym_err check_entries(struct exported *e)
{
    struct place p = {.path = ""};
    enum sym_err err = place_of(&p, e, "bodies.jsonl");
    if (err == SYM_OK) {
        memcpy(e->bodies_name, p.name, sizeof e->bodies_name);
        err = sym_bodies_open(&e->bodies, p.path, e->bodies_name, e->fault);
    }
    while (err == SYM_OK && e->edge.size < e->head.size) {
        uint64_t left = e->head.size - e->edge.size;
        err = check_bundle(e, e->edge.size / SYM_TILE_WIDTH,
                           left < SYM_TILE_WIDTH ? (unsigned)left : SYM_TILE_WIDTH);
    }
    for (unsigned i = 0; i < SYM_TILE_LEVELS_MAX && err == SYM_OK; i++) {
        err = e->level[i].n > 0 ? check_tile(e, i) : SYM_OK;
    }
    return err == SYM_OK ? sym_bodies_end(&e->bodies, e->fault) : err;
}

static enum sym_err check_root(struct exported *e)
{
    uint8_t root[SYM_HASH_BYTES];
    enum sym_err err = sym_merkle_edge_root(root, &e->edge);
    if (err == SYM_OK &&
        !sym_span_equal(sym_span(root, sizeof root), sym_span(e->head.root, sizeof e->head.root))) {
        err = sym_fail(e->fault, SYM_BAD_TAG,
                       "%s/checkpoint:3: the root is not that of the entries", e->name);
    }
    return err;
}

/* What else lies there ---------------------------------------------------------------------------
 */

static bool belongs(const struct exported *e, const char *name)
{
    static const char *const names[] = {"card", "checkpoint", "keys", "bodies.jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return sym_tile_path_is(name, e->head.size);
}

static enum sym_err walk(const struct exported *e, const char *below, unsigned depth);

/* One entry of the directory `below` ("" or "tile/0/"). */
static enum sym_err check_name(const struct exported *e, const char *below, const char *found,
                               unsigned depth)
{
    char name[PATH_BYTES];
    struct place p = {.path = ""};
    struct stat st;
    int len = snprintf(name, sizeof name, "%s%s", below, found);
    if (len < 0 || (size_t)len + 1 >= sizeof name) {
        return sym_fail(e->fault, SYM_TOO_LONG, "%s: the path is too long", e->name);
    }
    enum sym_err err = place_of(&p, e, name);
    if (err != SYM_OK) {
        return err;
    }
    if (lstat(p.path, &st) != 0) {
        return sym_file_fault(e->fault, p.path);
    }
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
        memcpy(name + len, "/", 2);
        return walk(e, name, depth + 1);
    }
    return S_ISREG(st.st_mode) && belongs(e, name)
               ? SYM_OK
               : sym_fail(e->fault, SYM_TRAILING, "%s: does not belong to the export of this log",
                          p.name);
}

/* NULL with errno 0 at the end, and with another where the rest cannot be read. */
static const struct dirent *next_in(DIR *dir)
{
    errno = 0;
    return readdir(dir);
}

static enum sym_err walk(const struct exported *e, const char *below, unsigned depth)
{
    struct place p = {.path = ""};
    enum sym_err err = place_of(&p, e, below);
    if (err != SYM_OK) {
        return err;
    }
    DIR *dir = opendir(p.path);
    if (dir == NULL) {
        return sym_file_fault(e->fault, p.path);
    }
    const struct dirent *d = next_in(dir);
    for (; d != NULL && err == SYM_OK; d = next_in(dir)) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0) {
            err = check_name(e, below, d->d_name, depth);
        }
    }
    if (err == SYM_OK && errno != 0) {
        err = sym_file_fault(e->fault, p.path);
    }
    (void)closedir(dir);
    return err;
}

/* ------------------------------------------------------------------------------------------------
 */

static enum sym_err check(struct exported *e, const struct sym_trust *trust,
                          const struct sym_heads *heads)
{
    enum sym_err err = read_card(e);
    if (err == SYM_OK) {
        err = read_checkpoint(e);
    }
    if (err == SYM_OK) {
        err = read_keys(e);
    }
    if (err == SYM_OK) {
        err = sym_trust_cosigners(trust, &e->cosigners, &e->note, e->name, e->fault);
    }
    if (err == SYM_OK) {
        sym_heads_begin(&e->heads, heads, &e->head);
        err = sym_heads_at(&e->heads, &e->edge);
    }
    if (err == SYM_OK) {
        err = check_entries(e);
    }
    if (err == SYM_OK) {
        err = check_root(e);
    }
    return err == SYM_OK ? walk(e, "", 0) : err;
}

static void tell(struct sym_verdict *v, const struct sym_trust *trust, const struct exported *e)
{
    char what[256];
    char bodies[96] = "without bodies";
    if (e->bodies.file != NULL) {
        (void)snprintf(bodies, sizeof bodies, "%llu bodies, %llu erased",
                       (unsigned long long)e->bodies.shown, (unsigned long long)e->bodies.erased);
    }
    (void)snprintf(what, sizeof what,
                   "%llu entries, %s, cosigned by %zu of the keys given, %zu other %s",
                   (unsigned long long)e->head.size, bodies, e->cosigners,
                   e->note.n_signatures - 1 - e->cosigners,
                   e->note.n_signatures - 1 - e->cosigners == 1 ? "signature" : "signatures");
    sym_verdict_by_card(v, trust, &e->card, what);
    v->head = SYM_HEAD_FITS; /* the one in it */
}

void sym_verify_directory(struct sym_verdict *v, const struct sym_trust *trust, const char *path,
                          const struct sym_heads *heads)
{
    struct sym_fault fault = {.err = SYM_OK};
    char shown[SYM_FAULT_BYTES];
    struct exported *e = calloc(1, sizeof *e);
    *v = (struct sym_verdict){.kind = "log"};
    if (e == NULL) {
        (void)sym_fail(&fault, SYM_NO_MEMORY, "%s: %s", sym_file_show(shown, path),
                       sym_err_text(SYM_NO_MEMORY));
        sym_verdict_wrong(v, &fault);
        return;
    }
    e->dir = path;
    (void)sym_file_show(e->name, path);
    e->fault = &fault;
    fault.err = check(e, trust, heads);
    if (e->head.origin.len > 0) {
        sym_verdict_head(v, &e->head);
    }
    if (fault.err == SYM_OK) {
        tell(v, trust, e);
    } else {
        sym_verdict_wrong(v, &fault);
    }
    sym_bodies_close(&e->bodies);
    sym_secret_clear(&e->checkpoint);
    free(e);
}
