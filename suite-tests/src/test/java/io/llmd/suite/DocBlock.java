package io.llmd.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fenced block of a Markdown page.
 *
 * @param language word behind the fence, such as {@code sh}; empty where there is none
 * @param words those that follow it
 * @param text what is between the fences
 */
record DocBlock(String language, List<String> words, String text) {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```([^\n]*)\n(.*?)^ *```[ ]*$");

    /** The blocks of a page, from top to bottom. */
    static List<DocBlock> of(Path page) {
        String text;
        try {
            text = Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<DocBlock> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            List<String> info = Arrays.asList(block.group(1).strip().split(" +"));
            blocks.add(new DocBlock(info.getFirst(), info.subList(1, info.size()), block.group(2)));
        }
        return blocks;
    }

    /** The text of a page that is in none of its blocks. */
    static String prose(String page) {
        return BLOCK.matcher(page).replaceAll("");
    }

    /** Lines of commands, those that go on over several joined. */
    List<String> commands() {
        return text.replaceAll("\\\\\n\\s*", " ").lines().map(String::strip).toList();
    }
}
