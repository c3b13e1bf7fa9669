#include "proto/codec.h"

#include "crypto/secret.h"
#include "proto/codec_check.h"
#include "proto/codec_schemas.h"
#include "proto/limits.h"

#include "proto/backup.pb-c.h"
#include "proto/control.pb-c.h"
#include "proto/dataset.pb-c.h"
#include "proto/evidence.pb-c.h"
#include "proto/exchange.pb-c.h"
#include "proto/grant.pb-c.h"
#include "proto/history.pb-c.h"
#include "proto/local.pb-c.h"
#include "proto/table.pb-c.h"
#include "proto/table_control.pb-c.h"
#include "proto/tabulation.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* What both structs of a message need beside the bytes themselves. A full list of the shortest
 * grants costs the most per input byte, about twenty-five; whatever needs more is no message within
 * its limits. */
#define ARENA_BASE_BYTES 65536u
#define ARENA_BYTES_EACH 28u

static const ProtobufCMessageDescriptor *const descriptors[] = {
#define DESCRIPTOR(name) &symbolon__##name##__descriptor,
    SYM_SCHEMAS(DESCRIPTOR)
#undef DESCRIPTOR
};

/* Those that come by the million stand first. All names begin with the package; looking behind it
 * first makes this search, once for each message, four times faster. */
static const ProtobufCMessageDescriptor *descriptor_of(const struct sym_message *message)
{
    const size_t behind = sizeof "symbolon." - 1;
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        const char *name = descriptors[i]->name + behind;
        const char *wanted = message->name + behind;
        if (name[0] == wanted[0] && name[1] == wanted[1] && strcmp(name, wanted) == 0) {
            return descriptors[i];
        }
    }
    return NULL;
}

static void *arena_take(struct sym_arena *a, size_t size)
{
    size_t rounded = (size + 15u) & ~(size_t)15u;
    if (rounded < size || rounded > a->max - a->used) {
        a->full = true;
        return NULL;
    }
    uint8_t *got = a->block + a->used;
    a->used += rounded;
    return got;
}

static void *library_alloc(void *arena, size_t size)
{
    return arena_take(arena, size);
}

static void library_free(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

void sym_arena_clear(struct sym_arena *a)
{
    sym_wipe_free(a->block, a->used);
    *a = (struct sym_arena){0};
}

static enum sym_err arena_open(struct sym_arena *a, size_t input_len)
{
    if (input_len > SYM_CONTROL_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    size_t max = ARENA_BASE_BYTES + ARENA_BYTES_EACH * input_len;
    uint8_t *block = malloc(max);
    if (block == NULL) {
        return SYM_NO_MEMORY;
    }
    *a = (struct sym_arena){.block = block, .max = max};
    return SYM_OK;
}

static void *at(void *base, size_t offset)
{
    return (uint8_t *)base + offset;
}

static const void *at_const(const void *base, size_t offset)
{
    return (const uint8_t *)base + offset;
}

static enum sym_err take_message(struct sym_arena *a, void *value, const struct sym_message *m,
                                 const ProtobufCMessage *from);

static struct sym_span span_from(const struct sym_field *f, const void *member)
{
    if (f->kind == SYM_TEXT || f->kind == SYM_MANY_TEXT) {
        const char *text = *(char *const *)member;
        return text == NULL ? sym_span(NULL, 0) : sym_span_text(text);
    }
    const ProtobufCBinaryData *data = member;
    return sym_span(data->data, data->len);
}

static enum sym_err take_sub(struct sym_arena *a, void *member, const struct sym_field *f,
                             const ProtobufCMessage *from)
{
    void *sub = arena_take(a, f->sub->size);
    if (sub == NULL) {
        return SYM_LIMIT;
    }
    memset(sub, 0, f->sub->size);
    memcpy(member, &sub, sizeof sub);
    return take_message(a, sub, f->sub, from);
}

static enum sym_err take_many(struct sym_arena *a, void *value, const struct sym_field *f,
                              size_t count, const void *items)
{
    if (count > f->max_count) {
        return SYM_LIMIT;
    }
    size_t each = f->kind == SYM_MANY_SUB ? f->sub->size : sizeof(struct sym_span);
    size_t library_each = f->kind == SYM_MANY_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(void *);
    uint8_t *out = arena_take(a, count * each + 1);
    if (out == NULL) {
        return SYM_LIMIT;
    }
    memset(out, 0, count * each);
    for (size_t i = 0; i < count; i++) {
        const void *item = at_const(items, i * library_each);
        enum sym_err err;
        if (f->kind == SYM_MANY_SUB) {
            err = take_message(a, out + i * each, f->sub, *(ProtobufCMessage *const *)item);
        } else {
            struct sym_span s = span_from(f, item);
            err = sym_field_check_span(f, s);
            memcpy(out + i * each, &s, sizeof s);
        }
        if (err != SYM_OK) {
            return err;
        }
    }
    memcpy(at(value, f->offset), &out, sizeof out);
    memcpy(at(value, f->count_offset), &count, sizeof count);
    return SYM_OK;
}

static enum sym_err take_field(struct sym_arena *a, void *value, const struct sym_field *f,
                               const ProtobufCFieldDescriptor *d, const ProtobufCMessage *from)
{
    const void *member = at_const(from, d->offset);
    void *out = at(value, f->offset);
    switch (f->kind) {
    case SYM_U32: {
        uint32_t v = *(const uint32_t *)member;
        memcpy(out, &v, sizeof v);
        return sym_field_check_number(f, v);
    }
    case SYM_U64: {
        uint64_t v = *(const uint64_t *)member;
        memcpy(out, &v, sizeof v);
        return sym_field_check_number(f, v);
    }
    case SYM_BOOL:
        *(bool *)out = *(const protobuf_c_boolean *)member != 0;
        return SYM_OK;
    case SYM_BYTES:
    case SYM_TEXT: {
        struct sym_span s = span_from(f, member);
        memcpy(out, &s, sizeof s);
        return sym_field_check_span(f, s);
    }
    case SYM_SUB: {
        const ProtobufCMessage *sub = *(ProtobufCMessage *const *)member;
        if (sub == NULL) {
            return f->or_absent ? SYM_OK : SYM_BAD_VALUE;
        }
        return take_sub(a, out, f, sub);
    }
    case SYM_MANY_BYTES:
    case SYM_MANY_TEXT:
    case SYM_MANY_SUB:
        return take_many(a, value, f, *(const size_t *)at_const(from, d->quantifier_offset),
                         *(void *const *)member);
    }
    return SYM_INTERNAL;
}

static enum sym_err take_message(struct sym_arena *a, void *value, const struct sym_message *m,
                                 const ProtobufCMessage *from)
{
    if (from->n_unknown_fields > 0) {
        return SYM_BAD_FORMAT;
    }
    for (size_t i = 0; i < m->n_fields; i++) {
        enum sym_err err = take_field(a, value, &m->fields[i], &from->descriptor->fields[i], from);
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}

/* One message has one encoding: what the library would write must be what came. This refuses
 * repeated singular fields, explicit zeros and overlong integers, on which parsers disagree. */
struct comparer {
    ProtobufCBuffer base;
    struct sym_span left;
    bool differs;
};

static void compare_next(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
    struct comparer *c = (struct comparer *)(void *)buffer;
    if (len > c->left.len || !sym_span_equal(sym_span(c->left.data, len), sym_span(data, len))) {
        c->differs = true;
        return;
    }
    if (len > 0) {
        c->left = sym_span(c->left.data + len, c->left.len - len);
    }
}

static bool is_canonical(const ProtobufCMessage *message, struct sym_span bytes)
{
    struct comparer c = {.base = {.append = compare_next}, .left = bytes, .differs = false};
    (void)protobuf_c_message_pack_to_buffer(message, &c.base);
    return !c.differs && c.left.len == 0;
}

enum sym_err sym_decode(struct sym_arena *arena, void *value, const struct sym_message *message,
                        struct sym_span bytes)
{
    const ProtobufCMessageDescriptor *d = descriptor_of(message);
    if (d == NULL) {
        return SYM_INTERNAL;
    }
    enum sym_err err = arena_open(arena, bytes.len);
    if (err != SYM_OK) {
        return err;
    }
    ProtobufCAllocator allocator = {
        .alloc = library_alloc, .free = library_free, .allocator_data = arena};
    static const uint8_t nothing[1] = {0};
    ProtobufCMessage *from =
        protobuf_c_message_unpack(d, &allocator, bytes.len, bytes.len > 0 ? bytes.data : nothing);
    if (from == NULL || !is_canonical(from, bytes)) {
        err = arena->full ? SYM_LIMIT : SYM_BAD_FORMAT;
        goto out;
    }
    void *staged = arena_take(arena, message->size);
    if (staged == NULL) {
        err = SYM_LIMIT;
        goto out;
    }
    memset(staged, 0, message->size);
    err = take_message(arena, staged, message, from);
    if (err == SYM_OK) {
        memcpy(value, staged, message->size);
    }
out:
    if (err != SYM_OK) {
        sym_arena_clear(arena);
    }
    return err;
}

static bool kind_fits(enum sym_field_kind kind, const ProtobufCFieldDescriptor *d)
{
    bool many = d->label == PROTOBUF_C_LABEL_REPEATED;
    switch (kind) {
    case SYM_U32:
        return !many && d->type == PROTOBUF_C_TYPE_UINT32;
    case SYM_U64:
        return !many && d->type == PROTOBUF_C_TYPE_UINT64;
    case SYM_BOOL:
        return !many && d->type == PROTOBUF_C_TYPE_BOOL;
    case SYM_BYTES:
        return !many && d->type == PROTOBUF_C_TYPE_BYTES;
    case SYM_TEXT:
        return !many && d->type == PROTOBUF_C_TYPE_STRING;
    case SYM_SUB:
        return !many && d->type == PROTOBUF_C_TYPE_MESSAGE;
    case SYM_MANY_BYTES:
        return many && d->type == PROTOBUF_C_TYPE_BYTES;
    case SYM_MANY_TEXT:
        return many && d->type == PROTOBUF_C_TYPE_STRING;
    case SYM_MANY_SUB:
        return many && d->type == PROTOBUF_C_TYPE_MESSAGE;
    }
    return false;
}

enum sym_err sym_message_check(const struct sym_message *message, struct sym_fault *fault)
{
    const ProtobufCMessageDescriptor *d = descriptor_of(message);
    if (d == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s: not among the schemas", message->name);
    }
    if (d->n_fields != message->n_fields) {
        return sym_fail(fault, SYM_BAD_FORMAT, "%s: schema has %u fields, table has %zu",
                        message->name, d->n_fields, message->n_fields);
    }
    for (size_t i = 0; i < message->n_fields; i++) {
        const struct sym_field *f = &message->fields[i];
        if (strcmp(f->name, d->fields[i].name) != 0 || d->fields[i].id != i + 1 ||
            !kind_fits(f->kind, &d->fields[i])) {
            return sym_fail(fault, SYM_BAD_FORMAT, "%s.%s: table says %s", message->name,
                            d->fields[i].name, f->name);
        }
        bool has_sub = f->kind == SYM_SUB || f->kind == SYM_MANY_SUB;
        if (has_sub && (f->sub == NULL || descriptor_of(f->sub) != d->fields[i].descriptor)) {
            return sym_fail(fault, SYM_BAD_FORMAT, "%s.%s: wrong sub-message", message->name,
                            f->name);
        }
    }
    return SYM_OK;
}
