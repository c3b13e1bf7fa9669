#include "cli/ingest/phone_shim.h"

#include <phonenumbers/phonenumberutil.h>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

static enum sym_phone parse_error(PhoneNumberUtil::ErrorType error)
{
    switch (error) {
    case PhoneNumberUtil::NO_PARSING_ERROR:
        return SYM_PHONE_OK;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
        return SYM_PHONE_NO_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
        return SYM_PHONE_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG_NSN:
        return SYM_PHONE_TOO_LONG;
    case PhoneNumberUtil::NOT_A_NUMBER:
        break;
    }
    return SYM_PHONE_NO_NUMBER;
}

static enum sym_phone length_error(PhoneNumberUtil::ValidationResult result)
{
    switch (result) {
    case PhoneNumberUtil::IS_POSSIBLE:
        return SYM_PHONE_NOT_USED;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
        return SYM_PHONE_LOCAL;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
        return SYM_PHONE_NO_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT:
        return SYM_PHONE_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG:
        return SYM_PHONE_TOO_LONG;
    case PhoneNumberUtil::INVALID_LENGTH:
        break;
    }
    return SYM_PHONE_LENGTH;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* libphonenumber dials three letters or more, as on the keys of a telephone: a name behind a number
 * makes it another one. What was dialled of digits alone stands among those of the text. */
static bool dials_letters(const PhoneNumberUtil &util, const std::string &text,
                          const PhoneNumber &number)
{
    size_t letters = 0;
    bool begun = false;
    for (char c : text) {
        begun = begun || (c >= '0' && c <= '9');
        letters += begun && is_letter(c) ? 1U : 0U;
    }
    if (letters < 3) {
        return false;
    }
    std::string digits = text;
    std::string national;
    util.NormalizeDigitsOnly(&digits);
    util.GetNationalSignificantNumber(number, &national);
    return digits.find(national) == std::string::npos;
}

static enum sym_phone to_e164(std::string *out, bool *extension, const std::string &text,
                              const std::string &region)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    enum sym_phone parsed = parse_error(util.Parse(text, region.empty() ? "ZZ" : region, &number));
    if (parsed != SYM_PHONE_OK) {
        return parsed;
    }
    if (dials_letters(util, text, number)) {
        return SYM_PHONE_WORDS;
    }
    *extension = number.has_extension();
    util.Format(number, PhoneNumberUtil::E164, out);
    return util.IsValidNumber(number) ? SYM_PHONE_OK
                                      : length_error(util.IsPossibleNumberWithReason(number));
}

extern "C" enum sym_phone sym_phone_e164(char out[SYM_PHONE_BYTES], bool *extension,
                                         const char *text, size_t len, const char *region)
{
    try {
        std::string formatted;
        enum sym_phone result = to_e164(&formatted, extension, std::string(text, len), region);
        if (formatted.size() >= SYM_PHONE_BYTES) {
            return SYM_PHONE_TOO_LONG;
        }
        out[formatted.copy(out, SYM_PHONE_BYTES - 1)] = '\0';
        return result;
    } catch (...) {
        return SYM_PHONE_NO_NUMBER;
    }
}

extern "C" bool sym_phone_region_known(const char *region)
{
    try {
        return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(region) != 0;
    } catch (...) {
        return false;
    }
}
