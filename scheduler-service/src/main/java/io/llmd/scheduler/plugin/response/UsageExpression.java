package io.llmd.scheduler.plugin.response;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.llmd.contracts.schedule.TokenUsage;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An expression in the Common Expression Language over {@code usage}, the token usage of an answer. Its fields are those of
 * OpenAI's usage object, as numbers with a fraction; those that the endpoint did not tell are missing. Immutable.
 */
final class UsageExpression {

    private static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("usage", MapType.create(SimpleType.STRING, SimpleType.DYN))
            .build();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.standardCelRuntimeBuilder().build();

    private final CelRuntime.Program program;

    private UsageExpression(CelRuntime.Program program) {
        this.program = program;
    }

    /** A number. @throws IllegalArgumentException when {@code text} is none, starting with {@code field} */
    static UsageExpression number(String field, String text) {
        return compile(field, text, Set.of(CelKind.DOUBLE, CelKind.INT, CelKind.UINT, CelKind.DYN), "a number");
    }

    /** A condition. @throws IllegalArgumentException when {@code text} is none, starting with {@code field} */
    static UsageExpression condition(String field, String text) {
        return compile(field, text, Set.of(CelKind.BOOL, CelKind.DYN), "true or false");
    }

    private static UsageExpression compile(String field, String text, Set<CelKind> kinds, String expected) {
        try {
            CelAbstractSyntaxTree tree = COMPILER.compile(text).getAst();
            if (!kinds.contains(tree.getResultType().kind())) {
                throw new IllegalArgumentException(field + ": " + text + " (expected: " + expected + ")");
            }
            return new UsageExpression(RUNTIME.createProgram(tree));
        } catch (CelValidationException | CelEvaluationException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new IllegalArgumentException(
                    field + ": " + text + " (expected: an expression over usage; " + reason + ")", e);
        }
    }

    /** The value for an answer, null when the expression needs what the endpoint did not tell, or makes no sense. */
    @Nullable
    Object evaluate(TokenUsage usage) {
        try {
            return program.eval(Map.of("usage", fields(usage)));
        } catch (CelEvaluationException e) {
            return null;
        }
    }

    private static Map<String, Object> fields(TokenUsage usage) {
        Map<String, Object> fields = new HashMap<>();
        put(fields, "prompt_tokens", usage.promptTokens());
        put(fields, "completion_tokens", usage.completionTokens());
        if (usage.promptTokens() >= 0 && usage.completionTokens() >= 0) {
            put(fields, "total_tokens", usage.promptTokens() + usage.completionTokens());
        }
        if (usage.cachedTokens() >= 0) {
            Map<String, Object> details = Map.of("cached_tokens", (double) usage.cachedTokens());
            fields.put("prompt_tokens_details", details);
            fields.put("prompt_token_details", details);
        }
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, int tokens) {
        if (tokens >= 0) {
            fields.put(name, (double) tokens);
        }
    }
}
