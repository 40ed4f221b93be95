/* Binary numbers as text: the fewest digits that read back as the same number. For finite ones; the
 * text is JSON's too. */
#pragma once

enum { REAL_TEXT_BYTES = 32 }; /* with the zero */

void real_format(double value, char out[REAL_TEXT_BYTES]);
void real_format_single(float value, char out[REAL_TEXT_BYTES]);
