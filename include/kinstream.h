/* kinstream.h - libkinstream: Amazon Kinesis Data Streams for C programs.
 *
 * One include for everything but the embedded test endpoint (kinstream/mock.h) and codecs (kinstream/codecs.h).  C11 and C++17.
 * Four words say who owns what: *copied*, *borrowed until X*, *given*, *yours, free with Y*.
 * Unless a comment says "NULL is fine", pointers must not be NULL; every close and free takes NULL.
 */
#ifndef KINSTREAM_H
#define KINSTREAM_H

#include <kinstream/error.h>
#include <kinstream/log.h>
#include <kinstream/config.h>
#include <kinstream/client.h>
#include <kinstream/codec.h>
#include <kinstream/record.h>
#include <kinstream/producer.h>
#include <kinstream/batch.h>
#include <kinstream/store.h>
#include <kinstream/sink.h>
#include <kinstream/consumer.h>
#include <kinstream/reader.h>
#include <kinstream/metrics.h>

#endif
