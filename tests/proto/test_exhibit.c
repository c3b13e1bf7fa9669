/* Exhibits: signed messages and reports, read as they were signed or not at all. */
#include "tests/proto/exhibit_case.h"

#include <stdio.h>

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
    struct sym_report_exhibit e;
    memset(&e, 0xff, sizeof e);
    assert_int_equal(sym_report_read(&e, all, "file", NULL), SYM_TOO_LONG);
    sym_report_clear(&e);
    struct sym_split_exhibit s;
    memset(&s, 0xff, sizeof s);
    assert_int_equal(sym_split_read(&s, all, "file", NULL), SYM_TOO_LONG);
    sym_split_clear(&s);
    struct sym_receipt_exhibit r;
    memset(&r, 0xff, sizeof r);
    assert_int_equal(sym_receipt_read(&r, all, "file", NULL), SYM_TOO_LONG);
    sym_receipt_clear(&r);
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
        cmocka_unit_test(a_report_is_read_as_it_was_signed),
        cmocka_unit_test(refuses_a_report_of_another_or_with_any_bit_flipped),
        cmocka_unit_test(refuses_files_that_are_cut_off_go_on_or_are_huge),
        cmocka_unit_test(refuses_a_card_with_carriage_returns_or_blank_lines),
        cmocka_unit_test(tells_the_origins_of_a_node_from_others),
    };
    return cmocka_run_group_tests_name("exhibit", tests, make, drop);
}
