#include "cli/exchange_id.h"

#include "cli/format.h"

#include <ctype.h>
#include <string.h>

void sym_id_show(char out[SYM_ID_SHOWN_BYTES], struct sym_span id)
{
    size_t len = (SYM_ID_SHOWN_BYTES - 1) / 2;
    sym_hex(out, id.data, id.len < len ? id.len : len);
}

enum sym_err sym_id_search(struct sym_id_search *out, const char *text, struct sym_fault *fault)
{
    size_t len = strlen(text);
    *out = (struct sym_id_search){.digits = ""};
    if (len < SYM_ID_DIGITS_LEAST || len > SYM_ID_DIGITS ||
        strspn(text, "0123456789abcdefABCDEF") != len) {
        char shown[SYM_FAULT_BYTES];
        sym_format_text(shown, sizeof shown, sym_span_text(text));
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not an id: %u to %u hex digits", shown,
                        SYM_ID_DIGITS_LEAST, SYM_ID_DIGITS);
    }
    for (size_t i = 0; i < len; i++) {
        out->digits[i] = (char)tolower((unsigned char)text[i]);
    }
    return SYM_OK;
}

bool sym_id_is_whole(const struct sym_id_search *s)
{
    return strlen(s->digits) == SYM_ID_DIGITS;
}

void sym_id_try(struct sym_id_search *s, struct sym_span id)
{
    char hex[SYM_ID_DIGITS + 1];
    if (id.len != SYM_EXCHANGE_ID_BYTES) {
        return;
    }
    sym_hex(hex, id.data, id.len);
    if (strncmp(hex, s->digits, strlen(s->digits)) == 0) {
        memcpy(s->id, id.data, sizeof s->id);
        s->n_found++;
    }
}

enum sym_err sym_id_found(const struct sym_id_search *s, const char *thing, const char *where,
                          struct sym_fault *fault)
{
    if (s->n_found == 1) {
        return SYM_OK;
    }
    if (s->n_found == 0) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: no %s begins with these digits; see \"symbolon %s\"", s->digits, thing,
                        where);
    }
    return sym_fail(fault, SYM_EXISTS,
                    "%s: %zu %ss begin with these digits; give more of them, see \"symbolon %s\"",
                    s->digits, s->n_found, thing, where);
}

static bool is_in(const struct sym_exchange_list *list, struct sym_span id)
{
    for (size_t i = 0; i < list->n_exchanges; i++) {
        if (sym_span_equal(list->exchanges[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Where the page after this one begins, 0 for nowhere: it shows again what started in the same
 * millisecond as the last, of which some may have been left out here. */
static uint64_t next_before(const struct sym_exchange_list *page, uint64_t before_ms)
{
    if (!page->more || page->n_exchanges == 0) {
        return 0;
    }
    uint64_t last_ms = page->exchanges[page->n_exchanges - 1].started_ms;
    return last_ms + 1 == before_ms ? last_ms : last_ms + 1;
}

enum sym_err sym_exchange_each(struct sym_client *client, const char *alias, sym_exchange_fn *fn,
                               void *context, struct sym_fault *fault)
{
    SYM_ARENA_AUTO even = {0};
    SYM_ARENA_AUTO odd = {0};
    struct sym_arena *arenas[2] = {&even, &odd};
    struct sym_exchange_list lists[2] = {{0}, {0}};
    struct sym_exchange_query query = {.alias = sym_span_text(alias != NULL ? alias : "")};
    for (size_t at = 0;; at = 1 - at) {
        struct sym_exchange_list *page = &lists[at];
        sym_arena_clear(arenas[at]);
        enum sym_err err =
            sym_client_ask(client, SYM_VERB_EXCHANGE_LIST, &query, arenas[at], page, fault);
        if (err != SYM_OK) {
            return err;
        }
        for (size_t i = 0; i < page->n_exchanges; i++) {
            if (!is_in(&lists[1 - at], page->exchanges[i].id)) {
                fn(context, &page->exchanges[i]);
            }
        }
        uint64_t before_ms = next_before(page, query.before_ms);
        if (before_ms == 0) {
            return SYM_OK;
        }
        if (query.before_ms != 0 && before_ms >= query.before_ms) {
            return sym_fail(fault, SYM_BAD_FORMAT,
                            "the node's list of exchanges does not come to an end; are symbolon "
                            "and symbolond of the same version?");
        }
        query.before_ms = before_ms;
    }
}

static void try_entry(void *context, const struct sym_exchange_entry *entry)
{
    sym_id_try(context, entry->id);
}

static enum sym_err try_commands(struct sym_id_search *search, struct sym_client *client,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_request_list list;
    const struct sym_empty nothing = {0};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &arena, &list, fault);
    for (size_t i = 0; err == SYM_OK && i < list.n_requests; i++) {
        if (list.requests[i].verb != 0) {
            sym_id_try(search, list.requests[i].id);
        }
    }
    return err;
}

static enum sym_err find_id(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                            const char *text, bool commands, struct sym_fault *fault)
{
    struct sym_id_search search;
    enum sym_err err = sym_id_search(&search, text, fault);
    if (err == SYM_OK && sym_id_is_whole(&search)) {
        return sym_unhex(id, SYM_EXCHANGE_ID_BYTES, sym_span_text(search.digits));
    }
    if (err == SYM_OK) {
        err = sym_exchange_each(client, NULL, try_entry, &search, fault);
    }
    if (err == SYM_OK && commands) {
        err = try_commands(&search, client, fault);
    }
    if (err == SYM_OK) {
        err = sym_id_found(&search, "exchange", "exchange list", fault);
    }
    if (err == SYM_OK) {
        memcpy(id, search.id, SYM_EXCHANGE_ID_BYTES);
    }
    return err;
}

enum sym_err sym_exchange_id(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                             const char *text, struct sym_fault *fault)
{
    return find_id(id, client, text, false, fault);
}

enum sym_err sym_exchange_or_command_id(uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                        struct sym_client *client, const char *text,
                                        struct sym_fault *fault)
{
    return find_id(id, client, text, true, fault);
}
