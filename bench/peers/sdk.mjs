// bench/peers/sdk.mjs URL CA RECORDS BYTES - the AWS SDK for JavaScript as a contestant (see peer.h)
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { Agent as SecureAgent } from "node:https";
import { Agent } from "node:http";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [url, ca, records, size] = process.argv.slice(2);
const client = new KinesisClient({
	endpoint: url,
	region: "us-east-1",
	credentials: { accessKeyId: "AKIDEXAMPLEAKIDEXAMP", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
	maxAttempts: 1,
	// The SDK's own choice for Kinesis is HTTP/2; the server of these benchmarks speaks HTTP/1.1, as the service also does.
	requestHandler: new NodeHttpHandler({
		httpAgent: new Agent({ keepAlive: true }),
		httpsAgent: new SecureAgent({ keepAlive: true, ca: ca ? readFileSync(ca) : undefined }),
	}),
});
const Records = [];
for (let i = 0; i < Number(records); i++)
	Records.push({ Data: randomBytes(Number(size)), PartitionKey: "key-" + String(i).padStart(9, "0") });

for await (const line of createInterface({ input: process.stdin })) {
	for (let i = Number(line.split(" ")[1]); i > 0; i--) {
		const answer = await client.send(new PutRecordsCommand({ StreamName: "bench", Records }));
		if (answer.FailedRecordCount !== 0 || answer.Records.length !== Records.length) {
			console.error("the JavaScript SDK: " + answer.FailedRecordCount + " of " + Records.length + " records failed");
			process.exit(1);
		}
	}
	console.log("done");
}
