package io.llmd.launcher.terminal;

import java.io.PrintStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err progress and failures
 * @param interactive whether a person reads along
 * @param colored whether escape codes may be used; never with {@code NO_COLOR}
 */
public record Terminal(PrintStream out, PrintStream err, boolean interactive, boolean colored) {

    /** The process's own streams. */
    public static Terminal system() {
        return of(
                System.out,
                System.err,
                System.console() != null && System.console().isTerminal(),
                System.getenv());
    }

    static Terminal of(PrintStream out, PrintStream err, boolean interactive, Map<String, String> environment) {
        String noColor = environment.get("NO_COLOR");
        boolean dumb = "dumb".equals(environment.get("TERM"));
        return new Terminal(out, err, interactive, interactive && !dumb && (noColor == null || noColor.isEmpty()));
    }

    /** Writes a line of results. */
    public void println(String line) {
        out.println(line);
        out.flush();
    }

    /** Writes a line about progress or a failure. */
    public void note(String line) {
        err.println(line);
        err.flush();
    }

    /** The text in bold, where that is possible. */
    public String bold(String text) {
        return styled("1", text);
    }

    /** The text in green, where that is possible. */
    public String good(String text) {
        return styled("32", text);
    }

    /** The text in red, where that is possible. */
    public String bad(String text) {
        return styled("31", text);
    }

    /** The text in a pale colour, where that is possible. */
    public String faint(String text) {
        return styled("2", text);
    }

    private String styled(String code, @Nullable String text) {
        return colored ? "\033[" + code + "m" + text + "\033[0m" : String.valueOf(text);
    }
}
