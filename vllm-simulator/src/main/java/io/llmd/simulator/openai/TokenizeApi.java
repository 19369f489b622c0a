package io.llmd.simulator.openai;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /tokenize}, {@code POST /detokenize} and {@code GET /tokenizer_info}. */
public final class TokenizeApi {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ChatMessages messages;
    private final ModelNames models;

    public TokenizeApi(SimulatorSettings settings, Tokenizer tokenizer, ChatMessages messages, ModelNames models) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.messages = messages;
        this.models = models;
    }

    public Reply tokenize(Call call) {
        RequestFields fields = call.fields();
        models.resolve(fields);
        int[] tokens = tokens(fields);
        ObjectNode body = Json.object().put("count", tokens.length).put("max_model_len", settings.maxModelLen());
        ArrayNode ids = body.putArray("tokens");
        for (int token : tokens) {
            ids.add(token);
        }
        if (fields.bool("return_token_strs", false)) {
            ArrayNode texts = body.putArray("token_strs");
            for (int token : tokens) {
                texts.add(tokenizer.tokenString(token));
            }
        } else {
            body.putNull("token_strs");
        }
        return Reply.Content.json(body);
    }

    public Reply detokenize(Call call) {
        RequestFields fields = call.fields();
        models.resolve(fields);
        if (!fields.has("tokens")) {
            throw RequestFields.missing("tokens");
        }
        return Reply.Content.json(Json.object().put("prompt", tokenizer.decode(fields.tokens("tokens"))));
    }

    public Reply info(Call call) {
        return Reply.Content.json(Json.tree(tokenizer.description()));
    }

    private int[] tokens(RequestFields fields) {
        if (fields.has("messages")) {
            return messages.render(fields).tokens();
        }
        String prompt = fields.string("prompt");
        if (prompt == null) {
            throw RequestFields.missing("prompt");
        }
        return fields.bool("add_special_tokens", true) ? tokenizer.encodePrompt(prompt) : tokenizer.encode(prompt);
    }
}
