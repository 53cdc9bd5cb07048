// deaggregate.js [drop] - reads records as JSON lines, each with the hash keys of its shard, and prints what Amazon's own
// aws-kinesis-agg finds in them, as JSON lines again.  Each aggregate must be whole by its checksum, and all of it belong
// to its shard; with `drop` one of which a record belongs to another shard is dropped as a whole, as the KCL does.
const crypto = require('crypto');
const fs = require('fs');
const { deaggregateSync } = require('aws-kinesis-agg');
const drop = process.argv[2] === 'drop';
let aggregates = 0;
let dropped = 0;

function isInside(record, outer) {
  const hash = record.explicitPartitionKey == null
    ? BigInt(`0x${crypto.createHash('md5').update(record.partitionKey).digest('hex')}`) : BigInt(record.explicitPartitionKey);
  return BigInt(outer.startingHashKey) <= hash && hash <= BigInt(outer.endingHashKey);
}

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter((text) => text)) {
  const outer = JSON.parse(line);
  deaggregateSync({ ...outer, kinesisSchemaVersion: '1.0' }, true, (error, records) => {
    if (error) throw error;
    aggregates += records.length > 1;
    if (records.length > 1 && outer.partitionKey !== 'a') throw new Error(`an aggregate with the key ${outer.partitionKey}`);
    if (records.length > 1 && !records.every((record) => isInside(record, outer))) {
      if (!drop) throw new Error(`${outer.sequenceNumber} is of two shards`);
      dropped += 1;
      return;
    }
    for (const record of records) console.log(JSON.stringify(record));
  });
}
console.error(`${aggregates} aggregates, ${dropped} dropped`);
if (aggregates === 0) throw new Error('there are no aggregates');
