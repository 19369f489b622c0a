package io.llmd.openai;

/**
 * What may be in a body, depending on who sends it.
 *
 * @param addresses where media may be named by their addresses
 * @param priority whether a priority is kept
 * @param transferParams whether parameters of transfers between endpoints are kept
 */
public record BodyRules(Addresses addresses, boolean priority, boolean transferParams) {

    /** Of clients whom nobody has checked before. */
    public static final BodyRules CLIENTS = new BodyRules(Addresses.NONE, false, false);

    /** Where media may be named by their addresses. */
    public enum Addresses {
        /** Nowhere. */
        NONE,
        /** In chats, out of which somebody takes them before an endpoint sees the chat. */
        CHATS,
        /** On every route: endpoints fetch them. */
        ALL;

        boolean allowedOn(ApiRoute route) {
            return this == ALL || this == CHATS && route == ApiRoute.CHAT_COMPLETIONS;
        }
    }
}
