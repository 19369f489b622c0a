// Checks Node clients against a running suite; tools/clients/run.sh starts it.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { appendFileSync, readFileSync } from "node:fs";
import OpenAI from "openai";

const { LLMD_BASE: base, LLMD_KEY: key, LLMD_SIMS, LLMD_RESULTS, LLMD_MODEL: model = "sim-8b" } = process.env;
const sims = LLMD_SIMS.split(",");
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const messages = [{ role: "user", content: "Name three rivers." }];
const results = [];

async function check(client, what, test) {
  let state = "pass";
  let note = "";
  try {
    note = (await test()) ?? "";
  } catch (failure) {
    state = "FAIL";
    note = `${failure.name}: ${failure.message}`.slice(0, 160);
  }
  results.push([client, what, state, note]);
  console.log([client, what, state, note].join("  "));
}

function assert(condition, message) {
  if (!condition) throw new Error(message ?? "not so");
}

async function faults(change) {
  for (const sim of sims) {
    await fetch(`${sim}/admin/config`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(change) });
  }
}

async function running() {
  let total = 0;
  for (const sim of sims) {
    for (const line of (await (await fetch(`${sim}/metrics`)).text()).split("\n")) {
      if (line.startsWith("vllm:num_requests_running") || line.startsWith("vllm:num_requests_waiting{")) {
        total += Number(line.slice(line.lastIndexOf(" ")));
      }
    }
  }
  return total;
}

async function idleWithin(millis) {
  const end = Date.now() + millis;
  while (Date.now() < end) {
    if ((await running()) === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const NODE = `openai ${version("openai")} (Node)`;
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: key });

await check(NODE, "models", async () => {
  const ids = [];
  for await (const one of client.models.list()) ids.push(one.id);
  assert(ids.includes(model));
});

await check(NODE, "stream equals whole answer, usage too", async () => {
  const whole = await client.chat.completions.create({ model, messages, max_tokens: 20, seed: 1 });
  let text = "";
  let usage;
  for await (const chunk of await client.chat.completions.create({
    model, messages, max_tokens: 20, seed: 1, stream: true, stream_options: { include_usage: true },
  })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert(text === whole.choices[0].message.content, text);
  assert(usage.total_tokens === whole.usage.total_tokens);
});

await check(NODE, "an abort signal ends it at the endpoint within 1 s", async () => {
  const controller = new AbortController();
  const stream = await client.chat.completions.create(
    { model, messages, max_tokens: 5000, ignore_eos: true, stream: true }, { signal: controller.signal });
  for await (const _ of stream) break;
  controller.abort();
  assert(await idleWithin(1000));
});

await check(NODE, "each status has its error", async () => {
  for (const [status, call] of [
    [401, () => new OpenAI({ baseURL: `${base}/v1`, apiKey: "sk-wrong" }).models.list()],
    [404, () => client.chat.completions.create({ model: "nobody", messages })],
    [400, () => client.chat.completions.create({ model, messages: [{ role: "user", content: 3 }] })],
  ]) {
    const error = await call().then(() => null, (failure) => failure);
    assert(error?.status === status && error.requestID, `${status}: ${error}`);
  }
});

await check(NODE, "429 is tried again after retry-after, and not before", async () => {
  await faults({ status: { code: 429, count: 1 } });
  try {
    const begin = Date.now();
    const answer = await client.chat.completions.create({ model, messages, max_tokens: 2 }, { maxRetries: 3 });
    const waited = Date.now() - begin;
    assert(answer.choices.length === 1 && waited >= 900, `${waited} ms`);
    return `after ${(waited / 1000).toFixed(1)} s`;
  } finally {
    await faults({ status: null });
  }
});

await check(NODE, "tools", async () => {
  const answer = await client.chat.completions.create({
    model, messages, max_tokens: 200, tool_choice: "required",
    tools: [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: { place: { type: "string" } } } } }],
  });
  assert(answer.choices[0].message.tool_calls[0].function.name === "weather");
});

await check(NODE, "a prompt of 1 MB, and characters of four bytes", async () => {
  const answer = await client.chat.completions.create({
    model, max_tokens: 2, messages: [{ role: "user", content: `${"word ".repeat(200_000)}𝄞🎉` }],
  });
  assert(answer.choices.length === 1);
});

await check(NODE, "embeddings and responses", async () => {
  assert((await client.embeddings.create({ model, input: ["one", "two"] })).data.length === 2);
  assert((await client.responses.create({ model, input: "What is a lake?", max_output_tokens: 16 })).output_text);
});

await check(NODE, "request id", async () => {
  const { response } = await client.chat.completions.create({ model, messages, max_tokens: 2 }).withResponse();
  assert(response.headers.get("x-request-id"));
});

const VERCEL = `Vercel AI SDK ${version("ai")}`;
const provider = createOpenAICompatible({ name: "llmd", baseURL: `${base}/v1`, apiKey: key });

await check(VERCEL, "text and stream", async () => {
  const whole = await generateText({ model: provider(model), prompt: "Name three rivers.", maxOutputTokens: 20, seed: 1 });
  let text = "";
  for await (const part of streamText({ model: provider(model), prompt: "Name three rivers.", maxOutputTokens: 20, seed: 1 }).textStream) {
    text += part;
  }
  assert(whole.text.length > 0 && text === whole.text, text);
});

const failed = results.filter(([, , state]) => state !== "pass");
console.log(`${results.length - failed.length} of ${results.length} checks pass`);
if (LLMD_RESULTS) appendFileSync(LLMD_RESULTS, results.map((row) => `| ${row.join(" | ")} |\n`).join(""));
process.exit(failed.length === 0 ? 0 : 1);
