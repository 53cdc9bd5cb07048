/* bench/peers/kafka version | mock | put SERVERS RECORDS BYTES - librdkafka and its mock broker, each in a process of its own */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>
#include "peer.h"

static uint64_t reports;

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
		bench_die("librdkafka: %s: %s", name, why);
}

static rd_kafka_t *open_kafka(rd_kafka_conf_t *conf)
{
	char why[256];
	rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);

	if (!kafka)
		bench_die("librdkafka: %s", why);
	return kafka;
}

static int mock(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_t *kafka;

	set(conf, "log_level", "0"); /* it has no servers, and needs none */
	kafka = open_kafka(conf);
	cluster = rd_kafka_mock_cluster_new(kafka, 1);
	if (!cluster || rd_kafka_mock_topic_create(cluster, "bench", 4, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
		bench_die("librdkafka: its mock cluster does not start");
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (getchar() != EOF)
		;
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(kafka);
	return 0;
}

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *user)
{
	(void)kafka;
	(void)user;
	if (message->err)
		bench_die("librdkafka: a message was not stored: %s", rd_kafka_err2str(message->err));
	reports++;
}

static void produce(rd_kafka_t *kafka, const struct peer_record *records, uint32_t n, uint32_t bytes,
                    uint64_t all)
{
	reports = 0;
	for (uint64_t i = 0; i < all; i++) {
		const struct peer_record *record = &records[i % n];
		rd_kafka_resp_err_t code;

		while ((code = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC("bench"),
		                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		                                 RD_KAFKA_V_KEY(record->key, BENCH_KEY),
		                                 RD_KAFKA_V_VALUE(record->data, bytes), RD_KAFKA_V_END)) ==
		       RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rd_kafka_poll(kafka, 10);
		if (code)
			bench_die("librdkafka: %s", rd_kafka_err2str(code));
		if (i % 1000 == 0)
			rd_kafka_poll(kafka, 0);
	}
	rd_kafka_flush(kafka, 30000);
	if (reports != all)
		bench_die("librdkafka: %llu of %llu reports", (unsigned long long)reports,
		          (unsigned long long)all);
}

int main(int argc, char **argv)
{
	struct peer_record *records;
	rd_kafka_conf_t *conf;
	rd_kafka_t *kafka;
	uint32_t n, bytes;

	if (argc == 2 && strcmp(argv[1], "version") == 0)
		return puts(rd_kafka_version_str()) < 0;
	if (argc == 2 && strcmp(argv[1], "mock") == 0)
		return mock();
	if (argc != 5)
		bench_die("usage: kafka version | mock | put SERVERS RECORDS BYTES");
	n = (uint32_t)strtoul(argv[3], NULL, 10);
	bytes = (uint32_t)strtoul(argv[4], NULL, 10);
	records = peer_records(n, bytes);
	conf = rd_kafka_conf_new();
	set(conf, "bootstrap.servers", argv[2]);
	set(conf, "linger.ms", "100"); /* as long as our producer waits */
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	kafka = open_kafka(conf);
	for (uint32_t orders; (orders = peer_order()) > 0; peer_done())
		produce(kafka, records, n, bytes, (uint64_t)orders * n);
	rd_kafka_destroy(kafka);
	peer_records_free(records, n);
	return 0;
}
