#include "cli/report/words.h"

#include <string.h>

static const char *const languages[SYM_LANGUAGE_COUNT] = {
    [SYM_LANGUAGE_EN] = "en", [SYM_LANGUAGE_FR] = "fr"};

static const char *const words[][SYM_LANGUAGE_COUNT] = {
#define SYM_REPORT_WORD_ROW(name, en, fr) [SYM_WORD_##name] = {en, fr},
    SYM_REPORT_WORD_LIST(SYM_REPORT_WORD_ROW)
#undef SYM_REPORT_WORD_ROW
};

enum sym_err sym_language_parse(enum sym_language *out, const char *text)
{
    for (size_t i = 0; i < SYM_LANGUAGE_COUNT; i++) {
        if (strcmp(text, languages[i]) == 0) {
            *out = (enum sym_language)i;
            return SYM_OK;
        }
    }
    return SYM_BAD_VALUE;
}

const char *sym_language_text(enum sym_language language)
{
    return languages[language];
}

const char *sym_report_word(enum sym_language language, enum sym_report_word word)
{
    return words[word][language];
}
