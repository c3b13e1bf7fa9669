#include "cli/pause.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static sigset_t interrupts(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    return set;
}

void sym_pause_begin(void)
{
    sigset_t set = interrupts();
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool sym_pause(uint64_t microseconds)
{
    sigset_t set = interrupts();
    struct timespec pause = {.tv_sec = (time_t)(microseconds / 1000000u),
                             .tv_nsec = (long)(microseconds % 1000000u) * 1000};
    int taken;
    do {
        taken = sigtimedwait(&set, NULL, &pause);
    } while (taken < 0 && errno == EINTR);
    if (taken > 0) {
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
    return taken > 0;
}

bool sym_pause_is_due(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

uint64_t sym_steady_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
