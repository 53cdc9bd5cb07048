/* check_consumer - the rules of the consumer machine, one short scene each */
#include "consumer_scene.h"
#include "consumer_scenes_delivery.h"
#include "consumer_scenes_stream.h"
#include "consumer_scenes_lineage.h"
#include "consumer_scenes_end.h"
#include "consumer_scenes_stopped.h"
#include "consumer_scenes_memory.h"
#include "consumer_scenes_pieces.h"
#include "consumer_scenes_store.h"
#include "consumer_scenes_told.h"
#include "consumer_scenes_filter.h"
#include "consumer_scenes_flow.h"
#include "consumer_routes.h"
#include "consumer_scenes_lanes.h"
#include "consumer_scenes_window.h"
#include "consumer_scenes_window_store.h"
#include "consumer_kept.h"
#include "consumer_scenes_mapping.h"
#include "consumer_scenes_cleanup.h"
#include "consumer_scenes_aggregate.h"
#include "consumer_scenes_overdue.h"
#include "consumer_scenes_view.h"

int main(void)
{
	Suite *suite = suite_create("consumer");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, delivery_case());
	suite_add_tcase(suite, stream_case());
	suite_add_tcase(suite, lineage_case());
	suite_add_tcase(suite, end_case());
	suite_add_tcase(suite, stopped_case());
	suite_add_tcase(suite, memory_case());
	suite_add_tcase(suite, pieces_case());
	suite_add_tcase(suite, store_case());
	suite_add_tcase(suite, told_case());
	suite_add_tcase(suite, filter_case());
	suite_add_tcase(suite, lanes_case());
	suite_add_tcase(suite, window_case());
	suite_add_tcase(suite, window_store_case());
	suite_add_tcase(suite, kept_case());
	suite_add_tcase(suite, flow_case());
	suite_add_tcase(suite, mapping_case());
	suite_add_tcase(suite, cleanup_case());
	suite_add_tcase(suite, aggregate_case());
	suite_add_tcase(suite, overdue_case());
	suite_add_tcase(suite, view_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
