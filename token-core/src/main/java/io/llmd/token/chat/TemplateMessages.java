package io.llmd.token.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Makes the messages of a chat what templates expect. Used once. */
final class TemplateMessages {
    private final Style style;
    private int media;

    TemplateMessages(Style style) {
        this.style = style;
    }

    /** What contents are. */
    enum Style {
        /** Strings, with marks for media. */
        TEXT,
        /** Lists of parts. */
        PARTS,
        /** Lists of parts that are text, with marks for media. */
        MARKED_PARTS
    }

    List<Map<String, @Nullable Object>> of(Chat chat) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        chat.messages().forEach(message -> messages.add(message(message)));
        return messages;
    }

    private Map<String, @Nullable Object> message(Chat.Message message) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("role", message.role());
        map.put("content", style == Style.TEXT ? text(message) : parts(message));
        map.putAll(message.fields());
        if (map.containsKey("reasoning")) {
            map.put("reasoning_content", map.get("reasoning"));
        }
        return map;
    }

    /** Marks of media first, then the text, each on a line of its own. */
    private String text(Chat.Message message) {
        StringJoiner marks = new StringJoiner("\n");
        StringJoiner texts = new StringJoiner("\n");
        for (Chat.Part part : message.content()) {
            switch (part) {
                case Chat.Text text -> texts.add(text.text());
                case Chat.Media item -> marks.add(MediaMarks.of(media++));
            }
        }
        return marks.length() == 0 ? texts.toString() : marks + "\n" + texts;
    }

    private List<Map<String, String>> parts(Chat.Message message) {
        List<Map<String, String>> parts = new ArrayList<>();
        for (Chat.Part part : message.content()) {
            parts.add(
                    switch (part) {
                        case Chat.Text text -> Map.of("type", "text", "text", text.text());
                        case Chat.Media item
                        when style == Style.PARTS ->
                            Map.of("type", item.modality().wireName());
                        case Chat.Media item -> Map.of("type", "text", "text", MediaMarks.of(media++));
                    });
        }
        return parts;
    }
}
