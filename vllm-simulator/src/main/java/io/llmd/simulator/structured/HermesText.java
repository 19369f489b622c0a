package io.llmd.simulator.structured;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Calls of tools in the notation of Hermes models: each one is an object with name and arguments between tags. */
final class HermesText {
    private static final String OPEN = "<tool_call>\n{\"name\": ";
    private static final String MIDDLE = ", \"arguments\": ";
    private static final String CLOSE = "}\n</tool_call>";
    private static final Pattern CALL = Pattern.compile("<tool_call>(.{1,100000}?)</tool_call>", Pattern.DOTALL);
    private static final Pattern START =
            Pattern.compile("\\s{0,99}\\{\\s{0,99}\"name\"\\s{0,99}:\\s{0,99}(\"[^\"\\\\]{1,999}\")\\s{0,99},"
                    + "\\s{0,99}\"arguments\"\\s{0,99}:\\s{0,99}");

    private final StringBuilder text = new StringBuilder();
    private final List<Script.Part> parts = new ArrayList<>();

    /** Adds a call. */
    void add(String id, String name, JsonNode arguments) {
        text.append(text.isEmpty() ? "" : "\n").append(OPEN).append(Json.quoted(name));
        int named = text.length();
        text.append(MIDDLE);
        int start = text.length();
        text.append(Json.spaced(arguments));
        int end = text.length();
        text.append(CLOSE);
        parts.add(new Script.Call(id, name, named, start, end, text.length()));
    }

    String text() {
        return text.toString();
    }

    List<Script.Part> parts() {
        return parts;
    }

    /** The parts of a text that is given, empty if it calls nothing. As parsers do, text behind calls is left out. */
    static List<Script.Part> read(String text, Draws ids) {
        List<Script.Part> parts = new ArrayList<>();
        Matcher calls = CALL.matcher(text);
        while (calls.find()) {
            Script.Call call = call(text, calls, "chatcmpl-tool-%016x".formatted(ids.nextLong()));
            if (call == null) {
                return List.of();
            }
            if (parts.isEmpty() && calls.start() > 0) {
                parts.add(new Script.Content(0, calls.start()));
            }
            parts.add(call);
        }
        return parts;
    }

    private static Script.@Nullable Call call(String text, Matcher tags, String id) {
        Matcher head = START.matcher(text).region(tags.start(1), tags.end(1));
        int end = text.lastIndexOf('}', tags.end(1)) - 1;
        while (end > 0 && Character.isWhitespace(text.charAt(end))) {
            end--;
        }
        if (!head.lookingAt() || end < head.end() || text.charAt(end) != '}') {
            return null;
        }
        String name = Json.read(head.group(1)).stringValue();
        return new Script.Call(id, name, head.end(1), head.end(), end + 1, tags.end());
    }
}
