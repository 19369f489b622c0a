package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.openai.ApiError;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which bodies are understood: JSON in UTF-8, not compressed. */
final class MediaTypes {

    private MediaTypes() {}

    /** Why a body of this kind is refused, or {@code null} when it is not. A missing content type counts as JSON. */
    static @Nullable ApiError refusal(String contentType, String contentEncoding) {
        if (!contentEncoding.isEmpty() && !contentEncoding.equalsIgnoreCase("identity")) {
            return new ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "content-encoding: only identity is understood");
        }
        if (contentType.isEmpty() || contentType.equals("application/json")) {
            return null;
        }
        String[] parts = contentType.toLowerCase(Locale.ROOT).split(";");
        if (!parts[0].trim().equals("application/json")) {
            return new ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "content-type: only application/json is understood");
        }
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].trim();
            if (parameter.startsWith("charset=")
                    && !parameter.substring(8).replace("\"", "").equals("utf-8")) {
                return new ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "charset: only utf-8 is understood");
            }
        }
        return null;
    }
}
