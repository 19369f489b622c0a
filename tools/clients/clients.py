"""Checks Python clients against a running suite; tools/clients/run.sh starts it."""

import time
from importlib.metadata import version

import anthropic
import openai

import suite
from suite import BASE, KEY, MODEL, check

PROMPT = [{"role": "user", "content": "Name three rivers."}]
TOOLS = [{
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a place",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}]

# ---- openai

OPENAI = f"openai {version('openai')} (Python)"
client = openai.OpenAI(base_url=BASE + "/v1", api_key=KEY, max_retries=2)


@check(OPENAI, "models")
def models():
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


@check(OPENAI, "stream equals whole answer, usage too")
def stream():
    whole = client.chat.completions.create(model=MODEL, messages=PROMPT, max_tokens=20, seed=1)
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=PROMPT, max_tokens=20, seed=1, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content, (text, whole.choices[0].message.content)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


@check(OPENAI, "no usage unless asked for")
def no_usage():
    chunks = list(client.chat.completions.create(model=MODEL, messages=PROMPT, max_tokens=5, stream=True))
    assert all(chunk.usage is None for chunk in chunks)


@check(OPENAI, "leaving a stream ends it at the endpoint within 1 s")
def cancel():
    answer = client.chat.completions.create(
        model=MODEL, messages=PROMPT, max_tokens=5000, stream=True, extra_body={"ignore_eos": True})
    next(iter(answer))
    assert suite.running() >= 1
    answer.close()
    assert suite.idle_within(1)


@check(OPENAI, "each status has its exception")
def errors():
    for status, wanted, call in [
        (401, openai.AuthenticationError, lambda: openai.OpenAI(base_url=BASE + "/v1", api_key="sk-wrong").models.list()),
        (404, openai.NotFoundError, lambda: client.chat.completions.create(model="nobody", messages=PROMPT)),
        (400, openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": 3}])),
    ]:
        try:
            call()
        except wanted as error:
            assert error.status_code == status and error.request_id, error
        else:
            raise AssertionError(f"{status} expected")


@check(OPENAI, "429 is tried again after retry-after, and not before")
def retry():
    suite.faults({"status": {"code": 429, "count": 1}})
    try:
        begin = time.monotonic()
        answer = client.with_options(max_retries=3).chat.completions.create(model=MODEL, messages=PROMPT, max_tokens=2)
        waited = time.monotonic() - begin
        assert answer.choices and waited >= 0.9, waited
        return f"after {waited:.1f} s"
    finally:
        suite.faults({"status": None})


@check(OPENAI, "characters of four bytes stay whole")
def utf8():
    text = "𝄞🎉" * 50
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}], max_tokens=20)
    assert answer.usage.prompt_tokens > 0


@check(OPENAI, "a prompt of 1 MB")
def large():
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "word " * 200_000}], max_tokens=2)
    assert answer.choices, answer


@check(OPENAI, "tool call and its result")
def tools():
    first = client.chat.completions.create(
        model=MODEL, messages=PROMPT, tools=TOOLS, tool_choice="required", max_tokens=200)
    call = first.choices[0].message.tool_calls[0]
    assert call.function.name == "weather"
    second = client.chat.completions.create(model=MODEL, max_tokens=5, messages=PROMPT + [
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ])
    assert second.choices[0].message.content is not None


@check(OPENAI, "tool calls in a stream have an index")
def tool_stream():
    chunks = client.chat.completions.create(
        model=MODEL, messages=PROMPT, tools=TOOLS, tool_choice="required", max_tokens=200, stream=True)
    parts = [part for chunk in chunks if chunk.choices for part in chunk.choices[0].delta.tool_calls or []]
    assert parts and all(isinstance(part.index, int) for part in parts)


@check(OPENAI, "request id")
def request_id():
    answer = client.chat.completions.create(model=MODEL, messages=PROMPT, max_tokens=2, extra_headers={"x-request-id": "of-mine-1"})
    assert answer._request_id == "of-mine-1", answer._request_id


@check(OPENAI, "embeddings")
def embeddings():
    assert len(client.embeddings.create(model=MODEL, input=["one", "two"]).data) == 2


@check(OPENAI, "responses")
def responses():
    assert client.responses.create(model=MODEL, input="What is a lake?", max_output_tokens=16).output_text


# ---- LangChain

from langchain_core.messages import HumanMessage  # noqa: E402
from langchain_core.tools import tool  # noqa: E402
from langchain_openai import ChatOpenAI, OpenAIEmbeddings  # noqa: E402

LANGCHAIN = f"langchain-openai {version('langchain-openai')}"
chat = ChatOpenAI(base_url=BASE + "/v1", api_key=KEY, model=MODEL, max_tokens=20, seed=1)


@check(LANGCHAIN, "one answer and a stream with the same text")
def lc_stream():
    whole = chat.invoke([HumanMessage("Name three rivers.")])
    text = "".join(str(part.content) for part in chat.stream([HumanMessage("Name three rivers.")]))
    assert text == whole.content and whole.usage_metadata["total_tokens"] > 0


@check(LANGCHAIN, "tools")
def lc_tools():
    @tool
    def weather(place: str) -> str:
        """Weather of a place."""
        return "rain"

    bound = ChatOpenAI(base_url=BASE + "/v1", api_key=KEY, model=MODEL, max_tokens=200).bind_tools([weather], tool_choice="weather")
    assert bound.invoke("Weather in Bern?").tool_calls[0]["name"] == "weather"


@check(LANGCHAIN, "embeddings")
def lc_embeddings():
    vectors = OpenAIEmbeddings(base_url=BASE + "/v1", api_key=KEY, model=MODEL, check_embedding_ctx_length=False)
    assert len(vectors.embed_documents(["one", "two"])) == 2


# ---- LlamaIndex

from llama_index.core.llms import ChatMessage  # noqa: E402
from llama_index.llms.openai_like import OpenAILike  # noqa: E402

LLAMA = f"llama-index-llms-openai-like {version('llama-index-llms-openai-like')}"


@check(LLAMA, "chat, stream and completion")
def llama():
    llm = OpenAILike(api_base=BASE + "/v1", api_key=KEY, model=MODEL, is_chat_model=True, max_tokens=10)
    assert llm.chat([ChatMessage(role="user", content="Hello")]).message.content
    assert list(llm.stream_chat([ChatMessage(role="user", content="Hello")]))
    plain = OpenAILike(api_base=BASE + "/v1", api_key=KEY, model=MODEL, is_chat_model=False, max_tokens=10)
    assert plain.complete("Once upon a time").text


# ---- Anthropic

ANTHROPIC = f"anthropic {version('anthropic')} (Python)"
claude = anthropic.Anthropic(base_url=BASE, api_key=KEY)


@check(ANTHROPIC, "one message and a stream with the same text")
def messages():
    whole = claude.messages.create(model=MODEL, max_tokens=20, messages=PROMPT)
    assert whole.type == "message" and whole.usage.output_tokens > 0
    with claude.messages.stream(model=MODEL, max_tokens=20, messages=PROMPT) as events:
        text = "".join(events.text_stream)
    assert text == "".join(block.text for block in whole.content if block.type == "text")


@check(ANTHROPIC, "errors have their exceptions")
def messages_errors():
    try:
        claude.messages.create(model="nobody", max_tokens=5, messages=PROMPT)
    except anthropic.NotFoundError as error:
        assert error.status_code == 404
    else:
        raise AssertionError("404 expected")


@check(ANTHROPIC, "leaving a stream ends it at the endpoint within 1 s")
def messages_cancel():
    with claude.messages.stream(model=MODEL, max_tokens=4000, messages=PROMPT) as events:
        next(iter(events))
    assert suite.idle_within(1)


# ---- LiteLLM as a client

import litellm  # noqa: E402

LITELLM = f"litellm {version('litellm')} as client"


@check(LITELLM, "chat and stream")
def lite():
    answer = litellm.completion(model="openai/" + MODEL, api_base=BASE + "/v1", api_key=KEY, messages=PROMPT, max_tokens=10)
    assert answer.choices[0].message.content
    parts = litellm.completion(
        model="openai/" + MODEL, api_base=BASE + "/v1", api_key=KEY, messages=PROMPT, max_tokens=10, stream=True)
    assert len(list(parts)) > 1


# ---- Open WebUI's calls: the model list, a stream, and short questions for title and tags beside it

import json  # noqa: E402
import urllib.request  # noqa: E402

WEBUI = "Open WebUI's calls"


@check(WEBUI, "model list, stream, and questions beside it")
def webui():
    headers = {"authorization": "Bearer " + KEY, "content-type": "application/json"}
    listed = json.load(urllib.request.urlopen(urllib.request.Request(BASE + "/v1/models", headers=headers)))
    assert listed["object"] == "list" and listed["data"][0]["object"] == "model"
    assert isinstance(listed["data"][0]["created"], int) and "owned_by" in listed["data"][0]

    def post(body):
        request = urllib.request.Request(BASE + "/v1/chat/completions", json.dumps(body).encode(), headers)
        return urllib.request.urlopen(request)

    events = post({"model": MODEL, "messages": PROMPT, "max_tokens": 30, "stream": True})
    for question in ("title", "tags", "follow-ups"):
        with post({"model": MODEL, "messages": [{"role": "user", "content": question}], "max_tokens": 5, "stream": False}) as answer:
            assert json.load(answer)["choices"]
    assert events.read().decode().rstrip().endswith("data: [DONE]")


suite.finish()
