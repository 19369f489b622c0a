package io.llmd.simulator.structured;

import com.github.curiousoddman.rgxgen.RgxGen;
import com.github.curiousoddman.rgxgen.config.RgxGenOption;
import com.github.curiousoddman.rgxgen.config.RgxGenProperties;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Texts that match a regular expression. Thread-safe. */
public final class PatternText {
    private static final int MOST_REPETITIONS = 8;
    private static final Pattern LARGE_COUNT = Pattern.compile("\\{[^}]{0,9}\\d{5}");
    private static final int MOST_ATTEMPTS = 20;

    private final RgxGen generator;
    private final Pattern pattern;

    private PatternText(RgxGen generator, Pattern pattern) {
        this.generator = generator;
        this.pattern = pattern;
    }

    /**
     * Reads a regular expression.
     *
     * @throws UnsupportedSchemaException if it is none, or uses what texts cannot be made for
     */
    public static PatternText of(String expression) {
        if (LARGE_COUNT.matcher(expression).find()) {
            throw new UnsupportedSchemaException("repetitions beyond 9999 in regex \"" + expression + "\"");
        }
        RgxGenProperties properties = new RgxGenProperties();
        RgxGenOption.INFINITE_PATTERN_REPETITION.setInProperties(properties, MOST_REPETITIONS);
        try {
            return new PatternText(RgxGen.parse(properties, expression), Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            throw new UnsupportedSchemaException("invalid regex \"" + expression + "\": " + e.getDescription());
        } catch (RuntimeException e) {
            throw new UnsupportedSchemaException("no text can be made for regex \"" + expression + "\"");
        }
    }

    /** A text; equal keys give equal texts. */
    public String text(long key) {
        Random random = new Random(key);
        for (int i = 0; i < MOST_ATTEMPTS; i++) {
            String text = generator.generate(random);
            if (pattern.matcher(text).find()) {
                return text;
            }
        }
        throw new UnsupportedSchemaException("no text can be made for regex \"" + pattern + "\"");
    }
}
