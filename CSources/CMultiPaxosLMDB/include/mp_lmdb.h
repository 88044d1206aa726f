/* Durable storage of one node: logs and hard state in one LMDB environment.
 *
 * Lifecycle: mp_lmdb_format() once per directory; then mp_lmdb_open() -> mp_lmdb_load() -> any
 * number of mp_lmdb_commit() -> mp_lmdb_close().
 *
 * Databases (docs/internals/disk.md has the bytes):
 *   batches   storage sequence, big endian       -> the frame, as received
 *   identity  group, first index, big endian     -> last, ballot, checksums, sequence, own checksum
 *   hard      group, big endian                  -> promised, tip, commit, trimmed, own checksum
 *   mirror    the same again, on other pages
 *   chunks    group, index, number, big endian   -> a piece of a snapshot, own checksum
 *   snapshots group, index, big endian           -> what makes its chunks a snapshot, own checksum
 *   node      name                               -> format, cluster, node, incarnation, peers
 *
 * Invariants across them: every identity names a frame in `batches` or the batch is lost; the
 * identities of a group are contiguous from where it is trimmed to the tip that `hard` names.
 *
 * Durability: only LMDB's default, flushed commits. A failed commit or flush is final: stop the
 * process. No MDB type leaves the implementation.
 *
 * Damage: every record and every frame has a checksum. The hard state of a group is stored twice;
 * its tip names the last batch by checksum, and each batch names the one before. So whatever else
 * is damaged can be named, and restored exactly, from elsewhere on this disk or from a peer.
 *
 * Thread safety: mp_lmdb_commit() and the other writers on one thread (the storage thread);
 * mp_lmdb_read(), mp_lmdb_read_chunks(), mp_lmdb_get_snapshot(), mp_lmdb_verify(),
 * mp_lmdb_scrub(), mp_lmdb_get_peer(), mp_lmdb_identity() and mp_lmdb_get_stats() on any. */
#ifndef MP_LMDB_H
#define MP_LMDB_H

#include <mp.h>

struct mp_lmdb;

#define MP_LMDB_ERROR_SIZE 512u
#define MP_LMDB_CLUSTER_SIZE 64u /* Bytes of a cluster's name, the closing zero included. */

/* A sentence for the operator: what is wrong and what to do. */
struct mp_lmdb_error {
    char text[MP_LMDB_ERROR_SIZE];
};

struct mp_lmdb_options {
    const char *path;     /* The directory. */
    const char *cluster;  /* The cluster's name; for open NULL is whatever the directory says. */
    uint64_t node;
    bool any_node;        /* For tools, which do not vote: whichever node the directory is of. */
    uint64_t map_bytes;   /* Address space of the map: the most the data may grow to. 0: 1 TiB, or
                           * less if the process does not have that much. */
    uint64_t reserve_bytes; /* Allocated ahead of the data, and kept for promises. 0: 64 MiB. */
};

/* Whether a directory votes. */
enum mp_lmdb_vote {
    MP_LMDB_VOTE_NONE = 0, /* Not yet: a new one. */
    MP_LMDB_VOTE_FIRST,    /* Yes, as the first directory of its server. */
    MP_LMDB_VOTE_LOST,     /* No: another one of its server is known to a peer. */
    MP_LMDB_VOTE_ANEW,     /* Yes, as a later one: in the logs that name its generation. */
};

struct mp_lmdb_standing {
    enum mp_lmdb_vote vote;
    uint32_t generation; /* Of a later directory. */
};

/* What a voting directory says of itself. */
struct mp_lmdb_identity_record {
    char cluster[MP_LMDB_CLUSTER_SIZE];
    uint64_t node;
    uint64_t incarnation; /* Drawn at random by format: votes belong to (node, incarnation). */
    uint64_t sequence;    /* The durable storage sequence, now: one more with each write. */
    struct mp_lmdb_standing standing; /* As mp_lmdb_admit() left it; no vote at first. */
};

/* Make a voting directory. It must not exist, or be empty; what an interrupted format left counts
 * as empty.
 *
 * MP_OK      It is durable.
 * MP_FOREIGN It holds something already, or cluster or node is not acceptable. Nothing was written.
 * MP_IN_USE  Another process formats or has it open.
 * MP_SYSTEM, MP_FULL  As the error says. */
MP_MUST_USE enum mp_status mp_lmdb_format(const struct mp_lmdb_options *options,
                                          struct mp_lmdb_error *error);

/* Open a voting directory.
 *
 * MP_OK      *env is open, exclusively.
 * MP_FOREIGN It is not formatted, or for another node, cluster or a newer format.
 * MP_IN_USE  Another process, or this one, has it open.
 * MP_CORRUPT A record's checksum differs.
 * MP_SYSTEM  Read-only, missing, a remote file system, … as the error says. */
MP_MUST_USE enum mp_status mp_lmdb_open(const struct mp_lmdb_options *options,
                                        struct mp_lmdb **env, struct mp_lmdb_error *error);

/* Release the directory and the memory. No call on env may be under way or follow. */
void mp_lmdb_close(struct mp_lmdb *env);

/* What open found, and the flags LMDB reports of the environment: 0x200000, NOTLS. */
void mp_lmdb_identity(const struct mp_lmdb *env, struct mp_lmdb_identity_record *record);
uint32_t mp_lmdb_flags(const struct mp_lmdb *env);

/* How a group was stored. */
enum mp_lmdb_health {
    MP_LMDB_WHOLE = 0, /* All of it, possibly after a record was restored from its copy. */
    MP_LMDB_DAMAGED,   /* Hard state and identities are whole; a frame is not. */
    MP_LMDB_LOST,      /* Promise or log are not known whole. */
};

/* One group as it was stored. Unless `error` is empty it says what was damaged, and names group,
 * index and ballot as far as they can still be known. Of a lost group `hard` is zero if it could
 * not be read, and `suffix` is empty. Pointers are valid for the call. */
typedef void (*mp_lmdb_on_group)(void *context, uint64_t group, const struct mp_hard_state *hard,
                                 const struct mp_identity *suffix, uint32_t suffix_count,
                                 enum mp_lmdb_health health, const struct mp_lmdb_error *error);

/* Report every group. Frames after the commit point are read and verified; those before it when
 * they are read. Before any commit: records whose copy is damaged are written again, and damaged
 * identities made again from their frames.
 *
 * MP_OK      Every group was reported, lost ones included.
 * MP_CORRUPT The tree itself is damaged: there may be groups that cannot be seen. Do not vote.
 * MP_SYSTEM  As the error says. */
MP_MUST_USE enum mp_status mp_lmdb_load(struct mp_lmdb *env, mp_lmdb_on_group on_group,
                                        void *context, struct mp_lmdb_error *error);

/* One write of the core, with the frame it names (NULL if none). */
struct mp_lmdb_write {
    struct mp_write write;
    struct mp_identity identity; /* Of the frame; first 0 if there is none. */
    const uint8_t *frame;
};

/* What a peer last announced, so that a rolled-back one can be recognised. */
struct mp_lmdb_peer {
    uint64_t node;
    uint64_t incarnation;
    uint64_t sequence;
    bool lost;           /* An older copy of that directory came back. */
    uint32_t generation; /* Of that directory: an operator approved of it. 0: the first one. */
};

/* Make writes durable, all or none, in one transaction with one flush.
 *
 * MP_OK     They are durable.
 * MP_FULL   No space could be allocated; nothing was written. Promises alone may still fit: half of
 *           the reserve is kept for writes without a frame.
 * MP_SYSTEM The outcome is unknown: stop the process, never retry. */
MP_MUST_USE enum mp_status mp_lmdb_commit(struct mp_lmdb *env, const struct mp_lmdb_write *writes,
                                          uint32_t write_count, struct mp_lmdb_error *error);

/* Whether batches should be taken in: MP_FULL once only the reserve is left, of which half is still
 * there for what was taken in before. To be asked after commits; cheap while there is room. MP_OK,
 * MP_FULL, MP_SYSTEM. */
MP_MUST_USE enum mp_status mp_lmdb_room(struct mp_lmdb *env, struct mp_lmdb_error *error);

/* Remember, durably, what a peer announced. MP_OK, MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_put_peer(struct mp_lmdb *env, const struct mp_lmdb_peer *peer,
                                            struct mp_lmdb_error *error);

/* Remember, durably, whether this directory votes. MP_OK, MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_admit(struct mp_lmdb *env,
                                         const struct mp_lmdb_standing *standing,
                                         struct mp_lmdb_error *error);

/* False if nothing is known of the peer. */
bool mp_lmdb_get_peer(struct mp_lmdb *env, uint64_t node, struct mp_lmdb_peer *peer);

/* Return false to stop reading. The frame is valid for the call. */
typedef bool (*mp_lmdb_on_frame)(void *context, const struct mp_batch *batch);

/* Read the frames of a group from the one that holds index `from` to the last that ends at
 * `through` or before, verified.
 *
 * MP_OK      on_frame saw what there is; nothing at all is OK too.
 * MP_CORRUPT A frame's checksum differs, or it is missing; error names group, index and ballot.
 * MP_TRIMMED The log begins after `from`. */
MP_MUST_USE enum mp_status mp_lmdb_read(struct mp_lmdb *env, uint64_t group, uint64_t from,
                                        uint64_t through, mp_lmdb_on_frame on_frame, void *context,
                                        struct mp_lmdb_error *error);

/* One thing that storage should hold and cannot read. */
struct mp_lmdb_damage {
    uint64_t group;
    uint64_t first;          /* 0: unknown, or not of a batch. */
    uint64_t last;           /* 0: an identity, or a hard state; mp_lmdb_mend() knows more. */
    uint64_t checksum;       /* Names the batch, if `last` is not 0. */
    struct mp_ballot ballot; /* Zero: unknown. */
    uint64_t snapshot;       /* Not of the log: index of the snapshot that is damaged; else 0. */
};

/* Return false to stop. The pointers are valid for the call. */
typedef bool (*mp_lmdb_on_damage)(void *context, const struct mp_lmdb_damage *damage,
                                  const struct mp_lmdb_error *error);

/* Verify the identities and frames of a group from the batch that holds index `from` to the last
 * that begins at `through` or before, or to its tip.
 *
 * MP_OK     on_damage saw what is damaged; nothing is OK too.
 * MP_SYSTEM As the error says. */
MP_MUST_USE enum mp_status mp_lmdb_verify(struct mp_lmdb *env, uint64_t group, uint64_t from,
                                          uint64_t through, mp_lmdb_on_damage on_damage,
                                          void *context, struct mp_lmdb_error *error);

/* Verify every group with its snapshots, and what there is beside groups. MP_OK, MP_SYSTEM as for
 * verify; MP_CORRUPT if the tree itself is damaged. */
MP_MUST_USE enum mp_status mp_lmdb_verify_all(struct mp_lmdb *env, mp_lmdb_on_damage on_damage,
                                              void *context, struct mp_lmdb_error *error);

/* Where a scrub goes on: zero at the beginning, and again at the end. */
struct mp_lmdb_place {
    uint64_t group;
    uint64_t first;
    uint64_t chunk; /* Of the snapshot, from 1; 0: the log is not through yet. */
};

/* Verify about `bytes` bytes of frames and chunks, from *place on, and move it. *bytes is what was
 * read. MP_OK, MP_SYSTEM as for verify. */
MP_MUST_USE enum mp_status mp_lmdb_scrub(struct mp_lmdb *env, struct mp_lmdb_place *place,
                                         uint64_t *bytes, mp_lmdb_on_damage on_damage,
                                         void *context, struct mp_lmdb_error *error);

/* Restore, durably, what this directory itself has twice: a hard state from its other copy, and
 * identities from their frames. What then still is damaged between the first index and the tip is
 * reported, with the checksum that names it; but for what lies before the last such identity.
 *
 * MP_OK      *mended records were written.
 * MP_CORRUPT Both copies of the hard state are damaged: the promise is lost, and so is the group.
 * MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_mend(struct mp_lmdb *env, uint64_t group,
                                        mp_lmdb_on_damage on_damage, void *context,
                                        uint32_t *mended, struct mp_lmdb_error *error);

/* Store, durably, a batch that is damaged here. It must be exactly the one that its identity names;
 * if that is damaged too, the one that the batch after it, or the tip, names.
 *
 * MP_OK    It can be read again.
 * MP_STALE Another batch, or none, belongs there. Nothing was written.
 * MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_repair(struct mp_lmdb *env, const struct mp_batch *batch,
                                          struct mp_lmdb_error *error);

/* The batch that ends at damage->last and has damage->checksum, if this directory has it, sound.
 * MP_OK, after on_frame; MP_STALE if not; MP_SYSTEM. Any thread. */
MP_MUST_USE enum mp_status mp_lmdb_find(struct mp_lmdb *env, const struct mp_lmdb_damage *damage,
                                        mp_lmdb_on_frame on_frame, void *context,
                                        struct mp_lmdb_error *error);

/* Restore, durably, all that can be: from this directory, and from `source` what it has of the very
 * same batches, whatever its age. on_damage sees what is damaged still. `source` is only read, but
 * for mending its records; NULL if there is none.
 *
 * MP_OK     *repaired records and batches were written.
 * MP_FULL, MP_SYSTEM as for commit; MP_CORRUPT as for verify_all. */
MP_MUST_USE enum mp_status mp_lmdb_restore(struct mp_lmdb *env, struct mp_lmdb *source,
                                           mp_lmdb_on_damage on_damage, void *context,
                                           uint64_t *repaired, struct mp_lmdb_error *error);

#define MP_LMDB_CHUNK_SIZE 262144u /* Bytes of each chunk of a snapshot but the last. */

/* A snapshot: the state that the log through `point` made. */
struct mp_lmdb_snapshot {
    uint64_t group;
    struct mp_point point;
    struct mp_ballot ballot; /* Promised where the point was known to be committed, or higher. */
    uint64_t voters;         /* In force at the point; 0: as the log began. */
    uint32_t admissions;     /* Named by the log up to there. */
    uint64_t digest;         /* Of the results of the log so far. */
    uint64_t size;           /* Of all chunks, in bytes. */
    uint64_t checksum;       /* mp_lmdb_chunk_hash() over the chunks in order, from 0. */
};

/* How many chunks a snapshot of `size` bytes has. */
uint64_t mp_lmdb_chunk_count(uint64_t size);
/* The size of one of them. */
uint32_t mp_lmdb_chunk_size(uint64_t size, uint64_t number);
uint64_t mp_lmdb_chunk_hash(uint64_t hash, const uint8_t *chunk, uint32_t size);

/* Make chunks durable, from number `first` on, in one transaction: `bytes` is cut into chunks. They
 * are no snapshot before mp_lmdb_put_snapshot(). MP_OK, MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_put_chunks(struct mp_lmdb *env, uint64_t group, uint64_t index,
                                              uint64_t first, const uint8_t *bytes, uint32_t size,
                                              struct mp_lmdb_error *error);

/* Make the chunks that were put the newest snapshot, durably: later ones are none any more.
 * MP_OK, MP_FULL, MP_SYSTEM as for commit. */
MP_MUST_USE enum mp_status mp_lmdb_put_snapshot(struct mp_lmdb *env,
                                                const struct mp_lmdb_snapshot *snapshot,
                                                struct mp_lmdb_error *error);

/* The newest snapshot of a group.
 *
 * MP_OK            *snapshot is it; its chunks are verified when they are read.
 * MP_UNKNOWN_GROUP There is none.
 * MP_CORRUPT       The record of it is damaged; error names the group and the index. */
MP_MUST_USE enum mp_status mp_lmdb_get_snapshot(struct mp_lmdb *env, uint64_t group,
                                                struct mp_lmdb_snapshot *snapshot,
                                                struct mp_lmdb_error *error);

/* Return false to stop reading. The bytes are valid for the call. */
typedef bool (*mp_lmdb_on_chunk)(void *context, uint64_t number, const uint8_t *bytes,
                                 uint32_t size);

/* Read `count` chunks of a snapshot from number `first` on, each verified.
 *
 * MP_OK      on_chunk saw them all.
 * MP_TRIMMED The snapshot is gone: a newer one took its place.
 * MP_CORRUPT A chunk is damaged or missing; error names group, index and number. */
MP_MUST_USE enum mp_status mp_lmdb_read_chunks(struct mp_lmdb *env, uint64_t group, uint64_t index,
                                               uint64_t first, uint64_t count,
                                               mp_lmdb_on_chunk on_chunk, void *context,
                                               struct mp_lmdb_error *error);

/* Whether a batch of the stored log ends at this very point. Any thread. */
bool mp_lmdb_holds(struct mp_lmdb *env, uint64_t group, const struct mp_point *point);

/* Delete what nobody needs of a group, in one transaction of bounded size: entries at or before
 * where its log is trimmed, and snapshots and chunks older than the newest snapshot. *more if there
 * is something left. MP_OK, MP_FULL, MP_SYSTEM as for commit; MP_CORRUPT: nothing was deleted. */
MP_MUST_USE enum mp_status mp_lmdb_sweep(struct mp_lmdb *env, uint64_t group, bool *more,
                                         struct mp_lmdb_error *error);

/* The same of chunks beyond the newest snapshot: of such as were given up. None may be under way,
 * as its chunks look the same. */
MP_MUST_USE enum mp_status mp_lmdb_drop_chunks(struct mp_lmdb *env, uint64_t group, bool *more,
                                               struct mp_lmdb_error *error);

/* Counters since open, for status: commits (flushes), bytes of data file used and allocated. */
struct mp_lmdb_stats {
    uint64_t commits;
    uint64_t batches;
    uint64_t bytes_used;
    uint64_t bytes_allocated;
    uint64_t sequence;
};
void mp_lmdb_get_stats(const struct mp_lmdb *env, struct mp_lmdb_stats *stats);

#endif /* MP_LMDB_H */
