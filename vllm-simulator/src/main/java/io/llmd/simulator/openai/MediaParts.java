package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.Modality;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads content parts that are not text. An item's hash is that of its bytes where the request holds them, else that of
 * its address, together with what the request says on how to process media; or it is the {@code uuid} of the part.
 */
final class MediaParts {
    private static final Map<String, Modality> MODALITIES = Map.of(
            "image_url", Modality.IMAGE,
            "image_embeds", Modality.IMAGE,
            "input_image", Modality.IMAGE,
            "audio_url", Modality.AUDIO,
            "input_audio", Modality.AUDIO,
            "audio_embeds", Modality.AUDIO,
            "video_url", Modality.VIDEO);

    private final String processing;

    /** @param request whose fields say how media is processed */
    MediaParts(RequestFields request) {
        processing = text(request.get("mm_processor_kwargs")) + text(request.get("media_io_kwargs"));
    }

    private static String text(@Nullable JsonNode node) {
        return node == null ? "" : Json.string(node);
    }

    /** The type of a part that does not tell it; absent if it has no field of a known name. */
    static @Nullable String typeOf(ObjectNode part) {
        for (String name : part.propertyNames()) {
            if (MODALITIES.containsKey(name)) {
                return name;
            }
        }
        return null;
    }

    /** The item in a part; null for a type that is none of media. */
    Chat.@Nullable Media read(String type, RequestFields part) {
        Modality modality = MODALITIES.get(type);
        if (modality == null) {
            return null;
        }
        String uuid = part.string("uuid");
        if (uuid != null && !uuid.isEmpty()) {
            return new Chat.Media(modality, uuid);
        }
        JsonNode content = part.get(type.equals("input_image") ? "image_url" : type);
        if (content == null) {
            throw RequestFields.missing("messages.content." + type);
        }
        return new Chat.Media(modality, hash(modality, bytes(content)));
    }

    private static byte[] bytes(JsonNode content) {
        String address = address(content);
        if (address != null) {
            int data = address.startsWith("data:") ? address.indexOf(";base64,") : -1;
            return data < 0 ? utf8(address) : decoded(address.substring(data + ";base64,".length()));
        }
        JsonNode data = content.get("data");
        return data != null && data.isString() ? decoded(data.stringValue()) : utf8(Json.string(content));
    }

    private static @Nullable String address(JsonNode content) {
        JsonNode url = content.isString() ? content : content.get("url");
        return url != null && url.isString() ? url.stringValue() : null;
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return utf8(base64);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String hash(Modality modality, byte[] content) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(utf8(modality.wireName()));
            sha256.update(utf8(processing));
            return HexFormat.of().formatHex(sha256.digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every Java platform", e);
        }
    }
}
