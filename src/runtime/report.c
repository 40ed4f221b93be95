#include "runtime/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

void report_send(int fd, enum report_kind kind, int number, const char *text) {
    struct report r = {.kind = kind, .number = number};
    (void)snprintf(r.text, sizeof r.text, "%s", text);
    (void)send(fd, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

status report_receive(int fd, struct report *out) {
    struct report r;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {&r, sizeof r};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    if (recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof r)
        return E_NOT_FOUND;
    r.text[sizeof r.text - 1] = 0;
    r.sender = 0;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
        struct ucred who;
        memcpy(&who, CMSG_DATA(c), sizeof who);
        r.sender = who.pid;
    }
    *out = r;
    return OK;
}

void report_describe(int wait_status, char *out, size_t size) {
    static const struct {
        int number;
        const char *name; /* as Go says it, for AWS's words come from there */
    } signals[] = {{1, "hangup"},
                   {2, "interrupt"},
                   {3, "quit"},
                   {4, "illegal instruction"},
                   {6, "aborted"},
                   {7, "bus error"},
                   {8, "floating point exception"},
                   {9, "killed"},
                   {11, "segmentation fault"},
                   {13, "broken pipe"},
                   {14, "alarm clock"},
                   {15, "terminated"},
                   {31, "bad system call"}};
    (void)snprintf(out, size, "%s", "");
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0)
        (void)snprintf(out, size, "exit status %d", WEXITSTATUS(wait_status));
    if (!WIFSIGNALED(wait_status))
        return;
    (void)snprintf(out, size, "signal: signal %d", WTERMSIG(wait_status));
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (signals[i].number == WTERMSIG(wait_status))
            (void)snprintf(out, size, "signal: %s", signals[i].name);
}
