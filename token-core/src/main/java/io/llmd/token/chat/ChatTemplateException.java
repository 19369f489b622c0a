package io.llmd.token.chat;

/** A template refused a chat; the message is for the client. */
public final class ChatTemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ChatTemplateException(String message) {
        super(message, null, false, false);
    }
}
