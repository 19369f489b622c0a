package io.llmd.gateway.disagg;

import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import io.llmd.openai.MediaParts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes encode legs of a coordinator: a chat with one medium and its tokens, or the tokens alone. */
final class CoordinatorMedia implements EncodeLegs.Maker {

    private static final byte[] NO_MODEL = {'"', '"'};

    private final SplitCall call;
    private final Phases phases;
    private final List<RenderedPrompt.@Nullable Item> items = new ArrayList<>();
    private final @Nullable RenderedPrompt prompt;

    /**
     * @param prompt the whole chat; {@code null} when nobody has rendered it
     * @param media those of the legs, each once
     */
    CoordinatorMedia(SplitCall call, Phases phases, @Nullable RenderedPrompt prompt, List<MediaParts.Part> media) {
        this.call = call;
        this.phases = phases;
        this.prompt = prompt;
        List<MediaParts.Part> all = MediaParts.all(call.body(), Integer.MAX_VALUE);
        for (MediaParts.Part medium : media) {
            items.add(prompt == null ? null : item(prompt, all, medium));
        }
    }

    /** What rendering has made of the first occurrence of a medium. */
    private static RenderedPrompt.@Nullable Item item(
            RenderedPrompt prompt, List<MediaParts.Part> all, MediaParts.Part medium) {
        String kind = kindOf(medium);
        int number = 0;
        for (MediaParts.Part part : all) {
            if (part.start() == medium.start()) {
                List<RenderedPrompt.Item> ofKind = prompt.items(kind);
                return number < ofKind.size() ? ofKind.get(number) : null;
            }
            number += kindOf(part).equals(kind) ? 1 : 0;
        }
        return null;
    }

    private static String kindOf(MediaParts.Part part) {
        return switch (part.kind()) {
            case "image_url" -> "image";
            case "video_url" -> "video";
            default -> "audio";
        };
    }

    @Override
    public int atATime() {
        return phases.encodeAtATime();
    }

    @Override
    public boolean passesBusy() {
        return true;
    }

    @Override
    public String path() {
        return asTokens() ? ApiRoute.GENERATE.path() : ApiRoute.CHAT_COMPLETIONS.path();
    }

    private boolean asTokens() {
        return !phases.openAiFormat() && items.stream().noneMatch(item -> item == null);
    }

    @Override
    public JsonEditor body(int number, JsonEditor chat) {
        RenderedPrompt.Item item = items.get(number);
        RenderedPrompt rendered = prompt;
        if (item == null || rendered == null) {
            return chat;
        }
        if (!asTokens()) {
            return chat.set("tokens", rendered.tokensOf(item));
        }
        byte[] model = call.body().bytes("model");
        byte[] json = rendered.requestOf(item, model == null ? NO_MODEL : model);
        JsonMembers read = JsonMembers.read(json);
        if (read == null) {
            throw new IllegalStateException("no JSON object of " + Arrays.hashCode(json));
        }
        return new JsonEditor(read);
    }
}
