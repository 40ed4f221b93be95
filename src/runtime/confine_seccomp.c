#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "runtime/confine.h"

/* Calls by name, for not every architecture has all: what changes the system, looks into other
 * processes, or is a wide and seldom walked way into the kernel. */
static const char *const denied[] = {
    "acct",
    "add_key",
    "adjtimex",
    "bpf",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mbind",
    "migrate_pages",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "name_to_handle_at",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "set_mempolicy",
    "setdomainname",
    "sethostname",
    "setns",
    "settimeofday",
    "swapoff",
    "swapon",
    "syslog",
    "umount",
    "umount2",
    "unshare",
    "userfaultfd",
    "vhangup",
};

static status deny(scmp_filter_ctx f, const char *name) {
    int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR)
        return OK; /* this library does not know it */
    int error = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 0);
    return error == 0
               ? OK
               : FAIL(E_UNAVAILABLE, "seccomp takes no rule for %s: %s", name, strerror(-error));
}

#define RULE(call, errno_code, ...) \
    seccomp_rule_add(f, SCMP_ACT_ERRNO(errno_code), SCMP_SYS(call), __VA_ARGS__)

/* clone3 hides its flags from a filter; without it glibc takes clone. */
static int deny_namespaces(scmp_filter_ctx f) {
    static const unsigned long flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
                                          CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
    int error = RULE(clone3, ENOSYS, 0);
    for (size_t i = 0; error == 0 && i < COUNT_OF(flags); i++)
        error = RULE(clone, EPERM, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
    return error;
}

static int deny_family(scmp_filter_ctx f, unsigned long first, unsigned long last) {
    int error = 0;
    for (unsigned long family = first; error == 0 && family <= last; family++)
        error = RULE(socket, EPERM, 1, SCMP_A0(SCMP_CMP_EQ, family, 0));
    return error;
}

/* Unix, IPv4, IPv6 and netlink (for names of hosts) stay; nothing raw, and with a closed network
 * no datagrams either, which Landlock does not see. */
static int deny_sockets(scmp_filter_ctx f, bool closed_network) {
    static const unsigned long internet[] = {AF_INET, AF_INET6};
    const unsigned long kind = 0xF; /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
    int error = RULE(socket, EPERM, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, kind, SOCK_RAW));
    if (error == 0)
        error = deny_family(f, 3, 9);
    if (error == 0)
        error = deny_family(f, 11, 15);
    if (error == 0)
        error = deny_family(f, AF_PACKET, 45);
    if (error == 0) /* io with the kernel's own protocols; getaddrinfo needs NETLINK_ROUTE alone */
        error =
            RULE(socket, EPERM, 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0), SCMP_A2(SCMP_CMP_GT, 0, 0));
    for (size_t i = 0; error == 0 && closed_network && i < COUNT_OF(internet); i++)
        error = RULE(socket, EACCES, 2, SCMP_A0(SCMP_CMP_EQ, internet[i], 0),
                     SCMP_A1(SCMP_CMP_MASKED_EQ, kind, SOCK_DGRAM));
    return error;
}

/* Without a process namespace the group is what is killed, so nobody may leave it. */
static int deny_leaving(scmp_filter_ctx f) {
    int error = RULE(setsid, EPERM, 0);
    return error == 0 ? RULE(setpgid, EPERM, 0) : error;
}

static status fill(scmp_filter_ctx f, bool closed_network, bool may_leave_group) {
    for (size_t i = 0; i < COUNT_OF(denied); i++)
        TRY(deny(f, denied[i]));
    int error = deny_namespaces(f);
    if (error == 0)
        error = RULE(ioctl, EPERM, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, TIOCSTI));
    if (error == 0)
        error = deny_sockets(f, closed_network);
    if (error == 0 && !may_leave_group)
        error = deny_leaving(f);
    if (error == 0)
        error = seccomp_load(f);
    return error == 0 ? OK
                      : FAIL(E_UNAVAILABLE, "seccomp does not take hold: %s", strerror(-error));
}

status confine_seccomp(bool closed_network, bool may_leave_group) {
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (!f)
        return FAIL(E_UNAVAILABLE, "seccomp is not to be had");
    status s = fill(f, closed_network, may_leave_group);
    seccomp_release(f);
    return s;
}
