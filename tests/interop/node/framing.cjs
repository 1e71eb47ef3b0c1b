// Reads requests from stdin, each behind its length in four bytes, and prints how llhttp, node's parser, frames each.
"use strict";

process.removeAllListeners("warning"); // the binding is internal: here it is what is looked at
const { HTTPParser, methods } = process.binding("http_parser");

function framed(raw) {
  const messages = [];
  let current = null;
  let flushed = ""; // the target, where headers came in more than one part
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {});
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, headers, method, url, _c, _m, upgrade) => {
    current = { method: methods[method], target: url ?? flushed, body: [], upgrade };
    return 0;
  };
  parser[HTTPParser.kOnHeaders | 0] = (_headers, url) => {
    flushed = url;
  };
  parser[HTTPParser.kOnBody | 0] = (piece) => {
    current.body.push(Buffer.from(piece));
  };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    messages.push([current.method, current.target, Buffer.concat(current.body).toString("latin1")]);
    current = null;
  };
  const result = parser.execute(raw);
  const error = result instanceof Error ? result.code : null;
  const inside = current !== null;
  return { messages, error, inside, taken: typeof result === "number" ? result : -1 };
}

const input = require("node:fs").readFileSync(0);
const found = [];
for (let at = 0; at < input.length; ) {
  const length = input.readUInt32BE(at);
  found.push(framed(input.subarray(at + 4, at + 4 + length)));
  at += 4 + length;
}
process.stdout.write(JSON.stringify({ llhttp: process.versions.llhttp, found }));
