/* The stored state of a generation: one row, which must fit the leaves and tiles beside it. */
#include "node/evidence/log_state.h"

#include <string.h>

#define STATE_VERSION  3u
#define STATE_ROOM     (128u + SYM_KEY_NAME_BYTES + SYM_LOG_FAULT_MAX + SYM_CHECKPOINT_BYTES_MAX)
#define HEAD_KEY       "head"
#define FLAG_ERASING   1u
#define FLAG_FROZEN    2u
#define REMEDY         "stop the node and restore a backup (\"symbolon restore\")"
#define GENERATION_LEN 4u

static struct sym_span past_key(uint8_t out[GENERATION_LEN], uint32_t generation)
{
    struct sym_writer w = sym_writer(out, GENERATION_LEN);
    sym_write_u32(&w, generation);
    return sym_span(out, GENERATION_LEN);
}

static void write_text(struct sym_writer *w, const char *text, size_t len)
{
    sym_write_u16(w, (uint16_t)len);
    sym_write_bytes(w, text, len);
}

/* In the place of a signature, which takes fifty times as long: nobody but the holder of the log's
 * key can make it, but others cannot check it either. */
static void code_of(uint8_t out[SYM_HASH_BYTES], const struct sym_log *l, const struct sym_head *h)
{
    uint8_t bytes[GENERATION_LEN + 8 + SYM_HASH_BYTES];
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u32(&w, h->generation);
    sym_write_u64(&w, h->size);
    sym_write_bytes(&w, h->root, sizeof h->root);
    sym_subkey(out, l->key->seed.data, "evidence log head", sym_span(bytes, sizeof bytes));
}

/* why: of a log that is frozen. */
static enum sym_err put_state(const struct sym_log *l, struct sym_transaction *t,
                              enum sym_table table, struct sym_span key,
                              const struct sym_log_side *s, const char *why, bool frozen)
{
    uint8_t code[SYM_HASH_BYTES];
    uint8_t room[STATE_ROOM];
    struct sym_span value;
    struct sym_writer w = sym_writer(room, sizeof room);
    sym_write_u8(&w, STATE_VERSION);
    sym_write_u32(&w, s->head.generation);
    sym_write_u64(&w, s->head.size);
    sym_write_u64(&w, s->head.signed_size);
    sym_write_u64(&w, s->erased_ms);
    sym_write_u8(&w, (uint8_t)((s->erasing ? FLAG_ERASING : 0) | (frozen ? FLAG_FROZEN : 0)));
    code_of(code, l, &s->head);
    sym_write_bytes(&w, s->head.root, sizeof s->head.root);
    sym_write_bytes(&w, code, sizeof code);
    sym_write_bytes(&w, s->signer, sizeof s->signer);
    write_text(&w, s->signed_origin, strlen(s->signed_origin));
    write_text(&w, why, strlen(why));
    write_text(&w, s->head.checkpoint, s->head.checkpoint_len);
    enum sym_err err = sym_write_end(&w, &value);
    return err == SYM_OK ? sym_store_put(t, table, key, value) : err;
}

enum sym_err sym_log_keep_state(struct sym_log *l, struct sym_transaction *t)
{
    return put_state(l, t, SYM_TABLE_LOG_HEAD, sym_span_text(HEAD_KEY), &l->pending, l->why,
                     l->frozen);
}

enum sym_err sym_log_keep_past(struct sym_log *l, struct sym_transaction *t)
{
    uint8_t key[GENERATION_LEN];
    const struct sym_log_side *s = &l->durable;
    return put_state(l, t, SYM_TABLE_LOG_PAST, past_key(key, s->head.generation), s, "", false);
}

enum sym_err sym_log_next_past(struct sym_transaction *t, uint32_t *out, uint32_t after)
{
    uint8_t from[GENERATION_LEN];
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = sym_store_next(t, SYM_TABLE_LOG_PAST, past_key(from, after), key, &len);
    struct sym_reader r = sym_reader(sym_span(key, len));
    if (err != SYM_OK) {
        return err;
    }
    *out = sym_read_u32(&r);
    return sym_read_end(&r);
}

void sym_log_copy_signature(struct sym_log_side *to, const struct sym_log_side *from)
{
    memcpy(to->head.checkpoint, from->head.checkpoint, sizeof to->head.checkpoint);
    to->head.checkpoint_len = from->head.checkpoint_len;
    to->head.signed_size = from->head.signed_size;
    memcpy(to->signer, from->signer, sizeof to->signer);
    memcpy(to->signed_origin, from->signed_origin, sizeof to->signed_origin);
}

void sym_log_copy_side(struct sym_log_side *to, const struct sym_log_side *from)
{
    to->head = from->head;
    sym_log_copy_signature(to, from);
    to->time_ms = from->time_ms;
    to->erased_ms = from->erased_ms;
    to->erasing = from->erasing;
    sym_log_edge_copy(&to->edge, &from->edge);
    memcpy(to->marks, from->marks, sym_log_edge_width(from->edge.tree.size, 0) * sizeof *to->marks);
}

static bool read_text(struct sym_reader *r, char *out, size_t max, size_t *len)
{
    struct sym_span text = sym_read_span(r, sym_read_u16(r));
    if (text.len >= max || r->err != SYM_OK) {
        return false;
    }
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
    *len = text.len;
    return true;
}

/* What the row says, without a look at anything else. */
struct row {
    bool frozen;
    uint8_t code[SYM_HASH_BYTES];
    char why[SYM_LOG_FAULT_MAX + 1];
};

static enum sym_err read_row(struct sym_log_side *s, struct row *row, struct sym_span value)
{
    size_t why_len = 0;
    size_t origin_len = 0;
    struct sym_reader r = sym_reader(value);
    uint8_t version = sym_read_u8(&r);
    s->head.generation = sym_read_u32(&r);
    s->head.size = sym_read_u64(&r);
    s->head.signed_size = sym_read_u64(&r);
    s->erased_ms = sym_read_u64(&r);
    uint8_t flags = sym_read_u8(&r);
    sym_read_bytes(&r, s->head.root, sizeof s->head.root);
    sym_read_bytes(&r, row->code, sizeof row->code);
    s->erasing = (flags & FLAG_ERASING) != 0;
    row->frozen = (flags & FLAG_FROZEN) != 0;
    sym_read_bytes(&r, s->signer, sizeof s->signer);
    if (!read_text(&r, s->signed_origin, sizeof s->signed_origin, &origin_len) ||
        !read_text(&r, row->why, sizeof row->why, &why_len) ||
        !read_text(&r, s->head.checkpoint, sizeof s->head.checkpoint, &s->head.checkpoint_len) ||
        version != STATE_VERSION || s->head.size > INT64_MAX ||
        s->head.signed_size > s->head.size) {
        return SYM_BAD_FORMAT;
    }
    return sym_read_end(&r);
}

static enum sym_err gone(struct sym_fault *fault, uint64_t index, enum sym_err err)
{
    return sym_fail(fault, SYM_BAD_TAG, "evidence log: entry %llu %s: " REMEDY,
                    (unsigned long long)index,
                    err == SYM_NOT_FOUND ? "is gone from the store" : "was altered");
}

/* The leaves behind the last full tile. */
static enum sym_err load_leaves(struct sym_log *l, struct sym_transaction *t,
                                struct sym_log_side *s, struct sym_fault *fault)
{
    size_t n = sym_log_edge_width(s->head.size, 0);
    uint64_t first = s->head.size - n;
    for (uint64_t i = n == 0 && first > 0 ? first - 1 : first; i < s->head.size; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_leaf leaf;
        struct sym_span bytes;
        enum sym_err err = sym_log_get_leaf(l, t, &bytes, s->head.generation, i);
        if (err == SYM_OK) {
            err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
        }
        if (err != SYM_OK) {
            return gone(fault, i, err);
        }
        s->time_ms = leaf.time_ms;
        if (i >= first) {
            err = sym_merkle_leaf(s->edge.tiles[0][i - first], bytes);
            sym_log_mark_stored(&s->marks[i - first], l, t, s->head.generation, i, &leaf);
        }
        if (err != SYM_OK) {
            return sym_fail(fault, err, "evidence log: it %s", sym_err_text(err));
        }
    }
    return SYM_OK;
}

/* The roots of the full tiles behind the last full tile of the level above. */
static enum sym_err load_level(struct sym_transaction *t, struct sym_log_side *s, unsigned level,
                               struct sym_fault *fault)
{
    uint8_t tile[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    size_t n = sym_log_edge_width(s->head.size, level);
    uint64_t first = (s->head.size >> (SYM_TILE_BITS * level)) - n;
    for (size_t i = 0; i < n; i++) {
        enum sym_err err =
            sym_log_get_tile(t, tile, NULL, s->head.generation, level - 1, first + i);
        if (err == SYM_OK) {
            err = sym_log_tile_node(s->edge.tiles[level][i], tile, 0, SYM_TILE_BITS);
        }
        if (err != SYM_OK) {
            return sym_fail(fault, SYM_BAD_TAG, "evidence log: tile %llu of level %u %s: " REMEDY,
                            (unsigned long long)(first + i), level - 1,
                            err == SYM_NOT_FOUND ? "is gone from the store" : "was altered");
        }
    }
    return SYM_OK;
}

/* The roots of the perfect subtrees, the largest first, and the root that they lead to. */
static enum sym_err load_edge(struct sym_log_view *v, uint8_t root[SYM_HASH_BYTES])
{
    struct sym_merkle_edge *e = &v->side->edge.tree;
    enum sym_err err = SYM_OK;
    e->size = v->side->head.size;
    for (unsigned level = 63; err == SYM_OK && level-- > 0;) {
        if ((e->size >> level & 1u) != 0) {
            err = sym_log_read_node(v, e->hash[e->n++], level, (e->size >> level) - 1);
        }
    }
    return err == SYM_OK ? sym_merkle_edge_root(root, e) : err;
}

static enum sym_err not_ours(struct sym_fault *fault, uint64_t size)
{
    return sym_fail(fault, SYM_BAD_SIGNATURE,
                    "evidence log: its entries are not those that this node has signed (%llu of "
                    "them): " REMEDY,
                    (unsigned long long)size);
}

/* Three sources for one root: the leaves and tiles, what the row holds, and what the log has
 * signed, or marked with its key where that is still the one. */
static enum sym_err check_roots(struct sym_log *l, struct sym_transaction *t,
                                struct sym_log_side *s, const struct row *row,
                                struct sym_fault *fault)
{
    uint8_t root[SYM_HASH_BYTES];
    struct sym_log_view v = {.log = l, .t = t, .side = s};
    enum sym_err err = load_edge(&v, root);
    if (err == SYM_OK && !sym_equal(root, s->head.root, sizeof root)) {
        err = SYM_BAD_TAG;
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "evidence log: its entries do not lead to the head that the store holds: "
                        "one of them was altered, or put in another's place: " REMEDY);
    }
    uint8_t code[SYM_HASH_BYTES];
    code_of(code, l, &s->head);
    if (sym_log_is_signer(l, s) && !sym_equal(code, row->code, sizeof code)) {
        return not_ours(fault, s->head.size);
    }
    if (s->head.checkpoint_len == 0 && s->head.signed_size == 0) {
        return SYM_OK;
    }
    struct sym_note note;
    struct sym_checkpoint c;
    struct sym_span text = sym_span(s->head.checkpoint, s->head.checkpoint_len);
    err = sym_checkpoint_open(&c, &note, text, s->signer);
    if (err == SYM_OK && c.size == s->head.signed_size &&
        sym_span_equal(c.origin, sym_span_text(s->signed_origin))) {
        err = sym_merkle_root(root, c.size, sym_log_read_node, &v);
    } else {
        err = SYM_BAD_SIGNATURE;
    }
    if (err == SYM_OK && sym_equal(root, c.root, sizeof root)) {
        return SYM_OK;
    }
    return not_ours(fault, s->head.signed_size);
}

static enum sym_err load_tree(struct sym_log *l, struct sym_transaction *t, struct sym_log_side *s,
                              const struct row *row, struct sym_fault *fault)
{
    enum sym_err err = load_leaves(l, t, s, fault);
    for (unsigned level = 1; err == SYM_OK && level < SYM_TILE_LEVELS_MAX; level++) {
        err = load_level(t, s, level, fault);
    }
    return err == SYM_OK ? check_roots(l, t, s, row, fault) : err;
}

static enum sym_err load(struct sym_log *l, struct sym_transaction *t, struct sym_log_side *s,
                         struct row *row, enum sym_table table, struct sym_span key,
                         struct sym_fault *fault)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_store_get(t, table, key, &value);
    if (err == SYM_NOT_FOUND) {
        return err;
    }
    memset(s, 0, sizeof *s);
    if (err == SYM_OK) {
        err = read_row(s, row, sym_secret_span(&value));
    }
    sym_log_origin(s->head.origin, &l->self, s->head.generation);
    return err == SYM_OK
               ? load_tree(l, t, s, row, fault)
               : sym_fail(fault, err, "evidence log: its head %s: " REMEDY, sym_err_text(err));
}

enum sym_err sym_log_load(struct sym_log *l, struct sym_transaction *t, struct sym_log_side *side,
                          uint32_t generation, struct sym_fault *fault)
{
    struct row row;
    uint8_t key[GENERATION_LEN];
    enum sym_err err = load(l, t, side, &row, SYM_TABLE_LOG_PAST, past_key(key, generation), fault);
    return err == SYM_OK && side->head.generation != generation ? SYM_BAD_FORMAT : err;
}

/* The last leaf of all must be the last one of this log. */
static enum sym_err check_end(struct sym_transaction *t, const struct sym_log_side *s,
                              struct sym_fault *fault)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    uint8_t last[SYM_LOG_ROW_BYTES];
    size_t len = 0;
    uint64_t size = s == NULL ? 0 : s->head.size;
    enum sym_err err = sym_store_last(t, SYM_TABLE_LOG, key, &len);
    if (err == SYM_NOT_FOUND && size == 0) {
        return SYM_OK;
    }
    if (err == SYM_OK && size > 0) {
        sym_log_row_key(last, s->head.generation, size - 1, SYM_LOG_LEAVES);
        if (sym_span_equal(sym_span(key, len), sym_span(last, sizeof last))) {
            return SYM_OK;
        }
    }
    return sym_fail(fault, SYM_BAD_TAG,
                    "evidence log: the store holds entries that its head does not know: an older "
                    "head was put in the place of the newest: " REMEDY);
}

enum sym_err sym_log_load_newest(struct sym_log *l, struct sym_transaction *t,
                                 struct sym_log_side *side, struct sym_fault *fault)
{
    struct row row = {.frozen = false};
    enum sym_err err = load(l, t, side, &row, SYM_TABLE_LOG_HEAD, sym_span_text(HEAD_KEY), fault);
    if (err == SYM_NOT_FOUND) {
        err = check_end(t, NULL, fault);
        return err == SYM_OK ? SYM_NOT_FOUND : err;
    }
    if (err == SYM_OK) {
        err = check_end(t, side, fault);
    }
    if (err == SYM_OK) {
        l->frozen = row.frozen;
        memcpy(l->why, row.why, sizeof l->why);
    }
    return err;
}
