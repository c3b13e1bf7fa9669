#include "node/party/users.h"

#include <string.h>

#define RECORD_VERSION 1u
#define RECORD_BYTES   128u
#define ROLES_BYTES    64u

/* Record: version | added (8) | roles (4) | name. */
static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_users *users = context;
    struct sym_reader r = sym_reader(value);
    uint8_t version = sym_read_u8(&r);
    uint64_t added_s = sym_read_u64(&r);
    uint32_t roles = sym_read_u32(&r);
    struct sym_span name = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || version != RECORD_VERSION || key.len != SYM_ED25519_BYTES ||
        sym_alias_check(name) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    if (users->n >= SYM_USERS_MAX) {
        return SYM_LIMIT;
    }
    struct sym_user *u = &users->items[users->n++];
    *u = (struct sym_user){.roles = roles, .added_s = added_s};
    memcpy(u->name, name.data, name.len);
    memcpy(u->key, key.data, key.len);
    return SYM_OK;
}

static enum sym_err load_all(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_USERS, load_one, context);
}

enum sym_err sym_users_load(struct sym_users *users, struct sym_store *store,
                            struct sym_fault *fault)
{
    *users = (struct sym_users){.store = store};
    enum sym_err err = sym_store_read(store, load_all, users);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "users: the stored table %s; restore a backup",
                                    sym_err_text(err));
}

const struct sym_user *sym_users_by_key(const struct sym_users *users, struct sym_span key)
{
    for (size_t i = 0; i < users->n; i++) {
        if (sym_span_equal(key, sym_span(users->items[i].key, SYM_ED25519_BYTES))) {
            return &users->items[i];
        }
    }
    return NULL;
}

const struct sym_user *sym_users_by_name(const struct sym_users *users, struct sym_span name)
{
    for (size_t i = 0; i < users->n; i++) {
        if (sym_span_equal(name, sym_span_text(users->items[i].name))) {
            return &users->items[i];
        }
    }
    return NULL;
}

static size_t count_role(const struct sym_users *users, unsigned role)
{
    size_t count = 0;
    for (size_t i = 0; i < users->n; i++) {
        count += (users->items[i].roles & role) != 0;
    }
    return count;
}

/* Or an approver has let it be done. */
static bool may_approve(const struct sym_user *by, const struct sym_author *author)
{
    return (by->roles & SYM_USER_APPROVER) != 0 || (author != NULL && author->approver != NULL);
}

static enum sym_err check_addition(const struct sym_users *users, const struct sym_user_add *a,
                                   const struct sym_user *by, const struct sym_author *author,
                                   struct sym_fault *fault)
{
    if (sym_alias_check(a->name) != SYM_OK) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "user name: 1 to 63 letters, digits, dots, dashes or underscores are needed, the first "
            "a letter or digit");
    }
    if (a->roles == 0 || (a->roles & ~SYM_USER_ANY) != 0 || a->key.len != SYM_ED25519_BYTES) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "user: a role that exists and a whole key are needed");
    }
    int len = (int)a->name.len;
    const char *name = (const char *)a->name.data;
    const struct sym_user *same = sym_users_by_name(users, a->name);
    if (same != NULL) {
        char roles[ROLES_BYTES];
        sym_user_roles_text(roles, sizeof roles, same->roles);
        return sym_fail(fault, SYM_EXISTS,
                        "user %.*s: exists already, as %s; choose another name, or take it away "
                        "first: \"symbolon user remove %.*s\"",
                        len, name, roles, len, name);
    }
    if (sym_users_by_key(users, a->key) != NULL) {
        return sym_fail(fault, SYM_EXISTS, "user %.*s: this key belongs to another user", len,
                        name);
    }
    if (users->n >= SYM_USERS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "users: there are %u, the most there can be",
                        SYM_USERS_MAX);
    }
    bool by_approver = by == NULL || may_approve(by, author);
    if ((a->roles & SYM_USER_APPROVER) != 0 && !by_approver &&
        count_role(users, SYM_USER_APPROVER) > 0) {
        return sym_fail(
            fault, SYM_DENIED,
            "user %.*s: an approver is added by an approver; ask one to run this command", len,
            name);
    }
    return SYM_OK;
}

static enum sym_err put_user(struct sym_transaction *t, void *context)
{
    const struct sym_user *u = context;
    uint8_t bytes[RECORD_BYTES];
    struct sym_span record;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_u64(&w, u->added_s);
    sym_write_u32(&w, u->roles);
    sym_write_span(&w, sym_span_text(u->name));
    enum sym_err err = sym_write_end(&w, &record);
    return err == SYM_OK
               ? sym_store_put(t, SYM_TABLE_USERS, sym_span(u->key, SYM_ED25519_BYTES), record)
               : err;
}

static struct sym_user made(const struct sym_user_add *addition, uint64_t now_s)
{
    struct sym_user u = {.roles = addition->roles, .added_s = now_s};
    memcpy(u.name, addition->name.data, addition->name.len);
    memcpy(u.key, addition->key.data, SYM_ED25519_BYTES);
    return u;
}

enum sym_err sym_users_add(struct sym_users *users, const struct sym_user_add *addition,
                           const struct sym_user *by, const struct sym_author *author,
                           uint64_t now_s, struct sym_fault *fault)
{
    enum sym_err err = check_addition(users, addition, by, author, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_user u = made(addition, now_s);
    err = sym_log_change(author, users->store, SYM_ENTRY_USER, "user-added", addition->name,
                         put_user, &u);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "user %s: %s; nothing was changed", u.name, sym_err_text(err));
    }
    users->items[users->n++] = u;
    return SYM_OK;
}

/* A user, and the log that is to know of it. */
struct introduction {
    const struct sym_user *user;
    struct sym_log *log;
};

static enum sym_err put_introduction(struct sym_transaction *t, void *context)
{
    const struct introduction *i = context;
    char words[SYM_INTRODUCTION_BYTES];
    struct sym_user u = *i->user;
    sym_introduction_write(words, u.roles, u.key);
    const struct sym_entry_body body = {.event = sym_span_text("user-introduced"),
                                        .subject = sym_span_text(u.name),
                                        .detail = sym_span_text(words)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_USER, .body = &body};
    enum sym_err err = put_user(t, &u);
    return err == SYM_OK ? sym_log_append(i->log, t, &entry, NULL) : err;
}

enum sym_err sym_users_introduce(struct sym_users *users, const struct sym_user_add *addition,
                                 struct sym_log *log, uint64_t now_s, struct sym_fault *fault)
{
    enum sym_err err = check_addition(users, addition, NULL, NULL, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_user u = made(addition, now_s);
    struct introduction i = {.user = &u, .log = log};
    err = sym_store_write(users->store, put_introduction, &i);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "user %s: %s; nothing was changed", u.name, sym_err_text(err));
    }
    users->items[users->n++] = u;
    return SYM_OK;
}

static enum sym_err drop_user(struct sym_transaction *t, void *context)
{
    const struct sym_user *u = context;
    return sym_store_delete(t, SYM_TABLE_USERS, sym_span(u->key, SYM_ED25519_BYTES));
}

enum sym_err sym_users_remove(struct sym_users *users, struct sym_span name,
                              const struct sym_user *by, const struct sym_author *author,
                              struct sym_fault *fault)
{
    for (size_t i = 0; i < users->n; i++) {
        struct sym_user *u = &users->items[i];
        if (!sym_span_equal(name, sym_span_text(u->name))) {
            continue;
        }
        if ((u->roles & SYM_USER_OPERATOR) != 0 && count_role(users, SYM_USER_OPERATOR) == 1) {
            return sym_fail(fault, SYM_DENIED,
                            "user %s: is the last operator; add another operator first", u->name);
        }
        if ((u->roles & SYM_USER_APPROVER) != 0 && !may_approve(by, author)) {
            return sym_fail(fault, SYM_DENIED,
                            "user %s: an approver is removed by an approver; ask one to run this "
                            "command",
                            u->name);
        }
        enum sym_err err = sym_log_change(author, users->store, SYM_ENTRY_USER, "user-removed",
                                          name, drop_user, u);
        if (err != SYM_OK) {
            return sym_fail(fault, err, "user %s: the removal %s; the user is still there", u->name,
                            sym_err_text(err));
        }
        memmove(u, u + 1, (users->n - i - 1) * sizeof *u);
        users->n--;
        return SYM_OK;
    }
    return sym_fail(fault, SYM_NOT_FOUND,
                    "user %.*s: does not exist; \"symbolon user list\" names them", (int)name.len,
                    (const char *)name.data);
}
