/* fake_log.h - an evidence log in memory and a core that shows it, truthfully or not: for tests of
 * the auditor's commands. The node of the fake gets a card whose keys the test holds.
 */
#ifndef SYM_TESTS_CLI_FAKE_LOG_H
#define SYM_TESTS_CLI_FAKE_LOG_H

#include "crypto/aead.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "proto/exhibit.h"
#include "proto/history.h"
#include "tests/cli/fake_node.h"

#define FAKE_ENTRIES_MAX 1024u
#define FAKE_BODY_MAX    8192u
#define FAKE_NOW_MS      (UINT64_C(1000) * FAKE_NOW_S)

struct fake_entry {
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t leaf_len;
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t body[FAKE_BODY_MAX];
    size_t body_len;
    bool erased;
};

/* How the core lies; 0: not at all. */
struct fake_lies {
    bool body, leaf, tile, upper_tile, root, signer, origin, shorter, missing, reorder, no_end;
    bool frozen, ours, short_tile, proof, other_report, endless;
    unsigned findings; /* of a comparison */
    uint64_t untold;   /* exchanges of which a word is missing */
    bool cut_off;      /* all of them are of exchanges that were cut off */
};

struct fake_log {
    struct sym_node_keys keys, peer_keys;
    struct sym_sign_key operator_key, auditor_key;
    struct sym_node_id self, peer;
    char peer_card[SYM_CARD_BYTES_MAX];
    struct fake_entry entries[FAKE_ENTRIES_MAX];
    size_t n;
    uint8_t root[SYM_HASH_BYTES];
    char checkpoint[SYM_CHECKPOINT_BYTES_MAX];
    char cosigned[SYM_CHECKPOINT_BYTES_MAX]; /* an older one, or none */
    struct fake_lies lies;
    size_t page; /* rows */
};

/* One for the process: a core is a fork of the test. */
static struct fake_log fake_log;

static inline struct sym_span fake_text(const char *text)
{
    return sym_span_text(text);
}

/* A card with these keys, which are drawn. */
static inline void fake_log_card(char text[SYM_CARD_BYTES_MAX], struct sym_node_keys *keys,
                                 struct sym_node_id *id, const char *name)
{
    struct sym_card card = {.role = SYM_ROLE_BANK,
                            .serial = 1,
                            .issued_s = FAKE_NOW_S,
                            .expires_s = FAKE_NOW_S + 2 * 31536000};
    size_t len = 0;
    assert_int_equal(sym_node_keys_new(keys), SYM_OK);
    (void)snprintf(card.name, sizeof card.name, "%s", name);
    sym_card_keys(&card, keys);
    assert_int_equal(
        sym_card_write(text, SYM_CARD_BYTES_MAX - 1, &len, &card, &keys->identity, NULL, NULL),
        SYM_OK);
    text[len] = '\0';
    sym_node_id_of(id, card.identity);
}

static inline struct sym_span fake_id(const struct sym_node_id *id)
{
    return sym_span(id->bytes, sizeof id->bytes);
}

/* Encodes the body, commits to it and appends the leaf. */
static inline size_t fake_log_add(enum sym_entry_kind kind, const uint8_t *exchange_id,
                                  bool initiated, const struct sym_entry_body *body)
{
    struct fake_log *l = &fake_log;
    uint8_t commitment[SYM_HASH_BYTES];
    assert_true(l->n < FAKE_ENTRIES_MAX);
    struct fake_entry *e = &l->entries[l->n];
    memset(e->salt, (int)(l->n % 251), sizeof e->salt);
    assert_int_equal(sym_encode(e->body, sizeof e->body, &e->body_len, &sym_msg_entry_body, body),
                     SYM_OK);
    assert_int_equal(sym_body_commit(commitment, e->salt, sym_span(e->body, e->body_len)), SYM_OK);
    struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                            .time_ms = FAKE_NOW_MS + l->n * 60000u,
                            .kind = (uint32_t)kind,
                            .commitment = sym_span(commitment, sizeof commitment)};
    if (exchange_id != NULL) {
        leaf.exchange_id = sym_span(exchange_id, SYM_EXCHANGE_ID_BYTES);
        leaf.initiator = fake_id(initiated ? &l->self : &l->peer);
        leaf.responder = fake_id(initiated ? &l->peer : &l->self);
    }
    assert_int_equal(sym_encode(e->leaf, sizeof e->leaf, &e->leaf_len, &sym_msg_leaf, &leaf),
                     SYM_OK);
    return l->n++;
}

static inline enum sym_err fake_read_hash(void *context, uint8_t out[SYM_HASH_BYTES],
                                          unsigned level, uint64_t index)
{
    const struct fake_log *l = context;
    uint8_t left[SYM_HASH_BYTES];
    uint8_t right[SYM_HASH_BYTES];
    if (level == 0) {
        return sym_merkle_leaf(out, sym_span(l->entries[index].leaf, l->entries[index].leaf_len));
    }
    enum sym_err err = fake_read_hash(context, left, level - 1, 2 * index);
    if (err == SYM_OK) {
        err = fake_read_hash(context, right, level - 1, 2 * index + 1);
    }
    return err == SYM_OK ? sym_merkle_node(out, left, right) : err;
}

/* Signs the head over all entries, cosigned by the peer. */
static inline void fake_log_sign(const struct sym_sign_key *key)
{
    struct fake_log *l = &fake_log;
    char origin[SYM_KEY_NAME_BYTES];
    char witness[SYM_KEY_NAME_BYTES];
    char line[SYM_SIGNATURE_LINE_BYTES];
    size_t len = 0;
    struct sym_checkpoint c = {.size = l->n};
    struct sym_note note;
    sym_log_origin(origin, &l->self, 1);
    sym_witness_name(witness, &l->peer);
    c.origin = fake_text(origin);
    assert_int_equal(sym_merkle_root(c.root, l->n, fake_read_hash, l), SYM_OK);
    memcpy(l->root, c.root, sizeof l->root);
    assert_int_equal(sym_checkpoint_sign(l->checkpoint, sizeof l->checkpoint - 1, &len, &c, key),
                     SYM_OK);
    assert_int_equal(sym_note_parse(&note, sym_span(l->checkpoint, len)), SYM_OK);
    assert_int_equal(sym_note_sign(line, note.text, witness, SYM_NOTE_COSIGNATURE,
                                   &l->peer_keys.cosign, FAKE_NOW_S),
                     SYM_OK);
    (void)snprintf(l->checkpoint + len, sizeof l->checkpoint - len, "%s", line);
}

/* A command, signed by this user. */
static inline size_t fake_command(uint8_t *out, size_t max, const struct sym_sign_key *user,
                                  enum sym_verb verb, const void *arguments)
{
    static const uint8_t nonce[SYM_NONCE_BYTES] = {1};
    size_t len = 0;
    assert_int_equal(
        sym_control_sign(out, max, &len, user, &fake_log.self, nonce, FAKE_NOW_MS, verb, arguments),
        SYM_OK);
    return len;
}

/* What the log of every test holds ----------------------------------------------------------- */

static const uint8_t fake_first[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xaa, 1};
static const uint8_t fake_second[SYM_EXCHANGE_ID_BYTES] = {0x77, 0x01, 0xbb, 2};

static inline void fake_add_people(void)
{
    struct fake_log *l = &fake_log;
    static uint8_t command[16384];
    struct sym_user_add user = {.name = fake_text("auditor"),
                                .roles = SYM_USER_AUDITOR,
                                .key = sym_span(l->auditor_key.public_key, SYM_ED25519_BYTES)};
    struct sym_user_add operator_user = {
        .name = fake_text("operator"),
        .roles = SYM_USER_OPERATOR,
        .key = sym_span(l->operator_key.public_key, SYM_ED25519_BYTES)};
    struct sym_peer_add peer = {.cards = fake_text(l->peer_card), .alias = fake_text("bank-b")};
    struct sym_entry_body b = {.event = fake_text("started")};
    (void)fake_log_add(SYM_ENTRY_STARTED, NULL, false, &b);
    size_t len =
        fake_command(command, sizeof command, &l->operator_key, SYM_VERB_USER_ADD, &operator_user);
    b = (struct sym_entry_body){.event = fake_text("user-added"),
                                .user = fake_text("operator"),
                                .subject = fake_text("operator"),
                                .command = sym_span(command, len)};
    (void)fake_log_add(SYM_ENTRY_USER, NULL, false, &b);
    len = fake_command(command, sizeof command, &l->operator_key, SYM_VERB_USER_ADD, &user);
    b.subject = fake_text("auditor");
    b.command = sym_span(command, len);
    (void)fake_log_add(SYM_ENTRY_USER, NULL, false, &b);
    len = fake_command(command, sizeof command, &l->operator_key, SYM_VERB_PEER_ADD, &peer);
    b.event = fake_text("peer-added");
    b.subject = fake_text("bank-b");
    b.command = sym_span(command, len);
    (void)fake_log_add(SYM_ENTRY_PEER, NULL, false, &b);
}

/* Salts and commitments of the case, which stand in static memory. */
static inline const struct sym_commitments *fake_commit(struct sym_span *salts, const char *text)
{
    static uint8_t bytes[4 * SYM_HASH_BYTES];
    static uint8_t hash[SYM_HASH_BYTES];
    static struct sym_commitments c;
    memset(bytes, 9, sizeof bytes);
    const struct sym_span parts[] = {sym_span(bytes, SYM_HASH_BYTES), fake_text(text)};
    assert_int_equal(sym_sha256_parts(hash, parts, 2), SYM_OK);
    c = (struct sym_commitments){.case_ref = sym_span(hash, sizeof hash)};
    *salts = sym_span(bytes, sizeof bytes);
    return &c;
}

static inline struct sym_span fake_hash(uint8_t out[SYM_HASH_BYTES], struct sym_span bytes)
{
    assert_int_equal(sym_sha256(out, bytes), SYM_OK);
    return sym_span(out, SYM_HASH_BYTES);
}

static const uint8_t fake_zero[SYM_HASH_BYTES];

static inline size_t fake_request(uint8_t *out, size_t max, const uint8_t *id, bool initiated)
{
    struct fake_log *l = &fake_log;
    size_t len = 0;
    struct sym_request r = {.version = 1,
                            .exchange_id = sym_span(id, SYM_EXCHANGE_ID_BYTES),
                            .initiator = fake_id(initiated ? &l->self : &l->peer),
                            .responder = fake_id(initiated ? &l->peer : &l->self),
                            .issued_ms = FAKE_NOW_MS,
                            .expires_ms = FAKE_NOW_MS + 60000,
                            .ephemeral = sym_span(fake_zero, 32),
                            .exporter = sym_span(fake_zero, 32),
                            .kind = SYM_KIND_OVERLAP_MATCHES,
                            .purpose = SYM_PURPOSE_AML,
                            .basis = SYM_BASIS_314B,
                            .dataset = fake_text("watch")};
    assert_int_equal(sym_signed_write(out, max, &len, &sym_msg_request, &r,
                                      initiated ? &l->keys.identity : &l->peer_keys.identity,
                                      SYM_DOMAIN_REQUEST),
                     SYM_OK);
    return len;
}

static inline size_t fake_receipt(uint8_t *out, size_t max, const uint8_t *id, bool initiated,
                                  struct sym_span request, enum sym_decision decision)
{
    struct fake_log *l = &fake_log;
    uint8_t hash[SYM_HASH_BYTES];
    size_t len = 0;
    struct sym_receipt r = {.version = 1,
                            .exchange_id = sym_span(id, SYM_EXCHANGE_ID_BYTES),
                            .initiator = fake_id(initiated ? &l->self : &l->peer),
                            .responder = fake_id(initiated ? &l->peer : &l->self),
                            .request_hash = fake_hash(hash, request),
                            .issued_ms = FAKE_NOW_MS,
                            .expires_ms = FAKE_NOW_MS + 60000,
                            .ephemeral = sym_span(fake_zero, 32),
                            .exporter = sym_span(fake_zero, 32),
                            .decision = (uint32_t)decision,
                            .reason = decision == SYM_DECISION_DENIED ? SYM_REASON_LIMIT : 0};
    assert_int_equal(sym_signed_write(out, max, &len, &sym_msg_receipt, &r,
                                      initiated ? &l->peer_keys.identity : &l->keys.identity,
                                      SYM_DOMAIN_RECEIPT),
                     SYM_OK);
    return len;
}

static inline size_t fake_close(uint8_t *out, size_t max, bool own, struct sym_span request,
                                struct sym_span receipt)
{
    struct fake_log *l = &fake_log;
    uint8_t hashes[2][SYM_HASH_BYTES];
    size_t len = 0;
    struct sym_transcript t = {.frames = 4, .hash = sym_span(fake_zero, 32)};
    struct sym_close c = {.version = 1,
                          .exchange_id = sym_span(fake_first, SYM_EXCHANGE_ID_BYTES),
                          .initiator = fake_id(&l->self),
                          .responder = fake_id(&l->peer),
                          .closer = fake_id(own ? &l->self : &l->peer),
                          .closed_ms = FAKE_NOW_MS,
                          .request_hash = fake_hash(hashes[0], request),
                          .receipt_hash = fake_hash(hashes[1], receipt),
                          .sent = &t,
                          .received = &t};
    assert_int_equal(sym_signed_write(out, max, &len, &sym_msg_close, &c,
                                      own ? &l->keys.identity : &l->peer_keys.identity,
                                      SYM_DOMAIN_CLOSE),
                     SYM_OK);
    return len;
}

/* Asked by this node, granted, closed by both. Entries 4 to 7. */
static inline void fake_add_granted(void)
{
    static uint8_t bytes[4][4096];
    struct sym_span salts;
    size_t len = fake_request(bytes[0], sizeof bytes[0], fake_first, true);
    struct sym_span request = sym_span(bytes[0], len);
    struct sym_entry_body b = {.event = fake_text("requested"),
                               .user = fake_text("alice"),
                               .alias = fake_text("bank-b"),
                               .role = SYM_AS_INITIATOR,
                               .exchange_kind = SYM_KIND_OVERLAP_MATCHES,
                               .purpose = SYM_PURPOSE_AML,
                               .basis = SYM_BASIS_314B,
                               .mine = fake_text("suspects"),
                               .theirs = fake_text("watch"),
                               .case_ref = fake_text("C-17"),
                               .own_size = 20000,
                               .request = request};
    b.commitments = fake_commit(&salts, "C-17");
    b.salts = salts;
    (void)fake_log_add(SYM_ENTRY_REQUESTED, fake_first, true, &b);
    len = fake_receipt(bytes[1], sizeof bytes[1], fake_first, true, request, SYM_DECISION_GRANTED);
    struct sym_span receipt = sym_span(bytes[1], len);
    b = (struct sym_entry_body){.event = fake_text("granted"),
                                .alias = fake_text("bank-b"),
                                .role = SYM_AS_INITIATOR,
                                .exchange_kind = SYM_KIND_OVERLAP_MATCHES,
                                .decision = SYM_DECISION_GRANTED,
                                .receipt = receipt};
    (void)fake_log_add(SYM_ENTRY_DECIDED, fake_first, true, &b);
    len = fake_close(bytes[2], sizeof bytes[2], true, request, receipt);
    b.event = fake_text("closed");
    b.decision = 0;
    b.receipt = sym_span(NULL, 0);
    b.bytes_sent = 1280000;
    b.bytes_received = 1400000;
    b.statement = sym_span(bytes[2], len);
    (void)fake_log_add(SYM_ENTRY_CLOSED, fake_first, true, &b);
    len = fake_close(bytes[3], sizeof bytes[3], false, request, receipt);
    b.event = fake_text("settled");
    b.bytes_sent = b.bytes_received = 0;
    b.statement = sym_span(NULL, 0);
    b.peer_statement = sym_span(bytes[3], len);
    (void)fake_log_add(SYM_ENTRY_SETTLED, fake_first, true, &b);
}

/* Asked by the peer, denied. Entries 8 and 9. */
static inline void fake_add_denied(void)
{
    static uint8_t bytes[2][4096];
    size_t len = fake_request(bytes[0], sizeof bytes[0], fake_second, false);
    struct sym_span request = sym_span(bytes[0], len);
    struct sym_entry_body b = {.event = fake_text("asked"),
                               .alias = fake_text("bank-b"),
                               .role = SYM_AS_PARTICIPANT,
                               .exchange_kind = SYM_KIND_OVERLAP_MATCHES,
                               .purpose = SYM_PURPOSE_CFT,
                               .basis = SYM_BASIS_314B,
                               .mine = fake_text("watch"),
                               .request = request};
    (void)fake_log_add(SYM_ENTRY_REQUESTED, fake_second, false, &b);
    len = fake_receipt(bytes[1], sizeof bytes[1], fake_second, false, request, SYM_DECISION_DENIED);
    b.event = fake_text("denied");
    b.request = sym_span(NULL, 0);
    b.decision = SYM_DECISION_DENIED;
    b.reason = SYM_REASON_LIMIT;
    b.detail = fake_text("more than 100 requests a day");
    b.receipt = sym_span(bytes[1], len);
    (void)fake_log_add(SYM_ENTRY_DECIDED, fake_second, false, &b);
}

/* An import with a name that a spreadsheet would run, then so many that tiles fill. */
#define FAKE_IMPORT    10u /* entry with the formula */
#define FAKE_ERASED    11u
#define FAKE_ANNOUNCED 12u /* that bodies were erased */
#define FAKE_SIZE      600u

static inline void fake_add_imports(size_t until)
{
    struct sym_entry_body b = {.event = fake_text("imported"),
                               .user = fake_text("alice"),
                               .subject = fake_text("=1+1|\"x\""),
                               .detail = fake_text("@sum"),
                               .count = 17};
    (void)fake_log_add(SYM_ENTRY_IMPORTED, NULL, false, &b);
    b.subject = fake_text("suspects");
    b.detail = fake_text("");
    while (fake_log.n < FAKE_ANNOUNCED) {
        (void)fake_log_add(SYM_ENTRY_IMPORTED, NULL, false, &b);
    }
    const struct sym_entry_body erased = {.event = fake_text("bodies-erased"),
                                          .subject = fake_text("8000000000000")};
    (void)fake_log_add(SYM_ENTRY_ERASED, NULL, false, &erased);
    while (fake_log.n < until) {
        (void)fake_log_add(SYM_ENTRY_IMPORTED, NULL, false, &b);
    }
}

static inline void fake_log_make(struct fake_node *node)
{
    struct fake_log *l = &fake_log;
    static char card[SYM_CARD_BYTES_MAX];
    memset(l, 0, sizeof *l);
    l->page = 50;
    fake_log_card(card, &l->keys, &l->self, "Bank A");
    fake_log_card(l->peer_card, &l->peer_keys, &l->peer, "Bank B");
    assert_int_equal(sym_sign_key_new(&l->operator_key), SYM_OK);
    assert_int_equal(sym_sign_key_new(&l->auditor_key), SYM_OK);
    fake_write(node->dir, "node.card", fake_text(card), 0644);
    node->id = l->self;
    fake_add_people();
    fake_add_granted();
    fake_add_denied();
    fake_add_imports(FAKE_SIZE);
    l->entries[FAKE_ERASED].erased = true;
    fake_log_sign(&l->keys.log);
}

/* The core ----------------------------------------------------------------------------------- */

static inline enum sym_err fake_serve_head(struct fake_call *call)
{
    static struct sym_log_head head;
    static char origin[SYM_KEY_NAME_BYTES];
    struct fake_log *l = &fake_log;
    sym_log_origin(origin, &l->self, l->lies.origin ? 2 : 1);
    head = (struct sym_log_head){.origin = fake_text(origin),
                                 .generation = 1,
                                 .size = l->lies.shorter ? l->n - 1 : l->n,
                                 .root = sym_span(l->lies.root ? fake_zero : l->root, 32),
                                 .checkpoint = fake_text(l->checkpoint),
                                 .cosigned = fake_text(l->cosigned),
                                 .node = fake_id(&l->self),
                                 .log_key = sym_span(l->keys.log.public_key, 32),
                                 .cosign_key = sym_span(l->keys.cosign.public_key, 32),
                                 .frozen = l->lies.frozen,
                                 .fault = fake_text(l->lies.frozen ? "bank-b holds a head" : "")};
    call->answer = &head;
    return SYM_OK;
}

static inline struct sym_log_row fake_row(size_t index, bool bodies)
{
    struct fake_log *l = &fake_log;
    struct fake_entry *e = &l->entries[index];
    struct sym_log_row row = {
        .index = index, .leaf = sym_span(e->leaf, e->leaf_len), .erased = e->erased};
    if (bodies && !e->erased) {
        row.salt = sym_span(e->salt, sizeof e->salt);
        row.body = sym_span(e->body, e->body_len);
    }
    if (l->lies.reorder && (index == 20 || index == 21)) {
        e = &l->entries[41 - index];
        row.leaf = sym_span(e->leaf, e->leaf_len);
    }
    return row;
}

static inline enum sym_err fake_serve_list(struct fake_call *call)
{
    static struct sym_log_row rows[64];
    static struct sym_log_list list;
    struct fake_log *l = &fake_log;
    const struct sym_log_query *q = call->arguments;
    list = (struct sym_log_list){.rows = rows, .size = l->n, .next = q->first};
    size_t at = (size_t)q->first;
    for (; at < l->n && list.n_rows < l->page; at++) {
        if (!(l->lies.missing && at == 30)) {
            rows[list.n_rows++] = fake_row(at, q->bodies);
        }
    }
    list.next = l->lies.no_end ? q->first : at;
    list.more = at < l->n;
    call->answer = &list;
    return SYM_OK;
}

static inline enum sym_err fake_serve_tile(struct fake_call *call)
{
    static uint8_t hashes[SYM_TILE_WIDTH * SYM_HASH_BYTES];
    static struct sym_tile tile;
    const struct sym_tile_query *q = call->arguments;
    struct fake_log *l = &fake_log;
    for (size_t i = 0; i < q->width; i++) {
        enum sym_err err = fake_read_hash(l, hashes + i * SYM_HASH_BYTES, 8 * q->level,
                                          q->number * SYM_TILE_WIDTH + i);
        if (err != SYM_OK) {
            return err;
        }
    }
    if (l->lies.tile && q->level == 0 && q->number == 1) {
        hashes[3 * SYM_HASH_BYTES] ^= 1;
    }
    if (l->lies.upper_tile && q->level == 1) {
        hashes[SYM_HASH_BYTES] ^= 1;
    }
    tile.hashes = sym_span(hashes, (q->width - (l->lies.short_tile ? 1u : 0u)) * SYM_HASH_BYTES);
    call->answer = &tile;
    return SYM_OK;
}

static inline enum sym_err fake_serve_witnesses(struct fake_call *call)
{
    static struct sym_witness_row row;
    static struct sym_witness_list list;
    struct fake_log *l = &fake_log;
    row = (struct sym_witness_row){.alias = fake_text("bank-b"),
                                   .peer = fake_id(&l->peer),
                                   .checkpoint = fake_text(l->checkpoint),
                                   .size = 44,
                                   .cosigned = 40,
                                   .ours = l->lies.ours ? l->n + 5 : l->n,
                                   .state = l->lies.ours ? SYM_WITNESS_SPLIT : SYM_WITNESS_GOOD,
                                   .fault = fake_text(l->lies.ours ? "two heads of 44" : ""),
                                   .since_ms = FAKE_NOW_MS,
                                   .open = 1};
    list = (struct sym_witness_list){.witnesses = &row, .n_witnesses = 1};
    call->answer = &list;
    return SYM_OK;
}

static inline enum sym_err fake_serve_proof(struct fake_call *call)
{
    static struct sym_merkle_proof path;
    static struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
    static struct sym_log_proof proof;
    struct fake_log *l = &fake_log;
    const struct sym_proof_query *q = call->arguments;
    const struct fake_entry *e = &l->entries[q->index];
    enum sym_err err = sym_merkle_prove_inclusion(&path, q->index, q->size, fake_read_hash, l);
    for (size_t i = 0; i < path.n; i++) {
        hashes[i] = sym_span(path.hash[i], SYM_HASH_BYTES);
    }
    path.hash[0][0] ^= l->lies.proof ? 1 : 0;
    proof = (struct sym_log_proof){.index = q->index,
                                   .size = q->size,
                                   .leaf = sym_span(e->leaf, e->leaf_len),
                                   .inclusion = hashes,
                                   .n_inclusion = path.n};
    call->answer = &proof;
    return err;
}

/* The report, signed by the node. */
static inline enum sym_err fake_serve_report(struct fake_call *call)
{
    static char text[SYM_EXHIBIT_BYTES_MAX];
    static char card[SYM_CARD_BYTES_MAX];
    static struct sym_exhibit answer;
    struct fake_log *l = &fake_log;
    const struct sym_exhibit *asked = call->arguments;
    char path[512];
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%s/node.card", call->node->dir);
    FILE *file = fopen(path, "r");
    run_read(card, sizeof card, file);
    const char *end = strstr(l->checkpoint, "\n\n");
    const char *line = strchr(end + 2, '\n');
    struct sym_span checkpoint = sym_span(l->checkpoint, (size_t)(line + 1 - l->checkpoint));
    enum sym_err err = sym_report_write(text, sizeof text, &len,
                                        l->lies.other_report ? fake_text("{}\n") : asked->text,
                                        checkpoint, fake_text(card), &l->keys.identity);
    answer.text = sym_span(text, len);
    call->answer = &answer;
    return err;
}

/* Two heads of one size. */
static inline enum sym_err fake_serve_exhibit(struct fake_call *call)
{
    static char text[SYM_EXHIBIT_BYTES_MAX];
    static struct sym_exhibit answer;
    struct fake_log *l = &fake_log;
    char heads[2][1024];
    size_t lens[2] = {0, 0};
    char origin[SYM_KEY_NAME_BYTES];
    struct sym_checkpoint c = {.size = 44};
    size_t len = 0;
    sym_log_origin(origin, &l->peer, 1);
    c.origin = fake_text(origin);
    for (size_t i = 0; i < 2; i++) {
        c.root[0] = l->lies.proof ? 1 : (uint8_t)i;
        if (sym_checkpoint_sign(heads[i], sizeof heads[i], &lens[i], &c, &l->peer_keys.log) !=
            SYM_OK) {
            return SYM_INTERNAL;
        }
    }
    const struct sym_split split = {.rule = SYM_SPLIT_SAME_SIZE,
                                    .first = sym_span(heads[0], lens[0]),
                                    .second = sym_span(heads[1], lens[1])};
    enum sym_err err = sym_split_write(text, sizeof text, &len, &split, fake_text(l->peer_card));
    answer.text = sym_span(text, len);
    call->answer = &answer;
    return err;
}

static inline enum sym_err fake_serve_compare(struct fake_call *call)
{
    static struct sym_finding findings[8];
    static struct sym_compare_page page;
    static const struct sym_exchange_name name = {.id = {fake_first, SYM_EXCHANGE_ID_BYTES}};
    static unsigned asked;
    if (call->verb == SYM_VERB_COMPARE_START) {
        call->answer = &name;
        return SYM_OK;
    }
    const struct sym_compare_query *q = call->arguments;
    page = (struct sym_compare_page){.done = asked++ > 1,
                                     .exchanges = 12,
                                     .entries = 48,
                                     .untold = fake_log.lies.untold,
                                     .findings = findings};
    for (size_t at = (size_t)q->first; page.done && at < fake_log.lies.findings; at++) {
        if (page.n_findings == 2) {
            page.more = true;
            break;
        }
        findings[page.n_findings++] =
            (struct sym_finding){.code = fake_log.lies.cut_off ? SYM_FINDING_PREFIX
                                         : at == 0             ? SYM_FINDING_MISSING_THERE
                                                               : SYM_FINDING_TRANSCRIPT,
                                 .exchange_id = sym_span(fake_first, SYM_EXCHANGE_ID_BYTES),
                                 .index_here = at + 1,
                                 .index_there = at == 0 ? 0 : 9,
                                 .text = fake_text("no entry there")};
    }
    if (fake_log.lies.endless && page.done) {
        page.n_findings = 0;
        page.more = true;
    }
    call->answer = &page;
    return SYM_OK;
}

static inline enum sym_err fake_serve_erase(struct fake_call *call)
{
    static const struct sym_log_erased erased = {.bodies = 17};
    const struct sym_log_erase *erase = call->arguments;
    char line[64];
    (void)snprintf(line, sizeof line, "before %llu", (unsigned long long)erase->before_ms);
    fake_note(call->node, line);
    call->answer = &erased;
    return SYM_OK;
}

static inline enum sym_err fake_serve_other(struct fake_call *call)
{
    if (call->verb == SYM_VERB_LOG_PROOF) {
        return fake_serve_proof(call);
    }
    if (call->verb == SYM_VERB_LOG_SIGN_REPORT) {
        return fake_serve_report(call);
    }
    if (call->verb == SYM_VERB_LOG_EXHIBIT) {
        return fake_serve_exhibit(call);
    }
    if (call->verb == SYM_VERB_COMPARE_START || call->verb == SYM_VERB_COMPARE_RESULT) {
        return fake_serve_compare(call);
    }
    if (call->verb == SYM_VERB_LOG_ERASE) {
        return fake_serve_erase(call);
    }
    if (call->verb == SYM_VERB_LOG_RESTORE) {
        return fake_serve_head(call);
    }
    return call->verb == SYM_VERB_LOG_ACCEPT ? SYM_OK : SYM_UNSUPPORTED;
}

static inline enum sym_err fake_log_serve(struct fake_call *call)
{
    if (call->verb == SYM_VERB_LOG_HEAD) {
        return fake_serve_head(call);
    }
    if (call->verb == SYM_VERB_LOG_LIST) {
        return fake_serve_list(call);
    }
    if (call->verb == SYM_VERB_LOG_TILE) {
        return fake_serve_tile(call);
    }
    return call->verb == SYM_VERB_LOG_WITNESSES ? fake_serve_witnesses(call)
                                                : fake_serve_other(call);
}

#endif
