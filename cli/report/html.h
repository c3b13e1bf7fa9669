/* html.h - text into HTML so that it stays text: names of places, aliases and titles come from
 * others, and none of them may open an element, end an attribute or turn the direction of what is
 * around it.
 */
#ifndef SYM_CLI_REPORT_HTML_H
#define SYM_CLI_REPORT_HTML_H

#include "crypto/bytes.h"

#include <stdio.h>

/* As the content of an element or of a quoted attribute. Control characters, characters that change
 * direction and bytes that are not UTF-8 become U+FFFD. */
void sym_html_text(FILE *to, const char *text);
/* The same in an element of its own, whose direction is its own. */
void sym_html_name(FILE *to, const char *text);
/* A JSON document as the content of a script element that is data: every < as \u003c, which is the
 * same character in JSON, so that nothing in it ends the element or begins a comment. */
void sym_html_json(FILE *to, struct sym_span json);

#endif
