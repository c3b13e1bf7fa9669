/* dataset_row.h - one dataset as JSON, and counts of identifiers by type. */
#ifndef SYM_CLI_DATASET_ROW_H
#define SYM_CLI_DATASET_ROW_H

#include "cli/json.h"
#include "cli/table.h"
#include "proto/dataset.h"

/* An object. */
void sym_dataset_put_json(struct sym_json *j, const char *key, const struct sym_dataset_row *row);
/* Its lines for people: a name and a value each. */
void sym_dataset_put_lines(struct sym_table *t, const struct sym_dataset_row *row);

#endif
