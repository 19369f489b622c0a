package io.llmd.simulator.openai;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /tokenize}, {@code POST /detokenize} and {@code GET /tokenizer_info}. */
public final class TokenizeApi {
    private static final BodySchema PROMPT = BodySchema.builder()
            .optional("model", FieldType.STRING.nullable())
            .required("prompt", FieldType.STRING)
            .optional("add_special_tokens", FieldType.BOOLEAN)
            .optional("return_token_strs", FieldType.BOOLEAN.nullable())
            .build();
    private static final BodySchema CHAT = BodySchema.builder()
            .optional("model", FieldType.STRING.nullable())
            .required("messages", MessageType.MESSAGE.list())
            .optional("add_generation_prompt", FieldType.BOOLEAN)
            .optional("return_token_strs", FieldType.BOOLEAN.nullable())
            .optional("continue_final_message", FieldType.BOOLEAN)
            .optional("add_special_tokens", FieldType.BOOLEAN)
            .optional("chat_template", FieldType.STRING.nullable())
            .optional("chat_template_kwargs", FieldType.DICT.nullable())
            .optional("tools", GenerationTypes.TOOLS)
            .build();
    private static final BodySchema TOKENIZE = BodySchema.either(PROMPT, CHAT);
    private static final BodySchema DETOKENIZE = BodySchema.builder()
            .optional("model", FieldType.STRING.nullable())
            .required(
                    "tokens",
                    FieldType.INTEGER.atLeast(0).atMost(Long.MAX_VALUE).list())
            .build();

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
        RequestFields fields = call.fields(TOKENIZE);
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
        RequestFields fields = call.fields(DETOKENIZE);
        models.resolve(fields);
        return Reply.Content.json(Json.object().put("prompt", tokenizer.decode(fields.tokens("tokens"))));
    }

    public Reply info(Call call) {
        return Reply.Content.json(Json.tree(tokenizer.description()));
    }

    private int[] tokens(RequestFields fields) {
        String prompt = fields.string("prompt");
        if (prompt == null) {
            return messages.render(fields).tokens();
        }
        return fields.bool("add_special_tokens", true) ? tokenizer.encodePrompt(prompt) : tokenizer.encode(prompt);
    }
}
