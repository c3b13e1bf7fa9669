#include "node/exchange/table_words.h"

#include <stdio.h>
#include <string.h>

void sym_table_party_text(char out[SYM_ALIAS_BYTES + 16u], const struct sym_exchanges *x,
                          const struct sym_table_question *q, uint32_t place)
{
    struct sym_node_id id;
    if (place != SYM_TABLE_ASKER && place > q->n) {
        (void)snprintf(out, SYM_ALIAS_BYTES + 16u, "somebody");
        return;
    }
    memcpy(id.bytes, place == SYM_TABLE_ASKER ? q->asker : q->parties[place].id, sizeof id.bytes);
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &id);
    if (sym_node_id_equal(&id, &x->config.self)) {
        (void)snprintf(out, SYM_ALIAS_BYTES + 16u, "this node");
    } else if (peer != NULL) {
        (void)snprintf(out, SYM_ALIAS_BYTES + 16u, "%s", peer->alias);
    } else {
        (void)snprintf(out, SYM_ALIAS_BYTES + 16u, "a removed peer");
    }
}

/* Without the name in front, where the words begin with it. */
static const char *rest_of(const char *detail, const char *name)
{
    size_t len = strlen(name);
    bool named = strncmp(detail, name, len) == 0 && strchr(" :", detail[len]) != NULL;
    const char *rest = named ? detail + len : detail;
    return rest + strspn(rest, " :");
}

/* "bank-b, bank-c" */
static void list_parties(struct sym_fault *out, const struct sym_exchanges *x,
                         const struct sym_table_question *q, uint32_t set)
{
    *out = (struct sym_fault){.text = ""};
    for (uint32_t i = 0; i <= q->n; i++) {
        char name[SYM_ALIAS_BYTES + 16u];
        const struct sym_fault before = *out;
        if ((set >> i & 1u) != 0) {
            sym_table_party_text(name, x, q, i);
            (void)sym_fail(out, SYM_OK, "%s%s%s", before.text, before.text[0] != '\0' ? ", " : "",
                           name);
        }
    }
}

/* It was late, and who of several that were waited for is to blame is not known. */
static void awaited_words(struct sym_fault *out, const struct sym_exchanges *x,
                          const struct sym_table_question *q, struct sym_table_failure failure,
                          const char *by)
{
    struct sym_fault names;
    list_parties(&names, x, q, failure.awaited);
    (void)sym_fail(out, SYM_OK, "it took longer than allowed; %s%swaited for %s%.200s", by,
                   by[0] != '\0' ? " " : "",
                   failure.cause == SYM_TABLE_CAUSE_NO_ROWS ? "the rows of " : "", names.text);
}

void sym_table_words(char out[SYM_FAULT_BYTES], const struct sym_exchanges *x,
                     const struct sym_table_question *q, struct sym_table_failure failure,
                     const char *detail)
{
    char who[SYM_ALIAS_BYTES + 16u];
    char by[SYM_ALIAS_BYTES + 16u];
    struct sym_fault line;
    sym_table_party_text(who, x, q, failure.place);
    sym_table_party_text(by, x, q, failure.said_by);
    /* What the exchange ended with says it better than that it broke off. */
    bool told = detail[0] != '\0' &&
                (failure.cause == SYM_TABLE_CAUSE_GONE || failure.cause == SYM_TABLE_CAUSE_DENIED ||
                 failure.cause == SYM_TABLE_CAUSE_LATE);
    bool hearsay = failure.said_by != SYM_TABLE_NOBODY && failure.said_by != failure.place &&
                   strcmp(by, "this node") != 0;
    if (failure.awaited != 0) {
        awaited_words(&line, x, q, failure, hearsay ? by : "");
    } else {
        (void)sym_fail(&line, SYM_OK, "%s %s%s%s%s%s", who,
                       told ? rest_of(detail, who) : sym_table_cause_text(failure.cause),
                       hearsay ? ", says " : "", hearsay ? by : "",
                       detail[0] != '\0' && !told ? ": " : "",
                       detail[0] != '\0' && !told ? detail : "");
    }
    (void)snprintf(out, SYM_FAULT_BYTES, "%s", line.text);
}

enum sym_table_cause sym_table_cause_of_leg(const struct sym_leg *leg)
{
    bool denied = leg->state == SYM_EXCHANGE_DENIED || leg->state == SYM_EXCHANGE_HELD ||
                  leg->reason == SYM_REASON_TERMS;
    bool late = leg->reason == SYM_REASON_TIMEOUT;
    return denied ? SYM_TABLE_CAUSE_DENIED : late ? SYM_TABLE_CAUSE_LATE : SYM_TABLE_CAUSE_GONE;
}

enum sym_reason sym_table_reason(struct sym_table_failure failure)
{
    switch (failure.cause) {
    case SYM_TABLE_CAUSE_LATE:
    case SYM_TABLE_CAUSE_NO_ROWS:
        return SYM_REASON_TIMEOUT;
    case SYM_TABLE_CAUSE_GONE:
        return SYM_REASON_LINK_LOST;
    case SYM_TABLE_CAUSE_TERMS:
    case SYM_TABLE_CAUSE_BUDGET:
    case SYM_TABLE_CAUSE_OTHER:
    case SYM_TABLE_CAUSE_DENIED:
        return SYM_REASON_TERMS;
    case SYM_TABLE_CAUSE_NONE:
    case SYM_TABLE_CAUSE_CONSENT:
    case SYM_TABLE_CAUSE_CONSENTS:
    case SYM_TABLE_CAUSE_ELEMENT:
    case SYM_TABLE_CAUSE_REPEATED:
    case SYM_TABLE_CAUSE_COUNT:
    case SYM_TABLE_CAUSE_SIGNATURE:
    case SYM_TABLE_CAUSE_PROOF:
    case SYM_TABLE_CAUSE_ROWS:
    case SYM_TABLE_CAUSE_RELEASE:
    case SYM_TABLE_CAUSE_RELEASES:
    case SYM_TABLE_CAUSE_PROTOCOL:
    case SYM_TABLE_CAUSE_END:
        break;
    }
    return SYM_REASON_PROTOCOL;
}

enum sym_reason sym_table_reason_to(struct sym_table_failure failure, uint32_t place)
{
    enum sym_reason reason = sym_table_reason(failure);
    bool seen = failure.place == place && failure.said_by == SYM_TABLE_NOBODY;
    return reason == SYM_REASON_PROTOCOL && !seen ? SYM_REASON_UNREADY : reason;
}

enum sym_err sym_table_result(struct sym_table_failure failure)
{
    enum sym_reason reason = sym_table_reason(failure);
    return reason == SYM_REASON_TIMEOUT     ? SYM_EXPIRED
           : reason == SYM_REASON_LINK_LOST ? SYM_UNREACHABLE
           : reason == SYM_REASON_TERMS     ? SYM_DENIED
                                            : SYM_BAD_VALUE;
}
