package io.llmd.simulator.structured;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.ToolCallSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Script;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What an output must look like. */
public sealed interface Constraint {

    /** The text of a choice; equal keys give equal texts. */
    String text(long key);

    /** Says such texts. */
    default OutputSource source(Tokenizer tokenizer) {
        return (key, tokens, endsItself) -> Script.of(tokenizer, text(key));
    }

    /** A value of a schema. */
    record Schema(JsonNode schema, ToolCallSettings settings) implements Constraint {
        /** @throws UnsupportedSchemaException if no value can be made */
        public Schema {
            SchemaSample.of(schema, settings, 0);
        }

        @Override
        public String text(long key) {
            return Json.spaced(SchemaSample.of(schema, settings, key));
        }
    }

    /** One of several texts. */
    record OneOf(List<String> texts) implements Constraint {
        public OneOf {
            texts = List.copyOf(texts);
        }

        @Override
        public String text(long key) {
            return texts.get((int) Long.remainderUnsigned(CounterRandom.bits(key, 0, 8), texts.size()));
        }
    }

    /** A text that matches a regular expression. */
    record Matching(PatternText pattern) implements Constraint {
        @Override
        public String text(long key) {
            return pattern.text(key);
        }
    }
}
