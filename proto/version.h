/* version.h - of daemon and command line, which are built together. */
#ifndef SYM_PROTO_VERSION_H
#define SYM_PROTO_VERSION_H

#define SYM_VERSION "0.1.0"

#endif
