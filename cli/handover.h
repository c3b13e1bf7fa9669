/* handover.h - hands an import over to the node: batches are packed into chunks, and a thread of
 * its own sends them while the file is read on.
 *
 * A chunk whose answer was lost is sent again under its number. While the file is silent, the node
 * hears twice a second that the import goes on: otherwise another would take its place. The node
 * keeps nothing before the end; what is given up was never there. For the thread that began it; the
 * client must not be used otherwise in between. Errors: those of client.h, SYM_CANCELLED
 * (interrupted, see pause.h). Faults are complete lines.
 */
#ifndef SYM_CLI_HANDOVER_H
#define SYM_CLI_HANDOVER_H

#include "cli/client.h"
#include "cli/ingest/import.h"

struct sym_handover;

/* How long it keeps trying, milliseconds. */
struct sym_patience {
    unsigned tries;    /* of a request without an answer */
    unsigned pause_ms; /* between them */
    unsigned busy_ms;  /* for the dataset to be free of another import */
};
extern const struct sym_patience sym_handover_patience;

/* What is imported; the names are borrowed. */
struct sym_handover_terms {
    const char *dataset;
    const char *profile;
    enum sym_dataset_kind kind;
    uint32_t cells_per_incident; /* of aggregates; 0 of others */
    uint32_t persons_max;
    bool append;
    struct sym_repeats
        *held; /* prints of ids of what it adds to are added here; NULL: not wanted */
    struct sym_patience patience;
};

/* Begins an import. One of the same user that was cut off keeps the dataset for
 * SYM_IMPORT_TAKEOVER_MS: that is waited for. Errors also: SYM_EXISTS (another goes on). */
SYM_MUST enum sym_err sym_handover_begin(struct sym_handover **out, struct sym_client *client,
                                         const struct sym_handover_terms *terms,
                                         struct sym_fault *fault);
/* The sink of sym_import; context is the handover. */
SYM_MUST enum sym_err sym_handover_add(void *context, const struct sym_import_batch *batch,
                                       struct sym_fault *fault);
/* Sends what is left and has the node keep all of it; the row borrows from arena. */
SYM_MUST enum sym_err sym_handover_keep(struct sym_handover *h, struct sym_arena *arena,
                                        struct sym_dataset_row *row, struct sym_fault *fault);
/* Frees; the node gives the import up unless it was kept. NULL is fine. */
void sym_handover_end(struct sym_handover *h);

#endif
