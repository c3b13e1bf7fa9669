#include "cli/ingest/phonetic.h"

#include <string.h>

/* Of a-z; '0': parts letters of one code, '-': does not. */
static const char soundex_codes[] = "0123012-02245501262301-202";

_Static_assert(sizeof soundex_codes >= 27, "one for each letter");

static bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

void sym_soundex(char out[SYM_SOUNDEX_BYTES], struct sym_span word)
{
    size_t n = 0;
    char last = '0';
    for (size_t i = 0; i < word.len && n < SYM_SOUNDEX_BYTES - 1; i++) {
        uint8_t c = word.data[i];
        if (!is_letter(c)) {
            continue;
        }
        char code = soundex_codes[c - 'a'];
        if (n == 0) {
            out[n++] = (char)(c - 'a' + 'A');
        } else if (code > '0' && code != last) {
            out[n++] = code;
        }
        last = code == '-' ? last : code;
    }
    while (n > 0 && n < SYM_SOUNDEX_BYTES - 1) {
        out[n++] = '0';
    }
    out[n] = '\0';
}

/* A word, the place in it, and what was made of it so far. */
struct sounding {
    const uint8_t *word;
    size_t len;
    size_t at;
    char *out;
    size_t n;
};

/* The letter so many places on, or back; 0 outside the word. */
static uint8_t letter(const struct sounding *s, int by)
{
    size_t back = by < 0 ? (size_t)-by : 0;
    if (back > s->at) {
        return 0;
    }
    size_t place = s->at - back + (by > 0 ? (size_t)by : 0);
    return place < s->len ? s->word[place] : 0;
}

static bool is_one_of(uint8_t c, const char *letters)
{
    return c != 0 && strchr(letters, c) != NULL;
}

static bool is_vowel(uint8_t c)
{
    return is_one_of(c, "aeiou");
}

static bool is_softening(uint8_t c)
{
    return is_one_of(c, "eiy");
}

static void put(struct sounding *s, const char *sound)
{
    for (; *sound != '\0' && s->n < SYM_METAPHONE_BYTES - 1; sound++) {
        s->out[s->n++] = *sound;
    }
}

static void put_letter(struct sounding *s, uint8_t c)
{
    const char sound[2] = {(char)(c - 'a' + 'A'), '\0'};
    put(s, sound);
}

/* Each of these says how many letters it has dealt with. */

static size_t begin(struct sounding *s)
{
    uint8_t first = letter(s, 0);
    uint8_t next = letter(s, 1);
    if (first == 'a' && next == 'e') {
        put(s, "E");
        return 2;
    }
    if (is_one_of(first, "gkp") && next == 'n') {
        put(s, "N");
        return 2;
    }
    if (first == 'w' && next == 'r') {
        put(s, "R");
        return 2;
    }
    if (first == 'w' && (next == 'h' || is_vowel(next))) {
        put(s, "W");
        return 2;
    }
    if (first == 'x') {
        put(s, "S");
        return 1;
    }
    if (is_vowel(first)) {
        put_letter(s, first);
        return 1;
    }
    return 0;
}

static size_t sound_c(struct sounding *s)
{
    uint8_t next = letter(s, 1);
    if (is_softening(next)) {
        if (next == 'i' && letter(s, 2) == 'a') {
            put(s, "X");
        } else if (letter(s, -1) != 's') {
            put(s, "S");
        }
        return 1;
    }
    if (next == 'h') {
        put(s, letter(s, 2) == 'r' || letter(s, -1) == 's' ? "K" : "X");
        return 2;
    }
    put(s, "K");
    return 1;
}

static size_t sound_g(struct sounding *s)
{
    uint8_t next = letter(s, 1);
    if (next == 'h') {
        if (is_one_of(letter(s, -3), "bdh") || letter(s, -4) == 'h') {
            return 1;
        }
        put(s, "F");
        return 2;
    }
    if (next == 'n') {
        bool silent = letter(s, 2) == 0 || (letter(s, 2) == 'e' && letter(s, 3) == 'd');
        put(s, silent ? "" : "K");
        return 1;
    }
    put(s, is_softening(next) && letter(s, -1) != 'g' ? "J" : "K");
    return 1;
}

/* "tion", "sia" */
static bool is_sh(const struct sounding *s)
{
    return letter(s, 1) == 'i' && is_one_of(letter(s, 2), "oa");
}

static size_t sound_s(struct sounding *s)
{
    if (is_sh(s)) {
        put(s, "X");
        return 1;
    }
    if (letter(s, 1) == 'h') {
        put(s, "X");
        return 2;
    }
    if (letter(s, 1) == 'c' && letter(s, 2) == 'h' && letter(s, 3) == 'w') {
        put(s, "X");
        return 3;
    }
    put(s, "S");
    return 1;
}

static size_t sound_t(struct sounding *s)
{
    if (is_sh(s)) {
        put(s, "X");
        return 1;
    }
    if (letter(s, 1) == 'h') {
        put(s, "0");
        return 2;
    }
    put(s, letter(s, 1) == 'c' && letter(s, 2) == 'h' ? "" : "T");
    return 1;
}

static size_t sound_d(struct sounding *s)
{
    bool is_j = letter(s, 1) == 'g' && is_softening(letter(s, 2));
    put(s, is_j ? "J" : "T");
    return is_j ? 2 : 1;
}

/* Letters whose sound hangs on their neighbours alone. */
static const char *simple(const struct sounding *s)
{
    uint8_t next = letter(s, 1);
    uint8_t last = letter(s, -1);
    switch (letter(s, 0)) {
    case 'b':
        return next == 0 && last == 'm' ? "" : "B";
    case 'h':
        return is_vowel(next) && !is_one_of(last, "cgpst") ? "H" : "";
    case 'k':
        return last == 'c' ? "" : "K";
    case 'p':
        return next == 'h' ? "F" : "P";
    case 'q':
        return "K";
    case 'v':
        return "F";
    case 'w':
        return is_vowel(next) ? "W" : "";
    case 'x':
        return "KS";
    case 'y':
        return is_vowel(next) ? "Y" : "";
    case 'z':
        return "S";
    default:
        return "";
    }
}

static size_t sound(struct sounding *s)
{
    uint8_t c = letter(s, 0);
    if (c == letter(s, -1) && c != 'c') {
        return 1;
    }
    switch (c) {
    case 'c':
        return sound_c(s);
    case 'd':
        return sound_d(s);
    case 'g':
        return sound_g(s);
    case 's':
        return sound_s(s);
    case 't':
        return sound_t(s);
    default:
        if (is_one_of(c, "fjlmnr")) {
            put_letter(s, c);
        } else {
            put(s, simple(s));
        }
        return 1;
    }
}

void sym_metaphone(char out[SYM_METAPHONE_BYTES], struct sym_span word)
{
    uint8_t letters[128];
    struct sounding s = {.word = letters, .out = out};
    for (size_t i = 0; i < word.len && s.len < sizeof letters; i++) {
        if (is_letter(word.data[i])) {
            letters[s.len++] = word.data[i];
        }
    }
    s.at = begin(&s);
    while (s.at < s.len) {
        s.at += sound(&s);
    }
    out[s.n] = '\0';
}
