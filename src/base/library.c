#include "base/library.h"

#include <dlfcn.h>

static status load(struct library *l) {
    void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return FAIL(E_UNAVAILABLE, "%s cannot be loaded (%s): install Debian's package %s", l->file,
                    dlerror(), l->package);
    for (size_t i = 0; i < l->count; i++) {
        l->functions[i] = dlsym(library, l->names[i]);
        if (!l->functions[i])
            return FAIL(E_UNAVAILABLE, "%s has no %s: install a newer package %s", l->file,
                        l->names[i], l->package);
    }
    return OK;
}

status library_load(struct library *l, void (*start)(void)) {
    (void)pthread_mutex_lock(&l->lock);
    status s = l->loaded ? OK : load(l);
    if (s == OK && !l->loaded && start)
        start();
    l->loaded = s == OK;
    (void)pthread_mutex_unlock(&l->lock);
    return s;
}
