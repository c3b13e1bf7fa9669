#include "proto/local.h"

#include "crypto/secret.h"
#include "proto/codec.h"

#define ID_BYTES  32u
#define PIN_BYTES 32u

static const struct sym_field configure_fields[] = {
    SYM_FIELD_EXACT(struct sym_gate_configure, self, ID_BYTES),
    SYM_FIELD_U32(struct sym_gate_configure, idle_ms, 1, UINT32_MAX),
    SYM_FIELD_TEXT(struct sym_gate_configure, link_url, 1, 120),
};
const struct sym_message sym_msg_gate_configure =
    SYM_MESSAGE("GateConfigure", struct sym_gate_configure, configure_fields);

static const struct sym_field pinned_peer_fields[] = {
    SYM_FIELD_EXACT(struct sym_pinned_peer, id, ID_BYTES),
    SYM_FIELD_MANY(SYM_MANY_BYTES, struct sym_pinned_peer, pins, PIN_BYTES, PIN_BYTES, 2, NULL),
};
static const struct sym_message pinned_peer =
    SYM_MESSAGE("PinnedPeer", struct sym_pinned_peer, pinned_peer_fields);

static const struct sym_field pin_fields[] = {
    SYM_FIELD_SUB(struct sym_gate_pin, peer, &pinned_peer),
};
const struct sym_message sym_msg_gate_pin = SYM_MESSAGE("GatePin", struct sym_gate_pin, pin_fields);

static const struct sym_field unpin_fields[] = {
    SYM_FIELD_EXACT(struct sym_gate_unpin, id, ID_BYTES),
};
const struct sym_message sym_msg_gate_unpin =
    SYM_MESSAGE("GateUnpin", struct sym_gate_unpin, unpin_fields);

static const struct sym_field dial_fields[] = {
    SYM_FIELD_EXACT(struct sym_gate_dial, id, ID_BYTES),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_gate_dial, addresses, 1, SYM_ADDRESS_BYTES - 1,
                   SYM_ADDRESSES_MAX, NULL),
};
const struct sym_message sym_msg_gate_dial =
    SYM_MESSAGE("GateDial", struct sym_gate_dial, dial_fields);

static const struct sym_field hang_up_fields[] = {
    SYM_FIELD_U64(struct sym_gate_hang_up, link, 1, UINT64_MAX),
};
const struct sym_message sym_msg_gate_hang_up =
    SYM_MESSAGE("GateHangUp", struct sym_gate_hang_up, hang_up_fields);

const struct sym_message sym_msg_gate_stop = {.name = "symbolon.GateStop",
                                              .size = sizeof(struct sym_gate_stop)};

static const struct sym_field listening_fields[] = {
    SYM_FIELD_TEXT(struct sym_gate_listening, address, 0, SYM_ADDRESS_BYTES - 1),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_gate_listening, process, &sym_msg_process),
};
const struct sym_message sym_msg_gate_listening =
    SYM_MESSAGE("GateListening", struct sym_gate_listening, listening_fields);

static const struct sym_field link_up_fields[] = {
    SYM_FIELD_U64(struct sym_gate_link_up, link, 1, UINT64_MAX),
    SYM_FIELD_EXACT(struct sym_gate_link_up, id, ID_BYTES),
    SYM_FIELD_EXACT(struct sym_gate_link_up, exporter, 32),
    SYM_FIELD_BOOL(struct sym_gate_link_up, dialled),
    SYM_FIELD_TEXT(struct sym_gate_link_up, address, 0, SYM_ADDRESS_BYTES - 1),
};
const struct sym_message sym_msg_gate_link_up =
    SYM_MESSAGE("GateLinkUp", struct sym_gate_link_up, link_up_fields);

static const struct sym_field accept_fields[] = {
    SYM_FIELD_U64(struct sym_gate_accept, link, 1, UINT64_MAX),
};
const struct sym_message sym_msg_gate_accept =
    SYM_MESSAGE("GateAccept", struct sym_gate_accept, accept_fields);

static const struct sym_field link_down_fields[] = {
    SYM_FIELD_U64(struct sym_gate_link_down, link, 1, UINT64_MAX),
    SYM_FIELD_EXACT(struct sym_gate_link_down, id, ID_BYTES),
    SYM_FIELD_U32(struct sym_gate_link_down, result, 0, SYM_ERR_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_gate_link_down, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U64(struct sym_gate_link_down, frames, 0, UINT64_MAX),
};
const struct sym_message sym_msg_gate_link_down =
    SYM_MESSAGE("GateLinkDown", struct sym_gate_link_down, link_down_fields);

static const struct sym_field dial_failed_fields[] = {
    SYM_FIELD_EXACT(struct sym_gate_dial_failed, id, ID_BYTES),
    SYM_FIELD_U32(struct sym_gate_dial_failed, result, 0, SYM_ERR_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_gate_dial_failed, fault, 0, SYM_FAULT_TEXT_MAX),
};
const struct sym_message sym_msg_gate_dial_failed =
    SYM_MESSAGE("GateDialFailed", struct sym_gate_dial_failed, dial_failed_fields);

static const struct sym_field counters_fields[] = {
    SYM_FIELD_U64(struct sym_gate_counters, accepted, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_gate_counters, refused, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_gate_counters, half_open, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_gate_counters, links, 0, UINT32_MAX),
};
const struct sym_message sym_msg_gate_counters =
    SYM_MESSAGE("GateCounters", struct sym_gate_counters, counters_fields);

const struct sym_message *sym_local_message(enum sym_local_type type)
{
    static const struct sym_message *const messages[SYM_LOCAL_COUNT] = {
#define SYM_LOCAL_ROW(name, message) [SYM_LOCAL_##name] = &sym_msg_##message,
        SYM_LOCAL_LIST(SYM_LOCAL_ROW)
#undef SYM_LOCAL_ROW
    };
    return (size_t)type < SYM_LOCAL_COUNT ? messages[type] : NULL;
}

enum sym_err sym_local_encode(uint8_t *out, size_t max, size_t *len, enum sym_local_type type,
                              const void *value)
{
    const struct sym_message *message = sym_local_message(type);
    if (message == NULL || max < 1) {
        return SYM_INTERNAL;
    }
    size_t body = 0;
    enum sym_err err = sym_encode(out + 1, max - 1, &body, message, value);
    if (err == SYM_OK) {
        out[0] = (uint8_t)type;
        *len = body + 1;
    }
    return err;
}

enum sym_err sym_local_type(enum sym_local_type *type, struct sym_span *rest, struct sym_span bytes)
{
    if (bytes.len < 1) {
        return SYM_SHORT;
    }
    if (bytes.data[0] == SYM_LOCAL_NONE || bytes.data[0] >= SYM_LOCAL_COUNT) {
        return SYM_BAD_VALUE;
    }
    *type = (enum sym_local_type)bytes.data[0];
    *rest = sym_span(bytes.data + 1, bytes.len - 1);
    return SYM_OK;
}
