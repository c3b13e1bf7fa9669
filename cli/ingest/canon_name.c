#include "cli/ingest/canon_run.h"
#include "cli/ingest/date.h"
#include "crypto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before it nobody is alive. */
#define BORN_MIN 18500101u

/* Days that forms and spreadsheets fill in. */
static const uint32_t placeholder_days[] = {18991230, 18991231, 19000101, 19010101};

/* A name that is made of these alone is none. */
static const char *const placeholder_words[] = {
    "anonymous", "applicable", "available",   "desconocido", "given",   "inconnu",
    "known",     "name",       "none",        "not",         "null",    "onbekend",
    "provided",  "recorded",   "sconosciuto", "unbekannt",   "unknown", "unnamed",
};

/* Signs that join what they stand between: O'Brien is OBrien, in any of their forms. */
static bool is_joining(uint32_t c)
{
    return c == '\'' || c == '`' || c == 0xb4 || c == 0x2018 || c == 0x2019 || c == 0x2032;
}

static bool is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* ASCII is its own transliteration; most names need no more. */
static enum sym_err to_latin(struct sym_writer *out, const struct sym_canon_run *run)
{
    if (!sym_is_ascii(run->value)) {
        return sym_unicode_latin(out, run->unicode, run->value);
    }
    for (size_t i = 0; i < run->value.len; i++) {
        uint8_t c = run->value.data[i];
        sym_write_u8(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c);
    }
    return SYM_OK;
}

/* Drops joining signs in place; what is no letter or digit of ASCII separates words. */
static enum sym_err clean(uint8_t *text, size_t *len, const struct sym_canon_run *run)
{
    size_t kept = 0;
    struct sym_span rest = sym_span(text, *len);
    while (rest.len > 0) {
        uint32_t c = 0;
        if (!sym_text_next(&c, &rest)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT, "the name is not UTF-8");
        }
        if (is_joining(c)) {
            continue;
        }
        if (c >= 0x80 && sym_unicode_is_letter(c)) {
            return sym_canon_refuse(run, SYM_BAD_VALUE,
                                    "the name has letters for which no Latin spelling is known; "
                                    "write it in Latin letters");
        }
        text[kept++] = c < 0x80 && is_word_byte((uint8_t)c) ? (uint8_t)c : ' ';
    }
    *len = kept;
    return SYM_OK;
}

static enum sym_err cut_words(struct sym_name_words *out, const struct sym_canon_run *run,
                              struct sym_span text)
{
    out->n = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = 0;
        while (at + len < text.len && text.data[at + len] != ' ') {
            len++;
        }
        if (len > 0 && out->n == SYM_NAME_WORDS_MAX) {
            return sym_canon_refuse(run, SYM_TOO_LONG, "the name has more than %u words",
                                    SYM_NAME_WORDS_MAX);
        }
        if (len > 0) {
            out->at[out->n++] = sym_span(text.data + at, len);
        }
        at += len + 1;
    }
    return SYM_OK;
}

static int compare_words(const void *a, const void *b)
{
    const struct sym_span *x = a;
    const struct sym_span *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->data, y->data, shorter);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool is_placeholder_word(struct sym_span word)
{
    for (size_t i = 0; i < sizeof placeholder_words / sizeof *placeholder_words; i++) {
        if (sym_span_equal(word, sym_span_text(placeholder_words[i]))) {
            return true;
        }
    }
    return false;
}

static enum sym_err check_words(const struct sym_canon_run *run, const struct sym_name_words *w)
{
    size_t letters = 0;
    size_t placeholders = 0;
    for (size_t i = 0; i < w->n; i++) {
        placeholders += is_placeholder_word(w->at[i]) ? 1 : 0;
        for (size_t j = 0; j < w->at[i].len; j++) {
            letters += w->at[i].data[j] >= 'a' ? 1 : 0;
        }
    }
    if (letters < 2) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "the name has fewer than two letters");
    }
    if (placeholders == w->n) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "the name is a placeholder");
    }
    return SYM_OK;
}

enum sym_err sym_canon_words(struct sym_name_words *out, uint8_t room[SYM_NAME_BYTES_MAX],
                             struct sym_canon_run *run)
{
    struct sym_writer w = sym_writer(room, SYM_NAME_BYTES_MAX);
    enum sym_err err = to_latin(&w, run);
    if (err == SYM_OK) {
        err = w.err;
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err, "the name %s (%u bytes)", sym_err_text(err),
                                SYM_NAME_BYTES_MAX);
    }
    sym_canon_step(run, "NFKC, Latin letters without accents, case folded", sym_span(room, w.len));
    size_t len = w.len;
    err = clean(room, &len, run);
    if (err == SYM_OK) {
        err = cut_words(out, run, sym_span(room, len));
    }
    return err == SYM_OK ? check_words(run, out) : err;
}

static enum sym_err write_name(struct sym_canon_run *run)
{
    uint8_t text[SYM_NAME_BYTES_MAX];
    struct sym_name_words words;
    enum sym_err err = sym_canon_words(&words, text, run);
    if (err != SYM_OK) {
        return err;
    }
    if (words.n == 1) {
        run->remark = "a name of one word: many people may have it";
    }
    qsort(words.at, words.n, sizeof words.at[0], compare_words);
    for (size_t i = 0; i < words.n; i++) {
        sym_write_bytes(&run->out, " ", i > 0 ? 1 : 0);
        sym_write_span(&run->out, words.at[i]);
    }
    sym_canon_step(run, "words sorted", sym_span(run->out.start, run->out.len));
    return SYM_OK;
}

static enum sym_err check_day(struct sym_canon_run *run, const struct sym_date *born)
{
    uint32_t number = sym_date_number(born);
    for (size_t i = 0; i < sizeof placeholder_days / sizeof *placeholder_days; i++) {
        if (number == placeholder_days[i]) {
            return sym_canon_refuse(run, SYM_BAD_VALUE,
                                    "the date of birth %04u-%02u-%02u is a placeholder", born->year,
                                    born->month, born->day);
        }
    }
    if (number < BORN_MIN) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "the date of birth lies before 1850");
    }
    if (run->rules->today_yyyymmdd != 0 && number > run->rules->today_yyyymmdd) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "the date of birth lies in the future");
    }
    if (born->month == 1 && born->day == 1) {
        run->remark = "born on 1 January: often only the year was known";
    }
    return SYM_OK;
}

enum sym_err sym_canon_birthday(struct sym_date *out, struct sym_canon_run *run)
{
    static const char *const orders[] = {"YYYY-MM-DD", "YYYY-MM-DD or DD/MM/YYYY",
                                         "YYYY-MM-DD or MM/DD/YYYY"};
    enum sym_err err = sym_date_parse(out, sym_date_without_midnight(run->part), run->rules->dates);
    if (err == SYM_BAD_VALUE) {
        return sym_canon_refuse(run, err, "the date of birth is a day that does not exist");
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err,
                                "the date of birth is not written %s; a profile can say "
                                "\"dates = dmy\" or \"dates = mdy\"",
                                orders[run->rules->dates]);
    }
    return check_day(run, out);
}

static enum sym_err write_day(struct sym_canon_run *run)
{
    struct sym_date born;
    char text[32];
    enum sym_err err = sym_canon_birthday(&born, run);
    if (err == SYM_OK) {
        (void)snprintf(text, sizeof text, "%04u-%02u-%02u", born.year, born.month, born.day);
        sym_canon_step(run, "date of birth", sym_span_text(text));
        sym_write_u8(&run->out, ':');
        sym_write_span(&run->out, sym_span_text(text));
    }
    return err;
}

enum sym_err sym_canon_name_dob(struct sym_canon_run *run)
{
    enum sym_err err = write_name(run);
    return err == SYM_OK ? write_day(run) : err;
}
