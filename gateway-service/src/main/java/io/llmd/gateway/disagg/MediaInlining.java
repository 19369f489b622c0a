package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.BodyEdit;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the images that a chat names by their address, each once, and puts them into the chat. The first that cannot be
 * had ends the others and the request: with 400 when its address is at fault, else with 502. Runs on one event loop.
 */
final class MediaInlining {

    private static final String MESSAGES = "messages";

    private final SplitCall call;
    private final Phases phases;
    private final Runnable next;
    private final List<MediaParts.Part> parts = new ArrayList<>();
    private final Map<String, byte @Nullable []> uris = new LinkedHashMap<>();
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
        List<MediaParts.Part> media = MediaParts.all(call.body(), Integer.MAX_VALUE);
        int most = phases.media().most();
        if (most > 0 && media.size() > most) {
            refuse(ErrorCode.INVALID_VALUE, media.size() + " media (expected: at most " + most + ")");
            return;
        }
        for (MediaParts.Part part : media) {
            String address = part.address();
            if (address == null) {
                continue;
            }
            String refusal = CoordinatorPair.isImage(part)
                    ? phases.source().refusal(address)
                    : "addresses of images alone are fetched";
            if (refusal != null) {
                refuse(ErrorCode.UNSUPPORTED_VALUE, refusal);
                return;
            }
            parts.add(part);
            uris.put(address, null);
        }
        if (parts.isEmpty()) {
            next.run();
            return;
        }
        totalBytes = call.body().length();
        addresses.addAll(uris.keySet());
        while (sent < Math.min(addresses.size(), phases.media().atATime()) && !isOver) {
            fetchNext();
        }
    }

    private void fetchNext() {
        String address = addresses.get(sent++);
        int maxBytes = phases.media().maxBytes();
        if (!call.state().takeMemory(phases.memory(), maxBytes)) {
            refuse(ErrorCode.SERVER_OVERLOADED, "too many media are fetched at this time");
            return;
        }
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
        call.state()
                .giveBackMemory(
                        phases.media().maxBytes() - Math.min(phases.media().maxBytes(), uri.length));
        uris.put(address, uri);
        fetched++;
        if (sent < addresses.size()) {
            fetchNext();
        } else if (fetched == addresses.size()) {
            inline();
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
                totalBytes += uri.length;
                edits.add(new BodyEdit(part.valueStart() - start, part.valueEnd() - start, uri));
            }
        }
        if (totalBytes > phases.media().maxTotalBytes()) {
            refuse(
                    ErrorCode.PAYLOAD_TOO_LARGE,
                    "the request with its images is larger than "
                            + phases.media().maxTotalBytes() + " bytes");
            return;
        }
        byte[] changed = BodyEdits.apply(parts.getFirst().buffer(), start, messages.valueEnd() - start, edits);
        JsonMembers read = JsonMembers.read(
                new JsonEditor(call.body()).set(MESSAGES, changed).toBytes());
        if (read == null) {
            throw new IllegalStateException("the changed body is no JSON object");
        }
        isOver = true;
        call.rewrite(read);
        next.run();
    }

    private void refuse(ErrorCode code, String message) {
        if (!isOver) {
            isOver = true;
            call.refuse(new ApiError(code, code.status() < 500 ? "messages: " + message : message));
        }
    }
}
