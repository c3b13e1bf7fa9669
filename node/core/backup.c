#include "node/core/backup.h"

#include "node/core/erasing.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

struct sym_backups {
    struct sym_backups_config config;
    bool open;
    uint8_t id[SYM_BACKUP_ID_BYTES];
    uint64_t heard_ms;
    uint64_t time_ms; /* wall clock */
    uint64_t bytes;
    struct sym_secret content[SYM_BACKUP_USER]; /* of the small ones */
    struct sym_backup_member members[SYM_BACKUP_USER];
    size_t n;
    uint8_t *part; /* SYM_BACKUP_PART_BYTES */
};

enum sym_err sym_backups_new(struct sym_backups **out, const struct sym_backups_config *config,
                             struct sym_fault *fault)
{
    struct sym_backups *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "backup: no memory");
    }
    b->config = *config;
    b->config.now_ms = config->now_ms == NULL ? sym_now_ms : config->now_ms;
    *out = b;
    return SYM_OK;
}

/* Lets go of everything that the open one holds. */
static void drop(struct sym_backups *b)
{
    for (size_t i = 0; i < SYM_BACKUP_USER; i++) {
        sym_secret_clear(&b->content[i]);
    }
    free(b->part);
    b->part = NULL;
    b->n = 0;
    b->bytes = 0;
    b->open = false;
    sym_store_snapshot_end(b->config.store);
}

void sym_backups_free(struct sym_backups *b)
{
    if (b != NULL) {
        drop(b);
        free(b);
    }
}

static bool is_idle(const struct sym_backups *b)
{
    return b->config.now_ms() - b->heard_ms > SYM_BACKUP_IDLE_MS;
}

void sym_backups_tidy(struct sym_backups *b)
{
    if (b->open && is_idle(b)) {
        sym_log(SYM_LEVEL_WARN, "backup-given-up", "reason", "nobody asked for the rest of it",
                NULL);
        drop(b);
    }
}

static void add_row(struct sym_backups *b, enum sym_backup_kind kind, uint64_t bytes)
{
    b->members[b->n].name = sym_span_text(sym_backup_name(kind));
    b->members[b->n].bytes = bytes;
    b->bytes += bytes;
    b->n++;
}

static enum sym_err read_small(struct sym_backups *b, enum sym_backup_kind kind,
                               struct sym_fault *fault)
{
    const char *name = sym_backup_name(kind);
    if (kind == SYM_BACKUP_EVIDENCE && !sym_disk_has(b->config.dir, name)) {
        return SYM_OK;
    }
    enum sym_err err =
        sym_disk_read(&b->content[b->n], b->config.dir, name, SYM_BACKUP_SMALL_BYTES_MAX, fault);
    if (err == SYM_OK) {
        add_row(b, kind, b->content[b->n].len);
    }
    return err;
}

/* Erasure keys and store belong together: nothing comes between the two. */
static enum sym_err keep_moment(struct sym_backups *b, struct sym_fault *fault)
{
    uint64_t bytes = 0;
    enum sym_err err = SYM_OK;
    for (size_t kind = 0; kind < SYM_BACKUP_STORE && err == SYM_OK; kind++) {
        err = read_small(b, (enum sym_backup_kind)kind, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_snapshot(b->config.store, &bytes);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "backup: the store %s", sym_err_text(err));
    }
    add_row(b, SYM_BACKUP_STORE, bytes);
    b->part = malloc(SYM_BACKUP_PART_BYTES);
    return b->part != NULL ? SYM_OK : sym_fail(fault, SYM_NO_MEMORY, "backup: no memory");
}

/* Bytes are those of its members, as far as they are known. */
static enum sym_err record(const struct sym_backups *b, const struct sym_author *author,
                           const char *event)
{
    const struct sym_entry_body body = {.event = sym_span_text(event), .count = b->bytes};
    const struct sym_entry entry = {.kind = SYM_ENTRY_BACKUP, .author = author, .body = &body};
    return sym_log_add(b->config.log, &entry);
}

static enum sym_err begin(struct sym_backups *b, const struct sym_author *author,
                          struct sym_fault *fault)
{
    struct sym_fault why = {.text = ""};
    enum sym_err err = sym_erasing_finish(b->config.vault, b->config.log, &why);
    if (err != SYM_OK) {
        return sym_fail(
            fault, err,
            "backup: what was deleted could still be read from it, because its keys are "
            "not erased yet: %.120s",
            why.text);
    }
    b->time_ms = sym_wall_ms();
    err = record(b, author, "begun");
    if (err != SYM_OK) {
        return sym_fail(fault, err, "backup: cannot be recorded (the store %s): make room",
                        sym_err_text(err));
    }
    return keep_moment(b, fault);
}

static bool is_this(const struct sym_backups *b, struct sym_span id)
{
    return b->open && id.len == sizeof b->id && sym_equal(id.data, b->id, sizeof b->id);
}

static enum sym_err make_way(struct sym_backups *b, struct sym_fault *fault)
{
    if (b->open && !is_idle(b)) {
        return sym_fail(
            fault, SYM_IN_USE,
            "backup: another one is being taken; one that was cut off is given up after "
            "%u seconds: try again then",
            SYM_BACKUP_IDLE_MS / 1000);
    }
    drop(b);
    return SYM_OK;
}

enum sym_err sym_backups_begin(struct sym_backups *b, struct sym_backup_begun *out,
                               struct sym_span id, const struct sym_author *author,
                               struct sym_fault *fault)
{
    if (!is_this(b, id)) {
        enum sym_err err = make_way(b, fault);
        if (err == SYM_OK) {
            err = begin(b, author, fault);
        }
        if (err != SYM_OK) {
            drop(b);
            return err;
        }
        memcpy(b->id, id.data, sizeof b->id);
        b->open = true;
    }
    b->heard_ms = b->config.now_ms();
    *out =
        (struct sym_backup_begun){.members = b->members, .n_members = b->n, .time_ms = b->time_ms};
    return SYM_OK;
}

static enum sym_err no_such(struct sym_fault *fault)
{
    return sym_fail(
        fault, SYM_NOT_FOUND,
        "backup: the node knows of none: it was started again meanwhile, or heard nothing "
        "for %u seconds: begin again",
        SYM_BACKUP_IDLE_MS / 1000);
}

enum sym_err sym_backups_read(struct sym_backups *b, struct sym_span *out,
                              const struct sym_backup_query *query, struct sym_fault *fault)
{
    if (!is_this(b, query->id)) {
        return no_such(fault);
    }
    b->heard_ms = b->config.now_ms();
    if (query->member >= b->n || query->at >= b->members[query->member].bytes) {
        return sym_fail(fault, SYM_LIMIT, "backup: a part was asked for that it does not have");
    }
    uint64_t left = b->members[query->member].bytes - query->at;
    size_t len = left < SYM_BACKUP_PART_BYTES ? (size_t)left : SYM_BACKUP_PART_BYTES;
    const struct sym_secret *small = &b->content[query->member];
    if (small->len > 0) {
        *out = sym_span(small->data + query->at, len);
        return SYM_OK;
    }
    enum sym_err err = sym_store_snapshot_read(b->config.store, b->part, len, query->at);
    if (err == SYM_CLOSED) {
        drop(b);
        return sym_fail(
            fault, err,
            "backup: the store had to be opened again after a failure of the disk: begin "
            "again");
    }
    *out = sym_span(b->part, len);
    return err == SYM_OK ? err : sym_fail(fault, err, "backup: the store %s", sym_err_text(err));
}

enum sym_err sym_backups_end(struct sym_backups *b, struct sym_span id, bool whole,
                             const struct sym_author *author, struct sym_fault *fault)
{
    if (!is_this(b, id)) {
        return whole ? no_such(fault) : SYM_OK;
    }
    enum sym_err err = whole ? record(b, author, "taken") : SYM_OK;
    drop(b);
    return err == SYM_OK ? err
                         : sym_fail(fault, err,
                                    "backup: is complete, but that could not be recorded: "
                                    "the store %s",
                                    sym_err_text(err));
}
