package io.llmd.simulator.server;

import io.llmd.simulator.chat.ChatTemplate;
import io.llmd.simulator.chat.FixedTemplate;
import io.llmd.simulator.chat.ModelTemplate;
import io.llmd.simulator.chat.OwnTemplateOnly;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the chat template of an endpoint. */
final class ChatTemplates {
    private static final Logger log = LoggerFactory.getLogger(ChatTemplates.class);
    private static final Chat PROBE = new Chat(
            List.of(new Chat.Message("user", List.of(new Chat.Text("Hello")), Map.of())),
            List.of(),
            List.of(),
            Map.of(),
            null,
            Chat.Ending.GENERATION_PROMPT,
            false);

    private ChatTemplates() {}

    /** The model's template; the fixed one if there is none, or none that can be rendered. */
    static ChatTemplate of(SimulatorSettings settings, Tokenizer tokenizer) {
        ChatTemplate template = tokenizer
                .chatTemplate()
                .map(source -> model(settings, tokenizer, source))
                .orElseGet(() -> fixed(settings, tokenizer));
        return settings.api().trustRequestTemplates() ? template : new OwnTemplateOnly(template);
    }

    private static ChatTemplate model(SimulatorSettings settings, Tokenizer tokenizer, String source) {
        try {
            ChatTemplate template = new ModelTemplate(tokenizer, source, settings.imageTokens(), LocalDateTime::now);
            template.render(PROBE);
            return template;
        } catch (ChatTemplateException e) {
            log.atWarn()
                    .addKeyValue("tokenizer", settings.tokenizer())
                    .addKeyValue("problem", e.getMessage())
                    .log("the chat template cannot be rendered, chats have the fixed one");
            return fixed(settings, tokenizer);
        }
    }

    private static ChatTemplate fixed(SimulatorSettings settings, Tokenizer tokenizer) {
        return new FixedTemplate(tokenizer, settings.imageTokens());
    }
}
