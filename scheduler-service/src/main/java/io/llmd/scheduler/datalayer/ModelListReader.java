package io.llmd.scheduler.datalayer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Takes the names out of lists of models as {@code /v1/models} gives them. At most {@value #MAX_MODELS} names; longer ones
 * than {@value #MAX_NAME} characters are left out. A body of more than {@value #MAX_BYTES} bytes is not usable.
 */
public final class ModelListReader implements PageReader {

    static final int MAX_MODELS = 10_000;
    static final int MAX_NAME = 1024;
    static final int MAX_BYTES = 2 << 20;
    private static final JsonFactory JSON = new JsonFactory();

    private final List<String> keys;
    private byte[] body = new byte[1024];
    private int length;
    private boolean isTooLarge;

    /**
     * A reader.
     *
     * @param keys where the names are stored, {@code type/producer}
     */
    public ModelListReader(List<String> keys) {
        this.keys = List.copyOf(keys);
    }

    @Override
    public void reset() {
        length = 0;
        isTooLarge = false;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        int more = to - from;
        if (isTooLarge || length + more > MAX_BYTES) {
            isTooLarge = true;
            return;
        }
        if (length + more > body.length) {
            body = Arrays.copyOf(body, Math.min(MAX_BYTES, Math.max(2 * body.length, length + more)));
        }
        System.arraycopy(bytes, from, body, length, more);
        length += more;
    }

    @Override
    public Reading finish(long nowNanos) {
        List<String> models = isTooLarge ? null : models();
        if (models == null) {
            return Reading.of(Map.of(), List.of("data"));
        }
        Map<String, Object> attributes = new HashMap<>();
        keys.forEach(key -> attributes.put(key, models));
        return Reading.of(attributes, List.of());
    }

    /** The names in the order of the list, null when the body is no such list. */
    private @Nullable List<String> models() {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body, 0, length)) {
            List<String> models = null;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                boolean isList = parser.nextToken() == JsonToken.START_ARRAY;
                if (isList && name.equals("data")) {
                    models = list(parser);
                } else {
                    parser.skipChildren();
                }
            }
            return parser.currentToken() == JsonToken.END_OBJECT ? models : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private static List<String> list(JsonParser parser) {
        List<String> models = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                continue;
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                boolean isText = parser.nextToken() == JsonToken.VALUE_STRING;
                if (isText && name.equals("id") && models.size() < MAX_MODELS) {
                    String id = parser.getString();
                    if (!id.isEmpty() && id.length() <= MAX_NAME) {
                        models.add(id);
                    }
                } else {
                    parser.skipChildren();
                }
            }
        }
        return List.copyOf(models);
    }
}
