package io.llmd.scheduler.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The plugin types of llm-d v0.10, whether or not this version has them. */
final class KnownTypes {

    enum Stability {
        BETA,
        ALPHA,
        DEPRECATED
    }

    /**
     * A type of llm-d v0.10.
     *
     * @param kind what it is, such as {@code scorer}
     * @param stability how far llm-d is with it
     * @param isBuiltIn whether this version always does what the plugin does
     */
    record KnownType(String kind, Stability stability, boolean isBuiltIn) {}

    private static final Map<String, KnownType> TYPES = read(resource("plugin-types.txt"));

    private KnownTypes() {}

    static @Nullable KnownType find(String type) {
        return TYPES.get(type);
    }

    static boolean isOfKind(@Nullable String type, String kind) {
        KnownType known = type == null ? null : TYPES.get(type);
        return known != null && known.kind().equals(kind);
    }

    /** The types of a kind, in no order. */
    static List<String> ofKind(String kind) {
        return TYPES.keySet().stream().filter(type -> isOfKind(type, kind)).toList();
    }

    static int count() {
        return TYPES.size();
    }

    /** Text of a file beside this class. */
    static String resource(String name) {
        try (InputStream in = KnownTypes.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, KnownType> read(String text) {
        Map<String, KnownType> types = new HashMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String[] words = line.split(" ", -1);
            types.put(words[0], new KnownType(words[1], stability(words[2].charAt(0)), words[2].endsWith("+")));
        });
        return Map.copyOf(types);
    }

    private static Stability stability(char letter) {
        return switch (letter) {
            case 'A' -> Stability.ALPHA;
            case 'B' -> Stability.BETA;
            case 'D' -> Stability.DEPRECATED;
            default -> throw new IllegalStateException("stability: " + letter + " (expected: A, B or D)");
        };
    }
}
