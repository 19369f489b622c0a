package io.llmd.simulator.structured;

import com.github.curiousoddman.rgxgen.config.RgxGenOption;
import com.github.curiousoddman.rgxgen.config.RgxGenProperties;
import com.github.curiousoddman.rgxgen.nodes.Node;
import com.github.curiousoddman.rgxgen.parsing.dflt.DefaultTreeBuilder;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Texts that match a regular expression, see {@link TextBudget} for how large they may be. Thread-safe. */
public final class PatternText {
    private static final int MOST_REPETITIONS = 8;
    private static final int MOST_CHARACTERS = 20_000;
    private static final int MOST_NESTED = 100;
    private static final int MOST_ATTEMPTS = 20;
    private static final RgxGenProperties PROPERTIES = new RgxGenProperties();

    static {
        RgxGenOption.INFINITE_PATTERN_REPETITION.setInProperties(PROPERTIES, MOST_REPETITIONS);
    }

    private final Node root;
    private final Pattern pattern;
    private final String first;

    private PatternText(String expression, TextBudget budget) {
        root = new DefaultTreeBuilder(expression, PROPERTIES).get();
        pattern = Pattern.compile(expression);
        String found = find(0, budget);
        if (found == null) {
            throw impossible(expression);
        }
        first = found;
    }

    /**
     * Reads a regular expression.
     *
     * @throws UnsupportedSchemaException if it is none, or uses what texts cannot be made for
     */
    public static PatternText of(String expression) {
        return of(expression, new TextBudget());
    }

    static PatternText of(String expression, TextBudget budget) {
        if (expression.length() > MOST_CHARACTERS || nesting(expression) > MOST_NESTED) {
            throw new UnsupportedSchemaException("regex is too long or nested too deep");
        }
        budget.spend(expression.length());
        try {
            return new PatternText(expression, budget);
        } catch (UnsupportedSchemaException e) {
            throw e;
        } catch (PatternSyntaxException e) {
            throw new UnsupportedSchemaException("invalid regex \"" + expression + "\": " + e.getDescription());
        } catch (RuntimeException | StackOverflowError e) {
            throw impossible(expression);
        }
    }

    /** How many parentheses are open at most; those in character classes count as well. */
    private static int nesting(String expression) {
        int open = 0;
        int most = 0;
        for (int i = 0; i < expression.length(); i++) {
            switch (expression.charAt(i)) {
                case '\\' -> i++;
                case '(' -> most = Math.max(most, ++open);
                case ')' -> open--;
                default -> {
                    // nests nothing
                }
            }
        }
        return most;
    }

    private static UnsupportedSchemaException impossible(String expression) {
        return new UnsupportedSchemaException("no text can be made for regex \"" + expression + "\"");
    }

    /** A text; equal keys give equal texts. */
    public String text(long key) {
        return text(key, new TextBudget());
    }

    /** The same, within what is left of a budget. */
    String text(long key, TextBudget budget) {
        String found = find(key, budget);
        return found == null ? first : found;
    }

    private @Nullable String find(long key, TextBudget budget) {
        Random random = new Random(key);
        try {
            for (int i = 0; i < MOST_ATTEMPTS; i++) {
                String text = write(random, budget);
                if (pattern.matcher(new MeteredText(text, budget)).find()) {
                    return text;
                }
            }
            return null;
        } catch (RuntimeException | StackOverflowError e) {
            // too large, or the draws lead to a branch that no text can be made for
            return null;
        }
    }

    private String write(Random random, TextBudget budget) {
        PatternWriter writer = new PatternWriter(PROPERTIES, random, budget);
        root.visit(writer);
        return writer.getString();
    }
}
