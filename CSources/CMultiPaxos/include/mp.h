/* The consensus core: Multi-Paxos as a pure step function, one log per object. */
#ifndef MP_H
#define MP_H

#include "mp/ballot.h"
#include "mp/batch.h"
#include "mp/limits.h"
#include "mp/message.h"
#include "mp/replica.h"
#include "mp/status.h"
#include "mp/trace.h"
#include "mp/voters.h"

#endif /* MP_H */
