/* tables.h - every message that travels at the top level; those inside them are reached through
 * their fields. test_codec holds this list complete: it compares it with the schemas. */
#ifndef SYM_TESTS_SUPPORT_TABLES_H
#define SYM_TESTS_SUPPORT_TABLES_H

#include "proto/control.h"
#include "proto/exchange.h"
#include "proto/local.h"

static const struct sym_message *const message_tables[] = {
    &sym_msg_signed,
    &sym_msg_request,
    &sym_msg_receipt,
    &sym_msg_close,
    &sym_msg_abort,
    &sym_msg_ping,
    &sym_msg_telling,
    &sym_msg_compare_ask,
    &sym_msg_compare_show,
    &sym_msg_control_request,
    &sym_msg_control_body,
    &sym_msg_control_reply,
    &sym_msg_empty,
    &sym_msg_peer_add,
    &sym_msg_peer_name,
    &sym_msg_peer_secret,
    &sym_msg_peer_list,
    &sym_msg_ping_start,
    &sym_msg_exchange_name,
    &sym_msg_exchange_state,
    &sym_msg_user_add,
    &sym_msg_user_name,
    &sym_msg_user_list,
    &sym_msg_card_renew,
    &sym_msg_card_text,
    &sym_msg_setting,
    &sym_msg_setting_list,
    &sym_msg_process,
    &sym_msg_status,
    &sym_msg_import_begin,
    &sym_msg_import_next,
    &sym_msg_import_chunk,
    &sym_msg_import_end,
    &sym_msg_dataset_name,
    &sym_msg_dataset_forget,
    &sym_msg_dataset_forgotten,
    &sym_msg_dataset,
    &sym_msg_dataset_list,
    &sym_msg_grant,
    &sym_msg_grant_name,
    &sym_msg_grant_list,
    &sym_msg_held_request,
    &sym_msg_request_list,
    &sym_msg_request_decision,
    &sym_msg_overlap_start,
    &sym_msg_exchange,
    &sym_msg_exchange_query,
    &sym_msg_exchange_list,
    &sym_msg_result_query,
    &sym_msg_result_page,
    &sym_msg_gate_configure,
    &sym_msg_gate_pin,
    &sym_msg_gate_unpin,
    &sym_msg_gate_dial,
    &sym_msg_gate_hang_up,
    &sym_msg_gate_stop,
    &sym_msg_gate_listening,
    &sym_msg_gate_link_up,
    &sym_msg_gate_accept,
    &sym_msg_gate_link_down,
    &sym_msg_gate_dial_failed,
    &sym_msg_gate_counters,
    &sym_msg_overlap,
    &sym_msg_overlap_answer,
};

#define MESSAGE_TABLES (sizeof message_tables / sizeof *message_tables)

#endif
