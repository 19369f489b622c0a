"""The requests that are recorded, one function per golden file. Each gets a Wire and the name of the served model."""

import json
import re
import threading
import time

MESSAGES = [{"role": "user", "content": "Hello, how are you?"}]
CONVERSATION = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
    {"role": "assistant", "content": "The capital of France is Paris."},
    {"role": "user", "content": "What is the weather in Berlin today?"},
]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 8}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 5}, "warm": {"type": "boolean"}},
    "required": ["city", "warm"],
    "additionalProperties": False,
}
PREFILL_ONLY = {
    "do_remote_decode": True,
    "do_remote_prefill": False,
    "remote_engine_id": None,
    "remote_block_ids": None,
    "remote_host": None,
    "remote_port": None,
}
LONG = "The model reads a prompt, splits it into tokens, computes keys and values for every token. " * 6
# No two of these characters make one token.
TOO_LONG = "~" * 2100
GREEDY = {"temperature": 0, "seed": 1}
# Long after the first token and long before the last of 1900.
HALF_WAY_SECONDS = 0.2
# Longer than the time that a prefill side of the pair waits for its blocks to be fetched.
EXPIRY_SECONDS = 8


def chat(model, /, **fields):
    return {"model": model, "messages": MESSAGES, "max_tokens": 5, **GREEDY, **fields}


def completion(model, /, **fields):
    return {"model": model, "prompt": "Once upon a time", "max_tokens": 5, **GREEDY, **fields}


def without(body, *keys):
    return {key: value for key, value in body.items() if key not in keys}


def start(wire, model):
    """The state of a server that has seen no traffic."""
    for path in ("/health", "/ping", "/version", "/v1/models", "/load", "/metrics", "/is_sleeping", "/is_paused"):
        wire.send("GET " + path, "GET", path)
    wire.send("POST /ping", "POST", "/ping")
    wire.send("GET /tokenizer_info", "GET", "/tokenizer_info")
    wire.send("GET /kv_event_sources", "GET", "/kv_event_sources")
    wire.send("HEAD /openapi.json", "HEAD", "/openapi.json")


def end(wire, model):
    """Metrics and load after all the traffic of the run."""
    wire.send("GET /load", "GET", "/load")
    wire.send("GET /metrics", "GET", "/metrics")
    wire.keep_lines("vllm:", "# HELP vllm:", "# TYPE vllm:", "http_requests_total")


def routing(wire, model):
    """What the HTTP layer says before a handler runs."""
    body = json.dumps(chat(model))
    path = "/v1/chat/completions"
    wire.send("unknown path", "GET", "/v1/nothing")
    wire.send("unknown path, POST", "POST", "/nothing", {})
    wire.send("root", "GET", "/")
    wire.send("wrong method", "GET", path)
    wire.send("wrong method on a GET route", "POST", "/v1/models", {})
    wire.send("wrong method, DELETE", "DELETE", path)
    wire.send("HEAD /health", "HEAD", "/health")
    wire.send("OPTIONS", "OPTIONS", path)
    wire.send("trailing slash", "POST", path + "/", chat(model))
    wire.send("malformed JSON", "POST", path, raw='{"model": "tiny", ')
    wire.send("JSON array", "POST", path, raw="[1, 2]")
    wire.send("JSON string", "POST", path, raw='"hello"')
    wire.send("JSON null", "POST", path, raw="null")
    wire.send("empty body", "POST", path, raw="")
    wire.send("no body and no content type", "POST", path)
    wire.send("content type text/plain", "POST", path, raw=body, headers={"Content-Type": "text/plain"})
    wire.send("no content type", "POST", path, raw=body, headers={"Content-Type": None})
    wire.send("content type with charset", "POST", path, raw=body, headers={"Content-Type": "application/json; charset=utf-8"})
    wire.send("content type in capitals", "POST", path, raw=body, headers={"Content-Type": "Application/JSON"})
    wire.send("completions, malformed JSON", "POST", "/v1/completions", raw="{")
    wire.send("completions, content type text/plain", "POST", "/v1/completions", raw="{}", headers={"Content-Type": "text/plain"})
    wire.send("unknown field is ignored", "POST", path, chat(model, no_such_field=1))
    wire.send("duplicate key, last wins", "POST", path, raw=body[:-1] + ', "max_tokens": 2}')
    wire.send("NaN in JSON", "POST", path, raw=body[:-1] + ', "top_p": NaN}')
    wire.send("X-Request-Id", "POST", path, chat(model), headers={"X-Request-Id": "from-header"})
    wire.send("request_id in the body", "POST", path, chat(model, request_id="from-body"))
    wire.send("both ids", "POST", path, chat(model, request_id="from-body"), headers={"X-Request-Id": "from-header"})
    wire.send("completions, X-Request-Id", "POST", "/v1/completions", completion(model), headers={"X-Request-Id": "from-header"})
    wire.send("completions, request_id in the body", "POST", "/v1/completions", completion(model, request_id="from-body"))
    wire.send("data parallel rank 0", "POST", path, chat(model), headers={"X-data-parallel-rank": "0"})
    wire.send("data parallel rank 1", "POST", path, chat(model), headers={"X-data-parallel-rank": "1"})
    wire.send("data parallel rank is no number", "POST", path, chat(model), headers={"X-data-parallel-rank": "x"})
    wire.send("CORS preflight", "OPTIONS", path, headers={"Origin": "http://example.test", "Access-Control-Request-Method": "POST"})
    wire.send("CORS request", "POST", path, chat(model), headers={"Origin": "http://example.test"})


def chats(wire, model):
    """Chat completions that succeed."""
    path = "/v1/chat/completions"

    def ok(name, **fields):
        return wire.send(name, "POST", path, chat(model, **fields))

    ok("plain")
    ok("the same prompt again")
    ok("long prompt", messages=[{"role": "user", "content": LONG}])
    ok("long prompt again, cached tokens", messages=[{"role": "user", "content": LONG}])
    ok("long prompt again, stream with usage", messages=[{"role": "user", "content": LONG}], stream=True, stream_options={"include_usage": True})
    ok("conversation", messages=CONVERSATION)
    ok("content parts", messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "you"}]}])
    ok("empty content", messages=[{"role": "user", "content": ""}])
    ok("null content of an assistant", messages=[MESSAGES[0], {"role": "assistant", "content": None}, MESSAGES[0]])
    wire.send("without model", "POST", path, without(chat(model), "model"))
    wire.send("model is null", "POST", path, chat(None))
    wire.send("model is empty", "POST", path, chat(""))
    wire.send("max_completion_tokens", "POST", path, {**without(chat(model), "max_tokens"), "max_completion_tokens": 3})
    ok("max_tokens 2 and max_completion_tokens 4", max_tokens=2, max_completion_tokens=4)
    ok("max_tokens null, stopped by a stop string", max_tokens=None, stop=["e"])
    ok("stream", stream=True)
    ok("stream of one token", stream=True, max_tokens=1)
    ok("stream with include_usage", stream=True, stream_options={"include_usage": True})
    ok("stream with include_usage false", stream=True, stream_options={"include_usage": False})
    ok("stream with empty stream_options", stream=True, stream_options={})
    ok("stream with continuous_usage_stats", stream=True, stream_options={"include_usage": True, "continuous_usage_stats": True})
    ok("stream with continuous_usage_stats but no include_usage", stream=True, stream_options={"include_usage": False, "continuous_usage_stats": True})
    ok("n=2", n=2, temperature=1, seed=7)
    ok("n=2, stream with usage", n=2, temperature=1, seed=7, stream=True, stream_options={"include_usage": True}, max_tokens=3)
    ok("logprobs", logprobs=True, max_tokens=2)
    ok("top_logprobs 2", logprobs=True, top_logprobs=2, max_tokens=2)
    ok("top_logprobs 2, stream", logprobs=True, top_logprobs=2, max_tokens=2, stream=True)
    ok("prompt_logprobs", prompt_logprobs=1, max_tokens=1, messages=[{"role": "user", "content": "Hi"}])
    ok("return_tokens_as_token_ids", logprobs=True, return_tokens_as_token_ids=True, max_tokens=2)
    ok("return_token_ids", return_token_ids=True)
    ok("return_token_ids, stream", return_token_ids=True, stream=True, stream_options={"include_usage": True})
    ok("return_prompt_text", return_prompt_text=True)
    ok("stop string", stop=["a", "e", "o", "t"], max_tokens=20)
    ok("stop string, included", stop=["a", "e", "o", "t"], max_tokens=20, include_stop_str_in_output=True)
    ok("stop string, stream", stop=["a", "e", "o", "t"], max_tokens=20, stream=True)
    ok("end of sequence forced at the first token", logit_bias={"2": 100})
    ok("end of sequence forced, stream", logit_bias={"2": 100}, stream=True, stream_options={"include_usage": True})
    ok("end of sequence forced, ignore_eos", logit_bias={"2": 100}, ignore_eos=True, max_tokens=3)
    ok("end of sequence forced, min_tokens", logit_bias={"2": 100}, min_tokens=2)
    ok("stop_token_ids", logit_bias={"40": 100}, stop_token_ids=[40])
    ok("stop_token_ids, stream", logit_bias={"40": 100}, stop_token_ids=[40], stream=True)
    ok("special tokens kept", logit_bias={"1": 100}, skip_special_tokens=False, max_tokens=2)
    ok("tokens without text, stream", logit_bias={"1": 100}, max_tokens=3, stream=True)
    ok("incomplete UTF-8, stream", logit_bias={"130": 100}, max_tokens=3, stream=True)
    ok("echo", echo=True)
    ok("add_generation_prompt false", add_generation_prompt=False)
    ok("continue_final_message", add_generation_prompt=False, continue_final_message=True,
       messages=[MESSAGES[0], {"role": "assistant", "content": "I am"}])
    ok("cache_salt", cache_salt="salt", messages=[{"role": "user", "content": LONG}])
    ok("cache_salt again", cache_salt="salt", messages=[{"role": "user", "content": LONG}])
    ok("response_format json_schema", max_tokens=40, response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}})
    ok("response_format text", response_format={"type": "text"})
    ok("structured_outputs choice", max_tokens=20, structured_outputs={"choice": ["yes", "no"]})
    ok("structured_outputs choice, stream", max_tokens=20, structured_outputs={"choice": ["yes", "no"]}, stream=True)
    ok("structured_outputs regex", max_tokens=20, structured_outputs={"regex": "[0-9]{4}"})
    ok("beam search", use_beam_search=True, n=2, max_tokens=3)
    ok("priority 0", priority=0)
    ok("truncate_prompt_tokens", truncate_prompt_tokens=5)
    ok("logit_bias, seed, penalties", presence_penalty=0.5, frequency_penalty=0.5, repetition_penalty=1.1, top_k=5, min_p=0.1, top_p=0.9)
    ok("user, metadata, store, service_tier", user="me", metadata={"a": "b"}, store=True, service_tier="auto")
    ok("kv_transfer_params without a connector", kv_transfer_params={"do_remote_decode": True, "do_remote_prefill": False})
    ok("session_id", session_id="session")
    ok("stream_interval 2", stream=True, stream_interval=2)
    ok("cache_hit_threshold", cache_hit_threshold=0.9)
    ok("role developer", messages=[{"role": "developer", "content": "Be brief."}, MESSAGES[0]])
    ok("unknown role", messages=[{"role": "narrator", "content": "Hello"}])
    ok("n=2 and greedy", n=2)


def tools(wire, model):
    """Tool calls. The output is forced by a grammar where the tiny model would not call."""
    path = "/v1/chat/completions"
    both = [WEATHER, TIME]

    def ok(name, **fields):
        return wire.send(name, "POST", path, chat(model, **{"tools": both, "max_tokens": 40, **fields}))

    ok("tool_choice none", tool_choice="none", max_tokens=3)
    ok("tool_choice auto, text", tool_choice="auto", max_tokens=3)
    ok("tool_choice auto, text, stream", tool_choice="auto", max_tokens=3, stream=True)
    ok("tools without tool_choice", max_tokens=3)
    ok("tool_choice required", tool_choice="required", tools=[TIME])
    ok("tool_choice required, stream", tool_choice="required", tools=[TIME], stream=True, stream_options={"include_usage": True})
    ok("tool_choice named", tool_choice={"type": "function", "function": {"name": "get_weather"}})
    ok("tool_choice named, stream", tool_choice={"type": "function", "function": {"name": "get_weather"}}, stream=True)
    ok("tool_choice named, one token", tool_choice={"type": "function", "function": {"name": "get_weather"}}, max_tokens=1)
    ok("parallel_tool_calls false", tool_choice="auto", parallel_tool_calls=False, max_tokens=3)
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Berlin\"}"}}
    ok("tool result in the conversation", max_tokens=3, messages=[
        CONVERSATION[3],
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "cold"},
    ])


def forced_tools(wire, model):
    """Tool calls found by the parser in text; the grammar of `structured_outputs` writes the text."""
    path = "/v1/chat/completions"
    call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Berlin\"}}\n</tool_call>"
    for name, text in (("one call", call), ("text and a call", "Hello " + call), ("two calls", call + "\n" + call), ("broken call", call[:40])):
        for stream in (False, True):
            wire.send(
                f"tool_choice auto, {name}" + (", stream" if stream else ""), "POST", path,
                chat(model, tools=[WEATHER], tool_choice="auto", max_tokens=160, stream=stream, structured_outputs={"regex": _literally(text)}),
            )


def _literally(text):
    return re.sub(r"([{}()])", r"\\\1", text)


def chat_errors(wire, model):
    """Chat completions that are refused."""
    path = "/v1/chat/completions"

    def bad(name, **fields):
        return wire.send(name, "POST", path, chat(model, **fields))

    bad("unknown model", model="no-such-model")
    bad("unknown model, stream", model="no-such-model", stream=True)
    bad("model is a number", model=7)
    wire.send("no messages", "POST", path, without(chat(model), "messages"))
    bad("messages empty", messages=[])
    bad("messages null", messages=None)
    bad("messages is a string", messages="Hello")
    bad("message without role", messages=[{"content": "Hello"}])
    bad("message without content", messages=[{"role": "user"}])
    bad("content null of a user", messages=[{"role": "user", "content": None}])
    bad("content is a number", messages=[{"role": "user", "content": 5}])
    bad("content part of unknown type", messages=[{"role": "user", "content": [{"type": "smell", "smell": "rose"}]}])
    bad("content part image", messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}])
    bad("tools empty", tools=[])
    bad("tools empty with tool_choice none", tools=[], tool_choice="none")
    bad("tool_choice auto without tools", tool_choice="auto")
    bad("tool_choice required without tools", tool_choice="required")
    bad("tool_choice none without tools", tool_choice="none")
    bad("tool_choice named without tools", tool_choice={"type": "function", "function": {"name": "get_weather"}})
    bad("tool_choice names another tool", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "other"}})
    bad("tool_choice without function", tools=[WEATHER], tool_choice={"type": "function"})
    bad("tool_choice without name", tools=[WEATHER], tool_choice={"type": "function", "function": {}})
    bad("tool_choice unknown word", tools=[WEATHER], tool_choice="sometimes")
    bad("tool without function", tools=[{"type": "function"}])
    bad("tool without name", tools=[{"type": "function", "function": {"description": "x"}}])
    bad("tools and structured_outputs", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "get_weather"}}, structured_outputs={"choice": ["a"]})
    bad("two kinds of structured_outputs", structured_outputs={"choice": ["a"], "regex": "a"})
    bad("structured_outputs empty", structured_outputs={})
    bad("structured_outputs with a broken regex", structured_outputs={"regex": "("})
    bad("response_format json_schema without schema", response_format={"type": "json_schema"})
    bad("response_format json_schema with a broken schema", response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "nothing"}}})
    bad("response_format of unknown type", response_format={"type": "poem"})
    bad("top_logprobs without logprobs", top_logprobs=2)
    bad("top_logprobs 0 without logprobs", top_logprobs=0)
    bad("top_logprobs -1", logprobs=True, top_logprobs=-1)
    bad("top_logprobs -2", logprobs=True, top_logprobs=-2)
    bad("top_logprobs 21", logprobs=True, top_logprobs=21)
    bad("prompt_logprobs with stream", prompt_logprobs=1, stream=True)
    bad("prompt_logprobs -2", prompt_logprobs=-2)
    bad("prompt_logprobs 21", prompt_logprobs=21)
    bad("stream_options without stream", stream_options={"include_usage": True})
    bad("stream_options with stream false", stream=False, stream_options={"include_usage": True})
    bad("stream_options null without stream", stream_options=None)
    bad("stream_options is a string", stream=True, stream_options="yes")
    bad("continue_final_message with add_generation_prompt", continue_final_message=True, add_generation_prompt=True)
    bad("continue_final_message alone", continue_final_message=True)
    bad("max_tokens 0", max_tokens=0)
    bad("max_tokens -1", max_tokens=-1)
    bad("max_tokens is a string", max_tokens="many")
    bad("max_tokens is a numeric string", max_tokens="3")
    bad("max_tokens 2.5", max_tokens=2.5)
    bad("max_tokens 2.0", max_tokens=2.0)
    bad("max_tokens true", max_tokens=True)
    bad("max_completion_tokens 0", max_completion_tokens=0)
    bad("max_tokens beyond the context", max_tokens=5000)
    bad("max_tokens fills the context by one too many", max_tokens=2048)
    bad("prompt too long", messages=[{"role": "user", "content": TOO_LONG}])
    bad("prompt too long, stream", messages=[{"role": "user", "content": TOO_LONG}], stream=True)
    wire.send("prompt too long, no max_tokens", "POST", path, without(chat(model, messages=[{"role": "user", "content": TOO_LONG}]), "max_tokens"))
    bad("min_tokens above max_tokens", min_tokens=10)
    bad("min_tokens -1", min_tokens=-1)
    bad("n=0", n=0)
    bad("n=-1", n=-1)
    bad("n=2 with temperature 0 and best_of", n=2, best_of=1)
    bad("n=100000", n=100000)
    bad("n null", n=None)
    bad("temperature -1", temperature=-1)
    bad("temperature 3", temperature=3)
    bad("temperature is a string", temperature="hot")
    bad("temperature null", temperature=None, seed=1)
    bad("top_p 2", top_p=2)
    bad("top_p 0", top_p=0)
    bad("top_k -2", top_k=-2)
    bad("top_k 0", top_k=0)
    bad("min_p 2", min_p=2)
    bad("presence_penalty 3", presence_penalty=3)
    bad("frequency_penalty -3", frequency_penalty=-3)
    bad("repetition_penalty 0", repetition_penalty=0)
    bad("stop is an empty string", stop="")
    bad("stop holds an empty string", stop=["a", ""])
    bad("stop is a number", stop=5)
    bad("five stop strings", stop=["1", "2", "3", "4", "5"])
    bad("stop with detokenize off", stop=["a"], detokenize=False)
    bad("stop_token_ids is a string", stop_token_ids="a")
    bad("logit_bias out of the vocabulary", logit_bias={"99999": 1})
    bad("logit_bias is no number", logit_bias={"x": 1})
    bad("allowed_token_ids empty", allowed_token_ids=[])
    bad("allowed_token_ids out of the vocabulary", allowed_token_ids=[99999])
    bad("bad_words with an empty string", bad_words=[""])
    bad("priority 5", priority=5)
    bad("priority is a string", priority="high")
    bad("cache_salt empty", cache_salt="")
    bad("cache_salt is a number", cache_salt=5)
    bad("cache_salt of 129 characters", cache_salt="s" * 129)
    bad("cache_salt with a slash", cache_salt="a/b")
    bad("seed is a string", seed="x")
    bad("seed too large", seed=2**63)
    bad("stream is a string", stream="yes please")
    bad("stream is null", stream=None)
    bad("truncate_prompt_tokens -2", truncate_prompt_tokens=-2)
    bad("truncate_prompt_tokens beyond the context", truncate_prompt_tokens=5000)
    bad("chat_template in the request", chat_template="{{ messages[0].content }}")
    bad("mm_processor_kwargs", mm_processor_kwargs={"a": 1})
    bad("reasoning_effort unknown", reasoning_effort="extreme")
    bad("kv_transfer_params is a string", kv_transfer_params="x")
    bad("two errors at once", max_tokens="x", temperature="y")
    bad("stream_interval 0", stream=True, stream_interval=0)
    bad("cache_hit_threshold 2", cache_hit_threshold=2)
    bad("logprob_token_ids without logprobs", logprob_token_ids=[1])
    bad("use_beam_search with stream", use_beam_search=True, stream=True, n=2, max_tokens=2)


def completions(wire, model):
    """Completions that succeed."""
    path = "/v1/completions"

    def ok(name, **fields):
        return wire.send(name, "POST", path, completion(model, **fields))

    ok("plain")
    wire.send("without max_tokens (16)", "POST", path, without(completion(model), "max_tokens"))
    ok("list of strings", prompt=["Once upon a time", "Hello"])
    ok("list of strings, n=2", prompt=["Once upon a time", "Hello"], n=2, temperature=1, seed=3)
    ok("token ids", prompt=[300, 301, 302])
    ok("list of id lists", prompt=[[300, 301, 302], [303]])
    ok("stream", stream=True)
    ok("stream with usage", stream=True, stream_options={"include_usage": True})
    ok("stream with continuous_usage_stats", stream=True, stream_options={"include_usage": True, "continuous_usage_stats": True})
    ok("list of strings, stream with usage", prompt=["Once upon a time", "Hello"], stream=True, max_tokens=2, stream_options={"include_usage": True})
    ok("echo", echo=True)
    ok("echo, stream", echo=True, stream=True)
    ok("echo, max_tokens 0", echo=True, max_tokens=0)
    ok("echo, logprobs, max_tokens 0", echo=True, logprobs=1, max_tokens=0)
    ok("echo, logprobs", echo=True, logprobs=1, max_tokens=2)
    ok("logprobs 0", logprobs=0, max_tokens=2)
    ok("logprobs 2", logprobs=2, max_tokens=2)
    ok("logprobs 2, stream", logprobs=2, max_tokens=2, stream=True)
    ok("return_tokens_as_token_ids", logprobs=1, max_tokens=2, return_tokens_as_token_ids=True)
    ok("prompt_logprobs", prompt="Hello", prompt_logprobs=1, max_tokens=1)
    ok("return_token_ids", return_token_ids=True)
    ok("return_token_ids, stream", return_token_ids=True, stream=True)
    ok("n=2", n=2, temperature=1, seed=3)
    ok("n=2, stream", n=2, temperature=1, seed=3, stream=True, max_tokens=2)
    ok("best_of 3", best_of=3, n=1)
    ok("best_of 1 with n=2", best_of=1, n=2, temperature=1, seed=3)
    ok("stop string", stop=["a", "e", "o", "t"], max_tokens=20)
    ok("end of sequence forced", logit_bias={"2": 100})
    ok("end of sequence forced, stream", logit_bias={"2": 100}, stream=True)
    ok("long prompt", prompt=LONG)
    ok("long prompt again, cached tokens", prompt=LONG)
    ok("beam search, stream", use_beam_search=True, n=2, max_tokens=2, stream=True)
    ok("add_special_tokens false", add_special_tokens=False, return_token_ids=True)
    ok("temperature default", temperature=None, top_p=None)
    ok("response_format json_object", max_tokens=30, response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}})
    ok("tokens without text, stream", logit_bias={"1": 100}, max_tokens=3, stream=True)


def completion_errors(wire, model):
    """Completions that are refused."""
    path = "/v1/completions"

    def bad(name, **fields):
        return wire.send(name, "POST", path, completion(model, **fields))

    wire.send("no prompt", "POST", path, without(completion(model), "prompt"))
    bad("prompt null", prompt=None)
    bad("prompt is an empty string", prompt="")
    bad("prompt is an empty list", prompt=[])
    bad("prompt is a list with an empty list", prompt=[[]])
    bad("prompt is a list with an empty string", prompt=[""])
    bad("prompt is a number", prompt=5)
    bad("prompt is an object", prompt={"a": 1})
    bad("prompt mixes strings and ids", prompt=["a", 5])
    bad("token id out of the vocabulary", prompt=[99999])
    bad("token id negative", prompt=[-1])
    bad("suffix", suffix="the end")
    bad("unknown model", model="no-such-model")
    bad("max_tokens -1", max_tokens=-1)
    bad("max_tokens 0", max_tokens=0)
    bad("max_tokens null", max_tokens=None, stop=["e"])
    bad("max_tokens beyond the context", max_tokens=5000)
    bad("prompt too long", prompt=TOO_LONG)
    bad("prompt ids too long", prompt=[9] * 2100)
    bad("prompt ids fill the context", prompt=[9] * 2048)
    bad("prompt ids leave one place", prompt=[9] * 2047)
    bad("logprobs -2", logprobs=-2)
    bad("logprobs -1", logprobs=-1)
    bad("logprobs 21", logprobs=21)
    bad("logprobs true", logprobs=True)
    bad("stream_options without stream", stream_options={"include_usage": True})
    bad("prompt_logprobs with stream", prompt_logprobs=1, stream=True)
    bad("echo with prompt_embeds missing", echo="maybe")
    bad("n=0", n=0)
    bad("best_of below n", n=3, best_of=2)
    bad("temperature -1", temperature=-1)
    bad("top_p 2", top_p=2)
    bad("min_tokens above max_tokens", min_tokens=10)
    bad("stop is an empty string", stop="")
    bad("priority 5", priority=5)
    bad("cache_salt empty", cache_salt="")
    bad("echo with stream and logprobs", echo=True, stream=True, logprobs=1, max_tokens=1)


def other_apis(wire, model):
    """Responses, Messages, token-in/token-out, render, tokenize."""
    wire.send("responses", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 5, "temperature": 0})
    stored = wire.send("responses, stored", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 5, "temperature": 0, "store": True})
    identity = stored.json().get("id", "none") if stored.status == 200 else "none"
    wire.send("responses, GET by id", "GET", f"/v1/responses/{identity}")
    wire.send("responses, cancel a finished one", "POST", f"/v1/responses/{identity}/cancel")
    wire.send("responses, GET unknown id", "GET", "/v1/responses/resp_unknown")
    wire.send("responses, GET malformed id", "GET", "/v1/responses/unknown")
    wire.send("responses, cancel unknown id", "POST", "/v1/responses/resp_unknown/cancel")
    wire.send("responses, stream", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 5, "temperature": 0, "stream": True})
    wire.send("responses, messages and instructions", "POST", "/v1/responses",
              {"model": model, "instructions": "Be brief.", "input": [{"role": "user", "content": "Hello"}], "max_output_tokens": 3, "temperature": 0})
    wire.send("responses, background", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 5, "background": True, "store": True})
    wire.send("responses, background without store", "POST", "/v1/responses", {"model": model, "input": "Hello", "background": True, "store": False})
    wire.send("responses, previous id unknown", "POST", "/v1/responses", {"model": model, "input": "Hello", "previous_response_id": "resp_unknown"})
    wire.send("responses, previous id", "POST", "/v1/responses", {"model": model, "input": "Hello", "previous_response_id": identity, "max_output_tokens": 3})
    wire.send("responses, no input", "POST", "/v1/responses", {"model": model})
    wire.send("responses, unknown model", "POST", "/v1/responses", {"model": "no-such-model", "input": "Hello"})
    wire.send("responses, without model", "POST", "/v1/responses", {"input": "Hello", "max_output_tokens": 3, "temperature": 0})
    wire.send("responses, end of sequence forced", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 5, "logit_bias": {"2": 100}})
    wire.send("responses, prompt too long", "POST", "/v1/responses", {"model": model, "input": TOO_LONG})
    wire.send("responses, X-Request-Id", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 2}, headers={"X-Request-Id": "from-header"})

    message = {"model": model, "messages": MESSAGES, "max_tokens": 5, "temperature": 0}
    wire.send("messages", "POST", "/v1/messages", message)
    wire.send("messages, stream", "POST", "/v1/messages", {**message, "stream": True})
    wire.send("messages, system and stop_sequences", "POST", "/v1/messages", {**message, "system": "Be brief.", "stop_sequences": ["a", "e"], "max_tokens": 20})
    wire.send("messages, content blocks", "POST", "/v1/messages", {**message, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]})
    wire.send("messages, X-Request-Id", "POST", "/v1/messages", message, headers={"X-Request-Id": "from-header"})
    wire.send("messages, without max_tokens", "POST", "/v1/messages", without(message, "max_tokens"))
    wire.send("messages, max_tokens 0", "POST", "/v1/messages", {**message, "max_tokens": 0})
    wire.send("messages, unknown model", "POST", "/v1/messages", {**message, "model": "no-such-model"})
    wire.send("messages, without messages", "POST", "/v1/messages", without(message, "messages"))
    wire.send("messages, messages empty", "POST", "/v1/messages", {**message, "messages": []})
    wire.send("messages, malformed JSON", "POST", "/v1/messages", raw="{")
    wire.send("messages, prompt too long", "POST", "/v1/messages", {**message, "messages": [{"role": "user", "content": TOO_LONG}]})
    tool = {"name": "get_weather", "input_schema": WEATHER["function"]["parameters"]}
    wire.send("messages, forced tool", "POST", "/v1/messages", {**message, "max_tokens": 40, "tools": [tool], "tool_choice": {"type": "tool", "name": "get_weather"}})
    wire.send("messages, forced tool, stream", "POST", "/v1/messages", {**message, "max_tokens": 40, "tools": [tool], "tool_choice": {"type": "tool", "name": "get_weather"}, "stream": True})
    wire.send("messages, count_tokens", "POST", "/v1/messages/count_tokens", without(message, "max_tokens"))
    wire.send("messages, count_tokens, unknown model", "POST", "/v1/messages/count_tokens", {"model": "no-such-model", "messages": MESSAGES})

    generate = {"model": model, "token_ids": [300, 301, 302], "sampling_params": {"max_tokens": 4, "temperature": 0}}
    wire.send("generate", "POST", "/inference/v1/generate", generate)
    wire.send("generate, stream", "POST", "/inference/v1/generate", {**generate, "stream": True})
    wire.send("generate, stream with usage", "POST", "/inference/v1/generate", {**generate, "stream": True, "stream_options": {"include_usage": True}})
    wire.send("generate, n=2", "POST", "/inference/v1/generate", {**generate, "sampling_params": {"max_tokens": 2, "n": 2, "seed": 1}})
    wire.send("generate, logprobs", "POST", "/inference/v1/generate", {**generate, "sampling_params": {"max_tokens": 2, "temperature": 0, "logprobs": 1}})
    wire.send("generate, request_id", "POST", "/inference/v1/generate", {**generate, "request_id": "from-body"})
    wire.send("generate, X-Request-Id", "POST", "/inference/v1/generate", generate, headers={"X-Request-Id": "from-header"})
    wire.send("generate, without token_ids", "POST", "/inference/v1/generate", without(generate, "token_ids"))
    wire.send("generate, token_ids empty", "POST", "/inference/v1/generate", {**generate, "token_ids": []})
    wire.send("generate, without sampling_params", "POST", "/inference/v1/generate", without(generate, "sampling_params"))
    wire.send("generate, unknown model", "POST", "/inference/v1/generate", {**generate, "model": "no-such-model"})
    wire.send("generate, token out of the vocabulary", "POST", "/inference/v1/generate", {**generate, "token_ids": [99999]})
    wire.send("generate, max_tokens 0", "POST", "/inference/v1/generate", {**generate, "sampling_params": {"max_tokens": 0}})
    wire.send("generate, long twice 1", "POST", "/inference/v1/generate", {**generate, "token_ids": list(range(300, 500))})
    wire.send("generate, long twice 2", "POST", "/inference/v1/generate", {**generate, "token_ids": list(range(300, 500))})

    wire.send("render chat", "POST", "/v1/chat/completions/render", chat(model))
    wire.send("render chat, all fields", "POST", "/v1/chat/completions/render",
              chat(model, stream=True, stream_options={"include_usage": True}, cache_salt="salt", priority=0, stop=["x"], request_id="from-body",
                   kv_transfer_params={"do_remote_decode": True}, logprobs=True, top_logprobs=2, tools=[WEATHER], tool_choice="auto"))
    wire.send("render chat, return_token_offsets", "POST", "/v1/chat/completions/render", chat(model, return_token_offsets=True))
    wire.send("render chat, unknown model", "POST", "/v1/chat/completions/render", chat("no-such-model"))
    wire.send("render chat, messages empty", "POST", "/v1/chat/completions/render", chat(model, messages=[]))
    wire.send("render completions", "POST", "/v1/completions/render", completion(model))
    wire.send("render completions, two prompts", "POST", "/v1/completions/render", completion(model, prompt=["Hello", "you"]))
    wire.send("render completions, token ids", "POST", "/v1/completions/render", completion(model, prompt=[300, 301]))
    wire.send("render responses", "POST", "/v1/responses/render", {"model": model, "input": "Hello"})
    wire.send("render messages", "POST", "/v1/messages/render", {"model": model, "messages": MESSAGES, "max_tokens": 5})

    wire.send("tokenize prompt", "POST", "/tokenize", {"model": model, "prompt": "Once upon a time"})
    wire.send("tokenize prompt, no special tokens, with strings", "POST", "/tokenize", {"model": model, "prompt": "Once upon a time", "add_special_tokens": False, "return_token_strs": True})
    wire.send("tokenize messages", "POST", "/tokenize", {"model": model, "messages": MESSAGES})
    wire.send("tokenize conversation", "POST", "/tokenize", {"model": model, "messages": CONVERSATION})
    wire.send("tokenize messages with tools", "POST", "/tokenize", {"model": model, "messages": MESSAGES, "tools": [WEATHER]})
    wire.send("tokenize messages, no generation prompt", "POST", "/tokenize", {"model": model, "messages": MESSAGES, "add_generation_prompt": False})
    wire.send("tokenize, neither", "POST", "/tokenize", {"model": model})
    wire.send("tokenize, unknown model", "POST", "/tokenize", {"model": "no-such-model", "prompt": "x"})
    wire.send("tokenize, empty prompt", "POST", "/tokenize", {"model": model, "prompt": ""})
    wire.send("tokenize, long prompt", "POST", "/tokenize", {"model": model, "prompt": LONG})
    wire.send("detokenize", "POST", "/detokenize", {"model": model, "tokens": [300, 301, 302]})
    wire.send("detokenize, special tokens", "POST", "/detokenize", {"model": model, "tokens": [0, 1, 300, 2]})
    wire.send("detokenize, empty", "POST", "/detokenize", {"model": model, "tokens": []})
    wire.send("detokenize, out of the vocabulary", "POST", "/detokenize", {"model": model, "tokens": [99999]})
    wire.send("detokenize, negative", "POST", "/detokenize", {"model": model, "tokens": [-1]})
    wire.send("detokenize, no tokens", "POST", "/detokenize", {"model": model})

    for path in ("/v1/embeddings", "/pooling", "/classify"):
        wire.send(f"{path} on a generation model", "POST", path, {"model": model, "input": "Hello"})
    for path in ("/score", "/v1/score"):
        wire.send(f"{path} on a generation model", "POST", path, {"model": model, "text_1": "a", "text_2": "b"})
    for path in ("/rerank", "/v1/rerank", "/v2/rerank"):
        wire.send(f"{path} on a generation model", "POST", path, {"model": model, "query": "a", "documents": ["b"]})
    wire.send("/v1/audio/transcriptions on a generation model", "POST", "/v1/audio/transcriptions", {"model": model})

    batch = {"model": model, "messages": [MESSAGES, [{"role": "user", "content": "Hi"}]], "max_tokens": 3, **GREEDY}
    wire.send("chat batch", "POST", "/v1/chat/completions/batch", batch)
    wire.send("chat batch, stream", "POST", "/v1/chat/completions/batch", {**batch, "stream": True})
    wire.send("chat batch, n=2", "POST", "/v1/chat/completions/batch", {**batch, "n": 2})
    wire.send("chat batch, tools", "POST", "/v1/chat/completions/batch", {**batch, "tools": [WEATHER]})
    wire.send("chat batch, empty", "POST", "/v1/chat/completions/batch", {**batch, "messages": []})
    wire.send("invocations, chat", "POST", "/invocations", chat(model))
    wire.send("invocations, completion", "POST", "/invocations", completion(model))
    wire.send("invocations, stream", "POST", "/invocations", chat(model, stream=True))
    wire.send("invocations, neither", "POST", "/invocations", {"model": model})
    wire.send("invocations, malformed JSON", "POST", "/invocations", raw="{")


def development(wire, model):
    """Routes of VLLM_SERVER_DEV_MODE=1, without sleep mode."""
    wire.send("GET /server_info", "GET", "/server_info")
    wire.keep_shape(1)
    wire.send("GET /server_info as JSON", "GET", "/server_info?config_format=json")
    wire.keep_shape(2)
    wire.send("GET /get_world_size", "GET", "/get_world_size")
    wire.send("GET /weight_info", "GET", "/weight_info")
    wire.send("reset_prefix_cache", "POST", "/reset_prefix_cache")
    wire.send("reset_prefix_cache, all options", "POST", "/reset_prefix_cache?reset_running_requests=true&reset_external=true")
    wire.send("reset_mm_cache", "POST", "/reset_mm_cache")
    wire.send("reset_encoder_cache", "POST", "/reset_encoder_cache")
    wire.send("is_paused before", "GET", "/is_paused")
    wire.send("pause", "POST", "/pause")
    wire.send("pause again", "POST", "/pause?mode=keep")
    wire.send("is_paused while paused", "GET", "/is_paused")
    wire.send("health while paused", "GET", "/health")
    wire.send("resume", "POST", "/resume")
    wire.send("is_paused after", "GET", "/is_paused")
    wire.send("pause mode wait", "POST", "/pause?mode=wait&clear_cache=false")
    wire.send("resume after wait", "POST", "/resume")
    wire.send("pause mode unknown", "POST", "/pause?mode=maybe")
    wire.send("chat after resume", "POST", "/v1/chat/completions", chat(model))
    wire.send("abort_requests, empty list", "POST", "/abort_requests", {"request_ids": []})
    wire.send("abort_requests, unknown id", "POST", "/abort_requests", {"request_ids": ["none"]})
    wire.send("abort_requests, malformed JSON", "POST", "/abort_requests", raw="{")
    wire.send("abort_requests, array", "POST", "/abort_requests", raw="[]")
    wire.send("inference abort_requests, unknown id", "POST", "/inference/v1/abort_requests", {"request_ids": ["none"]})
    wire.send("is_sleeping", "GET", "/is_sleeping")
    wire.send("load_lora_adapter without --enable-lora", "POST", "/v1/load_lora_adapter", {"lora_name": "a", "lora_path": "/nowhere"})
    _abort_while_running(wire, model)


def _abort_while_running(wire, model):
    """A long request that /abort_requests and /pause end; whole answer and stream."""
    for name, ending, stream in (
        ("aborted by abort_requests", ("/abort_requests", {}), False),
        ("aborted by abort_requests, stream", ("/abort_requests", {}), True),
        ("aborted by pause", ("/pause", None), False),
        ("aborted by pause, stream", ("/pause", None), True),
    ):
        if wire.send(None, "GET", ending[0]).status == 404:
            continue
        body = chat(model, max_tokens=1900, ignore_eos=True, stream=stream, request_id="long")
        worker = threading.Thread(target=wire.send, args=(name, "POST", "/v1/chat/completions", body))
        worker.start()
        time.sleep(HALF_WAY_SECONDS)
        wire.send(name + ": the call", "POST", ending[0], ending[1])
        worker.join()
        if ending[0] == "/pause":
            wire.send("resume after abort", "POST", "/resume")
    wire.send("metrics right after an abort", "GET", "/metrics")
    wire.keep_values("vllm:num_requests", "vllm:request_success_total")


def sleep(wire, model):
    """Sleep and wake-up without --enable-sleep-mode, which the CPU platform refuses: no memory moves, the states do."""
    wire.send("is_sleeping before", "GET", "/is_sleeping")
    wire.send("sleep level 0", "POST", "/sleep?level=0")
    wire.send("is_sleeping", "GET", "/is_sleeping")
    wire.send("is_paused while asleep", "GET", "/is_paused")
    wire.send("health while asleep", "GET", "/health")
    wire.send("metrics while asleep", "GET", "/metrics")
    wire.keep_values("vllm:engine_sleep_state", "vllm:num_requests", "vllm:sleep", "vllm:wake")
    wire.send("wake_up with a tag", "POST", "/wake_up?tags=scheduling")
    wire.send("is_sleeping after a tag", "GET", "/is_sleeping")
    wire.send("wake_up", "POST", "/wake_up")
    wire.send("is_sleeping after", "GET", "/is_sleeping")
    wire.send("chat after waking", "POST", "/v1/chat/completions", chat(model))
    wire.send("sleep level 7", "POST", "/sleep?level=7")
    wire.send("sleep level is no number", "POST", "/sleep?level=x")
    wire.send("sleep level 1", "POST", "/sleep?level=1")
    wire.send("is_sleeping at level 1", "GET", "/is_sleeping")
    wire.send("metrics at level 1", "GET", "/metrics")
    wire.keep_values("vllm:engine_sleep_state", "vllm:num_requests", "vllm:sleep", "vllm:wake")


def access(wire, model):
    """API key and request id header; needs --api-key secret --enable-request-id-headers."""
    key = {"Authorization": "Bearer secret"}
    path = "/v1/chat/completions"
    wire.send("no key", "POST", path, chat(model))
    wire.send("wrong key", "POST", path, chat(model), headers={"Authorization": "Bearer other"})
    wire.send("key without Bearer", "POST", path, chat(model), headers={"Authorization": "secret"})
    wire.send("bearer in small letters", "POST", path, chat(model), headers={"Authorization": "bearer secret"})
    wire.send("no key, models", "GET", "/v1/models")
    wire.send("no key, unknown path below /v1", "GET", "/v1/nothing")
    wire.send("no key, generate", "POST", "/inference/v1/generate", {"token_ids": [1]})
    wire.send("no key, health", "GET", "/health")
    wire.send("no key, tokenize", "POST", "/tokenize", {"prompt": "Hello"})
    wire.send("no key, invocations", "POST", "/invocations", chat(model))
    wire.send("no key, OPTIONS", "OPTIONS", path)
    wire.send("no key, score", "POST", "/v1/score", {})
    wire.send("no key, v2 rerank", "POST", "/v2/rerank", {})
    wire.send("no key, stream", "POST", path, chat(model, stream=True))
    wire.send("key, id given", "POST", path, chat(model), headers={**key, "X-Request-Id": "from-header"})
    wire.send("key, no id given", "POST", path, chat(model), headers=key)
    wire.send("key, id in the body", "POST", path, chat(model, request_id="from-body"), headers=key)
    wire.send("key, id given, stream", "POST", path, chat(model, stream=True), headers={**key, "X-Request-Id": "from-header"})
    wire.send("key, id given, refused", "POST", path, chat(model, max_tokens=0), headers={**key, "X-Request-Id": "from-header"})
    wire.send("key, id given, health", "GET", "/health", headers={"X-Request-Id": "from-header"})
    wire.send("metrics without key", "GET", "/metrics")
    wire.keep_values("vllm:num_requests", "http_requests_total")


def plain(wire, model):
    """A server with no optional flag: which fields and routes are missing then."""
    for path in ("/v1/models", "/tokenizer_info", "/server_info", "/is_sleeping", "/is_paused", "/load"):
        wire.send("GET " + path, "GET", path)
    wire.send("chat", "POST", "/v1/chat/completions", chat(model))
    wire.send("chat, long", "POST", "/v1/chat/completions", chat(model, messages=[{"role": "user", "content": LONG}]))
    wire.send("chat, long again", "POST", "/v1/chat/completions", chat(model, messages=[{"role": "user", "content": LONG}]))
    wire.send("chat, stream with usage", "POST", "/v1/chat/completions", chat(model, stream=True, stream_options={"include_usage": True}))
    wire.send("completion", "POST", "/v1/completions", completion(model))
    wire.send("tool_choice auto without --enable-auto-tool-choice", "POST", "/v1/chat/completions", chat(model, tools=[WEATHER], tool_choice="auto"))
    wire.send("tools without --enable-auto-tool-choice", "POST", "/v1/chat/completions", chat(model, tools=[WEATHER]))
    wire.send("tool_choice required without a parser", "POST", "/v1/chat/completions", chat(model, tools=[TIME], tool_choice="required", max_tokens=40))
    wire.send("tool_choice named without a parser", "POST", "/v1/chat/completions",
              chat(model, tools=[TIME], tool_choice={"type": "function", "function": {"name": "get_time"}}, max_tokens=40))
    wire.send("generate", "POST", "/inference/v1/generate", {"token_ids": [300], "sampling_params": {"max_tokens": 2}})
    wire.send("render", "POST", "/v1/chat/completions/render", chat(model))
    wire.send("responses, store without VLLM_ENABLE_RESPONSES_API_STORE", "POST", "/v1/responses", {"model": model, "input": "Hello", "max_output_tokens": 3, "store": True})
    wire.send("responses, background", "POST", "/v1/responses", {"model": model, "input": "Hello", "background": True})
    wire.send("GET a response", "GET", "/v1/responses/resp_unknown")
    wire.send("load_lora_adapter", "POST", "/v1/load_lora_adapter", {"lora_name": "a", "lora_path": "/nowhere"})
    wire.send("pause", "POST", "/pause")
    wire.send("sleep", "POST", "/sleep")
    wire.send("reset_prefix_cache", "POST", "/reset_prefix_cache")
    wire.send("metrics", "GET", "/metrics")
    wire.keep_values("vllm:cache_config_info", "vllm:num_requests", "http_requests_total")


def priority(wire, model):
    """--scheduling-policy priority, --enable-force-include-usage, --return-tokens-as-token-ids, two served names."""
    path = "/v1/chat/completions"
    wire.send("models", "GET", "/v1/models")
    wire.send("priority 5", "POST", path, chat(model, priority=5))
    wire.send("priority -5", "POST", path, chat(model, priority=-5))
    wire.send("second name", "POST", path, chat("second"))
    wire.send("stream without options, usage forced", "POST", path, chat(model, stream=True))
    wire.send("stream with include_usage false, usage forced", "POST", path, chat(model, stream=True, stream_options={"include_usage": False}))
    wire.send("completions, stream, usage forced", "POST", "/v1/completions", completion(model, stream=True))
    wire.send("logprobs as token ids", "POST", path, chat(model, logprobs=True, max_tokens=2))
    wire.send("metrics", "GET", "/metrics")
    wire.keep_values("vllm:num_requests", "vllm:prompt_tokens_total")


def admission(wire, model):
    """--max-num-queued-reqs 1: two samples are one request too many."""
    wire.send("one", "POST", "/v1/chat/completions", chat(model))
    wire.send("two", "POST", "/v1/chat/completions", chat(model, n=2, temperature=1))
    wire.send("two, stream", "POST", "/v1/chat/completions", chat(model, n=2, temperature=1, stream=True))
    wire.send("completions, two", "POST", "/v1/completions", completion(model, n=2, temperature=1))
    wire.send("messages", "POST", "/v1/messages", {"model": model, "messages": MESSAGES, "max_tokens": 2})
    wire.send("health", "GET", "/health")
    wire.send("metrics", "GET", "/metrics")
    wire.keep_values("vllm:admission_rejections", "vllm:num_requests")


def death(wire, model, kill_engine):
    """The engine dies while a stream and a whole answer are under way; the HTTP server is told to stay."""
    wire.send("health before", "GET", "/health")
    path = "/v1/chat/completions"
    workers = [
        threading.Thread(target=wire.send, args=(name, "POST", path, chat(model, max_tokens=1900, ignore_eos=True, stream=stream)))
        for name, stream in (("stream under way", True), ("whole answer under way", False))
    ]
    for worker in workers:
        worker.start()
    time.sleep(HALF_WAY_SECONDS)
    kill_engine()
    for worker in workers:
        worker.join()
    wire.send("health after", "GET", "/health")
    wire.send("ping after", "GET", "/ping")
    wire.send("chat after", "POST", path, chat(model))
    wire.send("chat after, stream", "POST", path, chat(model, stream=True))
    wire.send("completions after", "POST", "/v1/completions", completion(model))
    wire.send("messages after", "POST", "/v1/messages", {"model": model, "messages": MESSAGES, "max_tokens": 2})
    wire.send("models after", "GET", "/v1/models")
    wire.send("tokenize after", "POST", "/tokenize", {"model": model, "prompt": "Hello"})
    wire.send("metrics after", "GET", "/metrics")
    wire.keep_values("vllm:num_requests", "vllm:request_success_total", "vllm:kv_cache_usage_perc")


def lora(wire, model, adapter):
    """Adapters at run time; needs --enable-lora."""
    load, unload, path = "/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/v1/chat/completions"
    wire.send("models before", "GET", "/v1/models")
    wire.send("metrics before", "GET", "/metrics")
    wire.keep_values("vllm:lora_requests_info", "vllm:num_requests", "vllm:request_success_total")
    wire.send("load without name", "POST", load, {"lora_path": adapter})
    wire.send("load without path", "POST", load, {"lora_name": "first"})
    wire.send("load with empty name", "POST", load, {"lora_name": "", "lora_path": adapter})
    wire.send("load with empty path", "POST", load, {"lora_name": "first", "lora_path": ""})
    wire.send("load a path that does not exist", "POST", load, {"lora_name": "first", "lora_path": "/nowhere"})
    wire.send("load under the base name", "POST", load, {"lora_name": model, "lora_path": adapter})
    wire.send("load", "POST", load, {"lora_name": "first", "lora_path": adapter})
    wire.send("load again", "POST", load, {"lora_name": "first", "lora_path": adapter})
    wire.send("load in place", "POST", load, {"lora_name": "first", "lora_path": adapter, "load_inplace": True})
    wire.send("load a second", "POST", load, {"lora_name": "second", "lora_path": adapter})
    wire.send("models with adapters", "GET", "/v1/models")
    wire.send("chat with the adapter", "POST", path, chat("first"))
    wire.send("chat with the adapter, stream", "POST", path, chat("first", stream=True))
    wire.send("completion with the second adapter", "POST", "/v1/completions", completion("second"))
    wire.send("chat with the base model", "POST", path, chat(model))
    wire.send("metrics with adapters", "GET", "/metrics")
    wire.keep_values("vllm:lora_requests_info", "vllm:num_requests", "vllm:request_success_total")
    wire.send("unload without name", "POST", unload, {})
    wire.send("unload with empty name", "POST", unload, {"lora_name": ""})
    wire.send("unload unknown", "POST", unload, {"lora_name": "none"})
    wire.send("unload the base name", "POST", unload, {"lora_name": model})
    wire.send("unload", "POST", unload, {"lora_name": "second"})
    wire.send("chat after unload", "POST", path, chat("second"))
    wire.send("models after", "GET", "/v1/models")
    wire.send("metrics after", "GET", "/metrics")
    wire.keep_values("vllm:lora_requests_info", "vllm:num_requests", "vllm:request_success_total")


def pooling(wire, model):
    """The same weights served with --runner pooling --convert embed."""
    wire.send("models", "GET", "/v1/models")
    wire.send("embeddings, dimensions", "POST", "/v1/embeddings", {"model": model, "input": "Hello", "dimensions": 8})
    wire.send("embeddings", "POST", "/v1/embeddings", {"model": model, "input": "Hello"})
    wire.send("embeddings, two inputs, base64", "POST", "/v1/embeddings", {"model": model, "input": ["Hello", "you"], "encoding_format": "base64"})
    wire.send("embeddings, empty list", "POST", "/v1/embeddings", {"model": model, "input": []})
    wire.send("embeddings, no input", "POST", "/v1/embeddings", {"model": model})
    wire.send("embeddings, unknown model", "POST", "/v1/embeddings", {"model": "no-such-model", "input": "Hello"})
    wire.send("score", "POST", "/score", {"model": model, "text_1": "Hello", "text_2": ["Hello", "you"]})
    wire.send("rerank", "POST", "/rerank", {"model": model, "query": "Hello", "documents": ["Hello", "you"]})
    wire.send("rerank, top_n 1", "POST", "/v1/rerank", {"model": model, "query": "Hello", "documents": ["Hello", "you"], "top_n": 1})
    wire.send("classify", "POST", "/classify", {"model": model, "input": "Hello"})
    wire.send("chat on a pooling model", "POST", "/v1/chat/completions", chat(model))
    wire.send("completions on a pooling model", "POST", "/v1/completions", completion(model))
    wire.send("metrics", "GET", "/metrics")
    wire.keep_values("vllm:num_requests", "vllm:request_success_total", "vllm:prompt_tokens_total", "vllm:cache_config_info")


def handoff(wire, model):
    """What a prefill leg answers; needs a NIXL connector."""
    path = "/v1/chat/completions"
    long = [{"role": "user", "content": LONG}]

    def leg(name, **fields):
        wire.send(name, "POST", path, chat(model, **{"messages": long, "max_tokens": 1, "kv_transfer_params": PREFILL_ONLY, **fields}))

    wire.send("prefill leg", "POST", path, chat(model, messages=long, max_tokens=1, kv_transfer_params=PREFILL_ONLY), headers={"X-Request-Id": "leg"})
    leg("prefill leg, stream", stream=True)
    leg("prefill leg, n=2", n=2, temperature=1)
    leg("prefill leg, five tokens", max_tokens=5)
    leg("prefill leg, short prompt", messages=MESSAGES)
    wire.send("prefill leg, completions", "POST", "/v1/completions", completion(model, prompt=LONG, max_tokens=1, kv_transfer_params=PREFILL_ONLY))
    wire.send("prefill leg, generate", "POST", "/inference/v1/generate",
              {"token_ids": list(range(300, 400)), "sampling_params": {"max_tokens": 1}, "kv_transfer_params": PREFILL_ONLY})
    leg("no handoff asked", kv_transfer_params=None)
    wire.send("metrics", "GET", "/metrics")
    wire.keep_values(*CONNECTOR_METRICS)


CONNECTOR_METRICS = ("vllm:nixl", "vllm:external_prefix_cache", "vllm:num_requests", "vllm:prompt_tokens_by_source", "vllm:prompt_tokens_cached",
                     "vllm:prefix_cache", "vllm:kv_cache_usage_perc", "vllm:request_success_total")


def pair(prefill, decode, model):
    """Both legs, with two servers that hand KV blocks over."""
    path = "/v1/chat/completions"

    def prefilled(text, name):
        body = chat(model, messages=[{"role": "user", "content": text}], max_tokens=1, kv_transfer_params=PREFILL_ONLY)
        return prefill.send(name, "POST", path, body, headers={"X-Request-Id": "one"}).json()["kv_transfer_params"]

    def decoded(text, name, params, **fields):
        body = chat(model, messages=[{"role": "user", "content": text}], kv_transfer_params=params, **fields)
        decode.send(name, "POST", path, body, headers={"X-Request-Id": "one"})

    def metrics(name):
        for side, wire in (("prefill", prefill), ("decode", decode)):
            wire.send(f"{name}, {side} side", "GET", "/metrics")
            wire.keep_values(*CONNECTOR_METRICS)

    first = prefilled(LONG, "prefill leg")
    metrics("metrics between the legs")
    decoded(LONG, "decode leg", first)
    metrics("metrics after both legs")
    decoded(LONG, "the same handoff again, prefix now cached", first)
    second = prefilled("Second. " + LONG, "prefill leg, second prompt")
    decoded("Second. " + LONG, "decode leg, stream", second, stream=True, stream_options={"include_usage": True})
    third = prefilled("Third. " + LONG, "prefill leg, third prompt")
    decoded("Third. " + LONG, "decode leg, wrong port", {**third, "remote_port": 5999, "remote_engine_id": "unknown"})
    decoded("Third. " + LONG, "decode leg after a failed one", third)
    fourth = prefilled("Fourth. " + LONG, "prefill leg, fourth prompt, never fetched")
    time.sleep(EXPIRY_SECONDS)
    prefilled("Fifth. " + LONG, "prefill leg after the expiry")
    metrics("metrics after the expiry")
    decoded("Fourth. " + LONG, "decode leg after the expiry", fourth)
    decoded("Sixth. " + LONG, "no handoff", None)
    metrics("metrics at the end")
    decoded("Seventh. " + LONG, "decode leg with the flags alone", {"do_remote_prefill": True, "do_remote_decode": False})
    decode.send("health of the decode side after that", "GET", "/health")
