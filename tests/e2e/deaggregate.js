// deaggregate.js - reads records as JSON lines, and prints what Amazon's own aws-kinesis-agg finds in them, as JSON lines again.
// Each aggregate must be whole by its checksum, and hold records of one half of the hash keys: that of its first one.
const crypto = require('crypto');
const fs = require('fs');
const { deaggregateSync } = require('aws-kinesis-agg');
let aggregates = 0;

function half(key) {
  return crypto.createHash('md5').update(key).digest()[0] >> 7;
}

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter((text) => text)) {
  const outer = JSON.parse(line);
  deaggregateSync({ ...outer, kinesisSchemaVersion: '1.0' }, true, (error, records) => {
    if (error) throw error;
    aggregates += records.length > 1;
    if (records.length > 1 && outer.partitionKey !== 'a') throw new Error(`an aggregate with the key ${outer.partitionKey}`);
    for (const record of records) {
      if (half(record.partitionKey) !== half(records[0].partitionKey)) throw new Error(`${outer.sequenceNumber} is of two shards`);
      console.log(JSON.stringify(record));
    }
  });
}
console.error(`${aggregates} aggregates`);
if (aggregates === 0) throw new Error('there are no aggregates');
