package io.llmd.openai;

import org.jspecify.annotations.Nullable;

/** The POST routes of the inference APIs. */
public enum ApiRoute {
    CHAT_COMPLETIONS("/v1/chat/completions"),
    COMPLETIONS("/v1/completions"),
    EMBEDDINGS("/v1/embeddings"),
    RESPONSES("/v1/responses"),
    /** Anthropic's API. */
    MESSAGES("/v1/messages"),
    /** vLLM's own API: token ids in and out. */
    GENERATE("/inference/v1/generate"),
    TOKENIZE("/tokenize"),
    DETOKENIZE("/detokenize");

    private static final String VERSION = "/v1";
    private static final ApiRoute[] ROUTES = values();

    private final String path;
    private final String shortPath;

    ApiRoute(String path) {
        this.path = path;
        this.shortPath = path.startsWith(VERSION) ? path.substring(VERSION.length()) : path;
    }

    /** The path that endpoints serve. */
    public String path() {
        return path;
    }

    /** Whether an answer may be a stream of events. */
    public boolean canStream() {
        return switch (this) {
            case CHAT_COMPLETIONS, COMPLETIONS, RESPONSES, MESSAGES, GENERATE -> true;
            case EMBEDDINGS, TOKENIZE, DETOKENIZE -> false;
        };
    }

    /** Whether endpoints compute a prompt here, whose blocks they may keep. */
    public boolean computesPrompt() {
        return this != TOKENIZE && this != DETOKENIZE;
    }

    /** Whether endpoints take a cache salt here; vLLM does not know one in Anthropic's API. */
    public boolean takesCacheSalt() {
        return computesPrompt() && this != MESSAGES;
    }

    /**
     * The route of a raw request path, with or without {@code /v1} and one trailing slash.
     *
     * @param rawPath path without query, exactly as received; nothing is decoded or normalised, so that no spelling
     *     reaches a route that a proxy in front has not seen
     * @return {@code null} when the path is no route
     */
    public static @Nullable ApiRoute match(CharSequence rawPath) {
        int length = rawPath.length();
        if (length > 1 && rawPath.charAt(length - 1) == '/') {
            length--;
        }
        for (ApiRoute route : ROUTES) {
            if (isAt(rawPath, 0, length, route.shortPath)
                    || isAt(rawPath, 0, VERSION.length(), VERSION)
                            && isAt(rawPath, VERSION.length(), length, route.shortPath)) {
                return route;
            }
        }
        return null;
    }

    private static boolean isAt(CharSequence path, int from, int to, String expected) {
        if (to - from != expected.length() || to > path.length()) {
            return false;
        }
        for (int i = 0; i < expected.length(); i++) {
            if (path.charAt(from + i) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
