/* kinstream/record.h - a record read, and a record to be put.  kin_record(3) */
#ifndef KINSTREAM_RECORD_H
#define KINSTREAM_RECORD_H

#include <stdbool.h>
#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* With the option decompress. */
enum kin_record_flag {
	KIN_RECORD_DECOMPRESSED = 1, /* data is what it was before it was made smaller */
	KIN_RECORD_NOT_DECOMPRESSED =
			2 /* data begins as a codec's does, and could not be undone: it is as it was read */
};

/* One record read.  Handed out read-only, borrowed as its batch, call or reader says; grows at the end. */
struct kin_record {
	const char *partition_key; /* UTF-8, 0-ended too; may hold NUL; NULL: the stream has none (AUTO) */
	size_t partition_key_size;
	const char *sequence_number; /* decimal, 0-ended */
	const char *shard_id;        /* 0-ended; "" in the records of a call: it does not know */
	const void *data;
	size_t data_size;
	int64_t arrival_ms;    /* ApproximateArrivalTimestamp: Unix ms, set by the service */
	uint64_t sub_sequence; /* place in a KPL aggregate, whose records share a sequence number; else 0 */
	uint32_t sequence_number_size;
	uint32_t flags; /* of enum kin_record_flag */
};

/* One record to be put.  Clear it with kin_put_entry_init(), then fill in. */
struct kin_put_entry {
	size_t size;     /* set by the _init; leave it */
	const char *key; /* partition key, 1..256 characters of UTF-16; NULL: spread over the shards */
	size_t key_size;
	const char *hash_key; /* ExplicitHashKey, decimal, 0-ended; NULL: MD5 of the key */
	const void *data;
	size_t data_size;
	int64_t ttl_ms; /* 0: the producer's record_ttl_ms */
	void *token;    /* kin_producer_put_many(): comes back in the report */
	/* Not NULL: data is given away, not copied.  Called once, after the report; not if the put was refused.  See
	 * kin_producer(3) for the thread. */
	void (*release)(void *user, void *data);
	void *release_user;
	bool borrowed; /* true: data is not copied either, and stays as it is until the report */
	uint8_t reserved[7];
};

KIN_API void kin_put_entry_init_sized(struct kin_put_entry *entry, size_t size);
#define kin_put_entry_init(entry) kin_put_entry_init_sized((entry), sizeof *(entry))

#ifdef __cplusplus
}
#endif
#endif
