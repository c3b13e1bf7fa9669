#include "proto/backup.h"

#include "crypto/text.h"

#include <string.h>

static const struct {
    const char *name;
    uint64_t bytes_max;
    bool always;
} members[SYM_BACKUP_USER] = {
#define SYM_BACKUP_ROW(kind, text, most, needed) [SYM_BACKUP_##kind] = {text, most, needed},
    SYM_BACKUP_MEMBER_LIST(SYM_BACKUP_ROW)
#undef SYM_BACKUP_ROW
};

const char *sym_backup_name(enum sym_backup_kind kind)
{
    return members[kind].name;
}

static bool is_user_key(struct sym_span name)
{
    const size_t head = sizeof SYM_BACKUP_USER_DIR - 1;
    const size_t tail = sizeof SYM_BACKUP_USER_SUFFIX - 1;
    if (name.len <= head + tail) {
        return false;
    }
    struct sym_span user = sym_span(name.data + head, name.len - head - tail);
    return sym_span_equal(sym_span(name.data, head), sym_span_text(SYM_BACKUP_USER_DIR)) &&
           sym_span_equal(sym_span(name.data + name.len - tail, tail),
                          sym_span_text(SYM_BACKUP_USER_SUFFIX)) &&
           user.len < SYM_ALIAS_BYTES && sym_text_is_alias(user);
}

enum sym_err sym_backup_kind(enum sym_backup_kind *out, struct sym_span name)
{
    for (size_t i = 0; i < SYM_BACKUP_USER; i++) {
        if (sym_span_equal(name, sym_span_text(members[i].name))) {
            *out = (enum sym_backup_kind)i;
            return SYM_OK;
        }
    }
    if (!is_user_key(name)) {
        return SYM_BAD_FORMAT;
    }
    *out = SYM_BACKUP_USER;
    return SYM_OK;
}

static uint64_t most_of(enum sym_backup_kind kind)
{
    return kind < SYM_BACKUP_USER ? members[kind].bytes_max : SYM_BACKUP_SMALL_BYTES_MAX;
}

enum sym_err sym_backup_put_head(uint8_t out[SYM_BACKUP_HEAD_BYTES], size_t *len,
                                 struct sym_span name, uint64_t bytes)
{
    enum sym_backup_kind kind = SYM_BACKUP_KIND_COUNT;
    struct sym_span written;
    struct sym_writer w = sym_writer(out, SYM_BACKUP_HEAD_BYTES);
    enum sym_err err = sym_backup_kind(&kind, name);
    if (err != SYM_OK || bytes < 1 || bytes > most_of(kind)) {
        return err == SYM_OK ? SYM_TOO_LONG : err;
    }
    sym_write_u8(&w, (uint8_t)name.len);
    sym_write_span(&w, name);
    sym_write_u64(&w, bytes);
    err = sym_write_end(&w, &written);
    *len = written.len;
    return err;
}

void sym_backup_put_tail(uint8_t out[SYM_BACKUP_TAIL_BYTES], uint32_t n_members)
{
    struct sym_writer w = sym_writer(out, SYM_BACKUP_TAIL_BYTES);
    sym_write_u8(&w, 0);
    sym_write_u32(&w, n_members);
}

/* Everything that is always there was there, and as many members as the end says. */
static enum sym_err check_tail(struct sym_backup_parser *p, struct sym_reader *r)
{
    uint32_t n = sym_read_u32(r);
    enum sym_err err = sym_read_end(r);
    for (size_t i = 0; i < SYM_BACKUP_USER && err == SYM_OK; i++) {
        err = members[i].always && (p->seen & 1u << i) == 0 ? SYM_BAD_FORMAT : SYM_OK;
    }
    if (err == SYM_OK && n != p->members) {
        err = SYM_BAD_FORMAT;
    }
    p->whole = err == SYM_OK;
    return err;
}

/* Does this name come behind the one before? */
static bool is_in_order(const struct sym_backup_parser *p, enum sym_backup_kind kind,
                        struct sym_span name)
{
    if (p->members == 0 || kind > p->kind) {
        return true;
    }
    size_t before = strlen(p->name);
    size_t shorter = before < name.len ? before : name.len;
    if (kind < p->kind || kind != SYM_BACKUP_USER) {
        return false;
    }
    for (size_t i = 0; i < shorter; i++) {
        if ((uint8_t)p->name[i] != name.data[i]) {
            return (uint8_t)p->name[i] < name.data[i];
        }
    }
    return before < name.len;
}

static enum sym_err check_head(struct sym_backup_parser *p, struct sym_reader *r, size_t name_len)
{
    enum sym_backup_kind kind = SYM_BACKUP_KIND_COUNT;
    struct sym_span name = sym_read_span(r, name_len);
    uint64_t bytes = sym_read_u64(r);
    enum sym_err err = sym_read_end(r);
    if (err == SYM_OK) {
        err = sym_backup_kind(&kind, name);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (bytes < 1 || bytes > most_of(kind)) {
        return SYM_TOO_LONG;
    }
    if (!is_in_order(p, kind, name) || p->members > SYM_BACKUP_USER + SYM_USERS_MAX) {
        return SYM_BAD_FORMAT;
    }
    memcpy(p->name, name.data, name.len);
    p->name[name.len] = '\0';
    p->kind = kind;
    p->bytes = p->left = bytes;
    p->seen |= 1u << kind;
    p->members++;
    p->open = true;
    return SYM_OK;
}

/* How long the head at hand is, as far as it can be told. */
static size_t head_bytes(const struct sym_backup_parser *p)
{
    if (p->head_len == 0) {
        return 1;
    }
    return p->head[0] == 0 ? SYM_BACKUP_TAIL_BYTES : 1u + p->head[0] + 8u;
}

static enum sym_err take_head(struct sym_backup_parser *p, enum sym_backup_part *part,
                              struct sym_span *in)
{
    while (in->len > 0 && p->head_len < head_bytes(p)) {
        p->head[p->head_len++] = in->data[0];
        *in = sym_span(in->data + 1, in->len - 1);
        if (p->head[0] >= SYM_BACKUP_NAME_BYTES) {
            return SYM_BAD_FORMAT;
        }
    }
    if (p->head_len == 0 || p->head_len < head_bytes(p)) {
        *part = SYM_BACKUP_MORE;
        return SYM_OK;
    }
    struct sym_reader r = sym_reader(sym_span(p->head, p->head_len));
    size_t name_len = sym_read_u8(&r);
    p->head_len = 0;
    *part = name_len == 0 ? SYM_BACKUP_MORE : SYM_BACKUP_MEMBER;
    return name_len == 0 ? check_tail(p, &r) : check_head(p, &r, name_len);
}

static void take_bytes(struct sym_backup_parser *p, enum sym_backup_part *part, struct sym_span *in)
{
    size_t len = in->len < p->left ? in->len : (size_t)p->left;
    if (p->left == 0) {
        p->open = false;
        *part = SYM_BACKUP_DONE;
        return;
    }
    p->span = sym_span(in->data, len);
    *in = sym_span(in->data + len, in->len - len);
    p->left -= len;
    *part = len > 0 ? SYM_BACKUP_BYTES : SYM_BACKUP_MORE;
}

enum sym_err sym_backup_next(struct sym_backup_parser *p, enum sym_backup_part *part,
                             struct sym_span *in)
{
    *part = SYM_BACKUP_MORE;
    if (p->error != SYM_OK) {
        return p->error;
    }
    if (p->open) {
        take_bytes(p, part, in);
    } else if (!p->whole) {
        p->error = take_head(p, part, in);
    }
    if (p->error == SYM_OK && p->whole && in->len > 0) {
        p->error = SYM_TRAILING;
    }
    return p->error;
}

enum sym_err sym_backup_end(const struct sym_backup_parser *p)
{
    if (p->error != SYM_OK) {
        return p->error;
    }
    return p->whole ? SYM_OK : SYM_SHORT;
}

/* Messages ------------------------------------------------------------------------------------ */

static const struct sym_field begin_fields[] = {
    SYM_FIELD_EXACT(struct sym_backup_begin, id, SYM_BACKUP_ID_BYTES),
};
const struct sym_message sym_msg_backup_begin =
    SYM_MESSAGE("BackupBegin", struct sym_backup_begin, begin_fields);

static const struct sym_field member_fields[] = {
    SYM_FIELD_TEXT(struct sym_backup_member, name, 1, SYM_BACKUP_NAME_BYTES - 1),
    SYM_FIELD_U64(struct sym_backup_member, bytes, 0, SYM_BACKUP_STORE_BYTES_MAX),
};
static const struct sym_message member =
    SYM_MESSAGE("BackupMember", struct sym_backup_member, member_fields);

static const struct sym_field begun_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_backup_begun, members, 0, 0, SYM_BACKUP_USER, &member),
    SYM_FIELD_U64(struct sym_backup_begun, time_ms, 0, UINT64_MAX),
};
const struct sym_message sym_msg_backup_begun =
    SYM_MESSAGE("BackupBegun", struct sym_backup_begun, begun_fields);

static const struct sym_field query_fields[] = {
    SYM_FIELD_EXACT(struct sym_backup_query, id, SYM_BACKUP_ID_BYTES),
    SYM_FIELD_U32(struct sym_backup_query, member, 0, SYM_BACKUP_USER - 1),
    SYM_FIELD_U64(struct sym_backup_query, at, 0, SYM_BACKUP_STORE_BYTES_MAX),
};
const struct sym_message sym_msg_backup_query =
    SYM_MESSAGE("BackupQuery", struct sym_backup_query, query_fields);

static const struct sym_field part_fields[] = {
    SYM_FIELD_BYTES(struct sym_backup_bytes, bytes, 1, SYM_BACKUP_PART_BYTES),
};
const struct sym_message sym_msg_backup_part =
    SYM_MESSAGE("BackupPart", struct sym_backup_bytes, part_fields);

static const struct sym_field end_fields[] = {
    SYM_FIELD_EXACT(struct sym_backup_ended, id, SYM_BACKUP_ID_BYTES),
    SYM_FIELD_BOOL(struct sym_backup_ended, whole),
};
const struct sym_message sym_msg_backup_end =
    SYM_MESSAGE("BackupEnd", struct sym_backup_ended, end_fields);
