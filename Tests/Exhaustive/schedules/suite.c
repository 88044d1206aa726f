#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"
#include "transcript.h"

static void make_all(const struct scope *scope) {
    wire_make();
    moves_make(scope);
    world_make(scope);
    judge_make(scope);
}

static void print_line(const struct scope *scope, const struct finding *finding) {
    const char *how = finding->complete ? "complete" : "";
    if (finding->stopped != NULL) how = finding->stopped;
    if (finding->violation[0] != 0) how = finding->violation;
    printf("%11llu worlds %12llu moves, %s %3u, %7llu steps of the core, %llu cut, "
           "commits to %llu, %5.1f s:",
           (unsigned long long)finding->worlds, (unsigned long long)finding->transitions,
           scope->depth == 0 ? "longest path" : "depth", finding->depth,
           (unsigned long long)moves_steps(), (unsigned long long)moves_cut(),
           (unsigned long long)finding->committed, finding->seconds);
    options_print(stdout, scope);
    if (scope->after != NULL) printf(" --after \"%s\"", scope->after);
    printf("%s%s\n", how[0] == 0 ? "" : ": ", how);
    fflush(stdout);
}

static bool audit_holds(void) {
    struct audit audit = moves_audit();
    const char *how = audit.complete ? "complete" : "as many as were wanted";
    printf("%11llu states beside their normal forms, %llu moves compared: %s\n",
           (unsigned long long)audit.states, (unsigned long long)audit.moves,
           audit.differs ? "a state and its normal form differ" : how);
    return !audit.differs;
}

enum verdict suite_explore(const struct scope *scope, FILE *file) {
    struct finding finding;
    make_all(scope);
    struct world first = transcript_first(scope);
    explore(scope, &first, isatty(2) == 1, &finding);
    print_line(scope, &finding);
    if (scope->audit && !audit_holds()) return VIOLATED;
    if (finding.complete && finding.committed == 0) {
        printf("nothing was ever committed: the scope is too small to say anything\n");
        return UNDECIDED;
    }
    if (finding.violation[0] == 0) return finding.stopped == NULL ? HOLDS : UNDECIDED;
    transcript_print(file, scope, &first, &finding);
    fflush(file);
    return VIOLATED;
}

/* The tables are made once per process, so each exploration gets its own. */
static int in_child(int (*work)(const struct scope *, FILE *), const struct scope *scope,
                    FILE *file) {
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) give_up("fork failed");
    if (child == 0) {
        int code = work(scope, file);
        fflush(stdout);
        _exit(code);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 2;
    return WEXITSTATUS(status);
}

static int explore_scope(const struct scope *scope, FILE *file) {
    return (int)suite_explore(scope, file);
}

/* An owner with a committed batch, and one whose batch is on no other disk yet. */
#define OWNED "pull 1, calm, invoke 1, calm"
#define HALF "pull 1, calm, invoke 1, write 1"

/* What is explored at each check: each scope to its end, or to a depth. */
static const struct piece {
    bool clients, audit;
    uint32_t pulls, batches, crashes, timers, reads, changes, members, depth;
    const char *after;
} pieces[] = {
    {false, false, 2, 1, 1, 0, 0, 0, 7, 0, NULL},
    {false, false, 2, 1, 0, 1, 0, 0, 7, 21, NULL},
    {false, false, 2, 1, 0, 0, 1, 0, 7, 17, NULL},
    {true, false, 2, 1, 0, 0, 0, 0, 7, 20, NULL},
    {false, false, 2, 2, 0, 0, 0, 0, 7, 17, NULL},
    {false, false, 3, 1, 1, 0, 0, 0, 7, 16, NULL},
    {false, false, 1, 1, 0, 0, 0, 0, 7, 0, OWNED},
    {false, false, 1, 1, 1, 0, 0, 0, 7, 15, OWNED},
    {false, false, 1, 1, 1, 0, 0, 0, 7, 13, HALF},
    {false, false, 1, 1, 0, 0, 0, 1, 7, 12, OWNED},
    {false, false, 1, 1, 0, 0, 0, 2, 3, 11, OWNED},
    {false, true, 2, 1, 1, 1, 1, 1, 7, 12, NULL},
    {true, true, 2, 1, 0, 1, 0, 0, 7, 14, NULL},
    {false, true, 1, 1, 1, 1, 1, 1, 7, 6, OWNED},
};

static struct scope scope_of_piece(const struct piece *piece) {
    struct scope scope = options_default();
    scope.clients = piece->clients;
    scope.audit = piece->audit;
    scope.pulls = piece->pulls;
    scope.batches = piece->batches;
    scope.crashes = piece->crashes;
    scope.timers = piece->timers;
    scope.reads = piece->reads;
    scope.changes = piece->changes;
    scope.members = piece->members;
    scope.depth = piece->depth;
    scope.after = piece->after;
    return scope;
}

bool suite_check(void) {
    bool all = true;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i += 1) {
        struct scope scope = scope_of_piece(&pieces[i]);
        if (in_child(explore_scope, &scope, stdout) != HOLDS) all = false;
    }
    return all;
}

struct planted {
    enum mutant mutant;
    bool clients;
    uint32_t pulls, batches, crashes, reads;
    uint32_t judgements; /* Those left out would find the mistake sooner. */
    const char *after;
};

#define AFTER_A_CRASH "pull 4, calm, invoke 4, calm, crash 4"
#define AFTER_A_READ "pull 1, calm, invoke 1, calm, read 1, calm, pull 2"

static const struct planted planted[] = {
    {MUTANT_SEND_EARLY, false, 2, 1, 0, 0, JUDGE_ALL, NULL},
    {MUTANT_SEND_EARLY, false, 2, 1, 1, 0, JUDGE_QUORUM, NULL},
    {MUTANT_SEND_EARLY, false, 1, 2, 1, 0, 0, "pull 1, calm"},
    {MUTANT_OLD_DISK, false, 2, 2, 1, 0, 0, NULL},
    {MUTANT_LOST_PROMISE, false, 2, 2, 1, 0, 0, NULL},
    {MUTANT_LOST_BATCH, false, 2, 2, 1, 0, 0, NULL},
    {MUTANT_WIPED, false, 2, 2, 1, 0, 0, NULL},
    {MUTANT_WIPED, false, 2, 2, 1, 0, JUDGE_ALL, NULL},
    {MUTANT_DOUBLE_VOTE, true, 1, 1, 0, 0, JUDGE_ALL, NULL},
    {MUTANT_DOUBLE_VOTE, true, 2, 1, 0, 0, 0, NULL},
    {MUTANT_DOUBLE_PROMISE, true, 2, 2, 0, 0, 0, NULL},
    {MUTANT_EAGER_COMMIT, false, 1, 1, 0, 0, JUDGE_ALL, NULL},
    {MUTANT_EAGER_COMMIT, false, 2, 1, 1, 0, 0, NULL},
    {MUTANT_SAME_CLIENT, true, 2, 1, 1, 0, JUDGE_ALL, NULL},
    {MUTANT_SAME_CLIENT, true, 1, 1, 0, 0, 0, AFTER_A_CRASH},
    {MUTANT_OTHER_VOTERS, false, 1, 1, 0, 0, JUDGE_ALL, NULL},
    {MUTANT_OTHER_VOTERS, false, 2, 2, 0, 0, 0, NULL},
    {MUTANT_FORGETFUL, false, 2, 1, 0, 0, JUDGE_ALL, NULL},
    {MUTANT_STALE_READ, false, 0, 1, 0, 1, JUDGE_ALL, AFTER_A_READ},
};

static struct scope scope_of(const struct planted *mistake) {
    struct scope scope = options_default();
    scope.mutant = mistake->mutant;
    scope.clients = mistake->clients;
    scope.pulls = mistake->pulls;
    scope.batches = mistake->batches;
    scope.crashes = mistake->crashes;
    scope.reads = mistake->reads;
    scope.judgements = mistake->judgements;
    scope.after = mistake->after;
    scope.depth = 40;
    scope.audit = mistake->mutant == MUTANT_FORGETFUL;
    return scope;
}

static char *read_all(FILE *file) {
    enum { TEXT_MAX = 1 << 20 };
    char *text = calloc(1, TEXT_MAX);
    if (text == NULL) give_up("no memory");
    rewind(file);
    size_t size = fread(text, 1, TEXT_MAX - 1, file);
    text[size] = 0;
    return text;
}

static int replay_scope(const struct scope *scope, FILE *file) {
    (void)scope;
    char *text = read_all(file);
    bool violated = suite_replay(text, false);
    free(text);
    return violated ? 0 : 1;
}

static bool is_found(const struct planted *mistake) {
    struct scope scope = scope_of(mistake);
    FILE *file = tmpfile();
    if (file == NULL) give_up("no temporary file");
    bool found = in_child(explore_scope, &scope, file) == VIOLATED;
    bool repeats = scope.audit || (found && in_child(replay_scope, &scope, file) == 0);
    fclose(file);
    if (!found) printf("NOT FOUND: %s\n", mutant_text(scope.mutant));
    if (found && !repeats) printf("NOT REPEATED: %s\n", mutant_text(scope.mutant));
    return found && repeats;
}

bool suite_self_test(void) {
    bool all = true;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i += 1) {
        if (!is_found(&planted[i])) all = false;
    }
    return all;
}

/* The lines that begin a transcript. Returns where the moves begin. */
static char *read_head(char *text, struct scope *scope) {
    for (;;) {
        char *rest = text;
        bool options = strncmp(text, "options", 7) == 0;
        bool after = strncmp(text, "after ", 6) == 0;
        if (!options && !after) return text;
        char *line = strsep(&rest, "\n");
        if (rest == NULL) return line + strlen(line);
        text = rest;
        if (after) {
            scope->after = line + 6;
            continue;
        }
        char *words[64];
        int count = 0, taken = 0;
        for (char *word = strtok(line + 7, " "); word != NULL && count < 64;
             word = strtok(NULL, " ")) {
            words[count] = word;
            count += 1;
        }
        for (int i = 0; i < count; i += taken) {
            taken = options_read(scope, count - i, words + i);
            if (taken == 0) give_up("not an option: %s", words[i]);
        }
    }
}

bool suite_replay(const char *text, bool loud) {
    char violation[VIOLATION_SIZE] = "";
    struct scope scope = options_default();
    const char *head = strstr(text, "\noptions"); /* What comes before is the finding itself. */
    char *copy = strdup(head == NULL ? text : head + 1);
    if (copy == NULL) give_up("no memory");
    const char *moves = read_head(copy, &scope);
    make_all(&scope);
    struct world world = transcript_first(&scope);
    bool holds = transcript_perform(moves, &world, loud ? stdout : NULL, violation);
    if (loud && holds) printf("no property is violated\n");
    free(copy);
    return !holds;
}
