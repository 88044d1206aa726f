/* Every limit of the core, in one place. Each one bounds an array or a queue. */
#ifndef MP_LIMITS_H
#define MP_LIMITS_H

/* Voters of one cluster. */
#define MP_VOTERS_MAX 9u

/* The largest node id of a server, so that a set of voters is one word. */
#define MP_NODE_MAX 64u

/* Bytes of one batch, header included: one accept message, one stored value. */
#define MP_BATCH_SIZE_MAX (1024u * 1024u)

/* Entries of one batch. */
#define MP_BATCH_ENTRIES_MAX 16384u

/* Bytes of one entry's payload. The rest of a batch is its header and the entry's own. */
#define MP_ENTRY_SIZE_MAX (MP_BATCH_SIZE_MAX - 4096u)

/* Batches of its own that an owner may have in flight in one group. */
#define MP_WINDOW_MAX 16u

/* Batches of one group that a node always has room for, whatever its other groups hold. */
#define MP_SHARE 32u

/* Uncommitted batches of one group, inherited ones included. From MP_SHARE on they need a loan. */
#define MP_UNCOMMITTED_MAX 256u

/* Bytes of the frames that the logs of a node still name. Above it, committed ones are forgotten
 * almost at once; voters that are behind then fetch them from storage. */
#define MP_NAMED_BYTES_MAX 134217728u

/* Messages one step may ask for: to each peer a window of accepts, and one more. */
#define MP_SENDS_MAX (MP_VOTERS_MAX * (MP_WINDOW_MAX + 1u))

/* Durable writes one step may ask for: a window pushed at once, and a promise. */
#define MP_WRITES_MAX (MP_WINDOW_MAX + 1u)

/* Outcomes one step may report. */
#define MP_OUTCOMES_MAX 4u

/* Bytes of a message's payload: a batch, or calls and replies of the same bound. */
#define MP_PAYLOAD_SIZE_MAX MP_BATCH_SIZE_MAX

/* Rounds a prepare may be above the highest promise before it is refused as nonsense. */
#define MP_ROUND_JUMP_MAX ((uint64_t)1 << 32)

/* The index of a snapshot that somebody describes: no log gets as far, and no sum overflows. */
#define MP_INDEX_MAX ((uint64_t)1 << 62)

#endif /* MP_LIMITS_H */
