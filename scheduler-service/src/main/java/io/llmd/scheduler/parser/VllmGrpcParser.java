package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.AppProtocol;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads bodies of vLLM's gRPC API: text, or tokens, which are exact. They name no model. */
public final class VllmGrpcParser implements RequestParser {

    private static final String GENERATE = "vllm.grpc.engine.VllmEngine/Generate";
    private static final String EMBED = "vllm.grpc.engine.VllmEngine/Embed";

    /** A parser. */
    public VllmGrpcParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of(GENERATE, EMBED);
    }

    @Override
    public Set<AppProtocol> protocols() {
        return Set.of(AppProtocol.H2C);
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        try {
            ProtoReader message = ProtoReader.ofFrame(body.array(), body.from(), body.length());
            return new ParseOutcome.Parsed(
                    suffix.equals(EMBED)
                            ? embedding(message, body.length())
                            : generation(message, body.length(), media));
        } catch (MalformedBodyException e) {
            return new ParseOutcome.Malformed(String.valueOf(e.getMessage()));
        }
    }

    private static RequestBody generation(ProtoReader message, int length, MediaSizes sizes) {
        Prompt prompt = null;
        boolean isStream = false;
        int limit = -1;
        MediaPlaceholders media = new MediaPlaceholders(sizes);
        for (int field = message.next(); field != 0; field = message.next()) {
            if (field == 2 && message.is(ProtoReader.BYTES)) {
                prompt = tokens(message.message());
            } else if (field == 3 && message.is(ProtoReader.BYTES)) {
                prompt = text(message);
            } else if (field == 4 && message.is(ProtoReader.BYTES)) {
                limit = limit(message.message());
            } else if (field == 5 && message.is(ProtoReader.VARINT)) {
                isStream = message.number() != 0;
            } else if (field == 7 && message.is(ProtoReader.BYTES)) {
                hashes(message.message(), media);
            }
        }
        long[] hashes = media.hashes();
        Prompt tokens = present(prompt);
        Prompt known = hashes.length == 0 ? tokens : new Prompt(tokens.bytes(), tokens.length());
        return new RequestBody(Api.GENERATE, "", isStream, limit, List.of(known), "", length, hashes);
    }

    private static RequestBody embedding(ProtoReader message, int length) {
        Prompt prompt = null;
        for (int field = message.next(); field != 0; field = message.next()) {
            if (field == 2 && message.is(ProtoReader.BYTES)) {
                prompt = tokens(message.message());
            }
        }
        return new RequestBody(Api.EMBEDDINGS, "", false, -1, List.of(present(prompt)), "", length);
    }

    private static Prompt present(@Nullable Prompt prompt) {
        if (prompt == null || prompt.length() == 0) {
            throw new MalformedBodyException("input: missing or empty (expected: text or token ids)");
        }
        return prompt;
    }

    private static Prompt tokens(ProtoReader input) {
        TokenBuffer tokens = new TokenBuffer(0);
        for (int field = input.next(); field != 0; field = input.next()) {
            if (field == 2 && (input.is(ProtoReader.BYTES) || input.is(ProtoReader.VARINT))) {
                input.appendNumbers(tokens);
            }
        }
        return tokens.toExactPrompt();
    }

    private static Prompt text(ProtoReader message) {
        TokenBuffer text = new TokenBuffer(message.length());
        text.append(message.array(), message.start(), message.length());
        return text.toPrompt();
    }

    private static int limit(ProtoReader sampling) {
        int limit = -1;
        for (int field = sampling.next(); field != 0; field = sampling.next()) {
            if (field == 8 && sampling.is(ProtoReader.VARINT)) {
                limit = (int) Math.min(sampling.number() & 0xffff_ffffL, Integer.MAX_VALUE);
            }
        }
        return limit;
    }

    private static void hashes(ProtoReader inputs, MediaPlaceholders media) {
        for (int field = inputs.next(); field != 0; field = inputs.next()) {
            if (field == 6 && inputs.is(ProtoReader.BYTES)) {
                media.hash(inputs.text());
            }
        }
    }
}
