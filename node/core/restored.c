#include "node/core/restored.h"

#include "crypto/utc.h"
#include "node/supervisor/directory.h"
#include "node/tabulation/ledger.h"
#include "proto/codec.h"

#include <string.h>

#define ENTRY_KEY   "last"
#define ENTRY_BYTES (8u + 8u + SYM_RESTORE_ID_BYTES)
#define DIGITS_MAX  20u

/* What the file, or the entry in the store, says. */
struct mark {
    struct sym_restored when;
    uint8_t id[SYM_RESTORE_ID_BYTES];
};

/* The rest of the line behind head, which must be there. */
static bool take_line(struct sym_span *value, struct sym_span *rest, const char *head)
{
    size_t len = strlen(head);
    if (rest->len < len || !sym_span_equal(sym_span(rest->data, len), sym_span_text(head))) {
        return false;
    }
    for (size_t i = len; i < rest->len; i++) {
        if (rest->data[i] == '\n') {
            *value = sym_span(rest->data + len, i - len);
            *rest = sym_span(rest->data + i + 1, rest->len - i - 1);
            return true;
        }
    }
    return false;
}

static bool read_number(uint64_t *out, struct sym_span text)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)text.data[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *out = n;
    return text.len > 0 && text.len <= DIGITS_MAX;
}

static bool parse(struct mark *m, struct sym_span text)
{
    struct sym_span first = sym_span_text(SYM_RESTORED_FIRST);
    struct sym_span id;
    struct sym_span backup;
    struct sym_span restored;
    if (text.len < first.len || !sym_span_equal(sym_span(text.data, first.len), first)) {
        return false;
    }
    text = sym_span(text.data + first.len, text.len - first.len);
    return take_line(&id, &text, "id: ") && take_line(&backup, &text, "backup: ") &&
           take_line(&restored, &text, "restored: ") && text.len == 0 &&
           sym_unhex(m->id, sizeof m->id, id) == SYM_OK &&
           read_number(&m->when.backup_ms, backup) && read_number(&m->when.restored_ms, restored);
}

static enum sym_err read_entry(struct sym_transaction *t, void *context)
{
    struct mark *m = context;
    SYM_SECRET_AUTO record = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_RESTORED, sym_span_text(ENTRY_KEY), &record);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_reader r = sym_reader(sym_secret_span(&record));
    m->when.restored_ms = sym_read_u64(&r);
    m->when.backup_ms = sym_read_u64(&r);
    sym_read_bytes(&r, m->id, sizeof m->id);
    return sym_read_end(&r);
}

static enum sym_err write_entry(struct sym_transaction *t, void *context)
{
    const struct mark *m = context;
    uint8_t bytes[ENTRY_BYTES];
    struct sym_span record;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u64(&w, m->when.restored_ms);
    sym_write_u64(&w, m->when.backup_ms);
    sym_write_bytes(&w, m->id, sizeof m->id);
    enum sym_err err = sym_write_end(&w, &record);
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_RESTORED, sym_span_text(ENTRY_KEY), record)
                         : err;
}

/* Was the present log begun by this restore, and nothing more came of it? */
static enum sym_err has_begun(bool *begun, struct sym_log *log, const char *id)
{
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    uint8_t salt[SYM_HASH_BYTES];
    struct sym_entry_body body;
    *begun = false;
    if (sym_log_head(log)->generation < 2) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_body(log, salt, &text, 0);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&text));
    }
    if (err == SYM_OK) {
        *begun = sym_span_equal(body.subject, sym_span_text(id));
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err; /* erased: an old one */
}

/* The first entry of the new log is shown to partners: it says which head is lost, and from when.
 */
static enum sym_err begin_again(const struct mark *m, const char *id, struct sym_log *log,
                                struct sym_fault *fault)
{
    char when[SYM_UTC_BYTES] = "an unknown day";
    char words[64];
    const struct sym_head *lost = sym_log_head(log);
    char checkpoint[SYM_CHECKPOINT_BYTES_MAX];
    enum sym_err err = sym_utc_format(when, (int64_t)(m->when.backup_ms / 1000));
    (void)err; /* a clock that was wrong then */
    memcpy(checkpoint, lost->checkpoint, lost->checkpoint_len);
    const struct sym_entry_body body = {
        .event = sym_span_text("restored"),
        .subject = sym_span_text(id),
        .detail = sym_log_words(words, sizeof words, "from a backup of %s", when),
        .checkpoint = sym_span(checkpoint, lost->checkpoint_len),
        .count = lost->size};
    const struct sym_entry first = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    return sym_log_begin_again(log, &first, NULL, 0, fault);
}

/* Two commits: one that was cut off between them is gone on with. */
static enum sym_err record(struct mark *m, struct sym_store *store, struct sym_log *log,
                           struct sym_fault *fault)
{
    char id[2 * SYM_RESTORE_ID_BYTES + 1];
    bool begun = false;
    sym_hex(id, m->id, sizeof m->id);
    enum sym_err err = has_begun(&begun, log, id);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "evidence log: its first entry %s: restore another backup",
                        sym_err_text(err));
    }
    if (!begun) {
        err = begin_again(m, id, log, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_write(store, write_entry, m);
    return err == SYM_OK
               ? err
               : sym_fail(fault, err, "store: that it was restored cannot be recorded: it %s",
                          sym_err_text(err));
}

static enum sym_err read_file(struct mark *m, const struct sym_disk *dir, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    enum sym_err err = sym_disk_read(&text, dir, SYM_FILE_RESTORED, SYM_RESTORED_BYTES_MAX, fault);
    if (err == SYM_OK && !parse(m, sym_secret_span(&text))) {
        err = sym_fail(fault, SYM_BAD_FORMAT,
                       "%s/" SYM_FILE_RESTORED
                       ": is not as symbolon restore wrote it: restore the backup again",
                       dir->shown);
    }
    return err;
}

enum sym_err sym_restored_take(struct sym_restored *out, const struct sym_disk *dir,
                               struct sym_store *store, struct sym_log *log,
                               struct sym_fault *fault)
{
    struct mark known = {.when = {0}};
    enum sym_err err = sym_store_read(store, read_entry, &known);
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return sym_fail(fault, err, "%s/store: what it knows of its restore %s", dir->shown,
                        sym_err_text(err));
    }
    *out = known.when;
    if (!sym_disk_has(dir, SYM_FILE_RESTORED)) {
        return SYM_OK;
    }
    struct mark mark = {.when = {0}};
    err = read_file(&mark, dir, fault);
    if (err == SYM_OK && !sym_equal(mark.id, known.id, sizeof mark.id)) {
        err = record(&mark, store, log, fault);
        known = mark;
    }
    if (err == SYM_OK) {
        *out = known.when;
        err = sym_disk_remove(dir, SYM_FILE_RESTORED, fault);
    }
    return err == SYM_OK ? sym_disk_sync(dir, fault) : err;
}

/* The file that was taken last stays taken. No time counts twice, whatever the clock was set to. */
static enum sym_err note(struct sym_transaction *t, void *context)
{
    struct mark *m = context;
    struct mark known = {.when = {0}};
    enum sym_err err = read_entry(t, &known);
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return err;
    }
    memcpy(m->id, known.id, sizeof m->id);
    if (m->when.restored_ms <= known.when.restored_ms) {
        m->when.restored_ms = known.when.restored_ms + 1;
    }
    err = write_entry(t, m);
    return err == SYM_OK ? sym_ledger_start(t) : err;
}

enum sym_err sym_restored_note(struct sym_restored *restored, struct sym_store *store,
                               uint64_t now_ms, struct sym_fault *fault)
{
    struct mark m = {.when = {.restored_ms = now_ms}};
    enum sym_err err = sym_store_write(store, note, &m);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "store: that it is an older copy cannot be recorded: it %s",
                        sym_err_text(err));
    }
    *restored = m.when;
    return SYM_OK;
}
