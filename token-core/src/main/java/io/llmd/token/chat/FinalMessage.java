package io.llmd.token.chat;

import java.util.List;

/** Opens a rendered text at the end of its last message, which the answer is to continue. */
final class FinalMessage {
    private FinalMessage() {}

    /**
     * The text up to the end of the last message's content.
     *
     * @throws ChatTemplateException if the content is not in the text
     */
    static String open(String text, Chat chat) {
        String content = lastText(chat.messages().getLast().content());
        int found = text.lastIndexOf(content.strip());
        if (found < 0) {
            throw new ChatTemplateException("continue_final_message is set but the final message does not appear in the"
                    + " chat after applying the chat template! This can happen if the chat template deletes portions of"
                    + " the final message. Please verify the chat template and final message in your chat to ensure"
                    + " they are compatible.");
        }
        String whole = content.stripLeading();
        boolean isWhole = text.startsWith(whole, found);
        return text.substring(0, found + (isWhole ? whole : content.strip()).length());
    }

    private static String lastText(List<Chat.Part> content) {
        for (Chat.Part part : content.reversed()) {
            if (part instanceof Chat.Text text) {
                return text.text();
            }
        }
        return "";
    }
}
