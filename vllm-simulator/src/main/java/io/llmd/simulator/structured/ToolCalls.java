package io.llmd.simulator.structured;

import io.llmd.simulator.config.ToolCallSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Script;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Calls some of the tools that a request offers.
 *
 * @param least calls that must be
 * @param most calls that may be
 */
public record ToolCalls(Tokenizer tokenizer, ToolCallSettings settings, List<Tool> tools, int least, int most)
        implements OutputSource {
    /**
     * A tool.
     *
     * @param parameters schema of its arguments
     */
    public record Tool(String name, JsonNode parameters) {}

    /** @throws UnsupportedSchemaException if no arguments can be made for one of the tools */
    public ToolCalls {
        tools = List.copyOf(tools);
        tools.forEach(tool -> SchemaSample.of(tool.parameters(), settings, 0));
    }

    @Override
    public @Nullable Script script(long key, int tokens, boolean endsItself) {
        Draws draws = new Draws(CounterRandom.bits(key, 0, 9));
        List<Tool> called = called(draws);
        if (called.isEmpty()) {
            return null;
        }
        HermesText text = new HermesText();
        for (Tool tool : called) {
            JsonNode arguments = SchemaSample.of(tool.parameters(), settings, draws.nextLong());
            text.add("chatcmpl-tool-%016x".formatted(draws.nextLong()), tool.name(), arguments);
        }
        return Script.of(tokenizer, text.text(), text.parts());
    }

    /** The same outputs, in which calls are looked for. */
    public static OutputSource lookedForIn(OutputSource texts, Tokenizer tokenizer) {
        return (key, tokens, endsItself) -> {
            Script script = texts.script(key, tokens, endsItself);
            if (script == null || !script.parts().isEmpty()) {
                return script;
            }
            List<Script.Part> parts =
                    HermesText.read(tokenizer.decode(script.tokens()), new Draws(CounterRandom.bits(key, 0, 10)));
            return new Script(script.tokens(), parts, script.endsItself());
        };
    }

    /** The tools that are called: as many as must be, then one more as long as the dice say so. */
    private List<Tool> called(Draws draws) {
        List<Tool> left = new ArrayList<>(tools);
        List<Tool> called = new ArrayList<>();
        int limit = Math.min(most, tools.size());
        while (called.size() < limit && (called.size() < least || draws.percent(settings.furtherCalls()))) {
            called.add(left.remove(draws.nextInt(left.size())));
        }
        return called;
    }
}
