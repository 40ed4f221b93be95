#include "base/library.h"

#include <dlfcn.h>

status library_load(const char *file, const char *package, const char *const *names,
                    void **out_functions, size_t count) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return FAIL(E_UNAVAILABLE, "%s cannot be loaded (%s): install Debian's package %s", file,
                    dlerror(), package);
    for (size_t i = 0; i < count; i++) {
        out_functions[i] = dlsym(library, names[i]);
        if (!out_functions[i])
            return FAIL(E_UNAVAILABLE, "%s has no %s: install a newer package %s", file, names[i],
                        package);
    }
    return OK;
}
