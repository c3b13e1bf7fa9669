#include "node/core/verbs.h"

static enum sym_err verb_backup_begin(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    const struct sym_backup_begin *asked = arguments;
    struct sym_backup_begun begun;
    enum sym_err err = sym_backups_begin(core->backups, &begun, asked->id, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &begun) : err;
}

static enum sym_err verb_backup_chunk(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    struct sym_backup_bytes part;
    enum sym_err err = sym_backups_read(core->backups, &part.bytes, arguments, fault);
    return err == SYM_OK ? sym_answer_write(answer, &part) : err;
}

static enum sym_err verb_backup_end(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    const struct sym_backup_ended *asked = arguments;
    enum sym_err err = sym_backups_end(core->backups, asked->id, asked->whole, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_backup[SYM_VERB_COUNT] = {
    [SYM_VERB_BACKUP_BEGIN] = verb_backup_begin,
    [SYM_VERB_BACKUP_CHUNK] = verb_backup_chunk,
    [SYM_VERB_BACKUP_END] = verb_backup_end,
};
