package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.BodyEdit;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.BodyRules;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import io.llmd.openai.ReadResult;
import io.llmd.openai.RequestLimits;
import io.llmd.openai.RequestReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the images that a chat names by their address, each once, and puts them into the chat. The first that cannot be
 * had ends the others and the request: with 400 when its address is at fault, else with 502. What goes on is checked like the
 * body of a client who may name no address, so that no endpoint gets one, whatever it reads. Runs on one event loop.
 */
final class MediaInlining {

    private static final String MESSAGES = "messages";

    /** Quotes, the type and what else stands before and after the data. */
    private static final int URI_PREFIX_BYTES = 64;

    /** What holds of a body that nobody may find an address in. */
    private static final RequestReader CHECK = new RequestReader(
            RequestLimits.DEFAULTS, model -> Integer.MAX_VALUE, new BodyRules(BodyRules.Addresses.NONE, true, true));

    private final SplitCall call;
    private final Phases phases;
    private final Runnable next;
    private final List<MediaParts.Part> parts = new ArrayList<>();
    private final Map<String, byte @Nullable []> uris = new LinkedHashMap<>();
    private final Map<String, Integer> timesShown = new HashMap<>();
    private final List<String> addresses = new ArrayList<>();
    private long totalBytes;
    private int sent;
    private int fetched;
    private boolean isOver;

    /**
     * @param next the rest of the attempt
     */
    MediaInlining(SplitCall call, Phases phases, Runnable next) {
        this.call = call;
        this.phases = phases;
        this.next = next;
    }

    void start() {
        List<MediaParts.Part> media;
        try {
            media = MediaParts.all(call.body(), Integer.MAX_VALUE);
        } catch (IllegalArgumentException e) {
            refuse(ErrorCode.INVALID_VALUE, "unreadable (expected: messages within the bounds of JSON)");
            return;
        }
        int most = phases.media().most();
        if (most > 0 && media.size() > most) {
            refuse(ErrorCode.INVALID_VALUE, media.size() + " media (expected: at most " + most + ")");
            return;
        }
        for (MediaParts.Part part : media) {
            if (!take(part)) {
                return;
            }
        }
        if (parts.isEmpty()) {
            goOn(call.body());
            return;
        }
        totalBytes = call.body().length();
        addresses.addAll(uris.keySet());
        fetchMore();
    }

    /** Notes a medium that has to be fetched; says whether the request may go on. */
    private boolean take(MediaParts.Part part) {
        if (part.place() == MediaParts.Place.UNCLEAR) {
            refuse(
                    ErrorCode.UNSUPPORTED_VALUE,
                    "a part of which it cannot be told where its medium is (expected: one medium in a part, with one "
                            + "data URI, or one URL of at most 16 KiB)");
            return false;
        }
        String address = part.address();
        if (address == null) {
            return true;
        }
        String refusal = CoordinatorPair.isImage(part)
                ? phases.source().refusal(address)
                : "addresses of images alone are fetched";
        if (refusal != null) {
            refuse(ErrorCode.UNSUPPORTED_VALUE, refusal);
            return false;
        }
        parts.add(part);
        uris.put(address, null);
        timesShown.merge(address, 1, Integer::sum);
        return true;
    }

    /** Fetches as many at a time as memory allows, which may be fewer than are allowed, but one at least. */
    private void fetchMore() {
        int maxBytes = phases.media().maxBytes();
        while (!isOver
                && sent < addresses.size()
                && sent - fetched < phases.media().atATime()) {
            if (!call.state().takeMemory(phases.memory(), uriBytes(maxBytes))) {
                if (sent == fetched) {
                    refuse(ErrorCode.SERVER_OVERLOADED, "too many media are fetched at this time");
                }
                return;
            }
            fetch(addresses.get(sent++), maxBytes);
        }
    }

    /** Bytes of the data URI of an image, at most. */
    private static long uriBytes(int imageBytes) {
        return URI_PREFIX_BYTES + 4L * ((imageBytes + 2L) / 3);
    }

    private void fetch(String address, int maxBytes) {
        call.follow(
                listener -> phases.source().fetch(call.transport(), address, listener),
                "media",
                maxBytes,
                phases.media().timeout(),
                new BufferedLeg.Listener() {
                    @Override
                    public void onAnswer(int status, byte[] body) {
                        if (!isOver) {
                            answered(address, status, body);
                        }
                    }

                    @Override
                    public void onTooLarge() {
                        refuse(ErrorCode.INVALID_VALUE, "an image is larger than " + maxBytes + " bytes");
                    }

                    @Override
                    public void onFailure(AttemptFailure failure) {
                        if (failure == AttemptFailure.CONNECT) {
                            refuse(ErrorCode.INVALID_VALUE, "the host of an address cannot be reached");
                        } else {
                            refuse(ErrorCode.UPSTREAM_ERROR, "an image could not be fetched");
                        }
                    }
                });
    }

    private void answered(String address, int status, byte[] body) {
        if (status / 100 != 2) {
            refuse(
                    status < 500 ? ErrorCode.INVALID_VALUE : ErrorCode.UPSTREAM_ERROR,
                    "an image could not be fetched, status " + status);
            return;
        }
        String type = ImageType.of(body);
        if (type == null) {
            refuse(ErrorCode.INVALID_VALUE, "an address is that of no image (expected: JPEG, PNG, GIF or WebP)");
            return;
        }
        byte[] uri = ("\"data:" + type + ";base64," + Base64.getEncoder().encodeToString(body) + "\"")
                .getBytes(StandardCharsets.US_ASCII);
        call.state().giveBackMemory(uriBytes(phases.media().maxBytes()) - uri.length);
        totalBytes += (long) uri.length * timesShown.getOrDefault(address, 1);
        if (totalBytes > phases.media().maxTotalBytes()) {
            refuse(
                    ErrorCode.PAYLOAD_TOO_LARGE,
                    "the request with its images is larger than "
                            + phases.media().maxTotalBytes() + " bytes");
            return;
        }
        uris.put(address, uri);
        fetched++;
        if (fetched == addresses.size()) {
            inline();
        } else {
            fetchMore();
        }
    }

    private void inline() {
        JsonMembers.Member messages = call.body().find(MESSAGES);
        if (messages == null) {
            throw new IllegalStateException("no messages");
        }
        int start = messages.valueStart();
        List<BodyEdit> edits = new ArrayList<>(parts.size());
        for (MediaParts.Part part : parts) {
            String address = part.address();
            byte[] uri = address == null ? null : uris.get(address);
            if (uri != null) {
                edits.add(new BodyEdit(part.valueStart() - start, part.valueEnd() - start, uri));
            }
        }
        byte[] changed = BodyEdits.apply(parts.getFirst().buffer(), start, messages.valueEnd() - start, edits);
        JsonMembers read = JsonMembers.read(
                new JsonEditor(call.body()).set(MESSAGES, changed).toBytes());
        if (read == null) {
            throw new IllegalStateException("the changed body is no JSON object");
        }
        letGo();
        call.rewrite(read);
        goOn(read);
    }

    /** Leaves the body to the rest of the attempt, unless somebody else may find an address in it. */
    private void goOn(JsonMembers body) {
        if (isOver) {
            return;
        }
        if (phases.source() != MediaSource.NONE
                && CHECK.read(call.request().route(), new JsonEditor(body).toBytes())
                        instanceof ReadResult.Refused(ApiError error)) {
            isOver = true;
            call.refuse(error);
            return;
        }
        isOver = true;
        next.run();
    }

    /** Nobody needs what was fetched by itself any more. */
    private void letGo() {
        uris.clear();
        parts.clear();
        addresses.clear();
    }

    private void refuse(ErrorCode code, String message) {
        if (!isOver) {
            isOver = true;
            letGo();
            call.refuse(new ApiError(code, code.status() < 500 ? "messages: " + message : message));
        }
    }
}
