package io.llmd.simulator.chat;

import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;

/**
 * Refuses chats that bring a template, as vLLM does unless it is told to trust them.
 *
 * @param template renders the others
 */
public record OwnTemplateOnly(ChatTemplate template) implements ChatTemplate {

    @Override
    public RenderedPrompt render(Chat chat) {
        if (chat.template() != null || chat.arguments().get("chat_template") != null) {
            throw new ChatTemplateException("Chat template is passed with request, but --trust-request-chat-template is"
                    + " not set. Refused request with untrusted chat template.");
        }
        return template.render(chat);
    }
}
