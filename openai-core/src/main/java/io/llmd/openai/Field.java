package io.llmd.openai;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The top-level members of request bodies that the gateway interprets, and the routes on which it does. */
enum Field {
    MODEL(On.ALL),
    STREAM(On.GENERATION | On.MESSAGES | On.GENERATE),
    STREAM_OPTIONS(On.GENERATION | On.GENERATE),
    MAX_TOKENS(On.SAMPLED | On.MESSAGES),
    MAX_COMPLETION_TOKENS(On.CHAT),
    MAX_OUTPUT_TOKENS(On.RESPONSES),
    MESSAGES(On.CHAT | On.TOKENIZE | On.MESSAGES),
    SYSTEM(On.MESSAGES),
    TOKEN_IDS(On.GENERATE),
    SAMPLING_PARAMS(On.GENERATE),
    PROMPT(On.COMPLETIONS | On.TOKENIZE | On.RESPONSES),
    INPUT(On.EMBEDDINGS | On.RESPONSES),
    /** Of a chat: its token ids for the scheduler, which a coordinator in front knows; no endpoint sees them. */
    TOKENS(On.DETOKENIZE | On.CHAT),
    INSTRUCTIONS(On.RESPONSES),
    TOOLS(On.CHAT | On.RESPONSES | On.TOKENIZE | On.MESSAGES),
    N(On.SAMPLED),
    BEST_OF(On.SAMPLED),
    USE_BEAM_SEARCH(On.SAMPLED),
    ECHO(On.SAMPLED),
    STOP(On.SAMPLED),
    STOP_SEQUENCES(On.MESSAGES),
    STOP_TOKEN_IDS(On.SAMPLED),
    BAD_WORDS(On.SAMPLED),
    LOGPROBS(On.SAMPLED),
    TOP_LOGPROBS(On.CHAT | On.RESPONSES),
    PROMPT_LOGPROBS(On.SAMPLED),
    LOGIT_BIAS(On.GENERATION),
    TEMPERATURE(On.GENERATION | On.MESSAGES),
    TOP_P(On.GENERATION | On.MESSAGES),
    PRESENCE_PENALTY(On.GENERATION),
    FREQUENCY_PENALTY(On.GENERATION),
    RESPONSE_FORMAT(On.SAMPLED),
    STRUCTURED_OUTPUTS(On.GENERATION),
    GUIDED_JSON(On.GENERATION),
    GUIDED_REGEX(On.GENERATION),
    GUIDED_GRAMMAR(On.GENERATION),
    GUIDED_CHOICE(On.GENERATION),
    TEXT(On.RESPONSES),
    USER(On.GENERATION | On.EMBEDDINGS),
    METADATA(On.GENERATION | On.EMBEDDINGS | On.MESSAGES),
    CACHE_SALT(On.GENERATION | On.EMBEDDINGS | On.GENERATE),
    VLLM_XARGS(On.GENERATION),
    TRUNCATE_PROMPT_TOKENS(On.SAMPLED | On.EMBEDDINGS),
    TRUNCATION(On.RESPONSES),
    PREVIOUS_RESPONSE_ID(On.RESPONSES),
    CONVERSATION(On.RESPONSES),
    BACKGROUND(On.RESPONSES),
    STORE(On.RESPONSES),
    /** Priority comes from the key; what a client writes here is taken out. */
    PRIORITY(On.ALL),
    /** Addresses memory of other endpoints; set by the gateway alone and taken out of what clients send. */
    KV_TRANSFER_PARAMS(On.ALL),
    /** As {@link #KV_TRANSFER_PARAMS}, for encoded media. */
    EC_TRANSFER_PARAMS(On.ALL),
    /** As {@link #KV_TRANSFER_PARAMS}, of SGLang. */
    BOOTSTRAP_HOST(On.ALL),
    BOOTSTRAP_PORT(On.ALL),
    BOOTSTRAP_ROOM(On.ALL),
    DISAGG_PREFILL_DP_RANK(On.ALL),
    ROUTED_DP_RANK(On.ALL),
    DATA_PARALLEL_RANK(On.ALL),
    /** SGLang's id of a request, which must not be that of another one. */
    RID(On.ALL);

    /** Fields that steer transfers between endpoints. */
    static final long TRANSFER = bits(
            KV_TRANSFER_PARAMS,
            EC_TRANSFER_PARAMS,
            BOOTSTRAP_HOST,
            BOOTSTRAP_PORT,
            BOOTSTRAP_ROOM,
            DISAGG_PREFILL_DP_RANK,
            ROUTED_DP_RANK,
            DATA_PARALLEL_RANK,
            RID);

    private static final Map<String, Field> BY_NAME = byName();

    private final int routes;
    private final String wireName;

    Field(int routes) {
        this.routes = routes;
        this.wireName = name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Field> byName() {
        Map<String, Field> fields = new HashMap<>();
        for (Field field : values()) {
            fields.put(field.wireName, field);
        }
        return Map.copyOf(fields);
    }

    /** The field of a member name on a route; {@code null} for a member that is none of our business. */
    static @Nullable Field of(String name, ApiRoute route) {
        Field field = BY_NAME.get(name);
        return field != null && (field.routes & 1 << route.ordinal()) != 0 ? field : null;
    }

    String wireName() {
        return wireName;
    }

    long bit() {
        return 1L << ordinal();
    }

    static long bits(Field... fields) {
        long bits = 0;
        for (Field field : fields) {
            bits |= field.bit();
        }
        return bits;
    }

    /** Sets of routes, one bit each. */
    private static final class On {
        static final int CHAT = 1 << ApiRoute.CHAT_COMPLETIONS.ordinal();
        static final int COMPLETIONS = 1 << ApiRoute.COMPLETIONS.ordinal();
        static final int EMBEDDINGS = 1 << ApiRoute.EMBEDDINGS.ordinal();
        static final int RESPONSES = 1 << ApiRoute.RESPONSES.ordinal();
        static final int TOKENIZE = 1 << ApiRoute.TOKENIZE.ordinal();
        static final int DETOKENIZE = 1 << ApiRoute.DETOKENIZE.ordinal();
        static final int SAMPLED = CHAT | COMPLETIONS;
        static final int GENERATION = SAMPLED | RESPONSES;
        static final int MESSAGES = 1 << ApiRoute.MESSAGES.ordinal();
        static final int GENERATE = 1 << ApiRoute.GENERATE.ordinal();
        static final int ALL = GENERATION | EMBEDDINGS | TOKENIZE | DETOKENIZE | MESSAGES | GENERATE;
    }
}
