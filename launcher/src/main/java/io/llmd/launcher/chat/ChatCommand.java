package io.llmd.launcher.chat;

import io.llmd.launcher.chat.ChatClient.Message;
import io.llmd.launcher.home.GatewayOptions;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sun.misc.Signal;

/** {@code llmd chat}: one question, or a conversation when none is given. */
@Command(
        name = "chat",
        description = "Talk to a model; with a message one answer, without one a conversation.",
        footer = {
            "",
            "In a conversation Ctrl-C stops the answer and an empty line or Ctrl-D ends the program.",
            "Exit codes: 0 answered, 1 an answer failed, 2 usage, 3 gateway not there."
        })
public final class ChatCommand implements Callable<Integer> {

    private final Terminal terminal;
    private final InputStream input;

    @Mixin
    private final GatewayOptions gateway = new GatewayOptions();

    @Parameters(paramLabel = "MESSAGE", arity = "0..*", description = "what to say; words are joined by blanks")
    private List<String> words = List.of();

    @Option(names = "--system", paramLabel = "TEXT", description = "system message")
    private @Nullable String system;

    @Option(names = "--max-tokens", paramLabel = "N", defaultValue = "0", description = "longest answer")
    private int maxTokens;

    @Option(names = "--json", description = "print each answer as one JSON object")
    private boolean json;

    public ChatCommand(Terminal terminal) {
        this(terminal, System.in);
    }

    ChatCommand(Terminal terminal, InputStream input) {
        this.terminal = terminal;
        this.input = input;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        ChatClient client = new ChatClient(gateway.resolve());
        List<Message> conversation = new ArrayList<>();
        if (system != null) {
            conversation.add(new Message("system", system));
        }
        if (!words.isEmpty()) {
            return say(client, conversation, String.join(" ", words)) ? ExitCode.OK : ExitCode.FAILED;
        }
        Signal.handle(new Signal("INT"), signal -> {
            if (!client.stop()) {
                System.exit(130);
            }
        });
        return converse(client, conversation);
    }

    private int converse(ChatClient client, List<Message> conversation) throws IOException, InterruptedException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        boolean allAnswered = true;
        for (String line = prompt(lines); line != null && !line.isBlank(); line = prompt(lines)) {
            allAnswered &= say(client, conversation, line);
        }
        return allAnswered ? ExitCode.OK : ExitCode.FAILED;
    }

    private @Nullable String prompt(BufferedReader lines) throws IOException {
        if (terminal.interactive()) {
            terminal.err().print(terminal.bold("> "));
            terminal.err().flush();
        }
        return lines.readLine();
    }

    private boolean say(ChatClient client, List<Message> conversation, String text) throws InterruptedException {
        conversation.add(new Message("user", text));
        ChatAnswer answer = client.ask(conversation, maxTokens, json ? piece -> {} : this::print);
        conversation.add(new Message("assistant", answer.text()));
        show(answer);
        return !(answer.end() instanceof ChatAnswer.End.Failed);
    }

    private void print(String piece) {
        terminal.out().print(piece);
        terminal.out().flush();
    }

    private void show(ChatAnswer answer) {
        if (json) {
            terminal.println(Json.line(object(answer)));
        } else if (!answer.text().isEmpty()) {
            terminal.println("");
        }
        switch (answer.end()) {
            case ChatAnswer.End.Failed(String message) ->
                terminal.note(terminal.bad("llmd chat: " + message)
                        + (answer.requestId().isEmpty() ? "" : " [request " + answer.requestId() + "]"));
            case ChatAnswer.End.Stopped() -> terminal.note(terminal.faint("[stopped; " + figures(answer) + "]"));
            case ChatAnswer.End.Complete() -> terminal.note(terminal.faint("[" + figures(answer) + "]"));
        }
    }

    private static String figures(ChatAnswer answer) {
        if (answer.timeToFirstToken() == null) {
            return "no token";
        }
        return String.format(
                Locale.ROOT,
                "first token after %d ms, %.1f tokens/s, %d tokens%s",
                answer.timeToFirstToken().toMillis(),
                answer.tokensPerSecond(),
                answer.outputTokens(),
                answer.promptTokens() == 0
                        ? ""
                        : ", prompt " + answer.promptTokens() + " of which " + answer.cachedTokens() + " cached");
    }

    private static Map<String, Object> object(ChatAnswer answer) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("text", answer.text());
        object.put("end", answer.end().getClass().getSimpleName().toLowerCase(Locale.ROOT));
        if (answer.timeToFirstToken() != null) {
            object.put("timeToFirstTokenMillis", answer.timeToFirstToken().toNanos() / 1e6);
        }
        object.put("tokensPerSecond", answer.tokensPerSecond());
        object.put("outputTokens", answer.outputTokens());
        object.put("promptTokens", answer.promptTokens());
        object.put("cachedTokens", answer.cachedTokens());
        object.put("requestId", answer.requestId());
        return object;
    }
}
