#include "crypto/tlog_proof.h"

#include "crypto/lines.h"

#include <stdio.h>
#include <string.h>

static void write_base64(struct sym_writer *w, const uint8_t *data, size_t len)
{
    char text[SYM_BASE64_BYTES(SYM_TLOG_EXTRA_BYTES_MAX)];
    sym_base64(text, data, len);
    sym_write_span(w, sym_span_text(text));
    sym_write_u8(w, '\n');
}

enum sym_err sym_tlog_proof_write(char *out, size_t max, size_t *len,
                                  const struct sym_tlog_proof *proof)
{
    struct sym_span written;
    char index[64];
    struct sym_writer w = sym_writer((uint8_t *)out, max);
    if (proof->extra_len > SYM_TLOG_EXTRA_BYTES_MAX || proof->path.n > SYM_MERKLE_PROOF_MAX) {
        return SYM_TOO_LONG;
    }
    if (proof->index > INT64_MAX) {
        return SYM_BAD_VALUE;
    }
    sym_write_span(&w, sym_span_text(SYM_TLOG_PROOF_HEAD "\n"));
    if (proof->extra_len > 0) {
        sym_write_span(&w, sym_span_text("extra "));
        write_base64(&w, proof->extra, proof->extra_len);
    }
    (void)snprintf(index, sizeof index, "index %llu\n", (unsigned long long)proof->index);
    sym_write_span(&w, sym_span_text(index));
    for (size_t i = 0; i < proof->path.n; i++) {
        write_base64(&w, proof->path.hash[i], SYM_HASH_BYTES);
    }
    sym_write_u8(&w, '\n');
    sym_write_span(&w, proof->checkpoint);
    enum sym_err err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    }
    return err;
}

static void read_extra(struct sym_lines *l, struct sym_tlog_proof *out)
{
    struct sym_span value = sym_lines_value(l, "extra ");
    size_t len = sizeof out->extra;
    if (value.len >= SYM_BASE64_BYTES(SYM_TLOG_EXTRA_BYTES_MAX)) {
        sym_lines_refuse(l, SYM_TOO_LONG, "the line is longer than the limit");
    } else if (sym_unbase64(out->extra, &len, value) != SYM_OK || len == 0) {
        sym_lines_refuse(l, SYM_BAD_FORMAT, "this is not base64");
    }
    out->extra_len = len;
}

enum sym_err sym_tlog_proof_read(struct sym_tlog_proof *out, struct sym_span text, const char *name,
                                 struct sym_fault *fault)
{
    struct sym_note note;
    struct sym_lines l = sym_lines(text, name, fault);
    out->extra_len = 0;
    out->path.n = 0;
    sym_lines_expect(&l, SYM_TLOG_PROOF_HEAD);
    if (sym_lines_next_is(&l, "extra ")) {
        read_extra(&l, out);
    }
    out->index = sym_lines_number(&l, "index ");
    while (l.err == SYM_OK && !sym_lines_next_is(&l, "\n")) {
        if (out->path.n == SYM_MERKLE_PROOF_MAX) {
            sym_lines_refuse_next(&l, SYM_TOO_LONG, "a proof has at most 64 hashes");
            break;
        }
        sym_lines_bytes(&l, "", out->path.hash[out->path.n], SYM_HASH_BYTES);
        out->path.n++;
    }
    sym_lines_expect(&l, "");
    out->checkpoint = sym_lines_rest(&l);
    if (l.err == SYM_OK && sym_note_parse(&note, out->checkpoint) != SYM_OK) {
        sym_lines_refuse_next(&l, SYM_BAD_FORMAT, "what begins here is not a checkpoint");
    }
    return l.err;
}

enum sym_err sym_tlog_proof_verify(struct sym_checkpoint *out, const struct sym_tlog_proof *proof,
                                   const uint8_t leaf[SYM_HASH_BYTES],
                                   const uint8_t log_key[SYM_ED25519_BYTES],
                                   struct sym_fault *fault)
{
    struct sym_span path[SYM_MERKLE_PROOF_MAX];
    struct sym_checkpoint c;
    struct sym_note note;
    enum sym_err err = sym_checkpoint_open(&c, &note, proof->checkpoint, log_key);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the checkpoint of the proof %s",
                        err == SYM_NOT_FOUND ? "is not signed by this log" : sym_err_text(err));
    }
    for (size_t i = 0; i < proof->path.n; i++) {
        path[i] = sym_span(proof->path.hash[i], SYM_HASH_BYTES);
    }
    err = sym_merkle_check_inclusion(c.root, leaf, proof->index, c.size, path, proof->path.n);
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "entry %llu: the proof does not lead from this entry to the root of the "
                        "checkpoint",
                        (unsigned long long)proof->index);
    }
    *out = c;
    return SYM_OK;
}
