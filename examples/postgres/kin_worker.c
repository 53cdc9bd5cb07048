/* kin_worker - a PostgreSQL background worker that copies a Kinesis stream into a table, each record exactly once.
 *
 *   make && make install                         needs pg_config and libkinstream
 *   shared_preload_libraries = 'kin_worker'      in postgresql.conf, and:
 *   kin_worker.stream = 'orders'                 required
 *   kin_worker.database = 'postgres'             where the tables are; made when missing
 *   kin_worker.folder = 'kinstream'              the checkpoints, below the data directory
 *   kin_worker.batch_size = 500
 *
 * Region, credentials and endpoint come from the server's environment (AWS_REGION, ...) and AWS's shared files.
 *
 * Why it is exactly once.  Each batch, the records of one shard in order, is inserted in one transaction together
 * with its last sequence number, the shard's position; what is at or before the position was inserted already and is
 * left out.  Only when the transaction is on the disk is the batch finished, and only then is the checkpoint in the
 * folder moved.  Whoever dies between the two gets the records again, and leaves them out.  The position is the
 * truth, the folder saves reading all of the stream again: after a restore of an older backup remove the folder.
 *
 * How a host with rules like PostgreSQL's embeds the library, kinstream-threads(7).  A backend is one thread, its
 * errors are longjmp(), its signals are its own.  So: the pull form, in which no function of ours runs on a thread
 * of the library.  The library is opened in the worker, never in the postmaster, which forks.  All SQL is between
 * kin_consumer_next() and kin_batch_finish(), in PG_TRY: an error ends here, and no frame of the library is on the
 * stack when it is raised.  The wait is for the latch, the library's descriptor and the postmaster at once.  At the
 * end the handles are closed by a callback, whichever way the process goes; with _exit() or SIGKILL none is needed. */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include <kinstream.h>

PG_MODULE_MAGIC;

void _PG_init(void);
PGDLLEXPORT void kin_worker_main(Datum unused);

static char *stream, *database, *folder;
static int batch_size;

static struct kin_client *client;
static struct kin_consumer *consumer;
static struct kin_batch *batch; /* taken and not finished */
static SPIPlanPtr lock_position, insert_record, move_position;

/* --- tables ------------------------------------------------------------------------ */

static const char tables[] = "CREATE SCHEMA IF NOT EXISTS kinstream;"
			     "CREATE TABLE IF NOT EXISTS kinstream.records (id bigserial PRIMARY KEY,"
			     " shard_id text NOT NULL, sequence_number numeric NOT NULL,"
			     " partition_key bytea, data bytea NOT NULL, arrived timestamptz NOT NULL);"
			     "CREATE TABLE IF NOT EXISTS kinstream.positions (stream_arn text, shard_id text,"
			     " sequence_number numeric NOT NULL, PRIMARY KEY (stream_arn, shard_id))";

static void begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void commit(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void run(SPIPlanPtr plan, Datum *values, const char *nulls, int expected)
{
	int code = SPI_execute_plan(plan, values, nulls, false, 0);

	if (code != expected)
		elog(ERROR, "kin_worker: SPI: %s", SPI_result_code_string(code));
}

static SPIPlanPtr prepare(const char *text, int n, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare(text, n, types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "kin_worker: SPI: %s", SPI_result_code_string(SPI_result));
	return plan;
}

static void make_tables(void)
{
	Oid texts[] = { TEXTOID, TEXTOID, TEXTOID };
	Oid record[] = { TEXTOID, TEXTOID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID, TEXTOID };

	begin();
	if (SPI_execute(tables, false, 0) < 0)
		elog(ERROR, "kin_worker: cannot make the tables");
	/* Locks the shard's position, and tells it. */
	lock_position = prepare("INSERT INTO kinstream.positions VALUES ($1, $2, -1)"
	                        " ON CONFLICT (stream_arn, shard_id)"
	                        " DO UPDATE SET sequence_number = positions.sequence_number"
	                        " RETURNING sequence_number::text",
	                        2, texts);
	insert_record = prepare("INSERT INTO kinstream.records"
	                        " (shard_id, sequence_number, partition_key, data, arrived)"
	                        " SELECT $1, $2::numeric, $3, $4, $5 WHERE $2::numeric > $6::numeric",
	                        6, record);
	move_position = prepare("UPDATE kinstream.positions SET sequence_number = $3::numeric"
	                        " WHERE stream_arn = $1 AND shard_id = $2 AND sequence_number < $3::numeric",
	                        3, texts);
	commit();
}

/* --- one batch, one transaction ------------------------------------------------------- */

static Datum bytes(const void *data, size_t size)
{
	bytea *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), data, size);
	return PointerGetDatum(value);
}

static TimestampTz time_of(int64_t unix_ms)
{
	const int64 days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

	return (TimestampTz)unix_ms * 1000 - days * USECS_PER_DAY;
}

static void insert(const struct kin_record *record, Datum shard, Datum position)
{
	Datum values[6] = { shard, CStringGetTextDatum(record->sequence_number) };
	char nulls[] = "      ";

	values[2] = bytes(record->partition_key ? record->partition_key : "", record->partition_key_size);
	nulls[2] = record->partition_key ? ' ' : 'n';
	values[3] = bytes(record->data, record->data_size);
	values[4] = TimestampTzGetDatum(time_of(record->arrival_ms));
	values[5] = position;
	run(insert_record, values, nulls, SPI_OK_INSERT);
	for (int i = 1; i < 4; i++)
		pfree(DatumGetPointer(values[i]));
}

static void insert_batch(void)
{
	const struct kin_record *record, *last = NULL;
	Datum keys[3], position;

	begin();
	/* The checkpoint that follows must not be more durable than this. */
	SetConfigOption("synchronous_commit", "on", PGC_USERSET, PGC_S_SESSION);
	keys[0] = CStringGetTextDatum(kin_batch_stream_arn(batch));
	keys[1] = CStringGetTextDatum(kin_batch_shard_id(batch));
	run(lock_position, keys, NULL, SPI_OK_INSERT_RETURNING);
	position = CStringGetTextDatum(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	while ((record = kin_batch_next(batch)) != NULL) {
		insert(record, keys[1], position);
		last = record;
	}
	keys[2] = CStringGetTextDatum(last->sequence_number); /* no batch is empty */
	run(move_position, keys, NULL, SPI_OK_UPDATE);
	commit();
}

static void handle_batch(void)
{
	MemoryContext before = CurrentMemoryContext;
	volatile int code = KIN_FAILED; /* the library gives it again, later */

	pgstat_report_activity(STATE_RUNNING, "inserting a batch");
	PG_TRY();
	{
		insert_batch();
		code = KIN_OK;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	kin_batch_finish(batch, code);
	batch = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* --- open, wait, close ----------------------------------------------------------------- */

/* Whichever way the process ends: asked to, by an error, or in the middle of a batch. */
static void close_all(int code, Datum unused)
{
	struct kin_error error;

	if (batch != NULL)
		kin_batch_finish(batch, KIN_BUSY); /* its transaction is rolled back */
	batch = NULL;
	if (consumer != NULL && kin_consumer_close(consumer, 5000, &error) == KIN_TIMEOUT)
		return; /* exit() goes well with it, too */
	consumer = NULL;
	kin_client_close(client);
	client = NULL;
}

static void open_all(void)
{
	struct kin_client_options settings;
	struct kin_consumer_options options;
	struct kin_error error;
	char store[MAXPGPATH + 8];

	kin_client_options_init(&settings);
	settings.log = kin_log_stderr; /* on a thread of the library: ereport() must not be called there */
	if (kin_client_open(&client, &settings, &error) != KIN_OK)
		ereport(ERROR, (errmsg("kin_worker: %s", error.message)));
	snprintf(store, sizeof(store), "file:%s", folder);
	kin_consumer_options_init(&options);
	options.stream = stream;
	options.application = "kin_worker";
	options.store = store;
	options.batch_size = batch_size;
	options.retry_base_ms = 100;
	options.buffer_bytes_max = 16 * 1024 * 1024;
	if (kin_consumer_open(&consumer, client, &options, &error) != KIN_OK)
		ereport(ERROR, (errmsg("kin_worker: %s", error.message)));
}

static void wait_for_something(void)
{
	WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
	                  kin_consumer_fd(consumer), -1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending) {
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

void kin_worker_main(Datum unused)
{
	struct kin_error error;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(database, NULL, 0);
	make_tables();
	before_shmem_exit(close_all, 0);
	open_all();
	while (!ShutdownRequestPending) {
		int code = kin_consumer_next(consumer, &batch, 0, &error);

		if (code == KIN_OK)
			handle_batch();
		else if (code == KIN_TIMEOUT)
			wait_for_something();
		else
			ereport(ERROR, (errmsg("kin_worker: %s", error.message)));
	}
	proc_exit(1); /* 0 would mean: never start it again */
}

void _PG_init(void)
{
	BackgroundWorker worker = { .bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		                    .bgw_start_time = BgWorkerStart_RecoveryFinished,
		                    .bgw_restart_time = 1 };

	DefineCustomStringVariable("kin_worker.stream", "Name or ARN of the stream.", NULL, &stream, "",
	                           PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("kin_worker.database", "Database of the tables.", NULL, &database,
	                           "postgres", PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("kin_worker.folder", "Folder of the checkpoints.", NULL, &folder,
	                           "kinstream", PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("kin_worker.batch_size", "Records of one transaction at most.", NULL,
	                        &batch_size, 500, 1, 10000, PGC_POSTMASTER, 0, NULL, NULL, NULL);
	if (!process_shared_preload_libraries_in_progress)
		ereport(ERROR, (errmsg("kin_worker must be named in shared_preload_libraries")));
	snprintf(worker.bgw_name, BGW_MAXLEN, "kin_worker");
	snprintf(worker.bgw_type, BGW_MAXLEN, "kin_worker");
	snprintf(worker.bgw_library_name, BGW_MAXLEN, "kin_worker");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "kin_worker_main");
	RegisterBackgroundWorker(&worker);
}
