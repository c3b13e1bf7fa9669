#include "cli/ingest/person.h"

#include "cli/ingest/canon_run.h"
#include "cli/ingest/date.h"
#include "cli/ingest/nicknames.h"
#include "cli/ingest/phonetic.h"

#include <stdio.h>
#include <string.h>

#define POSTCODE_BYTES_MIN 3u
#define POSTCODE_BYTES_MAX 10u

static const char *const part_texts[SYM_PERSON_PARTS] = {[SYM_PERSON_NONE] = "none",
#define ROW(name, text) [SYM_PERSON_##name] = text,
                                                         SYM_PERSON_PART_LIST(ROW)
#undef ROW
};

/* Words that stand beside a name. */
static const char *const titles[] = {"mr",  "mrs", "ms", "miss", "mx",  "dr",  "prof", "sir",
                                     "rev", "hon", "jr", "sr",   "jnr", "snr", "ii",   "iii"};

/* Everything about one person; a fact that is not known is "". */
struct making {
    struct sym_person_keys *out;
    struct sym_canon *canon;
    const struct sym_person *person;
    char whole[SYM_CANONICAL_BYTES_MAX + 1]; /* a name in one column */
    struct sym_span given_raw, surname_raw;  /* as written, for name_dob */
    char names[2 * SYM_SOUNDEX_BYTES + 1];   /* the sound of both */
    char given[SYM_METAPHONE_BYTES];
    char surname[SYM_METAPHONE_BYTES];
    char date[16];
    char year[8];
    char postcode[POSTCODE_BYTES_MAX + 1];
    char town[SYM_METAPHONE_BYTES];
};

const char *sym_person_part_text(enum sym_person_part part)
{
    return part_texts[part < SYM_PERSON_PARTS ? part : SYM_PERSON_NONE];
}

enum sym_err sym_person_part_parse(enum sym_person_part *out, struct sym_span name)
{
    for (enum sym_person_part p = SYM_PERSON_NONE + 1; p < SYM_PERSON_PARTS; p++) {
        if (sym_span_equal(name, sym_span_text(part_texts[p]))) {
            *out = p;
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

static void note(struct sym_person_text *to, enum sym_person_part part, enum sym_token_type type,
                 struct sym_span text)
{
    size_t len = text.len < SYM_CANONICAL_BYTES_MAX ? text.len : SYM_CANONICAL_BYTES_MAX;
    to->part = part;
    to->type = type;
    memcpy(to->text, text.len > 0 ? text.data : (const uint8_t *)"", len);
    to->text[len] = '\0';
}

static void made(struct making *m, enum sym_person_part part, const char *text)
{
    note(&m->out->made[m->out->n_made++], part, SYM_TOKEN_NONE, sym_span_text(text));
}

static void refused(struct making *m, enum sym_person_part part, const struct sym_canon_run *run)
{
    note(&m->out->refused[m->out->n_refused++], part, run->type, sym_span_text(run->fault->text));
}

/* Names ---------------------------------------------------------------------------------------- */

/* The letters of a word alone, after those in to. */
static size_t put_letters(char *to, size_t used, size_t size, struct sym_span word)
{
    for (size_t i = 0; i < word.len && used < size - 1; i++) {
        if (word.data[i] >= 'a' && word.data[i] <= 'z') {
            to[used++] = (char)word.data[i];
        }
    }
    to[used] = '\0';
    return used;
}

static bool is_title(struct sym_span word)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (sym_span_equal(word, sym_span_text(titles[i]))) {
            return true;
        }
    }
    return false;
}

static void drop_titles(struct sym_name_words *w)
{
    struct sym_name_words kept = {.n = 0};
    for (size_t i = 0; i < w->n; i++) {
        if (!is_title(w->at[i])) {
            kept.at[kept.n++] = w->at[i];
        }
    }
    if (kept.n > 0) {
        *w = kept;
    }
}

/* The words of a part, in order; none where it is not known, too short or refused. */
static void take_words(struct sym_name_words *out, uint8_t room[SYM_NAME_BYTES_MAX],
                       struct making *m, enum sym_person_part part, enum sym_token_type type,
                       struct sym_span text)
{
    char tidied[SYM_CANONICAL_BYTES_MAX + 1];
    struct sym_fault fault;
    struct sym_canon_run run = {
        .rules = &m->canon->rules, .unicode = m->canon->unicode, .type = type, .fault = &fault};
    bool tidy = false;
    out->n = 0;
    if (sym_canon_is_blank(text)) {
        return;
    }
    enum sym_err err = sym_canon_tidy(&run.value, tidied, &run, text);
    tidy = err == SYM_OK;
    if (tidy) {
        err = sym_canon_words(out, room, &run);
    }
    if (err != SYM_OK) {
        out->n = 0;
    }
    /* An initial is too little for a sound, and nothing wrong. */
    if (err != SYM_OK && !(tidy && err == SYM_BAD_FORMAT)) {
        refused(m, part, &run);
    }
}

/* Words to one run of letters; shorter than two, it is none. */
static void join(char *to, size_t size, const struct sym_name_words *w)
{
    size_t used = put_letters(to, 0, size, sym_span(NULL, 0));
    for (size_t i = 0; i < w->n; i++) {
        used = put_letters(to, used, size, w->at[i]);
    }
    to[used >= 2 ? used : 0] = '\0';
}

/* The first word of two letters or more, as the table has it. */
static void first_name(char *to, size_t size, const struct making *m,
                       const struct sym_name_words *w)
{
    to[0] = '\0';
    for (size_t i = 0; i < w->n; i++) {
        if (put_letters(to, 0, size, w->at[i]) >= 2) {
            struct sym_span name = sym_nicknames_find(m->canon->rules.nicknames, sym_span_text(to));
            char letters[SYM_NAME_BYTES_MAX];
            (void)put_letters(letters, 0, sizeof letters, name);
            memcpy(to, letters, strlen(letters) + 1);
            return;
        }
    }
    to[0] = '\0';
}

static void sound_names(struct making *m, const char *given, const char *surname)
{
    char a[SYM_SOUNDEX_BYTES];
    char b[SYM_SOUNDEX_BYTES];
    sym_soundex(a, sym_span_text(given));
    sym_soundex(b, sym_span_text(surname));
    sym_metaphone(m->given, sym_span_text(given));
    sym_metaphone(m->surname, sym_span_text(surname));
    if (a[0] != '\0' && b[0] != '\0') {
        bool ordered = strcmp(a, b) <= 0;
        (void)snprintf(m->names, sizeof m->names, "%s %s", ordered ? a : b, ordered ? b : a);
    }
    if (given[0] != '\0') {
        made(m, SYM_PERSON_GIVEN, given);
    }
    if (surname[0] != '\0') {
        made(m, SYM_PERSON_SURNAME, surname);
    }
}

static bool is_blank_byte(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Where the last word of text begins, unless that is a title that stands behind the name. */
static size_t last_word(struct sym_span text)
{
    for (size_t end = text.len; end > 0;) {
        while (end > 0 && is_blank_byte(text.data[end - 1])) {
            end--;
        }
        size_t start = end;
        while (start > 0 && !is_blank_byte(text.data[start - 1])) {
            start--;
        }
        struct sym_span word = sym_span(text.data + start, end - start);
        while (word.len > 0 && word.data[word.len - 1] == '.') {
            word.len--;
        }
        if (start == 0 || !is_title(word)) {
            return start;
        }
        end = start;
    }
    return 0;
}

/* "Surname, Given", or the last word is the surname. */
static void cut_name(struct sym_span *given, struct sym_span *surname, struct sym_span name)
{
    if (name.len == 0) {
        return;
    }
    const uint8_t *comma = memchr(name.data, ',', name.len);
    if (comma != NULL) {
        size_t before = (size_t)(comma - name.data);
        *surname = sym_span(name.data, before);
        *given = sym_span(comma + 1, name.len - before - 1);
        return;
    }
    size_t start = last_word(name);
    *given = sym_span(name.data, start);
    *surname = sym_span(name.data + start, name.len - start);
}

/* A name in one column, with plain spaces alone; one that cannot be read stays as it is, and is
 * refused with its words. */
static struct sym_span whole_name(struct making *m)
{
    struct sym_fault fault;
    const struct sym_canon_run run = {.type = SYM_TOKEN_NAME_DOB, .fault = &fault};
    struct sym_span tidied = {NULL, 0};
    const struct sym_span given = m->person->part[SYM_PERSON_NAME];
    return sym_canon_tidy(&tidied, m->whole, &run, given) == SYM_OK ? tidied : given;
}

/* The words of a name, without titles; *raw becomes it as written, or nothing when it is refused.
 */
static void take_name(struct sym_name_words *out, struct sym_span *raw,
                      uint8_t room[SYM_NAME_BYTES_MAX], struct making *m, enum sym_person_part part,
                      struct sym_span text)
{
    size_t before = m->out->n_refused;
    take_words(out, room, m, part, SYM_TOKEN_NAME_DOB, text);
    drop_titles(out);
    *raw = before == m->out->n_refused ? text : sym_span(NULL, 0);
}

static void take_names(struct making *m)
{
    uint8_t room[2][SYM_NAME_BYTES_MAX];
    char given[SYM_NAME_BYTES_MAX];
    char surname[SYM_NAME_BYTES_MAX];
    struct sym_name_words first = {.n = 0};
    struct sym_name_words last = {.n = 0};
    struct sym_span parts[2] = {m->person->part[SYM_PERSON_GIVEN],
                                m->person->part[SYM_PERSON_SURNAME]};
    bool is_whole = sym_canon_is_blank(parts[0]) && sym_canon_is_blank(parts[1]);
    if (is_whole) {
        cut_name(&parts[0], &parts[1], whole_name(m));
    }
    take_name(&first, &m->given_raw, room[0], m, is_whole ? SYM_PERSON_NAME : SYM_PERSON_GIVEN,
              parts[0]);
    take_name(&last, &m->surname_raw, room[1], m, is_whole ? SYM_PERSON_NAME : SYM_PERSON_SURNAME,
              parts[1]);
    first_name(given, sizeof given, m, &first);
    join(surname, sizeof surname, &last);
    sound_names(m, given, surname);
}

/* The other facts ------------------------------------------------------------------------------ */

static void take_date(struct making *m)
{
    char tidied[SYM_CANONICAL_BYTES_MAX + 1];
    struct sym_fault fault;
    struct sym_date born;
    struct sym_canon_run run = {
        .rules = &m->canon->rules, .type = SYM_TOKEN_NAME_DOB, .fault = &fault};
    struct sym_span text = m->person->part[SYM_PERSON_DOB];
    if (sym_canon_is_blank(text)) {
        return;
    }
    enum sym_err err = sym_canon_tidy(&run.part, tidied, &run, text);
    if (err == SYM_OK) {
        err = sym_canon_birthday(&born, &run);
    }
    if (err != SYM_OK) {
        refused(m, SYM_PERSON_DOB, &run);
        return;
    }
    m->out->remark = run.remark;
    bool ordered = born.month <= born.day;
    (void)snprintf(m->year, sizeof m->year, "%04u", born.year % 10000u);
    (void)snprintf(m->date, sizeof m->date, "%s-%02u-%02u", m->year,
                   (ordered ? born.month : born.day) % 100u,
                   (ordered ? born.day : born.month) % 100u);
    made(m, SYM_PERSON_DOB, m->date);
}

static bool is_filler(const char *code)
{
    size_t same = strspn(code, "0");
    return code[same] == '\0' || code[strspn(code, "9")] == '\0';
}

static enum sym_err check_postcode(const struct sym_canon_run *run, const char *code, size_t len)
{
    if (strpbrk(code, "0123456789") == NULL || len < POSTCODE_BYTES_MIN) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the postcode is not one of %u to %u letters and digits, at least "
                                "one of them a digit",
                                POSTCODE_BYTES_MIN, POSTCODE_BYTES_MAX);
    }
    return is_filler(code) ? sym_canon_refuse(run, SYM_BAD_VALUE, "the postcode is a placeholder")
                           : SYM_OK;
}

static void take_postcode(struct making *m)
{
    char tidied[SYM_CANONICAL_BYTES_MAX + 1];
    char code[POSTCODE_BYTES_MAX + 2] = "";
    struct sym_fault fault;
    struct sym_canon_run run = {
        .rules = &m->canon->rules, .type = SYM_TOKEN_DOB_POSTCODE, .fault = &fault};
    struct sym_span text = m->person->part[SYM_PERSON_POSTCODE];
    size_t len = 0;
    if (sym_canon_is_blank(text)) {
        return;
    }
    enum sym_err err = sym_canon_tidy(&run.value, tidied, &run, text);
    for (size_t i = 0; err == SYM_OK && i < run.value.len; i++) {
        char c = (char)run.value.data[i];
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        if (c == ' ' || c == '-') {
            continue;
        }
        if ((!sym_is_capital(c) && !sym_is_digit(c)) || len == POSTCODE_BYTES_MAX) {
            code[0] = '\0';
            len = 0;
            break;
        }
        code[len++] = c;
        code[len] = '\0';
    }
    if (err == SYM_OK) {
        err = check_postcode(&run, code, len);
    }
    if (err != SYM_OK) {
        refused(m, SYM_PERSON_POSTCODE, &run);
        return;
    }
    memcpy(m->postcode, code, len + 1);
    made(m, SYM_PERSON_POSTCODE, code);
}

static void take_town(struct making *m)
{
    uint8_t room[SYM_NAME_BYTES_MAX];
    char town[SYM_NAME_BYTES_MAX];
    struct sym_name_words words;
    take_words(&words, room, m, SYM_PERSON_TOWN, SYM_TOKEN_DOB_TOWN,
               m->person->part[SYM_PERSON_TOWN]);
    join(town, sizeof town, &words);
    sym_metaphone(m->town, sym_span_text(town));
    if (m->town[0] != '\0') {
        made(m, SYM_PERSON_TOWN, town);
    }
}

/* Keys ----------------------------------------------------------------------------------------- */

/* Facts with spaces between them, unless one is missing. */
static void put_key(struct making *m, enum sym_token_type type, const char *a, const char *b,
                    const char *c)
{
    char text[96];
    if (a[0] != '\0' && b[0] != '\0' && (c == NULL || c[0] != '\0')) {
        (void)snprintf(text, sizeof text, "%s %s%s%s", a, b, c != NULL ? " " : "",
                       c != NULL ? c : "");
        note(&m->out->key[m->out->n++], SYM_PERSON_NONE, type, sym_span_text(text));
    }
}

/* The same token as in a dataset that has exact names with dates of birth. */
static enum sym_err put_exact(struct making *m)
{
    char name[SYM_CANONICAL_BYTES_MAX + 1];
    struct sym_canonical canonical;
    struct sym_fault fault;
    struct sym_writer w = sym_writer((uint8_t *)name, sizeof name);
    struct sym_span all = {NULL, 0};
    sym_write_span(&w, m->given_raw);
    sym_write_bytes(&w, " ", m->given_raw.len > 0 ? 1 : 0);
    sym_write_span(&w, m->surname_raw);
    if (m->date[0] == '\0' || sym_write_end(&w, &all) != SYM_OK || sym_canon_is_blank(all)) {
        return SYM_OK;
    }
    const struct sym_canon_value v = {.value = all, .part = m->person->part[SYM_PERSON_DOB]};
    enum sym_err err = sym_canon(&canonical, NULL, m->canon, SYM_TOKEN_NAME_DOB, v, &fault);
    if (err == SYM_OK) {
        note(&m->out->key[m->out->n++], SYM_PERSON_NONE, SYM_TOKEN_NAME_DOB,
             sym_span(canonical.text, canonical.len));
    }
    return err == SYM_NO_MEMORY || err == SYM_INTERNAL ? err : SYM_OK;
}

enum sym_err sym_person_keys(struct sym_person_keys *out, struct sym_canon *c,
                             const struct sym_person *person)
{
    struct making m = {.out = out, .canon = c, .person = person};
    out->n = 0;
    out->n_made = 0;
    out->n_refused = 0;
    out->remark = NULL;
    take_names(&m);
    take_date(&m);
    take_postcode(&m);
    take_town(&m);
    enum sym_err err = put_exact(&m);
    put_key(&m, SYM_TOKEN_NAMES_DOB, m.names, m.date, NULL);
    put_key(&m, SYM_TOKEN_SURNAME_DOB, m.surname, m.date, NULL);
    put_key(&m, SYM_TOKEN_GIVEN_DOB, m.given, m.date, NULL);
    put_key(&m, SYM_TOKEN_DOB_POSTCODE, m.date, m.postcode, NULL);
    put_key(&m, SYM_TOKEN_DOB_TOWN, m.date, m.town, NULL);
    put_key(&m, SYM_TOKEN_NAMES_POSTCODE, m.names, m.postcode, NULL);
    put_key(&m, SYM_TOKEN_NAMES_TOWN, m.names, m.town, NULL);
    put_key(&m, SYM_TOKEN_SURNAME_POSTCODE_YEAR, m.surname, m.postcode, m.year);
    return err;
}
