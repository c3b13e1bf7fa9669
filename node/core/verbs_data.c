#include "node/core/verbs.h"

sym_verb_fn *const sym_verbs_data[SYM_VERB_COUNT] = {NULL};
