/* producer/spool - the books of a spool: its segments, where the next record goes, which one is read, what may go.
 *
 * Pure; under its owner's lock.  The owner writes, reads and removes the files, and tells what it did.  Records are
 * read in the order they were written, over all segments: what is put while some wait on disk waits behind them.
 * Invariant: a segment is removable only when all its records were handed out and are final.
 */
#ifndef KIN_PRODUCER_SPOOL_H
#define KIN_PRODUCER_SPOOL_H
#include "base/list.h"
#include "producer/spoolform.h"

struct kin__spool_ranges {
	struct kin__spool_range *at;
	size_t n, room;
};

struct kin__spool_segment {
	struct kin__list node;          /* in the order of their numbers */
	uint64_t number, life;          /* life: of the process that wrote it */
	uint64_t size, read;            /* bytes of it that are whole; all before `read` were handed out */
	uint64_t journal;               /* bytes of marks */
	uint64_t live;                  /* records handed out and not yet final */
	struct kin__spool_ranges done;  /* earlier: final, says its journal; in order */
	struct kin__spool_ranges fresh; /* final, and not yet in its journal */
	bool earlier;                   /* of a process before this one */
	bool complete;                  /* nothing is written to it any more */
	bool damaged;                   /* it is kept under another name */
};

struct kin__spool {
	uint64_t bytes_max;
	uint32_t segment_bytes_max; /* of one that has more than one record */
	struct kin__list segments;
	struct kin__spool_segment *open; /* that is written to; NULL */
	uint64_t next_number;
	uint64_t bytes, segments_n; /* of all */
	uint64_t unread;            /* bytes that wait to be handed out */
	bool fresh;                 /* some segment may have such ranges */
	bool writing;               /* of the owner: the open segment stays open meanwhile */
};

void kin__spool_init(struct kin__spool *spool, uint64_t bytes_max);
void kin__spool_fini(struct kin__spool *spool);

/* --- what an earlier process left: in the order of the numbers, before anything else --- */
enum kin__spool_state {
	KIN__SPOOL_SOUND,
	KIN__SPOOL_BEGUN,  /* its writer was interrupted before any record: it can go */
	KIN__SPOOL_RUINED, /* without its head nothing of it can be read: it is kept under another name */
	KIN__SPOOL_LATER   /* of a version that is not known here: it stays as it is */
};
/* How the segment of that number begins, of `size` bytes; own_head: bytes of a head that this process would write. */
enum kin__spool_state kin__spool_look(const struct kin__crc32c *crc, uint64_t number, struct kin__span bytes,
                                      uint64_t size, size_t own_head, struct kin__spool_head *head,
                                      size_t *head_n);
/* Its records begin at `head` bytes.  NULL: out of memory. */
struct kin__spool_segment *kin__spool_found(struct kin__spool *spool, uint64_t number, uint64_t life,
                                            uint64_t head, uint64_t size);
/* A mark of its journal, which kin__spool_marked() counts; false: out of memory. */
bool kin__spool_found_done(struct kin__spool_segment *segment, struct kin__spool_range range);
/* All marks were given. */
void kin__spool_found_end(struct kin__spool_segment *segment);
/* All of these: its journal, as it is; false: out of memory. */
bool kin__spool_found_journal(struct kin__spool *spool, struct kin__spool_segment *segment,
                              const struct kin__crc32c *crc, struct kin__span bytes);
/* A number was seen that no new segment may have. */
void kin__spool_number_used(struct kin__spool *spool, uint64_t number);

/* --- writing --- */
enum kin__spool_next {
	KIN__SPOOL_APPEND, /* to the segment that is open */
	KIN__SPOOL_BEGIN,  /* a segment, and ask again */
	KIN__SPOOL_FULL    /* what is removable may make room */
};
/* head: bytes that a new segment needs before its first record. */
enum kin__spool_next kin__spool_next(struct kin__spool *spool, size_t bytes, size_t head);
/* Number next_number, `head` bytes.  NULL: out of memory. */
struct kin__spool_segment *kin__spool_began(struct kin__spool *spool, uint64_t life, uint64_t head);
/* A record is written to the open segment.  direct: it may be handed out at once; true: it is, for none waits. */
bool kin__spool_wrote(struct kin__spool *spool, size_t bytes, bool direct);
/* Nothing more is written to the open segment. */
void kin__spool_complete(struct kin__spool *spool);

/* --- reading --- */
struct kin__spool_segment *kin__spool_reading(const struct kin__spool *spool); /* NULL: none waits */
/* Is the record that begins there final already?  Asked in order. */
bool kin__spool_is_done(const struct kin__spool_segment *segment, uint64_t from);
/* As kin__spool_scan_next(), of a scan that began at what was read of the segment; DONE: its journal says so. */
enum kin__spool_step kin__spool_read(const struct kin__spool_segment *segment, struct kin__spool_scan *scan,
                                     uint64_t begin, struct kin__span bytes, struct kin__spool_seen *seen);
/* The reader passed all before `to`; handed: a record of it is handed out. */
void kin__spool_passed(struct kin__spool *spool, struct kin__spool_segment *segment, uint64_t to,
                       bool handed);

/* --- ends --- */
/* A record that was handed out is final: reported.  Without memory to note it, it may be sent again by the next process. */
void kin__spool_final(struct kin__spool *spool, struct kin__spool_segment *segment,
                      struct kin__spool_range range);
/* With ranges for its journal, that is worth writing; NULL: none. */
struct kin__spool_segment *kin__spool_to_mark(const struct kin__spool *spool);
void kin__spool_marked(struct kin__spool *spool, struct kin__spool_segment *segment, uint64_t bytes);
/* All of it is final; NULL: none.  At the end (`last`) also the one that is open. */
struct kin__spool_segment *kin__spool_removable(struct kin__spool *spool, bool last);
void kin__spool_removed(struct kin__spool *spool, struct kin__spool_segment *segment); /* frees it */
bool kin__spool_sound(const struct kin__spool *spool); /* tests: the invariants */
#endif
