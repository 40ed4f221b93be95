#include "store/fixture.h"

#include "support/testing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store_fixture store_fixture_open(const struct store_ops *ops) {
    struct store_fixture f = {.ops = ops, .directory = "/tmp/kedge-store-XXXXXX"};
    CHECK(mkdtemp(f.directory) != NULL);
    CHECK_OK(store_open(ops, f.directory, &f.store));
    return f;
}

void store_fixture_reopen(struct store_fixture *f) {
    store_close(f->store);
    CHECK_OK(store_open(f->ops, f->directory, &f->store));
}

void store_fixture_done(struct store_fixture *f) {
    store_close(TAKE(f->store));
    DIR *d = opendir(f->directory);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        (void)closedir(d);
    (void)rmdir(f->directory);
}

void store_fixture_each(void (*check)(struct store *s)) {
    const struct store_ops *const all[] = {&store_memory, &store_sqlite};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct store_fixture f = store_fixture_open(all[i]);
        check(f.store);
        store_fixture_done(&f);
    }
}
