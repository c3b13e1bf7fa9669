#include "node/core/verbs.h"

static struct sym_author author_of(const struct sym_core *core, const struct sym_user *user)
{
    return (struct sym_author){.log = core->log, .user = user->name};
}

static enum sym_err verb_backup_begin(struct sym_core *core, const struct sym_user *user,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    const struct sym_backup_begin *asked = arguments;
    struct sym_backup_begun begun;
    struct sym_author author = author_of(core, user);
    enum sym_err err = sym_backups_begin(core->backups, &begun, asked->id, &author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &begun) : err;
}

static enum sym_err verb_backup_chunk(struct sym_core *core, const struct sym_user *user,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)user;
    struct sym_backup_bytes part;
    enum sym_err err = sym_backups_read(core->backups, &part.bytes, arguments, fault);
    return err == SYM_OK ? sym_answer_write(answer, &part) : err;
}

static enum sym_err verb_backup_end(struct sym_core *core, const struct sym_user *user,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    const struct sym_backup_ended *asked = arguments;
    struct sym_author author = author_of(core, user);
    enum sym_err err = sym_backups_end(core->backups, asked->id, asked->whole, &author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_backup[SYM_VERB_COUNT] = {
    [SYM_VERB_BACKUP_BEGIN] = verb_backup_begin,
    [SYM_VERB_BACKUP_CHUNK] = verb_backup_chunk,
    [SYM_VERB_BACKUP_END] = verb_backup_end,
};
