/* tab_fuzz.h - a tabulation of three (tab_rig.h) in which a fuzzer's input changes what one member
 * hears, or what the lead hears of it: payloads pass, are altered, cut, made up, sent twice or
 * lost. Signatures are not looked at, so that what lies behind them is reached. */
#ifndef SYM_TESTS_SUPPORT_TAB_FUZZ_H
#define SYM_TESTS_SUPPORT_TAB_FUZZ_H

#include "tests/support/tab_rig.h"

/* to_lead: the lead is lied to, else the member. Ends the program when a machine breaks a rule. */
void tab_fuzz(const uint8_t *data, size_t size, bool to_lead);

#endif
