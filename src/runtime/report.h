/* What `kedge confine` tells the server about the process it starts: packets on a Unix socket, so
 * that the kernel names the sender's process as the server sees it. */
#pragma once
#include <sys/types.h>

#include "base/status.h"

enum report_kind {
    REPORT_GROUP = 1, /* `sender` leads the process group of the function */
    REPORT_STARTED,   /* the function's own process is about to run; `sender` is it */
    REPORT_FAILED,    /* `text` says why it cannot */
    REPORT_ENDED,     /* `number` is its wait status */
};

struct report {
    enum report_kind kind;
    int number;
    char text[500];
    pid_t sender; /* filled in by the kernel */
};

void report_send(int fd, enum report_kind kind, int number, const char *text);
/* report_receive takes the next packet without waiting. E_NOT_FOUND when there is none. */
NODISCARD
status report_receive(int fd, struct report *out);
/* report_describe writes how a process ended as AWS says it: "exit status 1", "signal: killed"; ""
 * for exit status 0. */
void report_describe(int wait_status, char *out, size_t size);
