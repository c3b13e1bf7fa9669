#include "cli/file.h"
#include "cli/verify.h"
#include "crypto/lines.h"
#include "crypto/tlog_proof.h"
#include "proto/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX (SYM_BASE64_BYTES(SYM_BODY_BYTES_MAX) + 256u)

enum sym_err sym_bodies_open(struct sym_bodies *b, const char *path, const char *name,
                             struct sym_fault *fault)
{
    *b = (struct sym_bodies){.name = name};
    b->file = fopen(path, "re");
    return b->file != NULL || errno == ENOENT ? SYM_OK : sym_file_fault(fault, path);
}

void sym_bodies_close(struct sym_bodies *b)
{
    if (b->file != NULL) {
        (void)fclose(b->file);
    }
    free(b->line);
    *b = (struct sym_bodies){.file = NULL};
}

/* What stands before `end` after `start`, both of which must be there, cut off *rest. */
static bool cut(struct sym_span *out, struct sym_span *rest, const char *start, const char *end)
{
    struct sym_span head = sym_span_text(start);
    struct sym_span tail = sym_span_text(end);
    if (rest->len < head.len || !sym_span_equal(sym_span(rest->data, head.len), head)) {
        return false;
    }
    const uint8_t *from = rest->data + head.len;
    size_t left = rest->len - head.len;
    const uint8_t *at = left == 0 ? NULL : memmem(from, left, tail.data, tail.len);
    if (at == NULL) {
        return false;
    }
    size_t len = (size_t)(at - from);
    *out = sym_span(from, len);
    *rest = sym_span(at + tail.len, left - len - tail.len);
    return true;
}

static enum sym_err refuse(const struct sym_bodies *b, uint64_t index, enum sym_err err,
                           const char *why, struct sym_fault *fault)
{
    return sym_fail(fault, err, "%s:%llu: entry %llu: %s", b->name,
                    (unsigned long long)b->line_number, (unsigned long long)index, why);
}

static enum sym_err check_body(const struct sym_bodies *b, uint64_t index, struct sym_span salt,
                               struct sym_span body, struct sym_span commitment,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body decoded;
    uint8_t salt_bytes[SYM_HASH_BYTES + 3];
    uint8_t got[SYM_HASH_BYTES];
    size_t salt_len = sizeof salt_bytes;
    size_t len = body.len;
    uint8_t *bytes = malloc(body.len + 1);
    if (bytes == NULL) {
        return refuse(b, index, SYM_NO_MEMORY, sym_err_text(SYM_NO_MEMORY), fault);
    }
    enum sym_err err = SYM_OK;
    if (sym_unbase64(salt_bytes, &salt_len, salt) != SYM_OK || salt_len != SYM_HASH_BYTES ||
        sym_unbase64(bytes, &len, body) != SYM_OK) {
        err = refuse(b, index, SYM_BAD_FORMAT, "salt or body is not base64", fault);
    } else if (sym_body_commit(got, salt_bytes, sym_span(bytes, len)) != SYM_OK ||
               !sym_span_equal(sym_span(got, sizeof got), commitment)) {
        err =
            refuse(b, index, SYM_BAD_TAG, "this is not the body that the entry commits to", fault);
    } else if (sym_decode(&arena, &decoded, &sym_msg_entry_body, sym_span(bytes, len)) != SYM_OK) {
        err = refuse(b, index, SYM_BAD_FORMAT, "the body is not that of an entry", fault);
    }
    free(bytes);
    return err;
}

enum sym_err sym_bodies_check(struct sym_bodies *b, uint64_t index, struct sym_span commitment,
                              struct sym_fault *fault)
{
    struct sym_span number;
    struct sym_span salt;
    struct sym_span body;
    uint64_t got = 0;
    if (b->file == NULL) {
        return SYM_OK;
    }
    b->line_number++;
    ssize_t len = getline(&b->line, &b->room, b->file);
    if (len <= 0) {
        return refuse(b, index, SYM_SHORT, "the file ends before the line of this entry", fault);
    }
    struct sym_span rest = sym_span(b->line, (size_t)len);
    if (rest.len > LINE_BYTES_MAX || !cut(&number, &rest, "{\"index\":", ",") ||
        !sym_text_number(&got, number)) {
        return refuse(b, index, SYM_BAD_FORMAT, "the line is not in its one form", fault);
    }
    if (got != index) {
        return refuse(b, index, SYM_BAD_VALUE, "the line is of another entry", fault);
    }
    if (sym_span_equal(rest, sym_span_text("\"erased\":true}\n"))) {
        b->erased++;
        return SYM_OK;
    }
    if (!cut(&salt, &rest, "\"salt\":\"", "\",") || !cut(&body, &rest, "\"body\":\"", "\"}") ||
        !sym_span_equal(rest, sym_span_text("\n"))) {
        return refuse(b, index, SYM_BAD_FORMAT, "the line is not in its one form", fault);
    }
    b->shown++;
    return check_body(b, index, salt, body, commitment, fault);
}

enum sym_err sym_bodies_end(struct sym_bodies *b, struct sym_fault *fault)
{
    if (b->file == NULL || fgetc(b->file) == EOF) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_TRAILING, "%s:%llu: there are more lines than entries", b->name,
                    (unsigned long long)b->line_number + 1);
}

#define BODY_SUFFIX  ".body.jsonl"
#define PROOF_SUFFIX ".tlog-proof"

static enum sym_err read_commitment(uint8_t out[SYM_HASH_BYTES], uint64_t *index, const char *path,
                                    struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    struct sym_tlog_proof *proof = malloc(sizeof *proof);
    enum sym_err err = proof == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        err = sym_file_read(&text, path, SYM_SIGNED_NOTE_BYTES_MAX, fault);
    }
    if (err == SYM_OK) {
        err = sym_tlog_proof_read(proof, sym_secret_span(&text), path, fault);
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(proof->extra, proof->extra_len));
    }
    if (err == SYM_OK) {
        memcpy(out, leaf.commitment.data, SYM_HASH_BYTES);
        *index = proof->index;
    }
    free(proof);
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", path, sym_err_text(err));
}

/* proof: the path of the proof beside the body, which was found good. */
static enum sym_err verify_body(const char *path, const char *name, const char *proof,
                                uint64_t *index, struct sym_fault *fault)
{
    struct sym_bodies b;
    uint8_t commitment[SYM_HASH_BYTES];
    enum sym_err err = read_commitment(commitment, index, proof, fault);
    if (err == SYM_OK) {
        err = sym_bodies_open(&b, path, name, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_bodies_check(&b, *index, sym_span(commitment, sizeof commitment), fault);
    if (err == SYM_OK) {
        err = sym_bodies_end(&b, fault);
    }
    if (err == SYM_OK && b.shown != 1) {
        err = sym_fail(fault, SYM_NOT_FOUND, "%s: shows no body", name);
    }
    sym_bodies_close(&b);
    return err;
}

bool sym_verify_is_body(const char *path)
{
    size_t len = strlen(path);
    size_t suffix = strlen(BODY_SUFFIX);
    return len > suffix && strcmp(path + len - suffix, BODY_SUFFIX) == 0;
}

void sym_verify_body(struct sym_verdict *v, const struct sym_trust *trust, const char *path)
{
    char name[SYM_FAULT_BYTES];
    char *proof = NULL;
    struct sym_fault fault = {.err = SYM_OK};
    uint64_t index = 0;
    size_t stem = strlen(path) - strlen(BODY_SUFFIX);
    if (asprintf(&proof, "%.*s" PROOF_SUFFIX, (int)stem, path) < 0) {
        return;
    }
    sym_verify_file(v, trust, proof);
    v->kind = "body";
    if (v->good) {
        fault.err = verify_body(path, sym_file_show(name, path), proof, &index, &fault);
        if (fault.err == SYM_OK) {
            (void)snprintf(v->text, sizeof v->text,
                           "what entry %llu says, as it is committed to in the proof beside it",
                           (unsigned long long)index);
        } else {
            sym_verdict_wrong(v, &fault);
        }
    }
    free(proof);
}
