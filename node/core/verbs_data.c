#include "node/core/verbs.h"
#include "node/tabulation/cohorts.h"

static enum sym_err verb_import_begin(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    struct sym_import_next next;
    enum sym_err err =
        sym_datasets_import_begin(core->datasets, &next.chunk, arguments, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &next) : err;
}

static enum sym_err verb_import_chunk(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    struct sym_import_next next;
    enum sym_err err =
        sym_datasets_import_chunk(core->datasets, &next.chunk, arguments, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &next) : err;
}

static enum sym_err verb_import_end(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_import_end(core->datasets, &row, arguments, author, fault);
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? sym_answer_write(answer, &row) : err;
}

static enum sym_err verb_dataset_list(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    struct sym_dataset_row rows[SYM_DATASETS_MAX];
    struct sym_dataset_list list = {.datasets = rows,
                                    .n_datasets = sym_datasets_count(core->datasets)};
    for (size_t i = 0; i < list.n_datasets; i++) {
        sym_datasets_row(core->datasets, i, &rows[i]);
    }
    return sym_answer_write(answer, &list);
}

static enum sym_err answer_dataset(const struct sym_core *core, size_t at,
                                   struct sym_answer *answer)
{
    struct sym_dataset_row row;
    sym_datasets_row(core->datasets, at, &row);
    return sym_answer_write(answer, &row);
}

static enum sym_err verb_dataset_show(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    const struct sym_dataset_name *asked = arguments;
    size_t at = 0;
    enum sym_err err = sym_datasets_find(core->datasets, &at, asked->name, fault);
    return err == SYM_OK ? answer_dataset(core, at, answer) : err;
}

struct last_epoch {
    struct sym_span dataset;
    uint64_t epoch;
};

static enum sym_err find_last_epoch(struct sym_transaction *t, void *context)
{
    struct last_epoch *l = context;
    return sym_cohort_last_epoch(t, &l->epoch, l->dataset);
}

static enum sym_err verb_dataset_publish(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    const struct sym_dataset_name *asked = arguments;
    size_t at = 0;
    struct last_epoch last = {.dataset = asked->name};
    enum sym_err err = sym_store_read(core->store, find_last_epoch, &last);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "dataset: what was asked of it %s", sym_err_text(err));
    }
    sym_datasets_go_beyond(core->datasets, asked->name, last.epoch);
    err = sym_datasets_publish(core->datasets, &at, asked->name, author, fault);
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? answer_dataset(core, at, answer) : err;
}

static enum sym_err verb_dataset_forget(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    struct sym_dataset_forgotten gone;
    enum sym_err err = sym_datasets_forget(core->datasets, &gone, arguments, author, fault);
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? sym_answer_write(answer, &gone) : err;
}

static enum sym_err verb_dataset_drop(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    const struct sym_dataset_name *asked = arguments;
    enum sym_err err = sym_datasets_drop(core->datasets, asked->name, author, fault);
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_data[SYM_VERB_COUNT] = {
    [SYM_VERB_IMPORT_BEGIN] = verb_import_begin,
    [SYM_VERB_IMPORT_CHUNK] = verb_import_chunk,
    [SYM_VERB_IMPORT_END] = verb_import_end,
    [SYM_VERB_DATASET_LIST] = verb_dataset_list,
    [SYM_VERB_DATASET_SHOW] = verb_dataset_show,
    [SYM_VERB_DATASET_PUBLISH] = verb_dataset_publish,
    [SYM_VERB_DATASET_FORGET] = verb_dataset_forget,
    [SYM_VERB_DATASET_DROP] = verb_dataset_drop,
};
