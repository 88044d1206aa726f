#include "mp/ballot.h"

int mp_ballot_compare(struct mp_ballot a, struct mp_ballot b) {
    if (a.round != b.round) return a.round < b.round ? -1 : 1;
    if (a.node != b.node) return a.node < b.node ? -1 : 1;
    return 0;
}
