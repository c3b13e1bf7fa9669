#include "proto/exhibit.h"
#include "tests/support/exported.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 20u

static struct exported node;
static struct exported other; /* another node */
static struct exported twin;  /* the same node with other entries: it tells two stories */

struct text {
    char bytes[65536];
    size_t len;
};

static struct sym_span span_of(const struct text *t)
{
    return sym_span(t->bytes, t->len);
}

static int make(void **state)
{
    (void)state;
    exported_new(&node, 1, SIZE);
    exported_new(&other, 2, SIZE);
    exported_new(&twin, 1, SIZE);
    for (size_t i = 7; i < SIZE; i++) {
        twin.hashes[i][0] ^= 1;
    }
    return 0;
}

static int drop(void **state)
{
    (void)state;
    exported_free(&node);
    exported_free(&other);
    exported_free(&twin);
    return 0;
}

/* Signed messages -------------------------------------------------------------------------------
 */

/* What a message of the node shows of its log, and what the evidence is made of. */
struct shown {
    struct sym_evidence evidence;
    char checkpoint[EXPORTED_NOTE_BYTES];
    struct exported_entry entry;
    struct sym_merkle_proof path, extends;
    struct sym_span hashes[2][SYM_MERKLE_PROOF_MAX];
    uint8_t prefix_root[SYM_HASH_BYTES];
};

static size_t spans(struct sym_span *out, const struct sym_merkle_proof *p)
{
    for (size_t i = 0; i < p->n; i++) {
        out[i] = sym_span(p->hash[i], SYM_HASH_BYTES);
    }
    return p->n;
}

/* Not 0: the time of the entry that a log other than the node's shows. */
static uint64_t late;

/* The log of `of` with size entries; with the entry at index unless that is size. */
static void show(struct shown *s, struct exported *of, uint64_t size, uint64_t index)
{
    *s = (struct shown){.evidence = {.leaf_index = 0}};
    s->evidence.checkpoint = sym_span(s->checkpoint, exported_checkpoint(s->checkpoint, of, size));
    exported_entry(&s->entry, of, index);
    if (late > 0 && of != &node) {
        exported_entry_at(&s->entry, of, index, late);
    }
    if (index < size) {
        assert_int_equal(sym_merkle_prove_inclusion(&s->path, index, size, exported_read, of),
                         SYM_OK);
        s->evidence.leaf = sym_span(s->entry.leaf, s->entry.leaf_len);
        s->evidence.leaf_index = index;
        s->evidence.inclusion = s->hashes[0];
        s->evidence.n_inclusion = spans(s->hashes[0], &s->path);
    }
}

/* And that it extends its first `from` entries. */
static void show_prefix(struct shown *s, struct exported *of, uint64_t size, uint64_t from)
{
    assert_int_equal(sym_merkle_prove_consistency(&s->extends, from, size, exported_read, of),
                     SYM_OK);
    assert_int_equal(sym_merkle_root(s->prefix_root, from, exported_read, of), SYM_OK);
    s->evidence.consistent_from = from;
    s->evidence.prefix_root = sym_span(s->prefix_root, SYM_HASH_BYTES);
    s->evidence.consistency = s->hashes[1];
    s->evidence.n_consistency = spans(s->hashes[1], &s->extends);
}

struct named {
    uint8_t zeros[SYM_HASH_BYTES];
    struct sym_span responder; /* of entry 0: the same for entries 0 to 3 */
    struct sym_arena arena;
};

/* The other node of the exchange that the entry tells of. */
static void name_nodes(struct named *n, const struct shown *s)
{
    struct sym_leaf leaf;
    *n = (struct named){.responder = {NULL, 0}};
    assert_int_equal(
        sym_decode(&n->arena, &leaf, &sym_msg_leaf, sym_span(s->entry.leaf, s->entry.leaf_len)),
        SYM_OK);
    n->responder = leaf.responder;
}

static void sign_request(struct text *out, const struct exported *signer, const struct shown *s,
                         uint64_t time_ms)
{
    struct named n;
    name_nodes(&n, s);
    const struct sym_request r = {
        .version = SYM_EXCHANGE_VERSION,
        .exchange_id = sym_span(s->entry.exchange_id, SYM_EXCHANGE_ID_BYTES),
        .initiator = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .responder = n.responder,
        .issued_ms = time_ms,
        .expires_ms = time_ms + 1,
        .ephemeral = sym_span(n.zeros, SYM_X25519_BYTES),
        .exporter = sym_span(n.zeros, SYM_HASH_BYTES),
        .kind = SYM_KIND_PING,
        .evidence = &s->evidence,
    };
    assert_int_equal(sym_signed_write((uint8_t *)out->bytes, sizeof out->bytes, &out->len,
                                      &sym_msg_request, &r, &signer->keys.identity,
                                      SYM_DOMAIN_REQUEST),
                     SYM_OK);
    sym_arena_clear(&n.arena);
}

static void sign_close(struct text *out, const struct exported *signer, const struct shown *s,
                       uint64_t time_ms)
{
    struct named n;
    name_nodes(&n, s);
    const struct sym_transcript t = {.frames = 3, .hash = sym_span(n.zeros, SYM_HASH_BYTES)};
    const struct sym_close c = {
        .version = SYM_EXCHANGE_VERSION,
        .exchange_id = sym_span(s->entry.exchange_id, SYM_EXCHANGE_ID_BYTES),
        .initiator = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .responder = n.responder,
        .closer = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .closed_ms = time_ms,
        .request_hash = sym_span(n.zeros, SYM_HASH_BYTES),
        .receipt_hash = sym_span(n.zeros, SYM_HASH_BYTES),
        .sent = &t,
        .received = &t,
        .evidence = &s->evidence,
    };
    assert_int_equal(sym_signed_write((uint8_t *)out->bytes, sizeof out->bytes, &out->len,
                                      &sym_msg_close, &c, &signer->keys.identity, SYM_DOMAIN_CLOSE),
                     SYM_OK);
    sym_arena_clear(&n.arena);
}

static void write_receipt(struct text *out, enum sym_told kind, const struct text *message,
                          const struct exported *signer)
{
    assert_int_equal(sym_receipt_write(out->bytes, sizeof out->bytes, &out->len, kind,
                                       span_of(message), exported_card(signer)),
                     SYM_OK);
}

static enum sym_err read_receipt(const struct text *t, struct sym_fault *fault)
{
    struct sym_receipt_exhibit e = {.memory = NULL};
    enum sym_err err = sym_receipt_read(&e, span_of(t), "file", fault);
    sym_receipt_clear(&e);
    return err;
}

static void a_signed_request_is_read_with_the_entry_it_rests_on(void **state)
{
    (void)state;
    static struct text message;
    static struct text t;
    struct shown s;
    struct sym_receipt_exhibit e = {.memory = NULL};
    show(&s, &node, SIZE, 4);
    show_prefix(&s, &node, SIZE, 9);
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(sym_receipt_read(&e, span_of(&t), "file", NULL), SYM_OK);
    assert_int_equal(e.message.time_ms, 5000);
    assert_true(e.message.rests);
    assert_int_equal(e.message.leaf.kind, SYM_ENTRY_REQUESTED);
    assert_int_equal(e.message.head.size, SIZE);
    assert_int_equal(e.message.exchange_kind, SYM_KIND_PING);
    sym_receipt_clear(&e);
}

static void a_message_may_rest_on_no_entry(void **state)
{
    (void)state;
    static struct text message;
    static struct text t;
    struct shown s;
    struct sym_receipt_exhibit e = {.memory = NULL};
    show(&s, &node, SIZE, SIZE);
    sign_close(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_CLOSE, &message, &node);
    assert_int_equal(sym_receipt_read(&e, span_of(&t), "file", NULL), SYM_OK);
    assert_false(e.message.rests);
    assert_int_equal(e.message.sent->frames, 3);
    sym_receipt_clear(&e);
}

static void refuses_a_receipt_with_any_bit_flipped(void **state)
{
    (void)state;
    static struct text message;
    static struct text t;
    struct shown s;
    show(&s, &node, 5, 4);
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    for (size_t bit = 0; bit < 8 * t.len; bit += 5) {
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        if (read_receipt(&t, NULL) == SYM_OK) {
            fail_msg("bit %zu", bit);
        }
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(read_receipt(&t, NULL), SYM_OK);
}

static void refuses_a_message_of_another_signer_or_kind(void **state)
{
    (void)state;
    static struct text message;
    static struct text t;
    struct shown s;
    struct sym_fault fault;
    show(&s, &node, SIZE, 4);
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &other);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_SIGNATURE);
    assert_string_equal(fault.text,
                        "file:3: the request is not signed by the identity of the card");
    write_receipt(&t, SYM_TOLD_CLOSE, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_SIGNATURE);
    /* Signed by the node, but it names another as its signer. */
    struct exported liar = other;
    liar.keys.identity = node.keys.identity;
    sign_request(&message, &liar, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:3: the request names another node as its signer");
}

static void refuses_evidence_that_does_not_prove_what_it_claims(void **state)
{
    (void)state;
    static struct text message;
    static struct text t;
    struct shown s;
    struct sym_fault fault;
    show(&s, &node, SIZE, 4);
    s.evidence.leaf_index = 5;
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_TAG);
    assert_string_equal(fault.text,
                        "file:3: the entry 5 that it rests on is not in the tree it shows");
    /* The entry of another exchange. */
    show(&s, &node, SIZE, 4);
    memset(s.entry.exchange_id, 9, sizeof s.entry.exchange_id);
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_VALUE);
    /* A tree that it does not extend. */
    show(&s, &node, SIZE, 4);
    show_prefix(&s, &node, SIZE, 9);
    s.prefix_root[0] ^= 1;
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_BAD_TAG);
    /* The log of another node. */
    show(&s, &other, SIZE, 4);
    sign_request(&message, &node, &s, 5000);
    write_receipt(&t, SYM_TOLD_REQUEST, &message, &node);
    assert_int_equal(read_receipt(&t, &fault), SYM_NOT_FOUND);
}

/* Splits --------------------------------------------------------------------------------------- */

static void write_split(struct text *out, const struct sym_split *split, const struct exported *of)
{
    assert_int_equal(
        sym_split_write(out->bytes, sizeof out->bytes, &out->len, split, exported_card(of)),
        SYM_OK);
}

static enum sym_err read_split(const struct text *t, struct sym_fault *fault)
{
    struct sym_split_exhibit e = {.memory = NULL};
    enum sym_err err = sym_split_read(&e, span_of(t), "file", fault);
    sym_split_clear(&e);
    return err;
}

static void judge_two(struct sym_fault *fault, enum sym_err want, struct exported *a,
                      uint64_t a_size, struct exported *b, uint64_t b_size)
{
    static struct text t;
    char first[EXPORTED_NOTE_BYTES];
    char second[EXPORTED_NOTE_BYTES];
    const struct sym_split split = {
        .rule = SYM_SPLIT_SAME_SIZE,
        .first = sym_span(first, exported_checkpoint(first, a, a_size)),
        .second = sym_span(second, exported_checkpoint(second, b, b_size)),
    };
    write_split(&t, &split, &node);
    assert_int_equal(read_split(&t, fault), want);
}

static void two_roots_of_one_size_are_a_split(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    judge_two(&fault, SYM_OK, &node, SIZE, &twin, SIZE);
}

static void refuses_two_heads_that_prove_nothing(void **state)
{
    (void)state;
    struct sym_fault fault;
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &node, SIZE);
    assert_string_equal(fault.text, "file:4: the two trees are the same: this proves nothing");
    judge_two(&fault, SYM_BAD_VALUE, &node, 5, &twin, 5); /* they part later */
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &node, SIZE - 1);
    assert_string_equal(fault.text, "file:4: the two trees are not of the same size");
    judge_two(&fault, SYM_NOT_FOUND, &node, SIZE, &other, SIZE);
    assert_string_equal(fault.text,
                        "file:4: the checkpoint is not signed by the log key of the card");
    /* A log that was begun again has another origin. */
    struct exported again = twin;
    sym_log_origin(again.origin, &again.id, 2);
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &again, SIZE);
    assert_string_equal(fault.text, "file:4: the two are of different logs (origins)");
}

/* The twin's newest head, with its proof from the size that the node's head has. */
static void write_prefix(struct text *out, struct exported *first, uint64_t from,
                         struct exported *second, size_t spoil)
{
    char a[EXPORTED_NOTE_BYTES];
    char b[EXPORTED_NOTE_BYTES];
    struct sym_merkle_proof proof;
    struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
    struct sym_split split = {.rule = SYM_SPLIT_PREFIX, .consistency = hashes};
    assert_int_equal(sym_merkle_prove_consistency(&proof, from, SIZE, exported_read, second),
                     SYM_OK);
    assert_int_equal(sym_merkle_root(split.prefix_root, from, exported_read, second), SYM_OK);
    if (spoil > 0) {
        proof.hash[spoil - 1][0] ^= 1;
    }
    split.n_consistency = spans(hashes, &proof);
    split.first = sym_span(a, exported_checkpoint(a, first, from));
    split.second = sym_span(b, exported_checkpoint(b, second, SIZE));
    write_split(out, &split, &node);
}

static void a_head_that_does_not_extend_an_older_one_is_a_split(void **state)
{
    (void)state;
    static struct text t;
    for (uint64_t from = 8; from < SIZE; from++) {
        write_prefix(&t, &node, from, &twin, 0);
        assert_int_equal(read_split(&t, NULL), SYM_OK);
    }
}

static void refuses_a_prefix_that_fits_or_is_not_proven(void **state)
{
    (void)state;
    static struct text t;
    struct sym_fault fault;
    write_prefix(&t, &node, 9, &node, 0);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:5: the second tree extends the first: this proves "
                                    "nothing");
    write_prefix(&t, &node, 9, &twin, 2);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_TAG);
    assert_string_equal(fault.text,
                        "file:5: the proof does not lead from this root to the second tree");
}

/* The node has shown a log of sizes[0] entries at times[0], then another. index: of the entry that
 * a message rests on; the size for none. */
static enum sym_err judge_shorter(struct sym_fault *fault, const uint64_t sizes[2],
                                  const uint64_t times[2], const uint64_t index[2],
                                  struct exported *second)
{
    static struct text t;
    static struct text message[2];
    struct shown s;
    show(&s, &node, sizes[0], index[0]);
    sign_close(&message[0], &node, &s, times[0]);
    show(&s, second, sizes[1], index[1]);
    sign_request(&message[1], &node, &s, times[1]);
    const struct sym_split split = {.rule = SYM_SPLIT_SHORTER,
                                    .first = span_of(&message[0]),
                                    .second = span_of(&message[1]),
                                    .first_kind = SYM_TOLD_CLOSE,
                                    .second_kind = SYM_TOLD_REQUEST};
    write_split(&t, &split, &node);
    return read_split(&t, fault);
}

static void a_log_that_became_shorter_is_told_by_two_messages(void **state)
{
    (void)state;
    const uint64_t sizes[] = {15, 10};
    const uint64_t times[] = {5000, 6000};
    assert_int_equal(judge_shorter(NULL, sizes, times, sizes, &node), SYM_OK);
    /* The node's times of entries 2 and 9 do not fit a log in which 9 comes first. */
    const uint64_t back[] = {6000, 5000};
    const uint64_t index[] = {9, 2};
    struct exported restored;
    exported_new(&restored, 1, SIZE);
    struct exported_entry entry;
    exported_entry_at(&entry, &restored, 2, EXPORTED_TIME_MS + 1000);
    assert_int_equal(sym_merkle_leaf(restored.hashes[2], sym_span(entry.leaf, entry.leaf_len)),
                     SYM_OK);
    late = EXPORTED_TIME_MS + 1000;
    assert_int_equal(judge_shorter(NULL, sizes, back, index, &restored), SYM_OK);
    late = 0;
    exported_free(&restored);
}

static void refuses_messages_that_fit_each_other(void **state)
{
    (void)state;
    const uint64_t grown[] = {10, 15};
    const uint64_t same[] = {10, 10};
    const uint64_t shrunk[] = {15, 10};
    const uint64_t times[] = {5000, 6000};
    const uint64_t back[] = {6000, 5000};
    struct sym_fault fault;
    assert_int_equal(judge_shorter(&fault, grown, times, grown, &node), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the second log is not shorter than the first");
    assert_int_equal(judge_shorter(&fault, same, times, same, &node), SYM_BAD_VALUE);
    assert_int_equal(judge_shorter(&fault, shrunk, back, shrunk, &node), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the second message is not later than the first");
    /* The clock went back between two honest messages: their entries tell the order. */
    const uint64_t index[] = {12, 3};
    assert_int_equal(judge_shorter(&fault, shrunk, times, shrunk, &node), SYM_OK);
    assert_int_equal(judge_shorter(&fault, shrunk, times, index, &node), SYM_BAD_VALUE);
    /* A new log after a restore is another one. */
    struct exported again = node;
    sym_log_origin(again.origin, &again.id, 2);
    assert_int_equal(judge_shorter(&fault, shrunk, times, shrunk, &again), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the two are of different logs (origins)");
}

static void refuses_a_split_with_any_bit_flipped(void **state)
{
    (void)state;
    static struct text t;
    write_prefix(&t, &node, 9, &twin, 0);
    for (size_t bit = 0; bit < 8 * t.len; bit += 3) {
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        if (read_split(&t, NULL) == SYM_OK) {
            fail_msg("bit %zu", bit);
        }
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(read_split(&t, NULL), SYM_OK);
}

static void refuses_a_split_whose_heads_have_more_signatures(void **state)
{
    (void)state;
    static struct text t;
    char first[EXPORTED_NOTE_BYTES];
    char second[EXPORTED_NOTE_BYTES];
    static const char more[] = "\xe2\x80\x94 a AAAAAAA=\n";
    struct sym_fault fault;
    size_t len = exported_checkpoint(first, &node, SIZE);
    memcpy(first + len, more, sizeof more - 1);
    const struct sym_split split = {
        .rule = SYM_SPLIT_SAME_SIZE,
        .first = sym_span(first, len + sizeof more - 1),
        .second = sym_span(second, exported_checkpoint(second, &twin, SIZE)),
    };
    write_split(&t, &split, &node);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_FORMAT);
    assert_string_equal(fault.text, "file:3: the checkpoint has more signatures than its log's");
}

/* Reports ---------------------------------------------------------------------------------------
 */

static void write_report(struct text *out, const struct exported *signer, const char *payload)
{
    char head[EXPORTED_NOTE_BYTES];
    assert_int_equal(sym_report_write(out->bytes, sizeof out->bytes, &out->len,
                                      sym_span_text(payload),
                                      sym_span(head, exported_checkpoint(head, &node, SIZE)),
                                      exported_card(&node), &signer->keys.identity),
                     SYM_OK);
}

static enum sym_err read_report(const struct text *t, struct sym_fault *fault)
{
    struct sym_report_exhibit e = {.memory = NULL};
    enum sym_err err = sym_report_read(&e, span_of(t), "file", fault);
    sym_report_clear(&e);
    return err;
}

static void a_report_is_read_as_it_was_signed(void **state)
{
    (void)state;
    static struct text t;
    struct sym_report_exhibit e = {.memory = NULL};
    write_report(&t, &node, "{\"denied\":3}\n");
    assert_int_equal(sym_report_read(&e, span_of(&t), "file", NULL), SYM_OK);
    assert_true(sym_span_equal(e.payload, sym_span_text("{\"denied\":3}\n")));
    assert_int_equal(e.head.size, SIZE);
    assert_string_equal(e.card.name, "Node 1");
    sym_report_clear(&e);
}

static void refuses_a_report_of_another_or_with_any_bit_flipped(void **state)
{
    (void)state;
    static struct text t;
    struct sym_fault fault;
    write_report(&t, &other, "{}");
    assert_int_equal(read_report(&t, &fault), SYM_BAD_SIGNATURE);
    assert_string_equal(fault.text, "file:4: the report is not signed by the identity of the card");
    write_report(&t, &node, "{}");
    for (size_t bit = 0; bit < 8 * t.len; bit += 3) {
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        if (read_report(&t, NULL) == SYM_OK) {
            fail_msg("bit %zu", bit);
        }
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(read_report(&t, NULL), SYM_OK);
}

/* All ---------------------------------------------------------------------------------------------
 */

static void refuses_files_that_are_cut_off_go_on_or_are_huge(void **state)
{
    (void)state;
    static struct text t;
    write_report(&t, &node, "{}");
    size_t len = t.len;
    for (t.len = 0; t.len < len; t.len++) {
        assert_int_not_equal(read_report(&t, NULL), SYM_OK);
    }
    t.bytes[t.len++] = '\n';
    assert_int_not_equal(read_report(&t, NULL), SYM_OK);
    char *huge = calloc(1, SYM_EXHIBIT_BYTES_MAX + 1);
    assert_non_null(huge);
    struct sym_span all = sym_span(huge, SYM_EXHIBIT_BYTES_MAX + 1);
    struct sym_report_exhibit e = {.memory = NULL};
    assert_int_equal(sym_report_read(&e, all, "file", NULL), SYM_TOO_LONG);
    struct sym_split_exhibit s = {.memory = NULL};
    assert_int_equal(sym_split_read(&s, all, "file", NULL), SYM_TOO_LONG);
    size_t written = 0;
    assert_int_equal(sym_receipt_write(t.bytes, 200, &written, SYM_TOLD_CLOSE, sym_span(huge, 100),
                                       exported_card(&node)),
                     SYM_TOO_LONG);
    free(huge);
}

static void refuses_a_card_with_carriage_returns_or_blank_lines(void **state)
{
    (void)state;
    struct sym_card card;
    char text[SYM_CARD_BYTES_MAX + 2];
    memcpy(text, node.card_text, node.card_len);
    assert_int_equal(sym_exhibit_card(&card, sym_span(text, node.card_len), "file", NULL), SYM_OK);
    text[node.card_len] = '\n';
    assert_int_equal(sym_exhibit_card(&card, sym_span(text, node.card_len + 1), "file", NULL),
                     SYM_BAD_FORMAT);
    memcpy(text + node.card_len - 1, "\r\n", 2);
    assert_int_equal(sym_exhibit_card(&card, sym_span(text, node.card_len + 1), "file", NULL),
                     SYM_BAD_FORMAT);
}

static void tells_the_origins_of_a_node_from_others(void **state)
{
    (void)state;
    static const char *const wrong[] = {"/1", "/0", "/02", "/", "x", "/4294967296", "/2/"};
    char origin[2 * SYM_KEY_NAME_BYTES];
    assert_true(sym_origin_is_of(sym_span_text(node.origin), &node.id));
    assert_false(sym_origin_is_of(sym_span_text(node.origin), &other.id));
    assert_false(sym_origin_is_of(sym_span_text(""), &node.id));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(origin, sizeof origin, "%s%s", node.origin, wrong[i]);
        assert_false(sym_origin_is_of(sym_span_text(origin), &node.id));
    }
    sym_log_origin(origin, &node.id, UINT32_MAX);
    assert_true(sym_origin_is_of(sym_span_text(origin), &node.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_request_is_read_with_the_entry_it_rests_on),
        cmocka_unit_test(a_message_may_rest_on_no_entry),
        cmocka_unit_test(refuses_a_receipt_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_message_of_another_signer_or_kind),
        cmocka_unit_test(refuses_evidence_that_does_not_prove_what_it_claims),
        cmocka_unit_test(two_roots_of_one_size_are_a_split),
        cmocka_unit_test(refuses_two_heads_that_prove_nothing),
        cmocka_unit_test(a_head_that_does_not_extend_an_older_one_is_a_split),
        cmocka_unit_test(refuses_a_prefix_that_fits_or_is_not_proven),
        cmocka_unit_test(a_log_that_became_shorter_is_told_by_two_messages),
        cmocka_unit_test(refuses_messages_that_fit_each_other),
        cmocka_unit_test(refuses_a_split_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_split_whose_heads_have_more_signatures),
        cmocka_unit_test(a_report_is_read_as_it_was_signed),
        cmocka_unit_test(refuses_a_report_of_another_or_with_any_bit_flipped),
        cmocka_unit_test(refuses_files_that_are_cut_off_go_on_or_are_huge),
        cmocka_unit_test(refuses_a_card_with_carriage_returns_or_blank_lines),
        cmocka_unit_test(tells_the_origins_of_a_node_from_others),
    };
    return cmocka_run_group_tests_name("exhibit", tests, make, drop);
}
