// Make the calls that the first argument lists, [operation, members] each, and write what became of them as JSON.
//
// The client is made as a program would make it: the second argument is all that it is told, and where that says
// nothing, the environment decides.
import { subscribe } from "node:diagnostics_channel";

import * as sdk from "@aws-sdk/client-timestream-write";

const [calls, settings] = process.argv.slice(2).map((text) => JSON.parse(text));

// Node itself says whom it asks: what the SDK answers about its endpoint would be its intention.
const asked = new Set();
subscribe("http.client.request.start", ({ request }) => {
  asked.add(`${request.protocol}//${request.getHeader("host")}`);
});

const client = new sdk.TimestreamWriteClient(settings);
const outcomes = [];
for (const [operation, members] of calls) {
  try {
    const { $metadata, ...output } = await client.send(new sdk[`${operation}Command`](members));
    outcomes.push({ status: $metadata.httpStatusCode, output });
  } catch (error) {
    const { name, message, $metadata, RejectedRecords } = error;
    outcomes.push({ status: $metadata?.httpStatusCode ?? null, name, message, RejectedRecords });
  }
}
console.log(JSON.stringify({ asked: [...asked], outcomes }));
