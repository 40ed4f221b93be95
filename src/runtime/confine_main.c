/* `kedge confine` alone, for tests. */
#include <stdio.h>
#include <string.h>

#include "runtime/confine.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "confine") == 0)
        return confine_command(argc - 2, argv + 2);
    (void)fprintf(stderr, "%s confine OPTIONS -- COMMAND …\n", argv[0]);
    return 2;
}
