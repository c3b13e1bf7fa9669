/* settings.h - the settings of this node: a fixed list of names, each with a default and a check,
 * kept in the store. Numbers are plain decimals. Errors: SYM_NOT_FOUND, SYM_BAD_VALUE, those of
 * store.h, each with a line in fault.
 */
#ifndef SYM_NODE_PARTY_SETTINGS_H
#define SYM_NODE_PARTY_SETTINGS_H

#include "node/evidence/log.h"
#include "proto/control.h"

/* Name, text, default, smallest and largest number (0, 0: not a number), the words it may be ("":
 * not one of some words; an address), what it means. */
#define SYM_SETTING_LIST(X)                                                                        \
    X(LISTEN, "listen", "127.0.0.1:7700", 0, 0, "", "address:port to take connections at")         \
    X(IDLE, "link-idle-seconds", "120", 1, 86400, "", "close a link without traffic after this")   \
    X(PADDING, "overlap-padding", "none", 0, 0, "none power-of-two",                               \
      "how the number of own elements is rounded up before a peer learns it")                      \
    X(ENGINES, "overlap-engines", "dh,vole,standing", 0, 0,                                        \
      "dh dh,vole dh,standing dh,vole,standing",                                                   \
      "engines that an own overlap lets the peer choose from, unless --engine says")               \
    X(OWN_APPROVAL, "own-approval", "none", 0, 0, "none matches all",                              \
      "which own overlaps another user, an approver, has to approve before a peer is asked")       \
    X(EPSILON, "epsilon-per-year", "8", 0, 12, "",                                                 \
      "privacy budget of each dataset and calendar year, for joint tabulations")                   \
    X(MINIMUM, "tabulate-minimum", "5", 3, 255, "",                                                \
      "participants that a joint tabulation must have for this node to take part")

enum sym_setting_name {
#define SYM_SETTING_ENUM(name, text, value, least, most, words, help) SYM_SETTING_##name,
    SYM_SETTING_LIST(SYM_SETTING_ENUM)
#undef SYM_SETTING_ENUM
        SYM_SETTING_COUNT
};

struct sym_settings {
    struct sym_store *store;
    char value[SYM_SETTING_COUNT][SYM_SETTING_BYTES_MAX + 1];
};

/* The defaults, and what the store has instead. Errors: those of store.h. */
SYM_MUST enum sym_err sym_settings_load(struct sym_settings *settings, struct sym_store *store,
                                        struct sym_fault *fault);
const char *sym_setting_text(enum sym_setting_name name);
uint64_t sym_settings_number(const struct sym_settings *settings, enum sym_setting_name name);
/* The place of its value among the words it may be, from 0. */
unsigned sym_settings_word(const struct sym_settings *settings, enum sym_setting_name name);
/* Would this be accepted? */
bool sym_setting_check(struct sym_span name, struct sym_span value);
SYM_MUST enum sym_err sym_settings_set(struct sym_settings *settings, struct sym_span name,
                                       struct sym_span value, const struct sym_author *author,
                                       struct sym_fault *fault);

#endif
