#include "codec/real.h"

#include <stdio.h>
#include <stdlib.h>

void real_format(double value, char out[REAL_TEXT_BYTES]) {
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, REAL_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

void real_format_single(float value, char out[REAL_TEXT_BYTES]) {
    for (int digits = 6; digits <= 9; digits++) {
        (void)snprintf(out, REAL_TEXT_BYTES, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value)
            return;
    }
}
