package io.llmd.token.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Marks in a text that stand for media items, numbered in the order of the chat. */
public final class MediaMarks {
    private static final char BEGIN = '\uF8FE';
    private static final char END = '\uF8FF';

    private MediaMarks() {}

    /** The mark of an item. */
    static String of(int index) {
        return BEGIN + Integer.toString(index) + END;
    }

    /**
     * A text with marks in place of placeholders.
     *
     * @param placeholders of the items, in order
     * @return null unless the text has as many of each placeholder as there are items with it
     */
    static @Nullable String inPlaceOf(List<String> placeholders, String text) {
        Set<String> names = new HashSet<>(placeholders);
        names.remove("");
        if (names.isEmpty()) {
            return null;
        }
        Matcher found = Pattern.compile(names.stream().map(Pattern::quote).collect(Collectors.joining("|")))
                .matcher(text);
        List<String> left = new ArrayList<>(placeholders);
        StringBuilder marked = new StringBuilder();
        int items = 0;
        while (found.find()) {
            int index = left.indexOf(found.group());
            if (index < 0) {
                return null;
            }
            left.set(index, "");
            items++;
            found.appendReplacement(marked, Matcher.quoteReplacement(of(index)));
        }
        return items == placeholders.size() ? found.appendTail(marked).toString() : null;
    }

    /**
     * The texts before, between and behind the marks of items, one more than items.
     *
     * @throws ChatTemplateException if the marks are not there, once each and in order
     */
    public static List<String> between(String text, int items) {
        List<String> texts = new ArrayList<>();
        int position = 0;
        for (int i = 0; i < items; i++) {
            String mark = of(i);
            int found = text.indexOf(mark, position);
            if (found < 0) {
                throw new ChatTemplateException("The chat template leaves out media of the messages.");
            }
            texts.add(text.substring(position, found));
            position = found + mark.length();
        }
        texts.add(text.substring(position));
        return texts;
    }
}
