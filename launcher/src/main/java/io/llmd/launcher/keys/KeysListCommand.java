package io.llmd.launcher.keys;

import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.Budget;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.TextTable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd keys list}: the keys of a file, which holds no secret. */
@Command(
        name = "list",
        description = "List the keys of a key file: whose they are, what they may use, and when they end.",
        footer = {"", "Exit codes: 0 listed, 1 the file is not there or not in order, 2 usage."})
final class KeysListCommand implements Callable<Integer> {

    private final Terminal terminal;
    private final InstantSource clock;

    @Mixin
    private final KeyFileOption file = new KeyFileOption();

    @Option(names = "--json", description = "print one JSON object for each key")
    private boolean json;

    KeysListCommand(Terminal terminal, InstantSource clock) {
        this.terminal = terminal;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        List<ApiKey> keys = file.keys().keys();
        if (json) {
            keys.forEach(key -> terminal.println(Json.line(fields(key))));
            return ExitCode.OK;
        }
        TextTable table = TextTable.ofText("id", "tenant", "priority", "models", "limits", "ends");
        for (ApiKey key : keys) {
            table.row(
                    key.id(),
                    key.tenant(),
                    Integer.toString(key.priority()),
                    key.models().isEmpty()
                            ? "all"
                            : String.join(",", key.models().stream().sorted().toList()),
                    limits(key.allowance()),
                    end(key));
        }
        terminal.println(table.toString().stripTrailing());
        return ExitCode.OK;
    }

    private String end(ApiKey key) {
        Instant expires = key.expires();
        return expires == null ? "never" : expires + (expires.isAfter(clock.instant()) ? "" : " (over)");
    }

    /** Limits of the entry itself; without any those of the gateway's settings hold. */
    private static String limits(Allowance allowance) {
        List<String> parts = new ArrayList<>();
        add(parts, allowance.requestsPerMinute(), " requests/min");
        add(parts, allowance.tokensPerMinute(), " tokens/min");
        add(parts, allowance.concurrent(), " at once");
        Budget budget = allowance.budget();
        if (budget != null) {
            add(parts, budget.tokens(), " tokens/" + budget.period().name().toLowerCase(Locale.ROOT));
        }
        return parts.isEmpty() ? "of the settings" : String.join(", ", parts);
    }

    private static void add(List<String> parts, long limit, String unit) {
        if (limit > 0) {
            parts.add(limit + unit);
        }
    }

    private static Map<String, Object> fields(ApiKey key) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", key.id());
        fields.put("tenant", key.tenant());
        fields.put("priority", key.priority());
        fields.put("models", key.models().stream().sorted().toList());
        fields.put("requestsPerMinute", key.allowance().requestsPerMinute());
        fields.put("tokensPerMinute", key.allowance().tokensPerMinute());
        fields.put("concurrent", key.allowance().concurrent());
        Budget budget = key.allowance().budget();
        fields.put("budgetTokens", budget == null ? 0 : budget.tokens());
        fields.put(
                "budgetPeriod", budget == null ? null : budget.period().name().toLowerCase(Locale.ROOT));
        fields.put("expires", key.expires() == null ? null : String.valueOf(key.expires()));
        return fields;
    }
}
