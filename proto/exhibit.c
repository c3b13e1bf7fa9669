#include "proto/exhibit.h"

#include "crypto/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND        "kind: "
#define SIGNED      "signed: "
#define RULE        "rule: "
#define FIRST       "first: "
#define SECOND      "second: "
#define FIRST_KIND  "first-kind: "
#define SECOND_KIND "second-kind: "
#define PREFIX_ROOT "prefix-root: "
#define CONSISTENCY "consistency: "
#define CHECKPOINT  "checkpoint: "
#define PAYLOAD     "payload: "
#define SIGNATURE   "signature: "

static const char *const rule_texts[] = {
#define RULE_TEXT(name, text) [SYM_SPLIT_##name] = (text),
    SYM_SPLIT_RULE_LIST(RULE_TEXT)
#undef RULE_TEXT
};

const char *sym_split_rule_text(enum sym_split_rule rule)
{
    return (size_t)rule < SYM_SPLIT_RULE_COUNT ? rule_texts[rule] : "unknown";
}

/* Writing -------------------------------------------------------------------------------------- */

static void write_line(struct sym_writer *w, const char *start, const char *value)
{
    sym_write_span(w, sym_span_text(start));
    sym_write_span(w, sym_span_text(value));
    sym_write_u8(w, '\n');
}

/* Straight into the room of the writer, where also the terminator must find a place. */
static void write_base64(struct sym_writer *w, const char *start, struct sym_span bytes)
{
    sym_write_span(w, sym_span_text(start));
    if (w->err == SYM_OK && bytes.len < w->max && SYM_BASE64_BYTES(bytes.len) <= w->max - w->len) {
        sym_base64((char *)w->start + w->len, bytes.data, bytes.len);
        w->len += SYM_BASE64_BYTES(bytes.len) - 1;
        sym_write_u8(w, '\n');
    } else if (w->err == SYM_OK) {
        w->err = SYM_TOO_LONG;
    }
}

static enum sym_err write_card(struct sym_writer *w, struct sym_span card, size_t *len)
{
    struct sym_span written;
    sym_write_u8(w, '\n');
    sym_write_span(w, card);
    enum sym_err err = sym_write_end(w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    }
    return err;
}

static struct sym_writer begin(char *out, size_t max, const char *head)
{
    struct sym_writer w =
        sym_writer((uint8_t *)out, max < SYM_EXHIBIT_BYTES_MAX ? max : SYM_EXHIBIT_BYTES_MAX);
    write_line(&w, head, "");
    return w;
}

enum sym_err sym_receipt_write(char *out, size_t max, size_t *len, enum sym_told kind,
                               struct sym_span signed_bytes, struct sym_span card)
{
    struct sym_writer w = begin(out, max, SYM_RECEIPT_HEAD);
    write_line(&w, KIND, sym_told_text(kind));
    write_base64(&w, SIGNED, signed_bytes);
    return write_card(&w, card, len);
}

enum sym_err sym_split_write(char *out, size_t max, size_t *len, const struct sym_split *split,
                             struct sym_span card)
{
    struct sym_writer w = begin(out, max, SYM_SPLIT_HEAD);
    write_line(&w, RULE, sym_split_rule_text(split->rule));
    write_base64(&w, FIRST, split->first);
    write_base64(&w, SECOND, split->second);
    if (split->rule == SYM_SPLIT_SHORTER) {
        write_line(&w, FIRST_KIND, sym_told_text(split->first_kind));
        write_line(&w, SECOND_KIND, sym_told_text(split->second_kind));
    }
    if (split->rule == SYM_SPLIT_PREFIX) {
        write_base64(&w, PREFIX_ROOT, sym_span(split->prefix_root, SYM_HASH_BYTES));
        for (size_t i = 0; i < split->n_consistency; i++) {
            write_base64(&w, CONSISTENCY, split->consistency[i]);
        }
    }
    return write_card(&w, card, len);
}

enum sym_err sym_report_write(char *out, size_t max, size_t *len, struct sym_span payload,
                              struct sym_span checkpoint, struct sym_span card,
                              const struct sym_sign_key *identity)
{
    uint8_t signature[SYM_SIGNATURE_BYTES];
    struct sym_span above;
    struct sym_writer w = begin(out, max, SYM_REPORT_HEAD);
    write_base64(&w, CHECKPOINT, checkpoint);
    write_base64(&w, PAYLOAD, payload);
    enum sym_err err = sym_write_end(&w, &above);
    if (err == SYM_OK) {
        err = sym_sign(signature, identity, SYM_DOMAIN_REPORT, above);
    }
    if (err != SYM_OK) {
        return err;
    }
    write_base64(&w, SIGNATURE, sym_span(signature, sizeof signature));
    return write_card(&w, card, len);
}

/* Reading -------------------------------------------------------------------------------------- */

/* A file on its way: its lines, and room for what they hold decoded, which is less than the text.
 */
struct paper {
    struct sym_lines lines;
    uint8_t *room; /* of the exhibit, which frees it */
    size_t left;
};

static enum sym_err open_paper(struct paper *p, uint8_t **memory, struct sym_span text,
                               const char *head, const char *name, struct sym_fault *fault)
{
    *p = (struct paper){.lines = sym_lines(text, name, fault)};
    if (text.len > SYM_EXHIBIT_BYTES_MAX) {
        return sym_fail(fault, SYM_TOO_LONG, "%s: is longer than %u bytes", name,
                        SYM_EXHIBIT_BYTES_MAX);
    }
    *memory = malloc(text.len + 1);
    if (*memory == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%s: %s", name, sym_err_text(SYM_NO_MEMORY));
    }
    p->room = *memory;
    p->left = text.len;
    sym_lines_expect(&p->lines, head);
    return p->lines.err;
}

/* Where a value stood, for what is found out about it later. */
struct place {
    struct sym_span value;
    unsigned line;
};

static struct place take_base64(struct paper *p, const char *start)
{
    struct sym_span text = sym_lines_value(&p->lines, start);
    size_t len = p->left;
    if (p->lines.err == SYM_OK && (sym_unbase64(p->room, &len, text) != SYM_OK || len == 0)) {
        sym_lines_refuse(&p->lines, SYM_BAD_FORMAT, "this is not base64");
    }
    if (p->lines.err != SYM_OK) {
        return (struct place){.value = sym_span(NULL, 0)};
    }
    struct place place = {.value = sym_span(p->room, len), .line = p->lines.line};
    p->room += len;
    p->left -= len;
    return place;
}

static void refuse_at(struct paper *p, const struct place *place, enum sym_err err, const char *why)
{
    p->lines.line = place->line;
    sym_lines_refuse(&p->lines, err, why);
}

static size_t take_word(struct paper *p, const char *start, const char *const *words, size_t n)
{
    struct sym_span value = sym_lines_value(&p->lines, start);
    for (size_t i = 0; i < n; i++) {
        if (sym_span_equal(value, sym_span_text(words[i]))) {
            return i;
        }
    }
    sym_lines_refuse(&p->lines, SYM_BAD_VALUE, "this word is not known here");
    return 0;
}

static enum sym_told take_kind(struct paper *p, const char *start)
{
    const char *words[SYM_TOLD_COUNT];
    for (size_t i = 0; i < SYM_TOLD_COUNT; i++) {
        words[i] = sym_told_text((enum sym_told)i);
    }
    return (enum sym_told)take_word(p, start, words, SYM_TOLD_COUNT);
}

enum sym_err sym_exhibit_card(struct sym_card *out, struct sym_span text, const char *name,
                              struct sym_fault *fault)
{
    struct sym_fault inner;
    if (text.len > SYM_CARD_BYTES_MAX || (text.len > 0 && memchr(text.data, '\r', text.len)) ||
        (text.len > 1 && text.data[text.len - 2] == '\n')) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%s: the card holds a CR or blank lines, or is too long", name);
    }
    enum sym_err err = sym_card_parse(out, text, &inner);
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", name, inner.text);
}

/* The end of every exhibit. */
static void take_card(struct paper *p, struct sym_card *card)
{
    sym_lines_expect(&p->lines, "");
    struct sym_span text = sym_lines_rest(&p->lines);
    if (p->lines.err == SYM_OK) {
        p->lines.err = sym_exhibit_card(card, text, p->lines.what, p->lines.fault);
    }
}

static void read_told(struct paper *p, struct sym_told_message *m, enum sym_told kind,
                      const struct place *place, const struct sym_card *card)
{
    struct sym_fault why;
    if (p->lines.err == SYM_OK) {
        enum sym_err err = sym_told_read(m, kind, place->value, card, &why);
        if (err != SYM_OK) {
            refuse_at(p, place, err, why.text);
        }
    }
}

enum sym_err sym_receipt_read(struct sym_receipt_exhibit *out, struct sym_span text,
                              const char *name, struct sym_fault *fault)
{
    struct paper p;
    *out = (struct sym_receipt_exhibit){.memory = NULL};
    enum sym_err err = open_paper(&p, &out->memory, text, SYM_RECEIPT_HEAD, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    enum sym_told kind = take_kind(&p, KIND);
    struct place message = take_base64(&p, SIGNED);
    take_card(&p, &out->card);
    read_told(&p, &out->message, kind, &message, &out->card);
    return p.lines.err;
}

void sym_receipt_clear(struct sym_receipt_exhibit *e)
{
    sym_told_clear(&e->message);
    free(e->memory);
    *e = (struct sym_receipt_exhibit){.memory = NULL};
}

/* A checkpoint of the log of this card. bare: with no other signature, because lines of keys that
 * nobody here knows would be bytes that nothing vouches for. */
static void read_head(struct paper *p, struct sym_checkpoint *out, const struct place *place,
                      const struct sym_card *card, bool bare)
{
    struct sym_note note;
    struct sym_node_id id;
    if (p->lines.err != SYM_OK) {
        return;
    }
    enum sym_err err = sym_checkpoint_open(out, &note, place->value, card->log);
    if (err != SYM_OK) {
        char why[128];
        (void)snprintf(why, sizeof why, "the checkpoint %s",
                       err == SYM_NOT_FOUND ? "is not signed by the log key of the card"
                                            : sym_err_text(err));
        refuse_at(p, place, err, why);
        return;
    }
    sym_node_id_of(&id, card->identity);
    if (!sym_origin_is_of(out->origin, &id)) {
        refuse_at(p, place, SYM_BAD_VALUE, "the checkpoint is of the log of another node");
    } else if (bare && note.n_signatures != 1) {
        refuse_at(p, place, SYM_BAD_FORMAT, "the checkpoint has more signatures than its log's");
    }
}

struct split_lines {
    struct place first, second;
    enum sym_told first_kind, second_kind;
    struct place root;
    struct sym_span consistency[SYM_MERKLE_PROOF_MAX];
    size_t n;
};

static void read_split_lines(struct paper *p, enum sym_split_rule rule, struct split_lines *s)
{
    s->first = take_base64(p, FIRST);
    s->second = take_base64(p, SECOND);
    if (rule == SYM_SPLIT_SHORTER) {
        s->first_kind = take_kind(p, FIRST_KIND);
        s->second_kind = take_kind(p, SECOND_KIND);
    }
    if (rule != SYM_SPLIT_PREFIX) {
        return;
    }
    s->root = take_base64(p, PREFIX_ROOT);
    if (p->lines.err == SYM_OK && s->root.value.len != SYM_HASH_BYTES) {
        sym_lines_refuse(&p->lines, SYM_BAD_FORMAT, "this is not the base64 of 32 bytes");
    }
    while (sym_lines_next_is(&p->lines, CONSISTENCY)) {
        if (s->n == SYM_MERKLE_PROOF_MAX) {
            sym_lines_refuse_next(&p->lines, SYM_TOO_LONG, "a proof has at most 64 hashes");
            return;
        }
        s->consistency[s->n++] = take_base64(p, CONSISTENCY).value;
    }
}

static bool same_root(const uint8_t a[SYM_HASH_BYTES], const uint8_t b[SYM_HASH_BYTES])
{
    return sym_span_equal(sym_span(a, SYM_HASH_BYTES), sym_span(b, SYM_HASH_BYTES));
}

static void judge_same_size(struct paper *p, const struct sym_checkpoint head[2],
                            const struct split_lines *s)
{
    if (head[0].size != head[1].size) {
        refuse_at(p, &s->second, SYM_BAD_VALUE, "the two trees are not of the same size");
    } else if (same_root(head[0].root, head[1].root)) {
        refuse_at(p, &s->second, SYM_BAD_VALUE, "the two trees are the same: this proves nothing");
    }
}

static void judge_prefix(struct paper *p, const struct sym_checkpoint head[2],
                         const struct split_lines *s)
{
    const uint8_t *root = s->root.value.data;
    if (same_root(root, head[0].root)) {
        refuse_at(p, &s->root, SYM_BAD_VALUE,
                  "the second tree extends the first: this proves nothing");
    } else if (sym_merkle_check_consistency(root, head[0].size, head[1].root, head[1].size,
                                            s->consistency, s->n) != SYM_OK) {
        refuse_at(p, &s->root, SYM_BAD_TAG,
                  "the proof does not lead from this root to the second tree");
    }
}

/* Of two entries the one in the lower place is the earlier, in a log that is one. */
static bool entries_decide(const struct sym_told_message m[2])
{
    return m[0].rests && m[1].rests && m[1].evidence->leaf_index < m[0].evidence->leaf_index;
}

static void judge_shorter(struct paper *p, struct sym_split_exhibit *out,
                          const struct split_lines *s)
{
    out->by_entries = entries_decide(out->message);
    for (size_t i = 0; i < 2; i++) {
        const struct sym_told_message *m = &out->message[i];
        if (m->head.origin.len == 0) {
            refuse_at(p, i == 0 ? &s->first : &s->second, SYM_BAD_VALUE,
                      "the message shows no checkpoint");
            return;
        }
        out->head[i] = m->head;
        out->time_ms[i] = out->by_entries ? m->leaf.time_ms : m->time_ms;
    }
    if (out->head[1].size >= out->head[0].size) {
        refuse_at(p, &s->second, SYM_BAD_VALUE, "the second log is not shorter than the first");
    } else if (out->time_ms[1] <= out->time_ms[0]) {
        refuse_at(p, &s->second, SYM_BAD_VALUE, "the second message is not later than the first");
    }
}

static void judge(struct paper *p, struct sym_split_exhibit *out, const struct split_lines *s)
{
    if (out->rule == SYM_SPLIT_SHORTER) {
        read_told(p, &out->message[0], s->first_kind, &s->first, &out->card);
        read_told(p, &out->message[1], s->second_kind, &s->second, &out->card);
    } else {
        read_head(p, &out->head[0], &s->first, &out->card, true);
        read_head(p, &out->head[1], &s->second, &out->card, true);
    }
    if (p->lines.err != SYM_OK) {
        return;
    }
    switch (out->rule) {
    case SYM_SPLIT_SAME_SIZE:
        judge_same_size(p, out->head, s);
        break;
    case SYM_SPLIT_PREFIX:
        judge_prefix(p, out->head, s);
        break;
    case SYM_SPLIT_SHORTER:
        judge_shorter(p, out, s);
        break;
    case SYM_SPLIT_RULE_COUNT:
        break;
    }
    if (p->lines.err == SYM_OK && !sym_span_equal(out->head[0].origin, out->head[1].origin)) {
        refuse_at(p, &s->second, SYM_BAD_VALUE, "the two are of different logs (origins)");
    }
}

enum sym_err sym_split_read(struct sym_split_exhibit *out, struct sym_span text, const char *name,
                            struct sym_fault *fault)
{
    struct paper p;
    struct split_lines s = {.n = 0};
    *out = (struct sym_split_exhibit){.memory = NULL};
    enum sym_err err = open_paper(&p, &out->memory, text, SYM_SPLIT_HEAD, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    out->rule = (enum sym_split_rule)take_word(&p, RULE, rule_texts, SYM_SPLIT_RULE_COUNT);
    read_split_lines(&p, out->rule, &s);
    take_card(&p, &out->card);
    if (p.lines.err == SYM_OK) {
        judge(&p, out, &s);
    }
    return p.lines.err;
}

void sym_split_clear(struct sym_split_exhibit *e)
{
    sym_told_clear(&e->message[0]);
    sym_told_clear(&e->message[1]);
    free(e->memory);
    *e = (struct sym_split_exhibit){.memory = NULL};
}

enum sym_err sym_report_read(struct sym_report_exhibit *out, struct sym_span text, const char *name,
                             struct sym_fault *fault)
{
    struct paper p;
    *out = (struct sym_report_exhibit){.memory = NULL};
    enum sym_err err = open_paper(&p, &out->memory, text, SYM_REPORT_HEAD, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct place head = take_base64(&p, CHECKPOINT);
    struct place payload = take_base64(&p, PAYLOAD);
    size_t above = text.len - p.lines.rest.len;
    struct place signature = take_base64(&p, SIGNATURE);
    take_card(&p, &out->card);
    if (p.lines.err == SYM_OK &&
        (signature.value.len != SYM_SIGNATURE_BYTES ||
         sym_verify(signature.value.data, out->card.identity, SYM_DOMAIN_REPORT,
                    sym_span(text.data, above)) != SYM_OK)) {
        refuse_at(&p, &signature, SYM_BAD_SIGNATURE,
                  "the report is not signed by the identity of the card");
    }
    read_head(&p, &out->head, &head, &out->card, false);
    out->payload = payload.value;
    return p.lines.err;
}

void sym_report_clear(struct sym_report_exhibit *e)
{
    free(e->memory);
    *e = (struct sym_report_exhibit){.memory = NULL};
}
