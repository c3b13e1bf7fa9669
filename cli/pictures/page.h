/* page.h - the offline page that shows results as pictures, without the results: made of src/ by
 * build.sh and part of the program. A page is top, plain tables for readers without scripts,
 * middle, one JSON document (symbolon-report/1) in which every < is written \u003c, and bottom;
 * README.md has the contract.
 *
 * All are static. Where the program was built without npm they are empty.
 */
#ifndef SYM_CLI_PICTURES_PAGE_H
#define SYM_CLI_PICTURES_PAGE_H

#include "crypto/bytes.h"

struct sym_page {
    struct sym_span top;
    struct sym_span middle;
    struct sym_span bottom;
};

/* For a file: the page may not connect to anything. */
struct sym_page sym_page_of_report(void);

/* For the local server: the page may connect to where it came from, and its JSON is null. */
struct sym_page sym_page_of_server(void);

#endif
