/* fake_log.h - an evidence log in memory, for tests of the auditor's commands: fake_auditing.h is
 * the core that shows it. The node of the fake gets a card whose keys the test holds.
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
    bool body, leaf, tile, upper_tile, root, signer, origin, shorter, missing, reorder, no_end,
        no_later;
    bool frozen, ours, short_tile, proof, other_report, endless;
    uint64_t ahead_ms;   /* of entries that are added */
    unsigned findings;   /* of a comparison */
    uint64_t untold;     /* exchanges of which a word is missing */
    uint64_t lost;       /* there, half as many here; as many requests are not recorded */
    const char *waiting; /* why it has not begun */
    bool cut_off;        /* all of them are of exchanges that were cut off */
    bool grows;          /* by an entry that the partner cosigns, once its head was shown */
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
                            .time_ms = FAKE_NOW_MS + l->n * 60000u + l->lies.ahead_ms,
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

/* asked: kind, purpose, basis, dataset and parameters. */
static inline size_t fake_request_of(uint8_t *out, size_t max, const uint8_t *id, bool initiated,
                                     const struct sym_request *asked)
{
    struct fake_log *l = &fake_log;
    size_t len = 0;
    struct sym_request r = *asked;
    r.version = 1;
    r.exchange_id = sym_span(id, SYM_EXCHANGE_ID_BYTES);
    r.initiator = fake_id(initiated ? &l->self : &l->peer);
    r.responder = fake_id(initiated ? &l->peer : &l->self);
    r.issued_ms = FAKE_NOW_MS;
    r.expires_ms = FAKE_NOW_MS + 60000;
    r.ephemeral = sym_span(fake_zero, 32);
    r.exporter = sym_span(fake_zero, 32);
    assert_int_equal(sym_signed_write(out, max, &len, &sym_msg_request, &r,
                                      initiated ? &l->keys.identity : &l->peer_keys.identity,
                                      SYM_DOMAIN_REQUEST),
                     SYM_OK);
    return len;
}

static inline size_t fake_request(uint8_t *out, size_t max, const uint8_t *id, bool initiated)
{
    const struct sym_request asked = {.kind = SYM_KIND_OVERLAP_MATCHES,
                                      .purpose = SYM_PURPOSE_AML,
                                      .basis = SYM_BASIS_314B,
                                      .dataset = fake_text("watch")};
    return fake_request_of(out, max, id, initiated, &asked);
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

#endif
