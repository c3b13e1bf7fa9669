/* exchange_id.h - exchanges and requests by their id: all 32 hex digits, or the first of them, at
 * least 4, where no other begins with the same.
 *
 * Errors: SYM_BAD_VALUE (no such digits), SYM_NOT_FOUND, SYM_EXISTS (several begin so), those of
 * client.h. The fault is a complete line.
 */
#ifndef SYM_CLI_EXCHANGE_ID_H
#define SYM_CLI_EXCHANGE_ID_H

#include "cli/client.h"

#define SYM_ID_DIGITS       (2u * SYM_EXCHANGE_ID_BYTES)
#define SYM_ID_DIGITS_LEAST 4u

/* Ids are shown by their first digits. */
#define SYM_ID_SHOWN_BYTES 13u
/* The first 12 digits; out holds SYM_ID_SHOWN_BYTES. */
void sym_id_show(char out[SYM_ID_SHOWN_BYTES], struct sym_span id);

/* Looks for the one that is meant among many. */
struct sym_id_search {
    char digits[SYM_ID_DIGITS + 1]; /* lower-case, as many as were given */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    size_t n_found;
};

/* Begins with the digits a person gave, whole or the first of them; then every id there is is
 * tried. SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_id_search(struct sym_id_search *out, const char *text,
                                    struct sym_fault *fault);
bool sym_id_is_whole(const struct sym_id_search *s);
void sym_id_try(struct sym_id_search *s, struct sym_span id);
/* SYM_OK when exactly one was found. things: "exchange"; where: the command that lists them. */
SYM_MUST enum sym_err sym_id_found(const struct sym_id_search *s, const char *thing,
                                   const char *where, struct sym_fault *fault);

/* Of an exchange that the node remembers; it is not asked about an id that is whole. */
SYM_MUST enum sym_err sym_exchange_id(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                                      const char *text, struct sym_fault *fault);

/* The same, or of an own command that waits for an approver. */
SYM_MUST enum sym_err sym_exchange_or_command_id(uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                                 struct sym_client *client, const char *text,
                                                 struct sym_fault *fault);

/* Calls fn for each exchange with this peer (NULL: all), the latest first. */
typedef void sym_exchange_fn(void *context, const struct sym_exchange_entry *entry);
SYM_MUST enum sym_err sym_exchange_each(struct sym_client *client, const char *alias,
                                        sym_exchange_fn *fn, void *context,
                                        struct sym_fault *fault);

#endif
