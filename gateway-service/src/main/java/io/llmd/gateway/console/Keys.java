package io.llmd.gateway.console;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.Budget;
import io.llmd.gateway.access.KeyFileEditor;
import io.llmd.gateway.access.NewApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the key file and what they were used for, without their secrets; and changes of the file, which the gateway
 * follows as it follows every change of it. Changes block; they are not for event loops.
 */
final class Keys {

    private static final Duration LONGEST = Duration.ofDays(3650);

    /**
     * A key.
     *
     * @param id its id
     * @param tenant whom it belongs to
     * @param models models that it may use, empty for all
     * @param expires when it ends, null for never
     * @param priority priority of its requests
     * @param allowance what it may use
     * @param isInFile whether it can be changed here
     * @param use what it was used for since the start of this gateway
     */
    record Shown(
            String id,
            String tenant,
            Set<String> models,
            @Nullable String expires,
            int priority,
            Allowance allowance,
            boolean isInFile,
            KeyUse.@Nullable Use use) {}

    /**
     * A wish.
     *
     * @param action {@code create}, {@code expire}, {@code rotate} or {@code limit}
     * @param id which key
     * @param tenant whom a new one belongs to
     * @param priority priority of a new one
     * @param minutes when the key ends; now when 0
     * @param requestsPerMinute limit, 0 for that of the settings
     * @param tokensPerMinute limit, 0 for that of the settings
     * @param concurrent limit, 0 for that of the settings
     * @param budgetTokens tokens for a period, 0 for no budget
     * @param budgetPeriod {@code day} or {@code month}
     */
    record Wish(
            String action,
            @Nullable String id,
            @Nullable String tenant,
            int priority,
            long minutes,
            long requestsPerMinute,
            long tokensPerMinute,
            int concurrent,
            long budgetTokens,
            @Nullable String budgetPeriod) {
        Wish {
            Objects.requireNonNull(action, "action: missing (expected: create, expire, rotate or limit)");
            if (minutes < 0 || minutes > LONGEST.toMinutes()) {
                throw new IllegalArgumentException(
                        "minutes: " + minutes + " (expected: 0 to " + LONGEST.toMinutes() + ")");
            }
        }

        private Allowance allowance() {
            Budget budget = budgetTokens == 0
                    ? null
                    : new Budget(
                            budgetTokens,
                            Budget.Period.valueOf(String.valueOf(budgetPeriod).toUpperCase(Locale.ROOT)));
            return new Allowance(requestsPerMinute, tokensPerMinute, concurrent, budget);
        }
    }

    /**
     * What came of it.
     *
     * @param text one sentence
     * @param id id of a new key, null when there is none
     * @param secret a new key, shown once; null when there is none
     */
    record Done(String text, @Nullable String id, @Nullable String secret) {

        @Override
        public String toString() {
            return "Done[text=" + text + ", secret=***]";
        }
    }

    private final @Nullable Path file;
    private final AccessControl access;
    private final KeyUse use;
    private final SecureRandom random;
    private final InstantSource clock;

    /** @param file the key file, null when there is none */
    Keys(@Nullable Path file, AccessControl access, KeyUse use, SecureRandom random, InstantSource clock) {
        this.file = file;
        this.access = access;
        this.use = use;
        this.random = random;
        this.clock = clock;
    }

    List<Shown> all() {
        Map<String, KeyUse.Use> used = use.all();
        return access.keys().keys().stream()
                .map(key -> shown(key, used.get(key.id())))
                .toList();
    }

    private Shown shown(ApiKey key, KeyUse.@Nullable Use used) {
        return new Shown(
                key.id(),
                key.tenant(),
                key.models(),
                key.expires() == null ? null : key.expires().toString(),
                key.priority(),
                key.allowance(),
                file != null,
                used);
    }

    /**
     * Does what is wished for.
     *
     * @throws IllegalArgumentException when it makes no sense, with value and expectation
     * @throws IOException when the file cannot be written
     */
    synchronized Done change(Wish wish) throws IOException {
        Path known = file;
        if (known == null) {
            throw new IllegalArgumentException("there is no key file (expected: gateway.access.keys-file)");
        }
        KeyFileEditor editor = new KeyFileEditor(Files.readString(known));
        Instant end = clock.instant().plus(Duration.ofMinutes(wish.minutes()));
        String id = String.valueOf(wish.id());
        return switch (wish.action()) {
            case "create" -> {
                NewApiKey made =
                        NewApiKey.generate(random, String.valueOf(wish.tenant()), wish.priority(), wish.allowance());
                KeyFileEditor.replace(known, editor.add(made));
                yield new Done(
                        "Key " + made.key().id() + " is made.", made.key().id(), made.secret());
            }
            case "rotate" -> {
                NewApiKey made = NewApiKey.generate(random, "any", 0);
                KeyFileEditor.replace(known, editor.rotate(id, made, end));
                yield new Done(
                        "Key " + made.key().id() + " takes the place of " + id + ", which ends at " + end + ".",
                        made.key().id(),
                        made.secret());
            }
            case "expire" -> {
                KeyFileEditor.replace(known, editor.expire(id, end));
                yield new Done("Key " + id + " ends at " + end + ".", null, null);
            }
            case "limit" -> {
                KeyFileEditor.replace(known, editor.limit(id, wish.allowance()));
                yield new Done("Key " + id + " has other limits.", null, null);
            }
            default ->
                throw new IllegalArgumentException(
                        "action: " + wish.action() + " (expected: create, expire, rotate or limit)");
        };
    }
}
