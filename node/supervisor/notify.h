/* notify.h - tells systemd how the service is doing (sd_notify, without libsystemd).
 *
 * One datagram to the socket that $NOTIFY_SOCKET names, a path or an abstract one ("@…"). Without
 * the variable nothing happens; what is lost is lost: the service manager has its own time limits.
 */
#ifndef SYM_NODE_SUPERVISOR_NOTIFY_H
#define SYM_NODE_SUPERVISOR_NOTIFY_H

/* Lines such as "READY=1\nSTATUS=…". */
void sym_notify(const char *lines);

#endif
