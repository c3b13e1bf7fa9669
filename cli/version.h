/* version.h - of the command line; `symbolon status` shows the daemon's. */
#ifndef SYM_CLI_VERSION_H
#define SYM_CLI_VERSION_H

#define SYM_VERSION "0.1.0"

#endif
