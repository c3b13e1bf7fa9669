#include "cli/ingest/canon_run.h"

/* Sort codes, routing numbers and national bank codes have 3 to 12 digits. */
#define BANK_DIGITS_MIN 3u
#define BANK_DIGITS_MAX 12u
/* ISO 20022 GenericAccountIdentification. */
#define NUMBER_DIGITS_MAX 34u

static enum sym_err write_bank(struct sym_canon_run *run)
{
    char bic[12];
    struct sym_compact bank;
    enum sym_err err = sym_canon_compact(&bank, run, run->part, "bank", "-", "");
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_are_digits(bank.text, bank.len)) {
        err = sym_canon_bic_text(bic, run, run->part);
        sym_write_span(&run->out, err == SYM_OK ? sym_span_text(bic) : sym_span(NULL, 0));
        return err;
    }
    if (bank.len < BANK_DIGITS_MIN || bank.len > BANK_DIGITS_MAX) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the bank has to be a BIC, or a sort code of %u to %u digits",
                                BANK_DIGITS_MIN, BANK_DIGITS_MAX);
    }
    sym_canon_step(run, "sort code of the bank", sym_compact_span(&bank));
    sym_write_span(&run->out, sym_compact_span(&bank));
    return SYM_OK;
}

enum sym_err sym_canon_account(struct sym_canon_run *run)
{
    struct sym_compact number;
    enum sym_err err = write_bank(run);
    if (err == SYM_OK) {
        err = sym_canon_compact(&number, run, run->value, "number", "-./", "");
    }
    if (err != SYM_OK) {
        return err;
    }
    if (number.len == 0 || number.len > NUMBER_DIGITS_MAX ||
        !sym_are_digits(number.text, number.len)) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the number has to be 1 to %u digits; leading zeros count",
                                NUMBER_DIGITS_MAX);
    }
    sym_canon_step(run, "number of the account", sym_compact_span(&number));
    sym_write_u8(&run->out, ':');
    sym_write_span(&run->out, sym_compact_span(&number));
    return SYM_OK;
}
