package io.llmd.simulator.chat;

import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;

/** Makes prompts of chats; the same chat gives the same prompt. Thread-safe. */
public interface ChatTemplate {

    /**
     * The prompt of a chat.
     *
     * @throws ChatTemplateException if the template refuses the chat
     */
    RenderedPrompt render(Chat chat);
}
