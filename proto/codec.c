#include "proto/codec.h"

#include "crypto/secret.h"
#include "proto/limits.h"

#include "proto/backup.pb-c.h"
#include "proto/control.pb-c.h"
#include "proto/dataset.pb-c.h"
#include "proto/evidence.pb-c.h"
#include "proto/exchange.pb-c.h"
#include "proto/grant.pb-c.h"
#include "proto/history.pb-c.h"
#include "proto/local.pb-c.h"
#include "proto/tabulation.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* What both structs of a message need beside the bytes themselves. A full list of the shortest
 * grants costs the most per input byte, about twenty; whatever needs more is no message within its
 * limits. */
#define ARENA_BASE_BYTES 65536u
#define ARENA_BYTES_EACH 24u

static const ProtobufCMessageDescriptor *const descriptors[] = {
    &symbolon__leaf__descriptor,
    &symbolon__entry_body__descriptor,
    &symbolon__log_row__descriptor,
    &symbolon__signed__descriptor,
    &symbolon__evidence__descriptor,
    &symbolon__commitments__descriptor,
    &symbolon__transcript__descriptor,
    &symbolon__request__descriptor,
    &symbolon__receipt__descriptor,
    &symbolon__close__descriptor,
    &symbolon__abort__descriptor,
    &symbolon__ping__descriptor,
    &symbolon__overlap__descriptor,
    &symbolon__overlap_answer__descriptor,
    &symbolon__control_request__descriptor,
    &symbolon__control_body__descriptor,
    &symbolon__control_reply__descriptor,
    &symbolon__empty__descriptor,
    &symbolon__peer_add__descriptor,
    &symbolon__peer_name__descriptor,
    &symbolon__peer_secret__descriptor,
    &symbolon__peer__descriptor,
    &symbolon__peer_list__descriptor,
    &symbolon__ping_start__descriptor,
    &symbolon__exchange_name__descriptor,
    &symbolon__exchange_state__descriptor,
    &symbolon__user_add__descriptor,
    &symbolon__user_name__descriptor,
    &symbolon__user__descriptor,
    &symbolon__user_list__descriptor,
    &symbolon__card_renew__descriptor,
    &symbolon__card_text__descriptor,
    &symbolon__setting__descriptor,
    &symbolon__setting_list__descriptor,
    &symbolon__process__descriptor,
    &symbolon__status__descriptor,
    &symbolon__import_begin__descriptor,
    &symbolon__import_next__descriptor,
    &symbolon__import_chunk__descriptor,
    &symbolon__import_end__descriptor,
    &symbolon__dataset_name__descriptor,
    &symbolon__dataset_forget__descriptor,
    &symbolon__dataset_forgotten__descriptor,
    &symbolon__type_count__descriptor,
    &symbolon__dataset__descriptor,
    &symbolon__dataset_list__descriptor,
    &symbolon__grant__descriptor,
    &symbolon__grant_name__descriptor,
    &symbolon__grant_list__descriptor,
    &symbolon__held_request__descriptor,
    &symbolon__request_list__descriptor,
    &symbolon__request_decision__descriptor,
    &symbolon__overlap_start__descriptor,
    &symbolon__exchange__descriptor,
    &symbolon__exchange_query__descriptor,
    &symbolon__exchange_list__descriptor,
    &symbolon__result_query__descriptor,
    &symbolon__result_page__descriptor,
    &symbolon__telling__descriptor,
    &symbolon__compare_ask__descriptor,
    &symbolon__compare_show__descriptor,
    &symbolon__compare_entry__descriptor,
    &symbolon__log_head__descriptor,
    &symbolon__log_query__descriptor,
    &symbolon__log_list__descriptor,
    &symbolon__tile_query__descriptor,
    &symbolon__tile__descriptor,
    &symbolon__proof_query__descriptor,
    &symbolon__log_proof__descriptor,
    &symbolon__witness_row__descriptor,
    &symbolon__witness_list__descriptor,
    &symbolon__witness_query__descriptor,
    &symbolon__exhibit__descriptor,
    &symbolon__log_erase__descriptor,
    &symbolon__log_erased__descriptor,
    &symbolon__compare_start__descriptor,
    &symbolon__compare_query__descriptor,
    &symbolon__finding__descriptor,
    &symbolon__compare_page__descriptor,
    &symbolon__gate_configure__descriptor,
    &symbolon__pinned_peer__descriptor,
    &symbolon__gate_pin__descriptor,
    &symbolon__gate_unpin__descriptor,
    &symbolon__gate_dial__descriptor,
    &symbolon__gate_hang_up__descriptor,
    &symbolon__gate_stop__descriptor,
    &symbolon__gate_listening__descriptor,
    &symbolon__gate_link_up__descriptor,
    &symbolon__gate_accept__descriptor,
    &symbolon__gate_link_down__descriptor,
    &symbolon__gate_dial_failed__descriptor,
    &symbolon__gate_counters__descriptor,
    &symbolon__tab_dimension__descriptor,
    &symbolon__tab_level__descriptor,
    &symbolon__tab_query__descriptor,
    &symbolon__tabulate__descriptor,
    &symbolon__tab_consent__descriptor,
    &symbolon__tab_shares__descriptor,
    &symbolon__tab_vector__descriptor,
    &symbolon__tab_survivors__descriptor,
    &symbolon__tab_unmask__descriptor,
    &symbolon__release__descriptor,
    &symbolon__tabulate_start__descriptor,
    &symbolon__tabulate_plan__descriptor,
    &symbolon__cells_query__descriptor,
    &symbolon__cells_page__descriptor,
    &symbolon__budget_query__descriptor,
    &symbolon__budget__descriptor,
    &symbolon__budget_list__descriptor,
    &symbolon__backup_begin__descriptor,
    &symbolon__backup_member__descriptor,
    &symbolon__backup_begun__descriptor,
    &symbolon__backup_query__descriptor,
    &symbolon__backup_part__descriptor,
    &symbolon__backup_end__descriptor,
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
    if (a->block != NULL) {
        sym_wipe(a->block, a->used);
        free(a->block);
    }
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

/* Clean UTF-8 (RFC 3629): no overlong forms, no surrogates, no control characters but LF and TAB.
 */
static bool text_is_clean(struct sym_span s)
{
    size_t i = 0;
    while (i < s.len) {
        uint8_t lead = s.data[i];
        if (lead < 0x80) {
            if ((lead < 0x20 && lead != '\n' && lead != '\t') || lead == 0x7f) {
                return false;
            }
            i++;
            continue;
        }
        size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || more > s.len - i - 1) {
            return false;
        }
        uint32_t point = lead & (0x3fu >> more);
        for (size_t k = 1; k <= more; k++) {
            if ((s.data[i + k] & 0xc0) != 0x80) {
                return false;
            }
            point = (point << 6) | (s.data[i + k] & 0x3fu);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ||
            (point >= 0x80 && point < 0xa0)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

static enum sym_err check_span(const struct sym_field *f, struct sym_span s)
{
    if (s.len == 0 && (f->or_absent || f->min == 0)) {
        return SYM_OK;
    }
    if (s.len > f->max) {
        return SYM_TOO_LONG;
    }
    if (s.len < f->min) {
        return SYM_BAD_VALUE;
    }
    bool text = f->kind == SYM_TEXT || f->kind == SYM_MANY_TEXT;
    return !text || text_is_clean(s) ? SYM_OK : SYM_BAD_FORMAT;
}

static enum sym_err check_number(const struct sym_field *f, uint64_t v)
{
    return v >= f->min && v <= f->max ? SYM_OK : SYM_BAD_VALUE;
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
            err = check_span(f, s);
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
        return check_number(f, v);
    }
    case SYM_U64: {
        uint64_t v = *(const uint64_t *)member;
        memcpy(out, &v, sizeof v);
        return check_number(f, v);
    }
    case SYM_BOOL:
        *(bool *)out = *(const protobuf_c_boolean *)member != 0;
        return SYM_OK;
    case SYM_BYTES:
    case SYM_TEXT: {
        struct sym_span s = span_from(f, member);
        memcpy(out, &s, sizeof s);
        return check_span(f, s);
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

/* Encoding goes without the library, which would want a copy of everything first: proto3, fields in
 * the order of their numbers, nothing for what is zero or absent. */
enum { WIRE_NUMBER = 0, WIRE_BYTES = 2 };

/* Bytes of the whole message, which may be more than fit; refuses what the tables do. */
static enum sym_err measure(uint64_t *out, const struct sym_message *m,
                            const ProtobufCMessageDescriptor *d, const void *value);

static uint64_t number_len(uint64_t v)
{
    uint64_t n = 1;
    for (; v >= 0x80; v >>= 7) {
        n++;
    }
    return n;
}

static uint64_t tag_of(const ProtobufCFieldDescriptor *d, unsigned wire)
{
    return (uint64_t)d->id << 3 | wire;
}

static uint64_t bytes_len(const ProtobufCFieldDescriptor *d, uint64_t len)
{
    return number_len(tag_of(d, WIRE_BYTES)) + number_len(len) + len;
}

static uint64_t number_at(const struct sym_field *f, const void *member)
{
    return f->kind == SYM_U32   ? *(const uint32_t *)member
           : f->kind == SYM_U64 ? *(const uint64_t *)member
                                : *(const bool *)member;
}

static const void *items_at(const void *member)
{
    const void *items;
    memcpy(&items, member, sizeof items);
    return items;
}

static enum sym_err measure_many(uint64_t *out, const struct sym_field *f,
                                 const ProtobufCFieldDescriptor *d, const void *value)
{
    size_t count = *(const size_t *)at_const(value, f->count_offset);
    const void *items = items_at(at_const(value, f->offset));
    enum sym_err err = count > f->max_count ? SYM_LIMIT : SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < count; i++) {
        uint64_t len = 0;
        if (f->kind == SYM_MANY_SUB) {
            err = measure(&len, f->sub, d->descriptor, at_const(items, i * f->sub->size));
        } else {
            const struct sym_span *s = at_const(items, i * sizeof *s);
            err = check_span(f, *s);
            len = s->len;
        }
        *out += bytes_len(d, len);
    }
    return err;
}

static enum sym_err measure_field(uint64_t *out, const struct sym_field *f,
                                  const ProtobufCFieldDescriptor *d, const void *value)
{
    const void *member = at_const(value, f->offset);
    uint64_t n = 0;
    enum sym_err err = SYM_OK;
    switch (f->kind) {
    case SYM_U32:
    case SYM_U64:
    case SYM_BOOL:
        n = number_at(f, member);
        *out += n == 0 ? 0 : number_len(tag_of(d, WIRE_NUMBER)) + number_len(n);
        return f->kind == SYM_BOOL ? SYM_OK : check_number(f, n);
    case SYM_BYTES:
    case SYM_TEXT:
        n = ((const struct sym_span *)member)->len;
        *out += n == 0 ? 0 : bytes_len(d, n);
        return check_span(f, *(const struct sym_span *)member);
    case SYM_SUB:
        if (items_at(member) == NULL) {
            return f->or_absent ? SYM_OK : SYM_BAD_VALUE;
        }
        err = measure(&n, f->sub, d->descriptor, items_at(member));
        *out += bytes_len(d, n);
        return err;
    case SYM_MANY_BYTES:
    case SYM_MANY_TEXT:
    case SYM_MANY_SUB:
        return measure_many(out, f, d, value);
    }
    return SYM_INTERNAL;
}

static enum sym_err measure(uint64_t *out, const struct sym_message *m,
                            const ProtobufCMessageDescriptor *d, const void *value)
{
    enum sym_err err = d == NULL ? SYM_INTERNAL : SYM_OK;
    *out = 0;
    for (size_t i = 0; err == SYM_OK && i < m->n_fields; i++) {
        err = measure_field(out, &m->fields[i], &d->fields[i], value);
    }
    return err;
}

static void put_message(struct sym_writer *w, const struct sym_message *m,
                        const ProtobufCMessageDescriptor *d, const void *value);

#define NUMBER_BYTES_MAX 10u

static size_t write_number(uint8_t out[NUMBER_BYTES_MAX], uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) {
        out[n++] = (uint8_t)(v | 0x80);
    }
    out[n++] = (uint8_t)v;
    return n;
}

/* A tag, and the value or length behind it. */
static void put_numbers(struct sym_writer *w, uint64_t tag, uint64_t v)
{
    uint8_t bytes[2 * NUMBER_BYTES_MAX];
    size_t n = write_number(bytes, tag);
    n += write_number(bytes + n, v);
    sym_write_bytes(w, bytes, n);
}

static void put_bytes(struct sym_writer *w, const ProtobufCFieldDescriptor *d, struct sym_span s)
{
    put_numbers(w, tag_of(d, WIRE_BYTES), s.len);
    sym_write_span(w, s);
}

static void put_sub(struct sym_writer *w, const ProtobufCFieldDescriptor *d,
                    const struct sym_message *m, const void *value)
{
    uint64_t len = 0;
    enum sym_err err = measure(&len, m, d->descriptor, value);
    w->err = w->err == SYM_OK ? err : w->err;
    put_numbers(w, tag_of(d, WIRE_BYTES), len);
    put_message(w, m, d->descriptor, value);
}

static void put_many(struct sym_writer *w, const struct sym_field *f,
                     const ProtobufCFieldDescriptor *d, const void *value)
{
    size_t count = *(const size_t *)at_const(value, f->count_offset);
    const void *items = items_at(at_const(value, f->offset));
    for (size_t i = 0; i < count; i++) {
        if (f->kind == SYM_MANY_SUB) {
            put_sub(w, d, f->sub, at_const(items, i * f->sub->size));
        } else {
            put_bytes(w, d, ((const struct sym_span *)items)[i]);
        }
    }
}

static void put_field(struct sym_writer *w, const struct sym_field *f,
                      const ProtobufCFieldDescriptor *d, const void *value)
{
    const void *member = at_const(value, f->offset);
    switch (f->kind) {
    case SYM_U32:
    case SYM_U64:
    case SYM_BOOL:
        if (number_at(f, member) != 0) {
            put_numbers(w, tag_of(d, WIRE_NUMBER), number_at(f, member));
        }
        return;
    case SYM_BYTES:
    case SYM_TEXT:
        if (((const struct sym_span *)member)->len > 0) {
            put_bytes(w, d, *(const struct sym_span *)member);
        }
        return;
    case SYM_SUB:
        if (items_at(member) != NULL) {
            put_sub(w, d, f->sub, items_at(member));
        }
        return;
    case SYM_MANY_BYTES:
    case SYM_MANY_TEXT:
    case SYM_MANY_SUB:
        put_many(w, f, d, value);
        return;
    }
}

/* What was measured before. */
static void put_message(struct sym_writer *w, const struct sym_message *m,
                        const ProtobufCMessageDescriptor *d, const void *value)
{
    for (size_t i = 0; i < m->n_fields; i++) {
        put_field(w, &m->fields[i], &d->fields[i], value);
    }
}

enum sym_err sym_encode(uint8_t *out, size_t max, size_t *len, const struct sym_message *message,
                        const void *value)
{
    uint64_t need = 0;
    size_t room = max < SYM_CONTROL_BYTES_MAX ? max : SYM_CONTROL_BYTES_MAX;
    const ProtobufCMessageDescriptor *d = descriptor_of(message);
    enum sym_err err = measure(&need, message, d, value);
    if (err != SYM_OK) {
        return err;
    }
    if (need > room) {
        return SYM_TOO_LONG;
    }
    struct sym_span written;
    struct sym_writer w = sym_writer(out, room);
    put_message(&w, message, d, value);
    err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
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
        if (strcmp(f->name, d->fields[i].name) != 0 || !kind_fits(f->kind, &d->fields[i])) {
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
