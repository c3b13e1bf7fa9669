#include "proto/control.h"

#include "crypto/card.h"
#include "crypto/text.h"
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES      32u
#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)

static const struct sym_field control_request_fields[] = {
    SYM_FIELD_BYTES(struct sym_control_request, body, 1, SYM_CONTROL_BYTES_MAX),
    SYM_FIELD_EXACT(struct sym_control_request, user, KEY_BYTES),
    SYM_FIELD_EXACT(struct sym_control_request, signature, SYM_SIGNATURE_BYTES),
};
const struct sym_message sym_msg_control_request =
    SYM_MESSAGE("ControlRequest", struct sym_control_request, control_request_fields);

static const struct sym_field control_body_fields[] = {
    SYM_FIELD_EXACT(struct sym_control_body, node, SYM_NODE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_control_body, nonce, SYM_NONCE_BYTES),
    SYM_FIELD_U64(struct sym_control_body, expires_ms, 1, UINT64_MAX),
    SYM_FIELD_U32(struct sym_control_body, verb, 1, SYM_VERB_COUNT - 1),
    SYM_FIELD_BYTES(struct sym_control_body, arguments, 0, SYM_CONTROL_BYTES_MAX),
};
const struct sym_message sym_msg_control_body =
    SYM_MESSAGE("ControlBody", struct sym_control_body, control_body_fields);

static const struct sym_field control_reply_fields[] = {
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_control_reply, nonce, SYM_NONCE_BYTES),
    SYM_FIELD_U32(struct sym_control_reply, result, 0, SYM_ERR_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_control_reply, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_BYTES(struct sym_control_reply, answer, 0, SYM_CONTROL_BYTES_MAX),
};
const struct sym_message sym_msg_control_reply =
    SYM_MESSAGE("ControlReply", struct sym_control_reply, control_reply_fields);

static const struct sym_field peer_add_fields[] = {
    SYM_FIELD_BYTES(struct sym_peer_add, cards, 1, SYM_CARDS_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_peer_add, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_peer_add, psk, SYM_PSK_BYTES),
    SYM_FIELD_BOOL(struct sym_peer_add, replace_identity),
};
const struct sym_message sym_msg_peer_add =
    SYM_MESSAGE("PeerAdd", struct sym_peer_add, peer_add_fields);

static const struct sym_field peer_name_fields[] = {
    SYM_FIELD_TEXT(struct sym_peer_name, alias, 1, NAME_MAX_BYTES),
};
const struct sym_message sym_msg_peer_name =
    SYM_MESSAGE("PeerName", struct sym_peer_name, peer_name_fields);

static const struct sym_field peer_secret_fields[] = {
    SYM_FIELD_TEXT(struct sym_peer_secret, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_peer_secret, psk, SYM_PSK_BYTES),
};
const struct sym_message sym_msg_peer_secret =
    SYM_MESSAGE("PeerSecret", struct sym_peer_secret, peer_secret_fields);

static const struct sym_field peer_fields[] = {
    SYM_FIELD_TEXT(struct sym_peer_row, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_peer_row, name, 1, SYM_NAME_BYTES - 1),
    SYM_FIELD_U32(struct sym_peer_row, role, 0, SYM_ROLE_OTHER),
    SYM_FIELD_EXACT(struct sym_peer_row, id, SYM_NODE_ID_BYTES),
    SYM_FIELD_U64(struct sym_peer_row, serial, 1, UINT64_MAX),
    SYM_FIELD_U64(struct sym_peer_row, expires_s, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_peer_row, link, 0, SYM_LINK_STATE_COUNT - 1),
    SYM_FIELD_BOOL(struct sym_peer_row, has_psk),
    SYM_FIELD_U64(struct sym_peer_row, link_since_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_peer_row, bytes_sent, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_peer_row, bytes_received, 0, UINT64_MAX),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_peer_row, endpoints, 1, SYM_ENDPOINT_BYTES - 1,
                   SYM_CARD_ENDPOINTS_MAX, NULL),
    SYM_FIELD_BOOL(struct sym_peer_row, expired),
};
static const struct sym_message peer_row = SYM_MESSAGE("Peer", struct sym_peer_row, peer_fields);

static const struct sym_field peer_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_peer_list, peers, 0, 0, SYM_PEERS_MAX, &peer_row),
};
const struct sym_message sym_msg_peer_list =
    SYM_MESSAGE("PeerList", struct sym_peer_list, peer_list_fields);

static const struct sym_field ping_start_fields[] = {
    SYM_FIELD_TEXT(struct sym_ping_start, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_U64(struct sym_ping_start, bytes, 0, SYM_PING_BYTES_MAX),
    SYM_FIELD_U32(struct sym_ping_start, timeout_ms, 1, SYM_REQUEST_LIFE_MS_MAX),
};
const struct sym_message sym_msg_ping_start =
    SYM_MESSAGE("PingStart", struct sym_ping_start, ping_start_fields);

static const struct sym_field exchange_name_fields[] = {
    SYM_FIELD_EXACT(struct sym_exchange_name, id, SYM_EXCHANGE_ID_BYTES),
};
const struct sym_message sym_msg_exchange_name =
    SYM_MESSAGE("ExchangeName", struct sym_exchange_name, exchange_name_fields);

static const struct sym_field exchange_state_fields[] = {
    SYM_FIELD_EXACT(struct sym_exchange_row, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_exchange_row, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_exchange_row, kind, 0, 255),
    SYM_FIELD_U32(struct sym_exchange_row, state, 0, SYM_EXCHANGE_STATE_COUNT - 1),
    SYM_FIELD_U32(struct sym_exchange_row, result, 0, SYM_ERR_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_exchange_row, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, done, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, total, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, elapsed_us, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, round_trip_us, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, bytes_sent, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_row, bytes_received, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_exchange_row, stage, 0, 255),
};
const struct sym_message sym_msg_exchange_state =
    SYM_MESSAGE("ExchangeState", struct sym_exchange_row, exchange_state_fields);

static const struct sym_field user_add_fields[] = {
    SYM_FIELD_TEXT(struct sym_user_add, name, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_user_add, roles, 1, SYM_USER_ANY),
    SYM_FIELD_EXACT(struct sym_user_add, key, KEY_BYTES),
};
const struct sym_message sym_msg_user_add =
    SYM_MESSAGE("UserAdd", struct sym_user_add, user_add_fields);

static const struct sym_field user_name_fields[] = {
    SYM_FIELD_TEXT(struct sym_user_name, name, 1, NAME_MAX_BYTES),
};
const struct sym_message sym_msg_user_name =
    SYM_MESSAGE("UserName", struct sym_user_name, user_name_fields);

static const struct sym_field user_fields[] = {
    SYM_FIELD_TEXT(struct sym_user_row, name, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_user_row, roles, 1, SYM_USER_ANY),
    SYM_FIELD_EXACT(struct sym_user_row, key, KEY_BYTES),
    SYM_FIELD_U64(struct sym_user_row, added_s, 0, UINT64_MAX),
};
static const struct sym_message user_row = SYM_MESSAGE("User", struct sym_user_row, user_fields);

static const struct sym_field user_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_user_list, users, 0, 0, SYM_USERS_MAX, &user_row),
};
const struct sym_message sym_msg_user_list =
    SYM_MESSAGE("UserList", struct sym_user_list, user_list_fields);

static const struct sym_field card_renew_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_card_renew, endpoints, 1, SYM_ENDPOINT_BYTES - 1,
                   SYM_CARD_ENDPOINTS_MAX, NULL),
    SYM_FIELD_TEXT(struct sym_card_renew, name, 0, SYM_NAME_BYTES - 1),
    SYM_FIELD_U32(struct sym_card_renew, days, 0, 1096),
};
const struct sym_message sym_msg_card_renew =
    SYM_MESSAGE("CardRenew", struct sym_card_renew, card_renew_fields);

static const struct sym_field card_text_fields[] = {
    SYM_FIELD_BYTES(struct sym_card_text, text, 1, SYM_CARD_BYTES_MAX),
};
const struct sym_message sym_msg_card_text =
    SYM_MESSAGE("CardText", struct sym_card_text, card_text_fields);

static const struct sym_field setting_fields[] = {
    SYM_FIELD_TEXT(struct sym_setting, name, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_setting, value, 0, SYM_SETTING_BYTES_MAX),
};
const struct sym_message sym_msg_setting =
    SYM_MESSAGE("Setting", struct sym_setting, setting_fields);

static const struct sym_field setting_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_setting_list, settings, 0, 0, SYM_SETTINGS_MAX,
                   &sym_msg_setting),
};
const struct sym_message sym_msg_setting_list =
    SYM_MESSAGE("SettingList", struct sym_setting_list, setting_list_fields);

static const struct sym_field process_fields[] = {
    SYM_FIELD_TEXT(struct sym_process_row, name, 1, 15),
    SYM_FIELD_U32(struct sym_process_row, pid, 1, UINT32_MAX),
    SYM_FIELD_BOOL(struct sym_process_row, seccomp),
    SYM_FIELD_BOOL(struct sym_process_row, no_new_privs),
    SYM_FIELD_BOOL(struct sym_process_row, not_dumpable),
    SYM_FIELD_BOOL(struct sym_process_row, no_core),
    SYM_FIELD_BOOL(struct sym_process_row, no_capabilities),
    SYM_FIELD_BOOL(struct sym_process_row, own_network),
    SYM_FIELD_BOOL(struct sym_process_row, landlock),
    SYM_FIELD_BOOL(struct sym_process_row, own_root),
};
const struct sym_message sym_msg_process =
    SYM_MESSAGE("Process", struct sym_process_row, process_fields);

static const struct sym_field status_fields[] = {
    SYM_FIELD_TEXT(struct sym_status, version, 1, 31),
    SYM_FIELD_TEXT(struct sym_status, name, 1, SYM_NAME_BYTES - 1),
    SYM_FIELD_U32(struct sym_status, role, 0, SYM_ROLE_OTHER),
    SYM_FIELD_EXACT(struct sym_status, id, SYM_NODE_ID_BYTES),
    SYM_FIELD_U64(struct sym_status, serial, 1, UINT64_MAX),
    SYM_FIELD_U64(struct sym_status, expires_s, 0, UINT64_MAX),
    SYM_FIELD_TEXT(struct sym_status, listening, 0, SYM_ADDRESS_BYTES - 1),
    SYM_FIELD_U64(struct sym_status, started_ms, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_status, peers, 0, SYM_PEERS_MAX),
    SYM_FIELD_U32(struct sym_status, links, 0, SYM_LINKS_MAX),
    SYM_FIELD_U32(struct sym_status, exchanges, 0, SYM_EXCHANGES_MAX),
    SYM_FIELD_U32(struct sym_status, users, 0, SYM_USERS_MAX),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_status, processes, 0, 0, 4, &sym_msg_process),
    SYM_FIELD_U64(struct sym_status, refused_connections, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_status, half_open, 0, UINT64_MAX),
    SYM_FIELD_TEXT(struct sym_status, ristretto, 0, 31),
    SYM_FIELD_U32(struct sym_status, workers, 0, 1024),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_status, warnings, 1, SYM_FAULT_TEXT_MAX,
                   SYM_WARNINGS_MAX, NULL),
    SYM_FIELD_U64(struct sym_status, store_bytes, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_status, standing_made, 0, SYM_STANDING_KEPT_MAX),
    SYM_FIELD_U32(struct sym_status, standing_due, 0, SYM_STANDING_KEPT_MAX),
    SYM_FIELD_U32(struct sym_status, standing_received, 0, SYM_STANDING_KEPT_MAX),
    SYM_FIELD_U64(struct sym_status, standing_bytes, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_status, asker_roles, 0, SYM_USER_ANY),
};
const struct sym_message sym_msg_status = SYM_MESSAGE("Status", struct sym_status, status_fields);

const struct sym_message sym_msg_empty = {.name = "symbolon.Empty",
                                          .size = sizeof(struct sym_empty)};

const struct sym_verb_row *sym_verb_row(uint32_t verb)
{
    static const struct sym_verb_row rows[SYM_VERB_COUNT] = {
#define SYM_VERB_ROW(verb_name, arguments_message, answer_message, may)                            \
    [SYM_VERB_##verb_name] = {.name = #verb_name,                                                  \
                              .arguments = &sym_msg_##arguments_message,                           \
                              .answer = &sym_msg_##answer_message,                                 \
                              .roles = may},
        SYM_VERB_LIST(SYM_VERB_ROW)
#undef SYM_VERB_ROW
    };
    return verb > SYM_VERB_NONE && verb < SYM_VERB_COUNT ? &rows[verb] : NULL;
}

static const char *const role_texts[SYM_USER_ROLE_COUNT] = {
#define SYM_USER_ROLE_ROW(name, text) [SYM_USER_##name##_BIT] = text,
    SYM_USER_ROLE_LIST(SYM_USER_ROLE_ROW)
#undef SYM_USER_ROLE_ROW
};

const char *sym_user_role_text(enum sym_user_role role)
{
    return (size_t)role < SYM_USER_ROLE_COUNT ? role_texts[role] : "unknown";
}

static unsigned role_bit(struct sym_span text)
{
    for (size_t i = 0; i < SYM_USER_ROLE_COUNT; i++) {
        if (sym_span_equal(text, sym_span_text(role_texts[i]))) {
            return 1u << i;
        }
    }
    return 0;
}

enum sym_err sym_user_roles_parse(unsigned *out, struct sym_span text)
{
    unsigned roles = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != ',') {
            continue;
        }
        unsigned bit = text.len == 0 ? 0 : role_bit(sym_span(text.data + start, i - start));
        if (bit == 0) {
            return SYM_BAD_VALUE;
        }
        roles |= bit;
        start = i + 1;
    }
    *out = roles;
    return SYM_OK;
}

void sym_user_roles_text(char *out, size_t size, unsigned roles)
{
    struct sym_writer w = sym_writer((uint8_t *)out, size - 1);
    for (size_t i = 0; i < SYM_USER_ROLE_COUNT; i++) {
        if ((roles & (1u << i)) != 0) {
            sym_write_span(&w, sym_span_text(w.len > 0 ? "," : ""));
            sym_write_span(&w, sym_span_text(role_texts[i]));
        }
    }
    out[w.len] = '\0';
}

enum sym_err sym_alias_check(struct sym_span alias)
{
    return alias.len < SYM_ALIAS_BYTES && sym_text_is_alias(alias) ? SYM_OK : SYM_BAD_VALUE;
}

enum sym_err sym_control_sign(uint8_t *out, size_t max, size_t *len,
                              const struct sym_sign_key *user, const struct sym_node_id *node,
                              const uint8_t nonce[SYM_NONCE_BYTES], uint64_t expires_ms,
                              enum sym_verb verb, const void *arguments)
{
    const struct sym_verb_row *row = sym_verb_row((uint32_t)verb);
    if (row == NULL) {
        return SYM_INTERNAL;
    }
    enum sym_err err = SYM_NO_MEMORY;
    size_t room = max < SYM_CONTROL_BYTES_MAX ? max : SYM_CONTROL_BYTES_MAX;
    uint8_t *arguments_bytes = malloc(2 * room + 1);
    if (arguments_bytes == NULL) {
        return err;
    }
    uint8_t *body_bytes = arguments_bytes + room;
    size_t arguments_len = 0;
    size_t body_len = 0;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    err = sym_encode(arguments_bytes, room, &arguments_len, row->arguments, arguments);
    if (err != SYM_OK) {
        goto out;
    }
    struct sym_control_body body = {.node = sym_span(node->bytes, sizeof node->bytes),
                                    .nonce = sym_span(nonce, SYM_NONCE_BYTES),
                                    .expires_ms = expires_ms,
                                    .verb = (uint32_t)verb,
                                    .arguments = sym_span(arguments_bytes, arguments_len)};
    err = sym_encode(body_bytes, room, &body_len, &sym_msg_control_body, &body);
    if (err == SYM_OK) {
        err = sym_sign(signature, user, SYM_DOMAIN_CONTROL, sym_span(body_bytes, body_len));
    }
    if (err != SYM_OK) {
        goto out;
    }
    struct sym_control_request request = {.body = sym_span(body_bytes, body_len),
                                          .user =
                                              sym_span(user->public_key, sizeof user->public_key),
                                          .signature = sym_span(signature, sizeof signature)};
    err = sym_encode(out, max, len, &sym_msg_control_request, &request);
out:
    sym_wipe(arguments_bytes, arguments_len);
    sym_wipe(body_bytes, body_len);
    free(arguments_bytes);
    return err;
}

/* Users ---------------------------------------------------------------------------------------
 */

#define KEY_WORD "; key "

void sym_introduction_write(char out[SYM_INTRODUCTION_BYTES], unsigned roles,
                            const uint8_t key[SYM_ED25519_BYTES])
{
    char names[64];
    char hex[2 * SYM_ED25519_BYTES + 1];
    sym_user_roles_text(names, sizeof names, roles);
    sym_hex(hex, key, SYM_ED25519_BYTES);
    (void)snprintf(out, SYM_INTRODUCTION_BYTES, "%s" KEY_WORD "%s", names, hex);
}

enum sym_err sym_introduction_read(unsigned *roles, uint8_t key[SYM_ED25519_BYTES],
                                   struct sym_span detail)
{
    const size_t tail = sizeof KEY_WORD - 1 + 2 * SYM_ED25519_BYTES;
    if (detail.len <= tail) {
        return SYM_BAD_FORMAT;
    }
    struct sym_span names = sym_span(detail.data, detail.len - tail);
    struct sym_span word = sym_span(detail.data + names.len, sizeof KEY_WORD - 1);
    struct sym_span hex = sym_span(word.data + word.len, tail - word.len);
    bool good = sym_span_equal(word, sym_span_text(KEY_WORD)) &&
                sym_user_roles_parse(roles, names) == SYM_OK &&
                sym_unhex(key, SYM_ED25519_BYTES, hex) == SYM_OK;
    return good ? SYM_OK : SYM_BAD_FORMAT;
}
