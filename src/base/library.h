/* Libraries that are loaded when something first needs them: what few servers use costs the others
 * neither memory nor time at start. Any thread. */
#pragma once
#include "base/status.h"

/* library_load loads a shared library for good and fills in its functions by name, in order.
 * E_UNAVAILABLE says what is missing, and of which package it is. */
NODISCARD
status library_load(const char *file, const char *package, const char *const *names,
                    void **out_functions, size_t count);
