package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.BodyEdit;
import io.llmd.openai.BodyEdits;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What the prefill leg and the decode leg of a coordinator carry. */
final class CoordinatorPair implements LegPair {

    private static final String SAMPLING = "sampling_params";
    private static final String SALT = "cache_salt";
    private static final String EXTRA = "extra_args";
    private static final String MAKE_BLOCKS = "{\"do_remote_decode\":true,\"do_remote_prefill\":false}";
    private static final String USE_BLOCKS = "{\"do_remote_decode\":false,\"do_remote_prefill\":true}";

    private final SplitCall call;
    private final Phases phases;
    private final @Nullable RenderedPrompt prompt;

    /**
     * @param prompt what was rendered; {@code null} for nothing
     */
    CoordinatorPair(SplitCall call, Phases phases, @Nullable RenderedPrompt prompt) {
        this.call = call;
        this.phases = phases;
        this.prompt = prompt;
    }

    static boolean isImage(MediaParts.Part part) {
        return part.kind().equals("image_url");
    }

    private boolean asTokens() {
        return !phases.openAiFormat() && prompt != null && call.request().route() != ApiRoute.GENERATE;
    }

    @Override
    public Leg prefillLeg(SplitCall attempt, TargetEndpoint endpoint) {
        RenderedPrompt rendered = prompt;
        if (!asTokens() || rendered == null) {
            return LegPair.super.prefillLeg(attempt, endpoint);
        }
        Leg leg = attempt.legOf(endpoint, ApiRoute.GENERATE.path(), tokensIn(rendered));
        OneToken.prime(ApiRoute.GENERATE, leg.body());
        EncodedMedia media = attempt.state().media();
        byte[] params = media == null ? null : media.params();
        if (params != null) {
            put(leg, EncodedMedia.PARAMS, params);
        }
        return leg;
    }

    /** What was rendered is such a request already; a prompt that came as token ids is not. */
    private JsonEditor tokensIn(RenderedPrompt rendered) {
        byte[] model = call.body().bytes("model");
        JsonEditor body = new JsonEditor(rendered.source());
        if (rendered.source().find(RenderedPrompt.TOKEN_IDS) == null) {
            byte[] sampling = "{}".getBytes(StandardCharsets.US_ASCII);
            JsonMembers empty = JsonMembers.read(sampling);
            if (empty == null) {
                throw new IllegalStateException("{} is no object");
            }
            body = new JsonEditor(empty).set(RenderedPrompt.TOKEN_IDS, rendered.tokenIds());
        }
        // Whether or not the renderer has copied it: both legs must have the same.
        byte[] salt = call.body().bytes(SALT);
        if (salt != null) {
            body.set(SALT, salt);
        }
        body.remove("request_id");
        return model == null ? body : body.set("model", model);
    }

    @Override
    public void prefill(Leg leg, TargetEndpoint endpoint) {
        put(
                leg,
                NixlConnector.PARAMS,
                switch (phases.protocol()) {
                    case KV_NIXL -> NixlConnector.PREFILL_PARAMS;
                    case KV_SHARED_STORAGE -> ascii(MAKE_BLOCKS);
                    case KV_SGLANG ->
                        ascii("{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"bootstrap_port\":"
                                + call.settings().ports().bootstrap() + ",\"bootstrap_room\":"
                                + ThreadLocalRandom.current().nextLong(Long.MAX_VALUE) + "}");
                });
    }

    private static byte[] ascii(String json) {
        return json.getBytes(StandardCharsets.US_ASCII);
    }

    /** Parameters of token-in requests are read from two places, depending on the build. */
    private void put(Leg leg, String name, byte[] json) {
        if (!asTokens()) {
            call.setTransferParams(leg.body(), name, json);
            return;
        }
        leg.body().set(name, json);
        JsonEditor sampling = leg.body().nested(SAMPLING);
        sampling.set(EXTRA, sampling.nested(EXTRA).set(name, json).toBytes());
        leg.body().set(SAMPLING, sampling.toBytes());
    }

    @Override
    public @Nullable FallbackReason decode(Leg leg, PrefillAnswer answer, TargetEndpoint prefill) {
        byte[] params;
        if (phases.protocol() == Phases.Protocol.KV_SHARED_STORAGE) {
            params = ascii(USE_BLOCKS);
        } else {
            JsonMembers handoff = answer.json().object(NixlConnector.PARAMS);
            boolean isSglang = phases.protocol() == Phases.Protocol.KV_SGLANG;
            boolean isComplete = handoff != null
                    && !handoff.all().isEmpty()
                    && (!isSglang || handoff.find("bootstrap_room") != null && handoff.text("bootstrap_host") != null);
            if (handoff == null || !isComplete) {
                return FallbackReason.HANDOFF_MISSING;
            }
            String host = handoff.text(isSglang ? "bootstrap_host" : "remote_host");
            if (host != null && call.transferHost(host, prefill) != SplitCall.TransferHost.FINE) {
                return FallbackReason.HANDOFF_FOREIGN;
            }
            params = new JsonEditor(handoff)
                    .set("do_remote_decode", "false")
                    .set("do_remote_prefill", "true")
                    .toBytes();
        }
        call.setTransferParams(leg.body(), NixlConnector.PARAMS, params);
        nameImages(leg);
        return null;
    }

    /** Tells the endpoint the hashes under which it finds images, so that it need not hash them again. */
    private void nameImages(Leg leg) {
        List<RenderedPrompt.Item> images = prompt == null ? List.of() : prompt.items("image");
        JsonMembers.Member messages = call.body().find("messages");
        if (images.isEmpty() || messages == null || call.request().route() != ApiRoute.CHAT_COMPLETIONS) {
            return;
        }
        List<BodyEdit> edits = new ArrayList<>(images.size());
        int start = messages.valueStart();
        byte[] buffer = {};
        int number = 0;
        for (MediaParts.Part part : MediaParts.all(call.body(), Integer.MAX_VALUE)) {
            if (!isImage(part)) {
                continue;
            }
            JsonMembers object = JsonMembers.read(part.buffer(), part.start(), part.end());
            if (object != null) {
                byte[] named = new JsonEditor(object)
                        .setText("uuid", images.get(number).hash())
                        .toBytes();
                edits.add(new BodyEdit(part.start() - start, part.end() - start, named));
            }
            buffer = part.buffer();
            number++;
        }
        leg.body().set("messages", BodyEdits.apply(buffer, start, messages.valueEnd() - start, edits));
    }
}
