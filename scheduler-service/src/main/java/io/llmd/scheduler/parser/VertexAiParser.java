package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.AppProtocol;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads bodies of Vertex AI's gRPC API, which hold a body of the OpenAI API. */
public final class VertexAiParser implements RequestParser {

    private static final String CHAT = "PredictionService/ChatCompletions";

    /** No coordinator speaks this protocol, so that token ids could only be a client's. */
    private final JsonBodies json = new JsonBodies(false);

    /** A parser. */
    public VertexAiParser() {}

    @Override
    public List<String> pathSuffixes() {
        return List.of(CHAT, "PredictionService/StreamRawPredict", "PredictionService/RawPredict");
    }

    @Override
    public Set<AppProtocol> protocols() {
        return Set.of(AppProtocol.H2C);
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        try {
            ProtoReader request = field(ProtoReader.ofFrame(body.array(), body.from(), body.length()), 2);
            ProtoReader data = request == null ? null : bytes(request, 2);
            if (data == null) {
                return new ParseOutcome.Malformed("http_body: missing (expected: a body of the OpenAI API)");
            }
            BodyFormat format = suffix.equals(CHAT) ? BodyFormat.CHAT_COMPLETIONS : BodyFormat.RESPONSES;
            return json.parse(format, new BodyBytes(data.array(), data.start(), data.length(), body.known()), media);
        } catch (MalformedBodyException e) {
            return new ParseOutcome.Malformed(String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable ProtoReader field(ProtoReader message, int number) {
        ProtoReader found = null;
        for (int field = message.next(); field != 0; field = message.next()) {
            if (field == number && message.is(ProtoReader.BYTES)) {
                found = message.message();
            }
        }
        return found;
    }

    /** The message, standing at its field of this number; null when it has none. */
    private static @Nullable ProtoReader bytes(ProtoReader message, int number) {
        for (int field = message.next(); field != 0; field = message.next()) {
            if (field == number && message.is(ProtoReader.BYTES)) {
                return message;
            }
        }
        return null;
    }
}
