package io.llmd.simulator.api;

import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a route makes of a call. */
public sealed interface Reply {

    /** A finished answer. */
    record Content(int status, @Nullable String contentType, byte[] body) implements Reply {
        public static Content json(JsonNode node) {
            return json(200, node);
        }

        public static Content json(int status, JsonNode node) {
            return new Content(status, "application/json", Json.bytes(node));
        }

        public static Content text(String contentType, String text) {
            return new Content(200, contentType, text.getBytes(StandardCharsets.UTF_8));
        }

        /** The same answer with another status. */
        public Content withStatus(int other) {
            return new Content(other, contentType, body);
        }

        public static Content empty(int status) {
            return new Content(status, null, new byte[0]);
        }
    }

    /**
     * Work for the engine that goes on after the answer.
     *
     * @param answer what the client gets at once
     * @param started gets what aborts the work, before the answer is sent
     */
    record Background(Generate work, Content answer, Consumer<Runnable> started) implements Reply {}

    /** An answer that is made elsewhere; it waits for something else than the model. */
    record Later(CompletionStage<Content> answer) implements Reply {}

    /**
     * Work for the engine.
     *
     * @param id of the answer
     * @param model name under which the model or an adapter is served
     * @param prompts each gives {@code sampling.n()} choices
     * @param sampling absent for work without output
     * @param transfer what it says about other endpoints
     */
    record Generate(
            String id,
            String model,
            List<RenderedPrompt> prompts,
            Sampling sampling,
            boolean promptOnly,
            TransferFields transfer,
            Answer answer)
            implements Reply {

        /** The same work of which something else is said about other endpoints. */
        public Generate withTransfer(TransferFields other) {
            return new Generate(id, model, prompts, sampling, promptOnly, other, answer);
        }

        /** The same work that ends with its first token. */
        public Generate withOneToken() {
            return new Generate(id, model, prompts, sampling.oneToken(), promptOnly, transfer, answer);
        }
    }
}
