#include "assert.h"
#include "state.h"

struct mp_message mp__message(const struct mp__group *group, enum mp_message_kind kind,
                              struct mp_ballot ballot) {
    return (struct mp_message){
        .kind = (uint8_t)kind,
        .group = group->id,
        .ballot = ballot,
        .commit = group->log.commit.index,
    };
}

void mp__send(struct mp_effects *effects, uint64_t to, uint64_t after_write,
              const struct mp_message *message, uint64_t batch_first) {
    MP_ASSERT(effects->send_count < MP_SENDS_MAX);
    MP_ASSERT(to != 0);
    effects->sends[effects->send_count] = (struct mp_send){
        .to = to, .after_write = after_write, .message = *message, .batch_first = batch_first};
    effects->send_count += 1;
}

void mp__write(struct mp_replica *replica, struct mp__group *group, struct mp_effects *effects,
               struct mp_point tip, uint64_t truncate_from, uint32_t batch) {
    MP_ASSERT(effects->write_count < MP_WRITES_MAX);
    MP_ASSERT(replica->options.votes && !group->lost);
    replica->last_write += 1;
    group->last_write = replica->last_write;
    struct mp_write *write = &effects->writes[effects->write_count];
    *write = (struct mp_write){
        .id = replica->last_write,
        .group = group->id,
        .hard = {.promised = group->promised,
                 .tip = tip,
                 .commit = group->log.commit,
                 .trimmed = group->trimmed,
                 .voters = group->log.commit_config.voters,
                 .admissions = group->log.commit_config.admissions,
                 .born = group->born},
        .truncate_from = truncate_from,
    };
    if (batch != MP_NONE) {
        write->batch_first = replica->batches[batch].id.first;
        replica->batches[batch].write_id = replica->last_write;
    }
    effects->write_count += 1;
}

void mp__outcome(struct mp_effects *effects, const struct mp_outcome *outcome) {
    MP_ASSERT(effects->outcome_count < MP_OUTCOMES_MAX);
    effects->outcomes[effects->outcome_count] = *outcome;
    effects->outcome_count += 1;
}

void mp__trace(const struct mp_replica *replica, enum mp_trace_kind kind,
               const struct mp__group *group, struct mp_ballot ballot, struct mp_ballot by,
               struct mp_point point, uint64_t peer) {
    if (replica->options.trace == NULL) return;
    struct mp_trace record = {
        .kind = kind,
        .now_us = replica->now_us,
        .node = replica->options.node,
        .group = group == NULL ? 0 : group->id,
        .peer = peer,
        .ballot = ballot,
        .by = by,
        .point = point,
    };
    replica->options.trace(replica->options.trace_context, &record);
}
