/* Explore every schedule of a small scope over the real core. */
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "suite.h"

static int help(FILE *file) {
    fprintf(file, "usage: schedules --check           the scopes of every check\n"
                  "       schedules --self-test       the planted mistakes are found\n"
                  "       schedules --replay FILE     perform a transcript again\n"
                  "       schedules [SCOPE]           explore one scope\n");
    options_help(file);
    return file == stdout ? 0 : 2;
}

static int replay(const char *path) {
    enum { TEXT_MAX = 1 << 20 };
    FILE *file = fopen(path, "r");
    if (file == NULL) give_up("%s cannot be read", path);
    char *text = calloc(1, TEXT_MAX);
    if (text == NULL) give_up("no memory");
    text[fread(text, 1, TEXT_MAX - 1, file)] = 0;
    fclose(file);
    bool violated = suite_replay(text, true);
    free(text);
    return violated ? 1 : 0;
}

int main(int argc, char **argv) {
    struct scope scope = options_default();
    if (argc > 1 && strcmp(argv[1], "--help") == 0) return help(stdout);
    if (argc > 1 && strcmp(argv[1], "--check") == 0) return suite_check() ? 0 : 1;
    if (argc > 1 && strcmp(argv[1], "--self-test") == 0) return suite_self_test() ? 0 : 1;
    if (argc > 2 && strcmp(argv[1], "--replay") == 0) return replay(argv[2]);
    int taken = 0;
    for (int i = 1; i < argc; i += taken) {
        taken = options_read(&scope, argc - i, argv + i);
        if (taken == 0) return help(stderr);
    }
    return (int)suite_explore(&scope, stdout);
}
