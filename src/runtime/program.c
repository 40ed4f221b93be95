#include "runtime/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { PATIENCE_MS = 10000, OUTPUT_BYTES_MAX = 16 * 1024 };

static status start(const char *const *words, int output, pid_t *out_pid) {
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", language[] = "LANG=C.UTF-8";
    static char *variables[] = {path, language, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    int error =
        posix_spawn(out_pid, words[0], &files, &how, (char *const *)(uintptr_t)words, variables);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? OK
                      : FAIL(E_UNAVAILABLE, "%s cannot be started: %s", words[0], strerror(error));
}

static void read_all(int fd, struct buf *out) {
    uint64_t until = clock_monotonic_us() + PATIENCE_MS * 1000ULL;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (out->len < OUTPUT_BYTES_MAX && clock_monotonic_us() < until) {
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t n = read(fd, buf_reserve(out, 4096), 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        out->len += (size_t)n;
    }
}

status program_read(const char *const *words, struct buf *out) {
    int ends[2], how = 0;
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAIL(E_UNAVAILABLE, "%s cannot have a pipe: %s", words[0], strerror(errno));
    status s = start(words, ends[1], &pid);
    (void)close(ends[1]);
    if (s == OK) {
        read_all(ends[0], out);
        (void)kill(-pid, SIGKILL); /* it has closed its output, or takes too long */
        while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
        }
    }
    (void)close(ends[0]);
    if (s == OK && out->len == 0)
        return FAIL(E_UNAVAILABLE, "%s says nothing", words[0]);
    return s;
}
