#include "cli/file.h"
#include "cli/verify.h"
#include "crypto/lines.h"
#include "crypto/tlog_proof.h"
#include "proto/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES_MAX (SYM_BASE64_BYTES(SYM_BODY_BYTES_MAX) + 256u)

enum sym_err sym_bodies_open(struct sym_bodies *b, const char *path, const char *name,
                             struct sym_fault *fault)
{
    struct stat st;
    *b = (struct sym_bodies){.name = name};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? SYM_OK : sym_file_fault(fault, path);
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return sym_fail(fault, SYM_BAD_VALUE, "%s: is not an ordinary file", name);
    }
    b->file = fdopen(fd, "r");
    if (b->file == NULL) {
        enum sym_err err = sym_file_fault(fault, path);
        (void)close(fd);
        return err;
    }
    b->line = malloc(LINE_BYTES_MAX);
    return b->line != NULL
               ? SYM_OK
               : sym_fail(fault, SYM_NO_MEMORY, "%s: %s", name, sym_err_text(SYM_NO_MEMORY));
}

/* The next line with its end, of which there is none when the file ends or the line is too long. */
static struct sym_span read_line(struct sym_bodies *b)
{
    size_t len = 0;
    int c = 0;
    while (len < LINE_BYTES_MAX && c != '\n' && (c = getc_unlocked(b->file)) != EOF) {
        b->line[len++] = (uint8_t)c;
    }
    b->line_number++;
    return sym_span(b->line, len);
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

static enum sym_err check_body(struct sym_bodies *b, uint64_t index, struct sym_span salt,
                               struct sym_span body, const struct sym_leaf *leaf,
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
               !sym_span_equal(sym_span(got, sizeof got), leaf->commitment)) {
        err =
            refuse(b, index, SYM_BAD_TAG, "this is not the body that the entry commits to", fault);
    } else if (sym_decode(&arena, &decoded, &sym_msg_entry_body, sym_span(bytes, len)) != SYM_OK) {
        err = refuse(b, index, SYM_BAD_FORMAT, "the body is not that of an entry", fault);
    } else {
        sym_erasures_take(&b->erasures, index, leaf, &decoded);
    }
    free(bytes);
    return err;
}

enum sym_err sym_bodies_check(struct sym_bodies *b, uint64_t index, const struct sym_leaf *leaf,
                              struct sym_fault *fault)
{
    struct sym_span number;
    struct sym_span salt;
    struct sym_span body;
    uint64_t got = 0;
    if (b->file == NULL) {
        return SYM_OK;
    }
    struct sym_span rest = read_line(b);
    if (rest.len == 0) {
        return refuse(b, index, SYM_SHORT, "the file ends before the line of this entry", fault);
    }
    if (!cut(&number, &rest, "{\"index\":", ",") || !sym_text_number(&got, number)) {
        return refuse(b, index, SYM_BAD_FORMAT, "the line is not in its one form", fault);
    }
    if (got != index) {
        return refuse(b, index, SYM_BAD_VALUE, "the line is of another entry", fault);
    }
    if (sym_span_equal(rest, sym_span_text("\"erased\":true}\n"))) {
        b->erased++;
        sym_erasures_take(&b->erasures, index, leaf, NULL);
        return SYM_OK;
    }
    if (!cut(&salt, &rest, "\"salt\":\"", "\",") || !cut(&body, &rest, "\"body\":\"", "\"}") ||
        !sym_span_equal(rest, sym_span_text("\n"))) {
        return refuse(b, index, SYM_BAD_FORMAT, "the line is not in its one form", fault);
    }
    b->shown++;
    return check_body(b, index, salt, body, leaf, fault);
}

enum sym_err sym_bodies_end(struct sym_bodies *b, struct sym_fault *fault)
{
    if (b->file != NULL && fgetc(b->file) != EOF) {
        return sym_fail(fault, SYM_TRAILING, "%s:%llu: there are more lines than entries", b->name,
                        (unsigned long long)b->line_number + 1);
    }
    return b->erasures.open ? sym_fail(fault, SYM_NOT_FOUND, "%s: entry %llu %s", b->name,
                                       (unsigned long long)b->erasures.index, SYM_ERASURES_FAULT)
                            : SYM_OK;
}

#define BODY_SUFFIX  ".body.jsonl"
#define PROOF_SUFFIX ".tlog-proof"

/* The entry of a proof; what the leaf points to lies in the arena. */
static enum sym_err read_leaf(struct sym_arena *arena, struct sym_leaf *out, uint64_t *index,
                              const char *path, const char *name, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_tlog_proof *proof = malloc(sizeof *proof);
    enum sym_err err = proof == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        err = sym_file_read(&text, path, SYM_PROOF_BYTES_MAX, fault);
    }
    if (err == SYM_OK) {
        err = sym_tlog_proof_read(proof, sym_secret_span(&text), name, fault);
    }
    if (err == SYM_OK) {
        err = sym_decode(arena, out, &sym_msg_leaf, sym_span(proof->extra, proof->extra_len));
    }
    if (err == SYM_OK) {
        *index = proof->index;
    }
    free(proof);
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", name, sym_err_text(err));
}

/* proof: the path of the proof beside the body, which was found good. */
static enum sym_err verify_body(const char *path, const char *name, const char *proof,
                                uint64_t *index, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_bodies b = {.file = NULL};
    struct sym_leaf leaf;
    char shown[SYM_FAULT_BYTES];
    enum sym_err err = read_leaf(&arena, &leaf, index, proof, sym_file_show(shown, proof), fault);
    if (err == SYM_OK) {
        err = sym_bodies_open(&b, path, name, fault);
    }
    if (err == SYM_OK) {
        err = sym_bodies_check(&b, *index, &leaf, fault);
    }
    if (err == SYM_OK && b.shown != 1) {
        err = sym_fail(fault, SYM_NOT_FOUND, "%s: shows no body", name);
    }
    if (err == SYM_OK) {
        err = sym_bodies_end(&b, fault);
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
        (void)sym_fail(&fault, SYM_NO_MEMORY, "%s: %s", sym_file_show(name, path),
                       sym_err_text(SYM_NO_MEMORY));
        sym_verdict_wrong(v, &fault);
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
