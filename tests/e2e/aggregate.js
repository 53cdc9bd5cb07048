// aggregate.js N [WANTED] - reads records as JSON lines, and prints them packed into KPL aggregates of N by Amazon's own
// aws-kinesis-agg, as JSON lines again.  Of a stream of two shards each aggregate holds records of one, unless WANTED is
// given: then of both, as a producer with an old map of the shards packs them, and those that a reader should see, as
// they lie in the shard of their aggregate, are written to that file.
const crypto = require('crypto');
const fs = require('fs');
const { RecordAggregator } = require('aws-kinesis-agg');
const [most, wanted] = [Number(process.argv[2]), process.argv[3]];
const packs = [[], []];
const seen = [];

function half(key) {
  return crypto.createHash('md5').update(key).digest()[0] >> 7;
}

function flush(pack) {
  if (pack.length === 0) return;
  const aggregator = new RecordAggregator();
  for (const r of pack) aggregator.addUserRecord({ partitionKey: r.partitionKey, data: Buffer.from(r.data, 'base64') });
  const outer = aggregator.build();
  seen.push(...pack.filter((r) => half(r.partitionKey) === half(outer.partitionKey)));
  console.log(JSON.stringify({ partitionKey: outer.partitionKey, data: outer.data.toString('base64') }));
  pack.length = 0;
}

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter((text) => text)) {
  const record = JSON.parse(line);
  const pack = packs[wanted ? 0 : half(record.partitionKey)];
  if (pack.push(record) === most) flush(pack);
}
packs.forEach(flush);
if (wanted) fs.writeFileSync(wanted, seen.map((r) => JSON.stringify(r) + '\n').join(''));
