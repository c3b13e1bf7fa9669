#include "cli/report/entry.h"

#include "crypto/aead.h"

enum sym_err sym_report_enter(uint8_t hash[SYM_HASH_BYTES], struct sym_client *client,
                              const struct sym_document *document, struct sym_span bytes,
                              struct sym_fault *fault)
{
    struct sym_span ids[SYM_REPORT_EXCHANGES_MAX];
    enum sym_err err = sym_sha256(hash, bytes);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the report %s", sym_err_text(err));
    }
    for (size_t i = 0; i < document->n; i++) {
        ids[i] = sym_span(document->ids[i], SYM_EXCHANGE_ID_BYTES);
    }
    const struct sym_report_made made = {.exchanges = ids,
                                         .n_exchanges = document->n,
                                         .hash = sym_span(hash, SYM_HASH_BYTES),
                                         .size = bytes.len};
    return sym_client_do(client, SYM_VERB_REPORT_MADE, &made, fault);
}
