/* Exhibits: the input as the text of each; as a message that the fixed node signs, so that the
 * fuzzer gets behind the signature; as the payload of a report, which must come back as it was.
 * What is refused is refused with a line. */
#include "proto/exhibit.h"
#include "tests/support/exported.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct exported node;
static char text[SYM_EXHIBIT_BYTES_MAX];

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void insist_fault(enum sym_err err, const struct sym_fault *fault)
{
    insist(err == SYM_OK || (err == fault->err && strncmp(fault->text, "file:", 5) == 0));
}

static void read_all(struct sym_span input)
{
    struct sym_receipt_exhibit receipt = {.memory = NULL};
    struct sym_split_exhibit split = {.memory = NULL};
    struct sym_report_exhibit report = {.memory = NULL};
    struct sym_fault fault;
    insist_fault(sym_receipt_read(&receipt, input, "file", &fault), &fault);
    insist_fault(sym_split_read(&split, input, "file", &fault), &fault);
    insist_fault(sym_report_read(&report, input, "file", &fault), &fault);
    sym_receipt_clear(&receipt);
    sym_split_clear(&split);
    sym_report_clear(&report);
}

/* The first byte tells the kind of message; the rest is its body. */
static void read_message(struct sym_span input)
{
    static const char *const domains[SYM_TOLD_COUNT] = {SYM_DOMAIN_REQUEST, SYM_DOMAIN_RECEIPT,
                                                        SYM_DOMAIN_CLOSE, SYM_DOMAIN_ABORT};
    static uint8_t bytes[SYM_SIGNED_BYTES_MAX];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    struct sym_receipt_exhibit e = {.memory = NULL};
    struct sym_fault fault;
    size_t len = 0;
    if (input.len < 2) {
        return;
    }
    enum sym_told kind = (enum sym_told)(input.data[0] % SYM_TOLD_COUNT);
    struct sym_span body = sym_span(input.data + 1, input.len - 1);
    insist(sym_sign(signature, &node.keys.identity, domains[kind], body) == SYM_OK);
    const struct sym_signed wrapped = {.body = body,
                                       .signature = sym_span(signature, sizeof signature)};
    if (sym_encode(bytes, sizeof bytes, &len, &sym_msg_signed, &wrapped) == SYM_OK &&
        sym_receipt_write(text, sizeof text, &len, kind, sym_span(bytes, len),
                          exported_card(&node)) == SYM_OK) {
        insist_fault(sym_receipt_read(&e, sym_span(text, len), "file", &fault), &fault);
    }
    sym_receipt_clear(&e);
}

static void report(struct sym_span input)
{
    char head[EXPORTED_NOTE_BYTES];
    struct sym_report_exhibit e = {.memory = NULL};
    size_t len = 0;
    struct sym_span checkpoint = sym_span(head, exported_checkpoint(head, &node, node.size));
    if (input.len > 0 && sym_report_write(text, sizeof text, &len, input, checkpoint,
                                          exported_card(&node), &node.keys.identity) == SYM_OK) {
        insist(sym_report_read(&e, sym_span(text, len), "file", NULL) == SYM_OK);
        insist(sym_span_equal(e.payload, input));
    }
    sym_report_clear(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_span input = sym_span(data, size);
    if (node.size == 0) {
        exported_new(&node, 1, 5);
    }
    read_all(input);
    read_message(input);
    report(input);
    return 0;
}
