#include "cli/file.h"
#include "cli/format.h"
#include "cli/verify.h"
#include "crypto/aead.h"
#include "crypto/tlog_proof.h"
#include "proto/breach.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void sym_verdict_wrong(struct sym_verdict *v, const struct sym_fault *fault)
{
    v->good = false;
    (void)snprintf(v->text, sizeof v->text, "%s", fault->text);
}

void sym_verdict_head(struct sym_verdict *v, const struct sym_checkpoint *head)
{
    (void)snprintf(v->origin, sizeof v->origin, "%.*s", (int)head->origin.len,
                   (const char *)head->origin.data);
    v->size = head->size;
    memcpy(v->root, head->root, sizeof v->root);
}

void sym_verdict_by_card(struct sym_verdict *v, const struct sym_trust *trust,
                         const struct sym_card *card, const char *what)
{
    char name[SYM_FORMAT_TEXT_BYTES(SYM_NAME_BYTES)];
    struct sym_node_id id;
    char hex[17];
    sym_format_text(name, sizeof name, sym_span_text(card->name));
    sym_node_id_of(&id, card->identity);
    sym_hex(hex, id.bytes, 8);
    v->trusted = sym_trust_card(trust, card);
    v->good = v->trusted || sym_trust_is_empty(trust);
    if (v->trusted) {
        (void)snprintf(v->text, sizeof v->text, "%s; signed by %s (%s)", what, name, hex);
    } else if (v->good) {
        (void)snprintf(v->text, sizeof v->text,
                       "%s; signed by %s (%s), not compared with a key you trust", what, name, hex);
    } else {
        v->strange = true;
        (void)snprintf(v->text, sizeof v->text,
                       "signed by %s (%s), which is none of the keys and cards given; where it may "
                       "be, give its card, too",
                       name, hex);
    }
}

/* The log key for this checkpoint among those that are trusted; a verdict when there is none. */
static const uint8_t *key_for(struct sym_verdict *v, const struct sym_trust *trust,
                              const struct sym_checkpoint *head, const char *name)
{
    const uint8_t *key = sym_trust_log_key(trust, head->origin);
    struct sym_fault fault;
    if (key == NULL) {
        char origin[SYM_FORMAT_TEXT_BYTES(SYM_KEY_NAME_BYTES)];
        sym_format_text(origin, sizeof origin, head->origin);
        (void)sym_fail(&fault, SYM_NOT_FOUND, "%s: signed by an unknown key: %s; %s", name, origin,
                       sym_trust_is_empty(trust) ? "give --card FILE or --key VKEY"
                                                 : "it is none of the keys and cards given");
        sym_verdict_wrong(v, &fault);
        v->strange = true;
    }
    return key;
}

static void verify_checkpoint(struct sym_verdict *v, const struct sym_trust *trust,
                              struct sym_span text, const char *name)
{
    struct sym_note note;
    struct sym_checkpoint head;
    struct sym_fault fault;
    size_t cosigners = 0;
    v->kind = "checkpoint";
    enum sym_err err = sym_note_parse(&note, text);
    if (err == SYM_OK) {
        err = sym_checkpoint_read(&head, note.text);
    }
    if (err != SYM_OK) {
        (void)sym_fail(&fault, err, "%s: the checkpoint %s", name, sym_err_text(err));
        sym_verdict_wrong(v, &fault);
        return;
    }
    sym_verdict_head(v, &head);
    const uint8_t *key = key_for(v, trust, &head, name);
    if (key == NULL) {
        return;
    }
    err = sym_checkpoint_open(&head, &note, text, key);
    if (err != SYM_OK) {
        (void)sym_fail(&fault, err, "%s: the checkpoint %s", name,
                       err == SYM_NOT_FOUND ? "is not signed by the key given for its log"
                                            : sym_err_text(err));
    } else {
        err = sym_trust_cosigners(trust, &cosigners, &note, name, &fault);
    }
    if (err != SYM_OK) {
        sym_verdict_wrong(v, &fault);
        return;
    }
    v->good = true;
    v->trusted = true;
    (void)snprintf(v->text, sizeof v->text,
                   "%llu entries, cosigned by %zu of the keys given, %zu other %s",
                   (unsigned long long)head.size, cosigners, note.n_signatures - 1 - cosigners,
                   note.n_signatures - 1 - cosigners == 1 ? "signature" : "signatures");
}

/* The entry that a proof brings along. */
static enum sym_err check_entry(char what[SYM_VERDICT_BYTES], const struct sym_tlog_proof *proof,
                                const struct sym_checkpoint *head, size_t unknown, const char *name,
                                struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    char time[SYM_FORMAT_BYTES];
    enum sym_err err =
        sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(proof->extra, proof->extra_len));
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s:2: this is not an entry of such a log: it %s", name,
                        sym_err_text(err));
    }
    sym_format_time(time, leaf.time_ms / 1000);
    (void)snprintf(
        what, SYM_VERDICT_BYTES, "entry %llu of %llu: %s, %s%s", (unsigned long long)proof->index,
        (unsigned long long)head->size, sym_entry_kind_text(leaf.kind), time,
        unknown > 0 ? "; cosignatures by keys that were not given were not checked" : "");
    return SYM_OK;
}

static enum sym_err check_proof(struct sym_verdict *v, const struct sym_trust *trust,
                                struct sym_tlog_proof *proof, const char *name,
                                struct sym_fault *fault)
{
    struct sym_note note;
    struct sym_checkpoint head;
    struct sym_fault why;
    uint8_t leaf[SYM_HASH_BYTES];
    size_t cosigners = 0;
    if (proof->extra_len == 0) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s:2: the proof does not hold its entry (no line \"extra\")", name);
    }
    enum sym_err err = sym_note_parse(&note, proof->checkpoint);
    if (err == SYM_OK) {
        err = sym_checkpoint_read(&head, note.text);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: its checkpoint %s", name, sym_err_text(err));
    }
    sym_verdict_head(v, &head);
    const uint8_t *key = key_for(v, trust, &head, name);
    if (key == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s", v->text);
    }
    err = sym_merkle_leaf(leaf, sym_span(proof->extra, proof->extra_len));
    if (err == SYM_OK) {
        err = sym_tlog_proof_verify(&head, proof, leaf, key, &why);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: %s", name, why.text);
    }
    err = sym_trust_cosigners(trust, &cosigners, &note, name, fault);
    return err == SYM_OK
               ? check_entry(v->text, proof, &head, note.n_signatures - 1 - cosigners, name, fault)
               : err;
}

static void verify_proof(struct sym_verdict *v, const struct sym_trust *trust, struct sym_span text,
                         const char *name)
{
    struct sym_tlog_proof *proof = malloc(sizeof *proof);
    struct sym_fault fault = {.err = SYM_NO_MEMORY};
    v->kind = "proof";
    if (proof == NULL) {
        (void)sym_fail(&fault, SYM_NO_MEMORY, "%s: %s", name, sym_err_text(SYM_NO_MEMORY));
    } else {
        fault.err = sym_tlog_proof_read(proof, text, name, &fault);
    }
    if (proof != NULL && fault.err == SYM_OK) {
        fault.err = check_proof(v, trust, proof, name, &fault);
    }
    free(proof);
    if (fault.err != SYM_OK) {
        sym_verdict_wrong(v, &fault);
    } else {
        v->good = true;
        v->trusted = true;
    }
}

static void verify_card(struct sym_verdict *v, const struct sym_trust *trust, struct sym_span text,
                        const char *name)
{
    struct sym_card card;
    struct sym_fault fault;
    v->kind = "card";
    if (sym_exhibit_card(&card, text, name, &fault) != SYM_OK) {
        sym_verdict_wrong(v, &fault);
        return;
    }
    sym_verdict_by_card(v, trust, &card, "card");
}

static void verify_receipt(struct sym_verdict *v, const struct sym_trust *trust,
                           struct sym_span text, const char *name)
{
    struct sym_receipt_exhibit e = {.memory = NULL};
    struct sym_fault fault;
    v->kind = "receipt";
    if (sym_receipt_read(&e, text, name, &fault) != SYM_OK) {
        sym_verdict_wrong(v, &fault);
    } else {
        char what[512];
        char time[SYM_FORMAT_BYTES];
        char id[33];
        const struct sym_told_message *m = &e.message;
        sym_format_time(time, m->time_ms / 1000);
        sym_hex(id, m->exchange_id.data, SYM_EXCHANGE_ID_BYTES);
        (void)snprintf(what, sizeof what, "%s of exchange %s, %s%s%s, %s", sym_told_text(m->kind),
                       id, m->decision != 0 ? sym_decision_text(m->decision) : "",
                       m->decision != 0 ? ", " : "", time,
                       m->rests ? "its entry proven" : "without an entry");
        if (m->head.origin.len > 0) {
            sym_verdict_head(v, &m->head);
        }
        sym_verdict_by_card(v, trust, &e.card, what);
    }
    sym_receipt_clear(&e);
}

static void verify_split(struct sym_verdict *v, const struct sym_trust *trust, struct sym_span text,
                         const char *name)
{
    struct sym_split_exhibit e = {.memory = NULL};
    struct sym_fault fault;
    v->kind = "split";
    if (sym_split_read(&e, text, name, &fault) != SYM_OK) {
        sym_verdict_wrong(v, &fault);
    } else {
        char what[512];
        /* Who sets the clock of an honest node back makes two such messages of it. */
        bool by_clock = e.rule == SYM_SPLIT_SHORTER && !e.by_entries;
        (void)snprintf(what, sizeof what, "proof that %s (%s%s): sizes %llu and %llu",
                       by_clock ? "this log became shorter, or the clock of its node was set back"
                                : "this log contradicts itself",
                       sym_split_rule_text(e.rule),
                       e.rule != SYM_SPLIT_SHORTER ? ""
                       : e.by_entries              ? ", by its entries"
                                                   : ", by its clock",
                       (unsigned long long)e.head[0].size, (unsigned long long)e.head[1].size);
        sym_verdict_head(v, &e.head[1]);
        sym_verdict_by_card(v, trust, &e.card, what);
    }
    sym_split_clear(&e);
}

static void verify_report(struct sym_verdict *v, const struct sym_trust *trust,
                          struct sym_span text, const char *name)
{
    struct sym_report_exhibit e = {.memory = NULL};
    struct sym_fault fault;
    v->kind = "report";
    if (sym_report_read(&e, text, name, &fault) != SYM_OK) {
        sym_verdict_wrong(v, &fault);
    } else {
        char what[512];
        uint8_t hash[SYM_HASH_BYTES];
        char hex[2 * SYM_HASH_BYTES + 1] = "not known";
        if (sym_sha256(hash, e.payload) == SYM_OK) {
            sym_hex(hex, hash, sizeof hash);
        }
        (void)snprintf(what, sizeof what,
                       "report of %zu bytes, signed in a log of %llu entries, SHA-256 %s",
                       e.payload.len, (unsigned long long)e.head.size, hex);
        sym_verdict_head(v, &e.head);
        sym_verdict_by_card(v, trust, &e.card, what);
    }
    sym_report_clear(&e);
}

static void verify_breach(struct sym_verdict *v, const struct sym_trust *trust,
                          struct sym_span text, const char *name)
{
    const struct sym_ristretto *with = NULL;
    struct sym_card card;
    struct sym_fault fault;
    v->kind = "breach";
    enum sym_err err = sym_ristretto_choose(&with, NULL);
    err = err == SYM_OK ? sym_breach_read(&card, text, with, name, &fault)
                        : sym_fail(&fault, err, "%s: %s", name, sym_err_text(err));
    if (err != SYM_OK) {
        sym_verdict_wrong(v, &fault);
    } else {
        sym_verdict_by_card(v, trust, &card,
                            "proof that this node answered in an overlap table with another secret "
                            "than it had consented with");
    }
}

static const struct {
    const char *head;
    void (*verify)(struct sym_verdict *v, const struct sym_trust *trust, struct sym_span text,
                   const char *name);
} kinds[] = {
    {SYM_TLOG_PROOF_HEAD "\n", verify_proof}, {SYM_RECEIPT_HEAD "\n", verify_receipt},
    {SYM_SPLIT_HEAD "\n", verify_split},      {SYM_REPORT_HEAD "\n", verify_report},
    {SYM_BREACH_HEAD "\n", verify_breach},    {"symbolon-card/", verify_card},
};

static void verify_text(struct sym_verdict *v, const struct sym_trust *trust, struct sym_span text,
                        const char *name)
{
    struct sym_note note;
    struct sym_fault fault;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sym_span head = sym_span_text(kinds[i].head);
        if (text.len >= head.len && sym_span_equal(sym_span(text.data, head.len), head)) {
            kinds[i].verify(v, trust, text, name);
            return;
        }
    }
    if (sym_note_parse(&note, text) == SYM_OK) {
        verify_checkpoint(v, trust, text, name);
        return;
    }
    (void)sym_fail(
        &fault, SYM_BAD_FORMAT,
        "%s:1: is no proof, checkpoint, receipt, split, breach, report or card; name the "
        "directory of an exported log as a whole",
        name);
    sym_verdict_wrong(v, &fault);
}

void sym_verify_file(struct sym_verdict *v, const struct sym_trust *trust, const char *path)
{
    SYM_SECRET_AUTO text = {0};
    struct stat st;
    struct sym_fault fault;
    char name[SYM_FAULT_BYTES];
    bool there = stat(path, &st) == 0;
    *v = (struct sym_verdict){.kind = "unknown"};
    (void)sym_file_show(name, path);
    /* Of a pipe nobody knows when it ends. */
    if (there && !S_ISREG(st.st_mode)) {
        (void)sym_fail(
            &fault, SYM_BAD_FORMAT,
            "%.200s: is not an ordinary file; write what comes from it into one and name "
            "that",
            name);
        sym_verdict_wrong(v, &fault);
    } else if (there && sym_verify_is_body(path)) {
        sym_verify_body(v, trust, path);
    } else if (sym_file_read(&text, path, SYM_PROOF_BYTES_MAX, &fault) != SYM_OK) {
        v->absent = fault.err == SYM_NOT_FOUND;
        sym_verdict_wrong(v, &fault);
    } else {
        verify_text(v, trust, sym_secret_span(&text), name);
    }
}
