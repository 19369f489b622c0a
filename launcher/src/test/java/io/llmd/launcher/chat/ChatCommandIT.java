package io.llmd.launcher.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.launcher.Captured;
import io.llmd.launcher.FakeGateway;
import io.llmd.launcher.FakeGateway.Reply;
import io.llmd.launcher.Llmd;
import io.llmd.launcher.home.GatewayOptions.Gateway;
import io.llmd.launcher.terminal.Json;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

class ChatCommandIT {

    private final Captured captured = new Captured();

    @Test
    void answerIsPrintedWithItsFigures() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "Hel", "lo"))) {
            int code = captured.run("chat", "--url", gateway.uri().toString(), "--key", "sk-1", "how", "are", "you");

            assertThat(code).isZero();
            assertThat(captured.out()).isEqualTo("Hello\n");
            assertThat(captured.err())
                    .matches(
                            "(?s)\\[first token after \\d+ ms, [\\d.]+ tokens/s, 2 tokens, prompt 40 of which 10 cached]\n");
            assertThat(gateway.bodies().getFirst()).contains("\"content\":\"how are you\"", "\"stream\":true");
            assertThat(gateway.keys()).containsExactly("Bearer sk-1");
        }
    }

    @Test
    void conversationIsSentWithEachQuestion() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "yes"))) {
            int code = converse("one\ntwo\n\nignored\n", gateway);

            assertThat(code).isZero();
            assertThat(gateway.bodies()).hasSize(2);
            JsonNode messages = Json.MAPPER.readTree(gateway.bodies().get(1)).path("messages");
            assertThat(messages.size()).isEqualTo(3);
            assertThat(messages.path(1).path("role").asString()).isEqualTo("assistant");
            assertThat(messages.path(1).path("content").asString()).isEqualTo("yes");
        }
    }

    @Test
    void refusalIsExplainedAndFails() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.json(
                429, "{\"error\":{\"message\":\"too many\",\"type\":\"rate_limit_error\",\"code\":\"queue_full\"}}"))) {
            int code = captured.run("chat", "--url", gateway.uri().toString(), "hi");

            assertThat(code).isEqualTo(1);
            assertThat(captured.err()).contains("answered 429: too many (queue_full)");
        }
    }

    @Test
    void errorInsideTheStreamFails() {
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            OutputStream out = reply.stream("pod");
            Reply.event(out, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
            Reply.event(out, "{\"error\":{\"message\":\"gone\",\"code\":\"endpoint_failed\"}}");
        })) {
            int code = captured.run("chat", "--url", gateway.uri().toString(), "hi");

            assertThat(code).isEqualTo(1);
            assertThat(captured.err()).contains("the answer broke off: gone (endpoint_failed)", "[request req-1]");
        }
    }

    @Test
    void jsonHasTextAndFigures() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a", "b"))) {
            captured.run("chat", "--url", gateway.uri().toString(), "--json", "hi");

            JsonNode answer = Json.MAPPER.readTree(captured.out());
            assertThat(answer.path("text").asString()).isEqualTo("ab");
            assertThat(answer.path("end").asString()).isEqualTo("complete");
            assertThat(answer.path("cachedTokens").asInt()).isEqualTo(10);
        }
    }

    @Test
    void stopEndsTheAnswerAndKeepsWhatCame() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            OutputStream out = reply.stream("pod");
            Reply.event(out, "{\"choices\":[{\"delta\":{\"content\":\"begun\"}}]}");
            awaitRelease(release);
        })) {
            ChatClient client = new ChatClient(new Gateway(gateway.uri(), null, "sim-8b", List.of()));
            StringBuffer heard = new StringBuffer();
            CompletableFuture<ChatAnswer> answer = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    answer.complete(client.ask(List.of(new ChatClient.Message("user", "hi")), 0, heard::append));
                } catch (InterruptedException e) {
                    answer.completeExceptionally(e);
                }
            });
            await("the beginning").until(() -> heard.toString().equals("begun"));

            assertThat(client.stop()).isTrue();

            ChatAnswer stopped = answer.get(30, TimeUnit.SECONDS);
            assertThat(stopped.end()).isEqualTo(new ChatAnswer.End.Stopped());
            assertThat(stopped.text()).isEqualTo("begun");
            assertThat(client.stop()).isFalse();
            release.countDown();
        }
    }

    @Test
    void withoutAGatewayItIsNotReady() {
        assertThat(captured.run("chat", "--url", "http://127.0.0.1:1", "hi")).isEqualTo(3);
    }

    private int converse(String input, FakeGateway gateway) {
        CommandLine commands = Llmd.commandLine(captured.terminal());
        ChatCommand command =
                new ChatCommand(captured.terminal(), new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        return new CommandLine(command)
                .setExecutionExceptionHandler(commands.getExecutionExceptionHandler())
                .execute("--url", gateway.uri().toString());
    }

    private static void awaitRelease(CountDownLatch release) {
        try {
            release.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
