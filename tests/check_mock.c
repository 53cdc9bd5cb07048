/* The embedded endpoint, asked over its own sockets: who gets in, what each request is answered, faults, manners. */
#include "mock_asker.h"
#include "mock_cbor.h"
#include "mock_faults.h"
#include "mock_front.h"
#include "mock_manners.h"
#include "mock_settings.h"
#include "mock_shapes.h"
#include "mock_streams.h"

static void open_usual(void)
{
	struct kin_mock_options options = usual();

	open_with(&options);
}

static void open_cbor(void)
{
	over_cbor = true;
	open_usual();
}

static void close_mock(void)
{
	over_cbor = false;
	kin_mock_close(mock);
	mock = NULL;
}

int main(void)
{
	Suite *suite = suite_create("mock");
	SRunner *runner;
	int failed;

	front_cases_add(suite, open_usual, close_mock);
	shape_cases_add(suite, open_usual, close_mock);
	stream_cases_add(suite, open_usual, close_mock);
	setting_cases_add(suite, open_usual, close_mock);
	fault_cases_add(suite, open_usual, close_mock);
	manner_cases_add(suite, open_usual, close_mock);
	shape_cases_add(suite, open_cbor, close_mock);
	stream_cases_add(suite, open_cbor, close_mock);
	setting_cases_add(suite, open_cbor, close_mock);
	cbor_cases_add(suite, open_usual, close_mock);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
