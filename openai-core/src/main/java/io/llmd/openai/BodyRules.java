package io.llmd.openai;

/**
 * What may be in a body, depending on who sends it.
 *
 * @param addresses whether media may be named by their addresses, which endpoints fetch
 * @param priority whether a priority is kept
 * @param transferParams whether parameters of transfers between endpoints are kept
 */
public record BodyRules(boolean addresses, boolean priority, boolean transferParams) {

    /** Of clients whom nobody has checked before. */
    public static final BodyRules CLIENTS = new BodyRules(false, false, false);
}
