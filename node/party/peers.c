#include "node/party/peers.h"

#include "proto/control.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_VERSION 1u
#define RECORD_BYTES   (SYM_CARD_BYTES_MAX + 256u)

/* Record: version | added (8) | alias length (1), alias | psk length (1), psk | card text. */
static enum sym_err write_record(uint8_t out[RECORD_BYTES], struct sym_span *record,
                                 const struct sym_peer *peer, struct sym_span card_text)
{
    struct sym_span alias = sym_span_text(peer->alias);
    struct sym_writer w = sym_writer(out, RECORD_BYTES);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_u64(&w, peer->added_s);
    sym_write_u8(&w, (uint8_t)alias.len);
    sym_write_span(&w, alias);
    sym_write_u8(&w, (uint8_t)peer->psk.len);
    sym_write_span(&w, sym_secret_span(&peer->psk));
    sym_write_span(&w, card_text);
    return sym_write_end(&w, record);
}

static void peer_free(struct sym_peer *peer)
{
    if (peer != NULL) {
        sym_secret_clear(&peer->psk);
        free(peer);
    }
}

static enum sym_err read_record(struct sym_peer *peer, struct sym_span record,
                                struct sym_span *card_text, struct sym_fault *fault)
{
    struct sym_reader r = sym_reader(record);
    uint8_t version = sym_read_u8(&r);
    peer->added_s = sym_read_u64(&r);
    struct sym_span alias = sym_read_span(&r, sym_read_u8(&r));
    struct sym_span psk = sym_read_span(&r, sym_read_u8(&r));
    *card_text = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || version != RECORD_VERSION ||
        sym_alias_check(alias) != SYM_OK || (psk.len != 0 && psk.len != SYM_PSK_BYTES)) {
        return SYM_BAD_FORMAT;
    }
    memcpy(peer->alias, alias.data, alias.len);
    peer->alias[alias.len] = '\0';
    enum sym_err err = sym_card_parse(&peer->card, *card_text, fault);
    if (err == SYM_OK && psk.len > 0) {
        err = sym_secret_copy(&peer->psk, psk);
    }
    if (err == SYM_OK) {
        sym_node_id_of(&peer->id, peer->card.identity);
    }
    return err;
}

/* Room for one more, so that adding it cannot fail. */
static enum sym_err make_room(struct sym_peers *peers)
{
    if (peers->n >= SYM_PEERS_MAX) {
        return SYM_LIMIT;
    }
    struct sym_peer **grown = reallocarray(peers->items, peers->n + 1, sizeof(struct sym_peer *));
    if (grown == NULL) {
        return SYM_NO_MEMORY;
    }
    peers->items = grown;
    return SYM_OK;
}

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    (void)key;
    struct sym_peers *peers = context;
    struct sym_span card_text;
    struct sym_peer *peer = calloc(1, sizeof *peer);
    enum sym_err err = peer == NULL ? SYM_NO_MEMORY : read_record(peer, value, &card_text, NULL);
    if (err == SYM_OK) {
        err = make_room(peers);
    }
    if (err != SYM_OK) {
        peer_free(peer);
        return err;
    }
    peers->items[peers->n++] = peer;
    return SYM_OK;
}

static enum sym_err load_all(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_PEERS, load_one, context);
}

enum sym_err sym_peers_load(struct sym_peers *peers, struct sym_store *store,
                            struct sym_fault *fault)
{
    *peers = (struct sym_peers){.store = store};
    enum sym_err err = sym_store_read(store, load_all, peers);
    if (err != SYM_OK) {
        sym_peers_clear(peers);
        return sym_fail(fault, err, "peers: the stored table %s; restore a backup",
                        sym_err_text(err));
    }
    return SYM_OK;
}

void sym_peers_clear(struct sym_peers *peers)
{
    for (size_t i = 0; i < peers->n; i++) {
        peer_free(peers->items[i]);
    }
    free(peers->items);
    *peers = (struct sym_peers){0};
}

struct sym_peer *sym_peers_by_alias(const struct sym_peers *peers, struct sym_span alias)
{
    for (size_t i = 0; i < peers->n; i++) {
        if (sym_span_equal(alias, sym_span_text(peers->items[i]->alias))) {
            return peers->items[i];
        }
    }
    return NULL;
}

struct sym_peer *sym_peers_by_id(const struct sym_peers *peers, const struct sym_node_id *id)
{
    for (size_t i = 0; i < peers->n; i++) {
        if (sym_node_id_equal(&peers->items[i]->id, id)) {
            return peers->items[i];
        }
    }
    return NULL;
}

void sym_peer_witnessed(struct sym_witnessed *out, const struct sym_peer *peer)
{
    *out = (struct sym_witnessed){.id = peer->id, .alias = peer->alias};
    memcpy(out->identity, peer->card.identity, sizeof out->identity);
    memcpy(out->log_key, peer->card.log, sizeof out->log_key);
    memcpy(out->cosign_key, peer->card.cosign, sizeof out->cosign_key);
}

struct card_text {
    const struct sym_node_id *id;
    char *out;
    size_t max;
    size_t len;
};

static enum sym_err get_card_text(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO record = {0};
    struct card_text *c = context;
    enum sym_err err =
        sym_store_get(t, SYM_TABLE_PEERS, sym_span(c->id->bytes, SYM_NODE_ID_BYTES), &record);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_reader r = sym_reader(sym_secret_span(&record));
    (void)sym_read_u8(&r);
    (void)sym_read_u64(&r);
    (void)sym_read_span(&r, sym_read_u8(&r));
    (void)sym_read_span(&r, sym_read_u8(&r));
    struct sym_span text = sym_read_span(&r, r.left);
    if (text.len > c->max) {
        return SYM_TOO_LONG;
    }
    c->len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\r') {
            c->out[c->len++] = (char)text.data[i];
        }
    }
    return sym_read_end(&r);
}

enum sym_err sym_peers_card_text(const struct sym_peers *peers, char *out, size_t max, size_t *len,
                                 const struct sym_node_id *id)
{
    struct card_text c = {.id = id, .out = out, .max = max};
    enum sym_err err = sym_store_read(peers->store, get_card_text, &c);
    *len = c.len;
    return err;
}

bool sym_peer_is_expired(const struct sym_peer *peer, int64_t now_s)
{
    return peer->card.expires_s <= now_s;
}

/* What one durable change does: drop the old id, put the new record. */
struct change {
    const struct sym_node_id *drop; /* or NULL */
    const struct sym_node_id *put;  /* or NULL */
    struct sym_span record;
    sym_peer_gone_fn *gone; /* or NULL */
    void *context;          /* of that */
};

static enum sym_err apply(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    enum sym_err err = SYM_OK;
    if (c->drop != NULL) {
        err = sym_store_delete(t, SYM_TABLE_PEERS, sym_span(c->drop->bytes, SYM_NODE_ID_BYTES));
    }
    if (err == SYM_OK && c->put != NULL) {
        err = sym_store_put(t, SYM_TABLE_PEERS, sym_span(c->put->bytes, SYM_NODE_ID_BYTES),
                            c->record);
    }
    bool goes = err == SYM_OK && c->drop != NULL && c->gone != NULL;
    return goes ? c->gone(t, c->context, c->drop) : err;
}

static enum sym_err save(struct sym_peers *peers, const struct sym_peer *peer,
                         struct sym_span card_text, struct change c, const char *event,
                         const struct sym_author *author, struct sym_fault *fault)
{
    uint8_t bytes[RECORD_BYTES];
    c.put = &peer->id;
    enum sym_err err = write_record(bytes, &c.record, peer, card_text);
    if (err == SYM_OK) {
        err = sym_log_change(author, peers->store, SYM_ENTRY_PEER, event,
                             sym_span_text(peer->alias), apply, &c);
    }
    sym_wipe(bytes, sizeof bytes);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "peer %s: the change %s; nothing was changed",
                                    peer->alias, sym_err_text(err));
}

/* Which pinned peer, if any, does this card stand for? */
static enum sym_err find_pinned(const struct sym_peers *peers, struct sym_peer **out,
                                const struct sym_peer_addition *a, const struct sym_card *card,
                                struct sym_fault *fault)
{
    struct sym_node_id id;
    sym_node_id_of(&id, card->identity);
    struct sym_peer *same = sym_peers_by_id(peers, &id);
    struct sym_peer *named = a->alias.len > 0 ? sym_peers_by_alias(peers, a->alias) : NULL;
    *out = same;
    if (same != NULL && named != NULL && named != same) {
        return sym_fail(fault, SYM_EXISTS, "peer %s: is another node; this card belongs to %s",
                        named->alias, same->alias);
    }
    if (same != NULL && named == NULL && a->alias.len > 0) {
        return sym_fail(fault, SYM_EXISTS,
                        "peer %s: is the node of this card; leave out --alias to renew its card, "
                        "or remove the peer first to pin it under another alias",
                        same->alias);
    }
    if (same != NULL || named == NULL) {
        return SYM_OK;
    }
    if (!a->replace_identity) {
        return sym_fail(fault, SYM_EXISTS,
                        "peer %s: is pinned with another identity; choose another --alias, or "
                        "--replace-identity if this card succeeds it",
                        named->alias);
    }
    *out = named;
    return SYM_OK;
}

static enum sym_err choose_alias(struct sym_peer *fresh, const struct sym_peer *pinned,
                                 struct sym_span alias, struct sym_fault *fault)
{
    if (alias.len == 0 && pinned != NULL) {
        memcpy(fresh->alias, pinned->alias, sizeof fresh->alias);
        return SYM_OK;
    }
    if (sym_alias_check(alias) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "alias: 1 to 63 letters, digits, dots, dashes or underscores are needed, "
                        "the first a letter or digit; give one with --alias");
    }
    memcpy(fresh->alias, alias.data, alias.len);
    fresh->alias[alias.len] = '\0';
    return SYM_OK;
}

static enum sym_err set_psk(struct sym_peer *peer, struct sym_span psk, struct sym_fault *fault)
{
    if (psk.len != 0 && psk.len != SYM_PSK_BYTES) {
        return sym_fail(fault, SYM_BAD_VALUE, "preshared key: %u bytes are needed", SYM_PSK_BYTES);
    }
    enum sym_err err = psk.len == 0 ? SYM_OK : sym_secret_copy(&peer->psk, psk);
    return err == SYM_OK ? SYM_OK : sym_fail(fault, err, "preshared key: no memory");
}

static bool names_key_of(const struct sym_card *a, const struct sym_card *b)
{
    for (size_t i = 0; i < a->n_tls; i++) {
        for (size_t k = 0; k < b->n_tls; k++) {
            if (sym_equal(a->tls[i], b->tls[k], SYM_ED25519_BYTES)) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < a->n_exchange; i++) {
        for (size_t k = 0; k < b->n_exchange; k++) {
            if (sym_equal(a->exchange[i], b->exchange[k], SYM_X25519_BYTES)) {
                return true;
            }
        }
    }
    return false;
}

/* A card signs keys that its author need not own: one that names a partner's TLS key would have
 * that partner's links taken for its own. */
static enum sym_err check_keys_are_its_own(const struct sym_peers *peers,
                                           const struct sym_card *card,
                                           const struct sym_peer *pinned, struct sym_fault *fault)
{
    for (size_t i = 0; i < peers->n; i++) {
        const struct sym_peer *other = peers->items[i];
        if (other != pinned && names_key_of(card, &other->card)) {
            return sym_fail(fault, SYM_EXISTS,
                            "card: names a key that belongs to %s; ask both partners by phone",
                            other->alias);
        }
    }
    return SYM_OK;
}

static enum sym_err check_new(const struct sym_peers *peers, struct sym_peer *fresh,
                              const struct sym_peer_addition *a, struct sym_peer **pinned,
                              struct sym_fault *fault)
{
    enum sym_err err = sym_card_parse(&fresh->card, a->card, fault);
    if (err == SYM_OK) {
        sym_node_id_of(&fresh->id, fresh->card.identity);
        err = find_pinned(peers, pinned, a, &fresh->card, fault);
    }
    if (err == SYM_OK) {
        err = sym_card_accept(&fresh->card, *pinned == NULL ? NULL : &(*pinned)->card, a->self,
                              a->now_s, fault);
    }
    if (err == SYM_OK) {
        err = check_keys_are_its_own(peers, &fresh->card, *pinned, fault);
    }
    return err;
}

/* What the node itself knows of a peer, beside its card. */
static enum sym_err fill(struct sym_peer *fresh, const struct sym_peer_addition *a,
                         const struct sym_peer *pinned, struct sym_fault *fault)
{
    struct sym_span psk = a->psk.len > 0 || pinned == NULL ? a->psk : sym_secret_span(&pinned->psk);
    fresh->added_s = pinned == NULL ? (uint64_t)a->now_s : pinned->added_s;
    enum sym_err err = choose_alias(fresh, pinned, a->alias, fault);
    if (err == SYM_OK) {
        err = set_psk(fresh, psk, fault);
    }
    return err;
}

/* There is room for it. */
static void put_in_place(struct sym_peers *peers, struct sym_peer *fresh, struct sym_peer *pinned)
{
    size_t at = 0;
    while (at < peers->n && peers->items[at] != pinned) {
        at++;
    }
    peers->n += at == peers->n;
    peers->items[at] = fresh;
    peer_free(pinned);
}

enum sym_err sym_peers_add(struct sym_peers *peers, struct sym_peer **out,
                           struct sym_node_id *replaced, const struct sym_peer_addition *addition,
                           struct sym_fault *fault)
{
    struct sym_peer *pinned = NULL;
    struct sym_peer *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "peer: no memory");
    }
    enum sym_err err = check_new(peers, fresh, addition, &pinned, fault);
    if (err == SYM_OK) {
        err = fill(fresh, addition, pinned, fault);
    }
    if (err == SYM_OK && pinned == NULL) {
        err = make_room(peers);
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "peers: %zu are pinned; one more %s", peers->n,
                           sym_err_text(err));
        }
    }
    const struct sym_node_id before = pinned == NULL ? fresh->id : pinned->id;
    bool moved = !sym_node_id_equal(&before, &fresh->id);
    if (err == SYM_OK) {
        const struct change c = {
            .drop = moved ? &before : NULL, .gone = addition->gone, .context = addition->context};
        err = save(peers, fresh, addition->card, c, "peer-pinned", addition->author, fault);
    }
    if (err != SYM_OK) {
        peer_free(fresh);
        return err;
    }
    put_in_place(peers, fresh, pinned);
    *replaced = before;
    *out = fresh;
    return SYM_OK;
}

enum sym_err sym_peers_remove(struct sym_peers *peers, struct sym_peer *peer,
                              sym_peer_gone_fn *gone, void *context,
                              const struct sym_author *author, struct sym_fault *fault)
{
    struct change c = {.drop = &peer->id, .gone = gone, .context = context};
    enum sym_err err = sym_log_change(author, peers->store, SYM_ENTRY_PEER, "peer-removed",
                                      sym_span_text(peer->alias), apply, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "peer %s: the removal %s; it is still pinned", peer->alias,
                        sym_err_text(err));
    }
    for (size_t i = 0; i < peers->n; i++) {
        if (peers->items[i] == peer) {
            memmove(&peers->items[i], &peers->items[i + 1],
                    (peers->n - i - 1) * sizeof(struct sym_peer *));
            peers->n--;
            break;
        }
    }
    peer_free(peer);
    return SYM_OK;
}

/* Reads the card text of a peer back, as records hold it whole. */
struct recall {
    const struct sym_peer *peer;
    struct sym_secret record;
};

static enum sym_err recall_record(struct sym_transaction *t, void *context)
{
    struct recall *r = context;
    return sym_store_get(t, SYM_TABLE_PEERS, sym_span(r->peer->id.bytes, SYM_NODE_ID_BYTES),
                         &r->record);
}

enum sym_err sym_peers_set_psk(struct sym_peers *peers, struct sym_peer *peer, struct sym_span psk,
                               const struct sym_author *author, struct sym_fault *fault)
{
    struct recall r = {.peer = peer};
    struct sym_peer changed = {.added_s = 0};
    struct sym_span card_text;
    enum sym_err err = sym_store_read(peers->store, recall_record, &r);
    if (err == SYM_OK) {
        err = read_record(&changed, sym_secret_span(&r.record), &card_text, NULL);
    }
    sym_secret_clear(&changed.psk);
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "peer %s: the stored record %s", peer->alias, sym_err_text(err));
    } else {
        err = set_psk(&changed, psk, fault);
    }
    if (err == SYM_OK) {
        const struct change c = {.drop = NULL};
        err = save(peers, &changed, card_text, c, "peer-psk-changed", author, fault);
    }
    sym_secret_clear(&r.record);
    if (err != SYM_OK) {
        sym_secret_clear(&changed.psk);
        return err;
    }
    sym_secret_clear(&peer->psk);
    peer->psk = changed.psk;
    return SYM_OK;
}
