package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiRequest;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets an endpoint generate a long answer of a chat piece by piece: each piece is a request of its own, whose last message
 * is the text so far. Clients get one event for each piece, or the whole. Runs on one event loop.
 *
 * <pre>
 * piece ──"length", tokens left──► next piece
 *   ├──anything else──► the answer is complete
 *   └──error──► the client's answer, or the end of its stream
 * </pre>
 */
final class ChunkedDecode implements SplitFlow {

    /** Members of a request whose answer is more than one text, or cannot be gone on with. */
    private static final List<String> NOT_CONTINUED = List.of(
            "tools", "functions", "logprobs", "response_format", "structured_outputs", "continue_final_message");

    private final SplitCall call;
    private final int chunkTokens;
    private final int budget;
    private final StringBuilder text = new StringBuilder();
    private @Nullable JsonMembers first;
    private int produced;

    ChunkedDecode(SplitCall call, int chunkTokens) {
        this.call = call;
        this.chunkTokens = chunkTokens;
        this.budget = call.request().maxOutputTokens();
    }

    /** Whether a request may be answered in pieces, and has more than one. */
    static boolean suits(ApiRequest request, int chunkTokens) {
        return chunkTokens > 0
                && request.route() == ApiRoute.CHAT_COMPLETIONS
                && request.splittable()
                && request.maxOutputTokens() > chunkTokens;
    }

    @Override
    public void start() {
        for (String name : NOT_CONTINUED) {
            JsonMembers.Member member = call.body().find(name);
            if (member != null && member.kind() != JsonMembers.Kind.NULL) {
                call.decodeUnsplit();
                return;
            }
        }
        call.answering();
        next();
    }

    private void next() {
        int tokens = Math.min(chunkTokens, budget - produced);
        Leg leg = call.leg(call.decode());
        JsonEditor body = leg.body();
        body.set("stream", "false").remove("stream_options");
        for (String limit : List.of("max_tokens", "max_completion_tokens")) {
            if (call.body().find(limit) != null) {
                body.set(limit, Integer.toString(tokens));
            }
        }
        int least = Math.min(tokens, call.body().number("min_tokens", 0) - produced);
        if (least > 0) {
            body.set("min_tokens", Integer.toString(least));
        } else {
            body.remove("min_tokens");
        }
        if (!text.isEmpty()) {
            // The blocks that the first piece has fetched are the endpoint's own by now, and gone elsewhere.
            body.remove(NixlConnector.PARAMS);
            body.set("messages", continued())
                    .set("continue_final_message", "true")
                    .set("add_generation_prompt", "false");
        }
        call.send(call.decode(), leg, "decode-chunk", call.timeLeft(), new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] bytes) {
                answered(status, bytes, tokens);
            }

            @Override
            public void onTooLarge() {
                call.answerFailed(AttemptFailure.PROTOCOL);
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                call.answerFailed(failure);
            }
        });
    }

    /** The client's messages and what was generated so far. */
    private byte[] continued() {
        byte[] messages = call.body().bytes("messages");
        String array = messages == null ? "[]" : new String(messages, StandardCharsets.UTF_8);
        String before = array.substring(0, array.lastIndexOf(']'));
        return (before + ",{\"role\":\"assistant\",\"content\":" + JsonEditor.quoted(text.toString()) + "}]")
                .getBytes(StandardCharsets.UTF_8);
    }

    private void answered(int status, byte[] bytes, int asked) {
        JsonMembers answer = JsonMembers.read(bytes);
        JsonMembers choice = answer == null ? null : answer.firstObject("choices");
        JsonMembers message = choice == null ? null : choice.object("message");
        if (status / 100 != 2 || answer == null || choice == null || message == null) {
            fail(status, bytes);
            return;
        }
        String piece = message.text("content");
        String reason = choice.text("finish_reason");
        if (piece == null || message.text("reasoning") != null || message.text("reasoning_content") != null) {
            if (first == null) {
                // More than a text: the endpoint does all of it at once.
                call.decodeUnsplit();
            } else {
                fail(502, bytes);
            }
            return;
        }
        JsonMembers usage = answer.object("usage");
        produced += usage == null ? asked : usage.number("completion_tokens", asked);
        text.append(piece);
        boolean isFirst = first == null;
        first = isFirst ? answer : first;
        boolean isLast = !"length".equals(reason) || piece.isEmpty() || produced >= budget;
        if (call.request().stream()) {
            call.answerEvent(event(piece, isFirst, isLast ? choice.bytes("finish_reason") : null));
        }
        if (!isLast) {
            call.whenWanted(this::next);
        } else if (call.request().stream()) {
            endStream();
        } else {
            call.answerWhole(200, whole(choice));
        }
    }

    private void fail(int status, byte[] bytes) {
        if (call.request().stream() && first != null) {
            call.answerFailed(AttemptFailure.RESET);
        } else if (status / 100 == 2) {
            call.answerFailed(AttemptFailure.PROTOCOL);
        } else {
            call.answerWhole(status, bytes);
        }
    }

    private String event(String piece, boolean isFirst, byte @Nullable [] reason) {
        return head() + ",\"choices\":[{\"index\":0,\"delta\":{" + (isFirst ? "\"role\":\"assistant\"," : "")
                + "\"content\":" + JsonEditor.quoted(piece) + "},\"logprobs\":null,\"finish_reason\":"
                + (reason == null ? "null" : new String(reason, StandardCharsets.UTF_8)) + "}]}";
    }

    private void endStream() {
        if (call.request().includeUsage()) {
            call.answerEvent(head() + ",\"choices\":[],\"usage\":" + usage() + "}");
        }
        call.answerEvent("[DONE]");
        call.answerEnd();
    }

    private String head() {
        return "{\"id\":" + ofFirst("id") + ",\"object\":\"chat.completion.chunk\",\"created\":" + ofFirst("created")
                + ",\"model\":" + ofFirst("model");
    }

    private String ofFirst(String name) {
        byte[] value = first == null ? null : first.bytes(name);
        return value == null ? "null" : new String(value, StandardCharsets.UTF_8);
    }

    private String usage() {
        JsonMembers usage = first == null ? null : first.object("usage");
        int prompt = usage == null ? 0 : usage.number("prompt_tokens", 0);
        return "{\"prompt_tokens\":" + prompt + ",\"total_tokens\":" + (prompt + produced) + ",\"completion_tokens\":"
                + produced + "}";
    }

    /** The first piece's answer with the text, the end and the tokens of all. */
    private byte[] whole(JsonMembers lastChoice) {
        JsonMembers answer = first;
        JsonMembers choice = answer == null ? null : answer.firstObject("choices");
        JsonMembers message = choice == null ? null : choice.object("message");
        if (answer == null || choice == null || message == null) {
            throw new IllegalStateException("no first piece");
        }
        JsonEditor whole = new JsonEditor(choice)
                .set(
                        "message",
                        new JsonEditor(message)
                                .setText("content", text.toString())
                                .toBytes());
        for (String end : List.of("finish_reason", "stop_reason")) {
            byte[] value = lastChoice.bytes(end);
            if (value != null) {
                whole.set(end, value);
            }
        }
        byte[] changed = whole.toBytes();
        byte[] choices = new byte[changed.length + 2];
        choices[0] = '[';
        System.arraycopy(changed, 0, choices, 1, changed.length);
        choices[choices.length - 1] = ']';
        return new JsonEditor(answer)
                .set("choices", choices)
                .set("usage", usage())
                .toBytes();
    }
}
