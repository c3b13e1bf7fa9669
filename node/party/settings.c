#include "node/party/settings.h"

#include "node/listen.h"

#include <stdlib.h>
#include <string.h>

/* Room for the words of a setting with more between them, bytes. */
#define CHOICES_BYTES 128u

struct setting_row {
    const char *text;
    const char *value;
    uint64_t least;
    uint64_t most;
    const char *words;
};

static const struct setting_row rows[SYM_SETTING_COUNT] = {
#define SYM_SETTING_ROW(name, is, first, low, high, choice, meaning)                               \
    [SYM_SETTING_##                                                                                \
        name] = {.text = is, .value = first, .least = low, .most = high, .words = choice},
    SYM_SETTING_LIST(SYM_SETTING_ROW)
#undef SYM_SETTING_ROW
};

const char *sym_setting_text(enum sym_setting_name name)
{
    return rows[name].text;
}

/* The place of value among words that blanks part; -1 when it is none of them. */
static int place_among(const char *words, struct sym_span value)
{
    for (int at = 0; *words != '\0'; at++) {
        size_t len = strcspn(words, " ");
        if (sym_span_equal(value, sym_span(words, len))) {
            return at;
        }
        words += len;
        words += strspn(words, " ");
    }
    return -1;
}

/* "dh or dh,vole" of words that blanks part. */
static enum sym_err refuse_word(const struct setting_row *row, struct sym_fault *fault)
{
    char choices[CHOICES_BYTES] = "";
    size_t len = 0;
    for (const char *c = row->words; *c != '\0' && len + sizeof " or " < sizeof choices; c++) {
        if (*c == ' ') {
            memcpy(choices + len, " or ", 4);
            len += 4;
        } else {
            choices[len++] = *c;
        }
    }
    choices[len] = '\0';
    return sym_fail(fault, SYM_BAD_VALUE, "%s: must be %s", row->text, choices);
}

static enum sym_err check(const struct setting_row *row, struct sym_span value,
                          struct sym_fault *fault)
{
    if (value.len < 1 || value.len > SYM_SETTING_BYTES_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "%s: 1 to %u characters are needed", row->text,
                        SYM_SETTING_BYTES_MAX);
    }
    if (row->words[0] != '\0') {
        return place_among(row->words, value) >= 0 ? SYM_OK : refuse_word(row, fault);
    }
    if (row->most == 0) {
        return sym_listen_check(NULL, value) == SYM_OK
                   ? SYM_OK
                   : sym_fail(fault, SYM_BAD_VALUE,
                              "%s: a numeric address and port are needed, such as 0.0.0.0:7700 or "
                              "[2001:db8::7]:7700",
                              row->text);
    }
    uint64_t number = 0;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t digit = value.data[i];
        if (digit < '0' || digit > '9' || number > row->most) {
            number = UINT64_MAX;
            break;
        }
        number = number * 10 + (digit - '0');
    }
    if (number < row->least || number > row->most) {
        return sym_fail(fault, SYM_BAD_VALUE, "%s: a number from %llu to %llu is needed", row->text,
                        (unsigned long long)row->least, (unsigned long long)row->most);
    }
    return SYM_OK;
}

static const struct setting_row *row_of(struct sym_span name, size_t *at)
{
    for (size_t i = 0; i < SYM_SETTING_COUNT; i++) {
        if (sym_span_equal(name, sym_span_text(rows[i].text))) {
            *at = i;
            return &rows[i];
        }
    }
    return NULL;
}

static void keep(struct sym_settings *settings, size_t at, struct sym_span value)
{
    memcpy(settings->value[at], value.data, value.len);
    settings->value[at][value.len] = '\0';
}

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    size_t at = 0;
    const struct setting_row *row = row_of(key, &at);
    if (row != NULL && check(row, value, NULL) == SYM_OK) {
        keep(context, at, value);
    }
    return SYM_OK;
}

static enum sym_err load_all(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_SETTINGS, load_one, context);
}

enum sym_err sym_settings_load(struct sym_settings *settings, struct sym_store *store,
                               struct sym_fault *fault)
{
    settings->store = store;
    for (size_t i = 0; i < SYM_SETTING_COUNT; i++) {
        keep(settings, i, sym_span_text(rows[i].value));
    }
    enum sym_err err = sym_store_read(store, load_all, settings);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "settings: the stored table %s; restore a backup",
                                    sym_err_text(err));
}

uint64_t sym_settings_number(const struct sym_settings *settings, enum sym_setting_name name)
{
    return strtoull(settings->value[name], NULL, 10);
}

unsigned sym_settings_word(const struct sym_settings *settings, enum sym_setting_name name)
{
    int at = place_among(rows[name].words, sym_span_text(settings->value[name]));
    return at < 0 ? 0 : (unsigned)at;
}

struct change {
    struct sym_span name;
    struct sym_span value;
};

static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    return sym_store_put(t, SYM_TABLE_SETTINGS, c->name, c->value);
}

bool sym_setting_check(struct sym_span name, struct sym_span value)
{
    size_t at = 0;
    const struct setting_row *row = row_of(name, &at);
    return row != NULL && check(row, value, NULL) == SYM_OK;
}

enum sym_err sym_settings_set(struct sym_settings *settings, struct sym_span name,
                              struct sym_span value, const struct sym_author *author,
                              struct sym_fault *fault)
{
    size_t at = 0;
    const struct setting_row *row = row_of(name, &at);
    if (row == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "setting %.*s: does not exist; \"symbolon settings list\" names them",
                        (int)name.len, (const char *)name.data);
    }
    enum sym_err err = check(row, value, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct change c = {.name = name, .value = value};
    err = sym_log_change(author, settings->store, SYM_ENTRY_SETTING, "setting-changed", name, put,
                         &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "setting %s: %s; it keeps its value", row->text,
                        sym_err_text(err));
    }
    keep(settings, at, value);
    return SYM_OK;
}
