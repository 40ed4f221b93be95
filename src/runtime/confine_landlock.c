#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "runtime/confine.h"

/* The kernel's interface, for the headers of Debian 12 know only its beginning. */
enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_TRUNCATE = 1 << 14,
    NET_BIND_TCP = 1 << 0,
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
    RULE_PATH_BENEATH = 1,
    RULE_NET_PORT = 2,
    CREATE_RULESET_VERSION = 1,
};
struct ruleset {
    uint64_t files, network, scoped;
};
struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
struct port_rule {
    uint64_t allowed, port;
};

int landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/* All that a version can deny about files: it grew one bit at a time. */
static uint64_t all_files(int version) {
    static const int bits[] = {0, 13, 14, 15, 15, 16};
    size_t last = COUNT_OF(bits) - 1;
    return (1ULL << bits[(size_t)version < last ? (size_t)version : last]) - 1;
}

static size_t size_of(int version) {
    return version >= LANDLOCK_SCOPES    ? sizeof(struct ruleset)
           : version >= LANDLOCK_NETWORK ? 2 * sizeof(uint64_t)
                                         : sizeof(uint64_t);
}

struct rules {
    int fd;
    uint64_t files;
};

static status allow(const struct rules *r, const char *path, uint64_t allowed) {
    struct stat about;
    struct path_rule rule = {.allowed = allowed & r->files};
    rule.parent = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent < 0)
        return OK; /* not every system has it */
    if (fstat(rule.parent, &about) == 0 && !S_ISDIR(about.st_mode))
        rule.allowed &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE;
    long done = syscall(SYS_landlock_add_rule, r->fd, RULE_PATH_BENEATH, &rule, 0);
    (void)close(rule.parent);
    return done == 0
               ? OK
               : FAIL(E_UNAVAILABLE, "Landlock takes no rule for %s: %s", path, strerror(errno));
}

static status allow_port(const struct rules *r, unsigned port) {
    struct port_rule rule = {NET_CONNECT_TCP, port};
    if (syscall(SYS_landlock_add_rule, r->fd, RULE_NET_PORT, &rule, 0) != 0)
        return FAIL(E_UNAVAILABLE, "Landlock takes no rule for a port: %s", strerror(errno));
    return OK;
}

static status allow_files(const struct rules *r, const struct confinement *c) {
    const uint64_t read = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;
    const uint64_t device = FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                          "/dev/urandom"};
    if (c->own_root) /* nothing else is there */
        TRY(allow(r, "/", read));
    for (size_t i = 0; !c->own_root && confine_system_paths[i]; i++)
        TRY(allow(r, confine_system_paths[i], read));
    for (size_t i = 0; !c->own_root && c->reads[i]; i++)
        TRY(allow(r, c->reads[i], read));
    for (size_t i = 0; i < COUNT_OF(devices); i++)
        TRY(allow(r, devices[i], device));
    if (!c->own_root) {
        TRY(allow(r, c->folder, read));
        TRY(allow(r, "/proc/self", FS_READ_FILE | FS_READ_DIR));
    }
    return allow(r, c->own_root ? "/tmp" : c->temporary, r->files);
}

static status enforce(const struct rules *r, const struct confinement *c, bool network) {
    TRY(allow_files(r, c));
    for (size_t i = 0; network && c->ports[i]; i++)
        TRY(allow_port(r, c->ports[i]));
    if (syscall(SYS_landlock_restrict_self, r->fd, 0) != 0)
        return FAIL(E_UNAVAILABLE, "Landlock does not take hold: %s", strerror(errno));
    return OK;
}

status confine_landlock(const struct confinement *c) {
    int version = landlock_version();
    bool network = version >= LANDLOCK_NETWORK && c->closed_network;
    struct ruleset set = {.files = all_files(version)};
    set.network = network ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
    set.scoped = version >= LANDLOCK_SCOPES ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0;
    struct rules r = {.files = set.files};
    r.fd = (int)syscall(SYS_landlock_create_ruleset, &set, size_of(version), 0);
    if (r.fd < 0)
        return FAIL(E_UNAVAILABLE, "Landlock makes no rules: %s", strerror(errno));
    status s = enforce(&r, c, network);
    (void)close(r.fd);
    return s;
}
