// Answers one call, loses its connection, and goes on with the call: typescript_client.py looks at what it prints.
const { Client } = require(process.env.CLIENT);
const WebSocket = require("ws");

let newest = null;
class Seen extends WebSocket {
  constructor(...words) {
    super(...words);
    newest = this;
  }
}

async function main() {
  const hub = new Client({ url: process.env.HUB, token: "secret-bot-token", socket: Seen });
  await hub.ready;
  await hub.command("session.subscribe", { contexts: ["ivr_bot"] });
  console.log("waiting");
  const { call_id } = await hub.next("call.incoming");
  await hub.command("call.answer", { call_id });
  const refused = await hub.command("call.answer", { call_id }).catch((error) => error.code);
  console.log("second answer", refused);
  newest.terminate(); // as when the network fails
  const listed = await hub.command("session.list_calls", {});
  console.log("after the loss", listed.length);
  await hub.command("media.play", { call_id, source: { type: "ringback" } });
  console.log("playing");
  const digits = hub.next("dtmf.collected", call_id);
  await hub.command("dtmf.collect", { call_id, min_digits: 0, timeout_ms: 500 });
  console.log("collected", (await digits).data.digits.length);
  const over = hub.next("call.hangup", call_id);
  await hub.command("call.hangup", { call_id, reason: "enough" });
  console.log("over", (await over).data.reason);
  hub.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
