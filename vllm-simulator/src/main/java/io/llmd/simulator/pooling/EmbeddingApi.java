package io.llmd.simulator.pooling;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.PromptField;
import io.llmd.simulator.openai.SamplingFields;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.ContentHash;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/embeddings}: unit vectors that are a function of the input. */
public final class EmbeddingApi {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ModelNames models;

    public EmbeddingApi(SimulatorSettings settings, Tokenizer tokenizer, ModelNames models) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.models = models;
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields();
        String model = models.resolve(fields);
        JsonNode input = fields.get("input");
        if (input == null) {
            throw RequestFields.missing("input");
        }
        String format = fields.string("encoding_format");
        boolean base64 = "base64".equals(format);
        if (format != null && !base64 && !format.equals("float")) {
            throw RequestFields.invalid("encoding_format", "'float' or 'base64'");
        }
        Integer wanted = fields.integer("dimensions");
        int dimensions = wanted == null ? settings.embeddingDimensions() : wanted;
        if (dimensions < 1 || dimensions > settings.embeddingDimensions()) {
            throw ApiException.badRequest(
                    "dimensions must be 1 to " + settings.embeddingDimensions() + ", got " + dimensions + ".",
                    "dimensions");
        }
        List<RenderedPrompt> prompts = PromptField.read("input", input, tokenizer);
        prompts.forEach(read -> models.checkLength(read, null));
        Sampling sampling = SamplingFields.read(new RequestFields(Json.object()), null, 1, "max_tokens");
        String id = "embd-" + RequestIds.of(call, fields);
        return new Reply.Generate(
                prompts,
                sampling,
                true,
                null,
                TransferFields.NONE,
                new EmbeddingAnswer(id, call.nowSeconds(), model, settings.seed(), dimensions, base64));
    }

    private record EmbeddingAnswer(String id, long created, String model, long seed, int dimensions, boolean base64)
            implements Answer {

        @Override
        public ObjectNode body(List<Choice> choices) {
            ObjectNode body = Json.object()
                    .put("id", id)
                    .put("object", "list")
                    .put("created", created)
                    .put("model", model);
            ArrayNode data = body.putArray("data");
            int tokens = 0;
            for (Choice choice : choices) {
                ObjectNode node = data.addObject().put("index", choice.index()).put("object", "embedding");
                putVector(node, vector(choice.prompt()));
                tokens += choice.prompt().length;
            }
            body.putObject("usage")
                    .put("prompt_tokens", tokens)
                    .put("total_tokens", tokens)
                    .put("completion_tokens", 0)
                    .putNull("prompt_tokens_details");
            return body;
        }

        private float[] vector(int[] prompt) {
            long key = CounterRandom.bits(seed, ContentHash.of(prompt), 5);
            float[] vector = new float[dimensions];
            double squares = 0;
            for (int i = 0; i < dimensions; i++) {
                vector[i] = (float) (CounterRandom.unit(key, i, 6) * 2 - 1);
                squares += vector[i] * vector[i];
            }
            float length = (float) Math.sqrt(squares);
            for (int i = 0; i < dimensions; i++) {
                vector[i] /= length;
            }
            return vector;
        }

        private void putVector(ObjectNode node, float[] vector) {
            if (base64) {
                ByteBuffer bytes =
                        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (float value : vector) {
                    bytes.putFloat(value);
                }
                node.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
                return;
            }
            ArrayNode array = node.putArray("embedding");
            for (float value : vector) {
                array.add(value);
            }
        }

        @Override
        public void open(StringBuilder out) {
            throw new IllegalStateException("embeddings are not streamed");
        }

        @Override
        public void firstOutput(StringBuilder out, List<Choice> choices) {
            throw new IllegalStateException("embeddings are not streamed");
        }

        @Override
        public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
            throw new IllegalStateException("embeddings are not streamed");
        }

        @Override
        public void close(StringBuilder out, List<Choice> choices) {
            throw new IllegalStateException("embeddings are not streamed");
        }
    }
}
