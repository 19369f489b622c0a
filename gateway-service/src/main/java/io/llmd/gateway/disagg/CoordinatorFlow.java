package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.disagg.Phases.Step;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One request of a coordinator: its phases one after the other, each a request of its own. Runs on one event loop.
 *
 * <pre>
 * media ──► render ──► decode, if cached ──412──► encode ──► prefill ──► decode
 *   │          │            └──anything else──► the client gets it
 *   └──────────┴── 4xx: the client gets the status; anything else: 502
 * </pre>
 *
 * <p>Other requests than chats, completions and token-in requests are one leg, and so are those that cannot be split.
 */
final class CoordinatorFlow implements SplitFlow {

    private static final String PROMPT = "prompt";
    private static final String IMAGE = "image";
    private static final String IF_AVAILABLE = "if-available";

    private final SplitCall call;
    private final Phases phases;
    private @Nullable RenderedPrompt prompt;

    CoordinatorFlow(SplitCall call, Phases phases) {
        this.call = call;
        this.phases = phases;
    }

    @Override
    public void start() {
        JsonMembers prepared = call.state().prepared();
        if (prepared != null) {
            call.rewrite(prepared);
            call.decodeOnly(FallbackReason.DECODE_FAILED);
            return;
        }
        switch (call.request().route()) {
            case CHAT_COMPLETIONS -> new MediaInlining(call, phases, this::render).start();
            case COMPLETIONS, GENERATE -> render();
            case EMBEDDINGS, RESPONSES, MESSAGES, TOKENIZE, DETOKENIZE -> call.decodeUnsplit(call.leg(call.decode()));
        }
    }

    // ---- token ids

    private void render() {
        ApiRoute route = call.request().route();
        if (route == ApiRoute.GENERATE) {
            RenderedPrompt given = RenderedPrompt.of(call.body());
            if (given == null) {
                refuse(
                        "features: media that are not among the tokens (expected: offsets and lengths within token_ids)");
            } else if (rendered(given)) {
                afterRender();
            }
        } else if (route == ApiRoute.COMPLETIONS) {
            renderText();
        } else {
            ask("/v1/chat/completions/render", chatToRender());
        }
    }

    private void renderText() {
        byte[] value = onlyPrompt();
        if (value != null && value[0] == '"') {
            ask("/v1/completions/render", read(new JsonEditor(call.body()).set(PROMPT, value)));
            return;
        }
        int tokens = value == null ? -1 : RenderedPrompt.count(value);
        if (value == null || tokens < 1) {
            refuse("prompt: several prompts (expected: a text or a list of token ids)");
        } else if (rendered(new RenderedPrompt(call.body(), value, tokens, List.of()))) {
            afterRender();
        }
    }

    /** The prompt, also where it is the only element of a list; the list itself when it has several. */
    private byte @Nullable [] onlyPrompt() {
        byte[] value = call.body().bytes(PROMPT);
        List<byte[]> elements = call.body().elements(PROMPT, 1);
        if (elements == null || elements.size() != 1) {
            return value;
        }
        byte[] only = elements.getFirst();
        return only[0] == '"' || only[0] == '[' ? only : value;
    }

    /** The chat itself; tensors of its media are only wanted where they go on. */
    private JsonMembers chatToRender() {
        return phases.openAiFormat() ? read(new JsonEditor(call.body()).set("return_mm_kwargs", "false")) : call.body();
    }

    private static JsonMembers read(JsonEditor changed) {
        JsonMembers read = JsonMembers.read(changed.toBytes());
        if (read == null) {
            throw new IllegalStateException("the changed body is no JSON object");
        }
        return read;
    }

    private void ask(String path, JsonMembers body) {
        TargetEndpoint renderer = phases.render();
        if (renderer == null || !phases.does(Step.RENDER)) {
            afterRender();
            return;
        }
        Leg leg = call.legBeside(path, new JsonEditor(body));
        Phases.Renders bounds = phases.renders();
        call.send(renderer, leg, "render", bounds.maxBytes(), this::take, bounds.timeout(), new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] answer) {
                answered(status, answer);
            }

            @Override
            public void onTooLarge() {
                failed("what the prompt was rendered to is too large");
            }

            @Override
            public void onNoRoom() {
                refuseForMemory();
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                failed("the prompt could not be rendered");
            }
        });
    }

    private void answered(int status, byte[] answer) {
        if (status / 100 != 2) {
            call.refuse(status, answer);
            return;
        }
        JsonMembers object =
                call.request().route() == ApiRoute.COMPLETIONS ? onlyOne(answer) : JsonMembers.read(answer);
        RenderedPrompt read = object == null ? null : RenderedPrompt.of(object);
        if (read == null || !isOfTheChat(read)) {
            failed("what the prompt was rendered to makes no sense");
            return;
        }
        // They are kept twice: as what was rendered, and in the body of what follows.
        if (!take(read.tokenIds().length)) {
            refuseForMemory();
        } else if (rendered(read)) {
            afterRender();
        }
    }

    private boolean take(int bytes) {
        return call.state().takeMemory(phases.memory(), bytes);
    }

    private void refuseForMemory() {
        call.refuse(new ApiError(ErrorCode.SERVER_OVERLOADED, "too many prompts are rendered at this time"));
    }

    /** The object of a list that has one. */
    private static @Nullable JsonMembers onlyOne(byte[] answer) {
        String list = "{\"one\":" + new String(answer, StandardCharsets.UTF_8) + "}";
        JsonMembers wrapped = JsonMembers.read(list.getBytes(StandardCharsets.UTF_8));
        List<byte[]> all = wrapped == null ? null : wrapped.elements("one", 1);
        return all == null || all.size() != 1 ? null : JsonMembers.read(all.getFirst());
    }

    private boolean isOfTheChat(RenderedPrompt read) {
        if (call.request().route() != ApiRoute.CHAT_COMPLETIONS) {
            return true;
        }
        long images = MediaParts.all(call.body(), Integer.MAX_VALUE).stream()
                .filter(CoordinatorPair::isImage)
                .count();
        return read.items(IMAGE).size() == images;
    }

    private boolean rendered(RenderedPrompt read) {
        Phases.Renders bounds = phases.renders();
        if (bounds.maxTokens() > 0 && read.tokens() > bounds.maxTokens()) {
            tooLong(read.tokens() + " tokens", bounds.maxTokens());
            return false;
        }
        if (bounds.maxPlaceholders() > 0 && read.placeholders() > bounds.maxPlaceholders()) {
            tooLong(read.placeholders() + " tokens of media", bounds.maxPlaceholders());
            return false;
        }
        prompt = read;
        switch (call.request().route()) {
            case CHAT_COMPLETIONS -> call.rewrite(read(new JsonEditor(call.body()).set("tokens", read.asTokens())));
            case COMPLETIONS -> call.rewrite(read(new JsonEditor(call.body()).set(PROMPT, read.tokenIds())));
            case GENERATE, EMBEDDINGS, RESPONSES, MESSAGES, TOKENIZE, DETOKENIZE -> {}
        }
        return true;
    }

    private void tooLong(String what, int most) {
        call.refuse(new ApiError(
                ErrorCode.CONTEXT_LENGTH_EXCEEDED, "the prompt has " + what + " (expected: at most " + most + ")"));
    }

    private void refuse(String message) {
        call.refuse(new ApiError(ErrorCode.INVALID_VALUE, message));
    }

    private void failed(String message) {
        call.refuse(new ApiError(ErrorCode.UPSTREAM_ERROR, message));
    }

    // ---- an endpoint that has it cached

    private void afterRender() {
        Leg leg = call.leg(call.decode());
        if (clientWantsCached()) {
            leg.headers().set(LlmdHeader.PREFER.wireName(), IF_AVAILABLE);
            call.decodeUnsplit(leg);
        } else if (!call.request().splittable() && phases.protocol() != Phases.Protocol.KV_SGLANG) {
            call.decodeOnly(FallbackReason.NOT_SPLITTABLE);
        } else if (phases.does(Step.CONDITIONAL_DECODE)) {
            leg.headers().set(LlmdHeader.PREFER.wireName(), IF_AVAILABLE);
            call.decodeIfCached(leg, this::encode);
        } else {
            encode();
        }
    }

    /** Who asks for cached decoding only gets the answer to that, whatever it is. */
    private boolean clientWantsCached() {
        for (String preference : call.clientHeaders(LlmdHeader.PREFER.wireName())) {
            for (String one : preference.split(",")) {
                int end = one.indexOf(';');
                String token = (end < 0 ? one : one.substring(0, end)).strip();
                if (token.toLowerCase(Locale.ROOT).equals(IF_AVAILABLE)) {
                    return true;
                }
            }
        }
        return false;
    }

    // ---- the phases

    private void encode() {
        List<MediaParts.Part> media = phases.does(Step.ENCODE)
                        && call.request().route() == ApiRoute.CHAT_COMPLETIONS
                        && call.settings().encode() != DisaggSettings.Encode.NONE
                ? MediaParts.of(call.body(), EncodeLegs.MAX_MEDIA)
                : List.of();
        if (media.isEmpty()) {
            prefill();
        } else {
            EncodeLegs.Maker maker = new CoordinatorMedia(call, phases, prompt, media);
            new EncodeLegs(call, List.of(phases.encode()), media, maker, this::prefill).start();
        }
    }

    private void prefill() {
        call.state().prepared(call.body());
        if (phases.does(Step.PREFILL)) {
            new PrefillFirst(call, new CoordinatorPair(call, phases, prompt)).start();
        } else {
            call.decodeUnsplit(call.aloneLeg());
        }
    }
}
