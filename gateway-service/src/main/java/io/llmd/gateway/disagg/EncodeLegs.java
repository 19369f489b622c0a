package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends each medium of a chat to one of the encode endpoints, in turn, several at a time. The first failure ends the
 * others and the request. Runs on one event loop.
 *
 * <pre>
 * media ──2xx, all──► the rest of the attempt
 *   ├──4xx──► the client gets it
 *   └──anything else──► 502
 * </pre>
 */
final class EncodeLegs implements SplitFlow {

    /** How encode legs are made; the request's own way unless a coordinator says another. */
    interface Maker {

        /** Legs of one request at a time; the others wait for their turn. */
        default int atATime() {
            return 8;
        }

        /** Where legs are posted. */
        default String path() {
            return ApiRoute.CHAT_COMPLETIONS.path();
        }

        /**
         * The body of a leg.
         *
         * @param number of the medium, from 0
         * @param chat a chat of one message that has that medium alone
         */
        default JsonEditor body(int number, JsonEditor chat) {
            return chat;
        }

        /** Whether the answer of an endpoint that is busy is the client's, as of one that refuses. */
        default boolean passesBusy() {
            return false;
        }
    }

    /** Media that are encoded ahead; further ones are left to the endpoint that computes the prompt. */
    static final int MAX_MEDIA = 256;

    /** Members of the client's body that change what is made of a medium. */
    private static final List<String> SHAPING = List.of("model", "mm_processor_kwargs", "media_io_kwargs");

    private static final byte[] EMPTY = {'{', '}'};

    private final SplitCall call;
    private final List<TargetEndpoint> encoders;
    private final List<MediaParts.Part> media;
    private final Maker maker;
    private final Runnable next;
    private final Map<String, byte[]> offers = new LinkedHashMap<>();
    private int offerBytes;
    private int sent;
    private int answered;
    private boolean isOver;

    /**
     * @param encoders at least one
     * @param media at least one
     * @param next the rest of the attempt
     */
    EncodeLegs(SplitCall call, List<TargetEndpoint> encoders, List<MediaParts.Part> media, Runnable next) {
        this(call, encoders, media, new Maker() {}, next);
    }

    /** The same with legs of another make. */
    EncodeLegs(SplitCall call, List<TargetEndpoint> encoders, List<MediaParts.Part> media, Maker maker, Runnable next) {
        this.maker = maker;
        this.call = call;
        this.encoders = encoders;
        this.media = media;
        this.next = next;
    }

    @Override
    public void start() {
        while (sent < Math.min(media.size(), maker.atATime()) && !isOver) {
            sendNext();
        }
    }

    private void sendNext() {
        int index = sent++;
        TargetEndpoint encoder = encoders.get(index % encoders.size());
        JsonEditor body = maker.body(index, body(media.get(index)));
        Leg leg = call.encodeLeg(encoder, index, maker.path(), body);
        call.send(encoder, leg, "encode", call.prefillTimeout(), new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] body) {
                if (!isOver) {
                    answered(encoder, status, body);
                }
            }

            @Override
            public void onTooLarge() {
                if (!isOver) {
                    worked(encoder, null);
                }
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                if (!isOver) {
                    call.endpointFailed(encoder);
                    fail(
                            failure == AttemptFailure.FIRST_BYTE_TIMEOUT
                                    ? new ApiError(
                                            ErrorCode.UPSTREAM_TIMEOUT, "an encode endpoint did not answer in time")
                                    : unserved());
                }
            }
        });
    }

    /** A chat of one message that has one part. */
    private JsonEditor body(MediaParts.Part part) {
        JsonMembers empty = JsonMembers.read(EMPTY);
        if (empty == null) {
            throw new IllegalStateException("{} is no object");
        }
        JsonEditor body = new JsonEditor(empty);
        for (String name : SHAPING) {
            byte[] value = call.body().bytes(name);
            if (value != null) {
                body.set(name, value);
            }
        }
        ByteArrayOutputStream messages = new ByteArrayOutputStream(part.end() - part.start() + 64);
        messages.writeBytes("[{\"role\":\"user\",\"content\":[".getBytes(StandardCharsets.US_ASCII));
        messages.writeBytes(part.toBytes());
        messages.writeBytes("]}]".getBytes(StandardCharsets.US_ASCII));
        body.set("messages", messages.toByteArray());
        OneToken.prime(call.request().route(), body);
        return body;
    }

    private void answered(TargetEndpoint encoder, int status, byte[] body) {
        if (status / 100 == 2) {
            worked(encoder, JsonMembers.read(body));
        } else if (status >= 400 && status < 500 && (status != 429 || maker.passesBusy())) {
            call.endpointWorked(encoder);
            isOver = true;
            call.refuse(status, body);
        } else {
            if (status != 429) {
                call.endpointFailed(encoder);
            }
            fail(unserved());
        }
    }

    private static ApiError unserved() {
        return new ApiError(ErrorCode.UPSTREAM_ERROR, "an encode endpoint could not serve the request");
    }

    private void fail(ApiError error) {
        isOver = true;
        call.refuse(error);
    }

    private void worked(TargetEndpoint encoder, @Nullable JsonMembers answer) {
        call.endpointWorked(encoder);
        if (call.settings().encode() == DisaggSettings.Encode.EC_NIXL && !collect(encoder, answer)) {
            return;
        }
        answered++;
        if (sent < media.size()) {
            sendNext();
        } else if (answered == media.size()) {
            isOver = true;
            call.state().encoded(new EncodedMedia(offers.isEmpty() ? null : merged()));
            next.run();
        }
    }

    /** Keeps what an endpoint says of its embeddings. False when the request is over. */
    private boolean collect(TargetEndpoint encoder, @Nullable JsonMembers answer) {
        JsonMembers params = answer == null ? null : answer.object(EncodedMedia.PARAMS);
        boolean hasOffer = false;
        if (params != null) {
            for (JsonMembers.Member member : params.all()) {
                JsonMembers offer = params.object(member.name());
                byte[] usable = offer == null ? null : usable(encoder, params.bytes(member.name()), offer);
                if (usable == null) {
                    continue;
                }
                byte[] before = offers.putIfAbsent(member.name(), usable);
                if (before != null && !Arrays.equals(before, usable)) {
                    fail(new ApiError(ErrorCode.UPSTREAM_ERROR, "encode endpoints contradict each other"));
                    return false;
                }
                offerBytes += before == null ? usable.length : 0;
                hasOffer = true;
            }
        }
        if (!hasOffer) {
            call.embeddingsMissing();
        }
        return true;
    }

    /** An offer whose host may be contacted; {@code null} when it is of no use. */
    private byte @Nullable [] usable(TargetEndpoint encoder, byte @Nullable [] bytes, JsonMembers offer) {
        if (bytes == null || offerBytes + bytes.length > call.settings().maxAnswerBytes()) {
            return null;
        }
        JsonMembers.Member named = offer.find("peer_host");
        String host = offer.text("peer_host");
        if (host == null) {
            return named == null ? bytes : null;
        }
        return switch (call.transferHost(host, encoder)) {
            case FINE -> bytes;
            case OVERRIDE ->
                new JsonEditor(offer).setText("peer_host", encoder.host()).toBytes();
            case LOOPBACK, FOREIGN -> null;
        };
    }

    private byte[] merged() {
        ByteArrayOutputStream json = new ByteArrayOutputStream(offerBytes + 128);
        json.write('{');
        offers.forEach((hash, offer) -> {
            if (json.size() > 1) {
                json.write(',');
            }
            json.writeBytes((JsonEditor.quoted(hash) + ':').getBytes(StandardCharsets.UTF_8));
            json.writeBytes(offer);
        });
        json.write('}');
        return json.toByteArray();
    }
}
