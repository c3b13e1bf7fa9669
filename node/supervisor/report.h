/* report.h - what init and rotate print on standard output: the card in short, to be compared and
 * handed on.
 */
#ifndef SYM_NODE_SUPERVISOR_REPORT_H
#define SYM_NODE_SUPERVISOR_REPORT_H

#include "crypto/card.h"
#include "node/supervisor/passphrase.h"

/* Name, role, serial, expiry, fingerprint in words and hex. */
void sym_report_card(const struct sym_card *card);
/* One next step: what it is for, and the command, which has a "%s" where the directory stands. */
void sym_report_step(const char *purpose, const char *command, const char *dir);
/* The first step: how to start the node whose keys are wrapped so, by a secret of this source. */
void sym_report_start(const char *dir, enum sym_wrap wrap, const struct sym_secret_source *from);

#endif
