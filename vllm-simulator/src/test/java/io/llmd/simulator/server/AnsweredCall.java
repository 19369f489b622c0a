package io.llmd.simulator.server;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.LoraAdapters;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Calls routes without sockets and without an engine: every sequence produces its tokens at once, one after another. */
final class AnsweredCall {
    private static final Tokenizer TOKENIZER = new WordTokenizer();
    private static final Instant NOW = Instant.ofEpochSecond(1_781_036_045L);

    private final SimulatorSettings settings;
    private final Routes routes;
    private final int cachedTokens;

    /** @param cachedTokens prompt tokens that every sequence finds cached */
    AnsweredCall(SimulatorSettings settings, int cachedTokens) {
        this.settings = settings;
        this.cachedTokens = cachedTokens;
        routes = ApiRoutes.of(
                settings, TOKENIZER, new LoraAdapters(settings.lora().modules()), NOW, handler -> handler);
    }

    /** What a client reads: a body, or all events of a stream. */
    String post(String path, String body) {
        return text(reply("POST", path, body));
    }

    Reply reply(String method, String path, String body) {
        if (!(routes.match(path, method) instanceof Routes.Match.Found found)) {
            throw new IllegalArgumentException("path: " + path + " (expected: one that is served)");
        }
        Map<String, String> headers = Map.of("content-type", "application/json", "x-request-id", "a1");
        return found.route()
                .handler()
                .handle(new Call(
                        path,
                        found.variables(),
                        Map.of(),
                        headers::get,
                        body.getBytes(StandardCharsets.UTF_8),
                        NOW.getEpochSecond()));
    }

    String text(Reply reply) {
        return switch (reply) {
            case Reply.Content content -> new String(content.body(), StandardCharsets.UTF_8);
            case Reply.Later later -> text(later.answer().toCompletableFuture().join());
            case Reply.Generate generate when generate.sampling().stream() -> stream(generate);
            case Reply.Generate generate -> complete(generate);
            case Reply.Background background -> text(background.answer());
        };
    }

    /** Does the work and makes its answer. */
    String complete(Reply.Generate generate) {
        List<Choice> choices = choices(generate);
        for (Choice choice : choices) {
            if (choice.plan().length() > 0) {
                choice.produced(choice.plan().length(), 0);
            }
            end(choice);
        }
        return generate.answer().body(choices).toString();
    }

    private String stream(Reply.Generate generate) {
        StringBuilder out = new StringBuilder();
        List<Choice> choices = choices(generate);
        generate.answer().open(out);
        generate.answer().firstOutput(out, choices);
        int longest = choices.stream()
                .mapToInt(choice -> choice.plan().length())
                .max()
                .orElse(0);
        for (int tokens = 1; tokens <= longest; tokens++) {
            for (Choice choice : choices) {
                if (tokens <= choice.plan().length()) {
                    output(out, generate, choice, tokens);
                }
            }
        }
        generate.answer().close(out, choices);
        return out.toString();
    }

    private void output(StringBuilder out, Reply.Generate generate, Choice choice, int tokens) {
        int interval = choice.sent() == 0 ? 1 : generate.sampling().streamInterval();
        boolean last = tokens == choice.plan().length();
        choice.produced(tokens, 0);
        if (last) {
            end(choice);
        } else if (tokens - choice.sent() < interval) {
            return;
        }
        int from = choice.sent();
        String text = choice.takeText(tokens);
        generate.answer().output(out, choice, from, text, last);
    }

    private void end(Choice choice) {
        choice.ended(new SequenceEnd(choice.plan().reason(), Math.min(cachedTokens, choice.prompt().length), null));
    }

    private List<Choice> choices(Reply.Generate generate) {
        List<Choice> choices = new ArrayList<>();
        for (RenderedPrompt prompt : generate.prompts()) {
            for (int i = 0; i < generate.sampling().n(); i++) {
                OutputPlan plan = generate.promptOnly()
                        ? OutputPlan.none(TOKENIZER)
                        : OutputPlan.of(settings, TOKENIZER, prompt, generate.sampling(), i);
                choices.add(new Choice(choices.size(), choices.size(), prompt.tokens(), plan, () -> {}));
            }
        }
        return choices;
    }
}
