package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/** One walk through the members of one body; what it learns on the way is in its fields. */
final class RequestPass {

    private static final int UNSET = -1;
    private static final int BYTES_PER_TOKEN = 4;

    private static final byte[] NOTHING = {};
    private static final String NOT_STORED = "nothing is stored between requests";

    private final ApiRoute route;
    private final JsonCursor cursor;
    private final RequestLimits limits;
    private final BodyRules rules;
    private final MediaPass media;
    private final PromptPass prompt;
    private final FieldChecks checks;

    private long seen;
    private boolean hasKeptMember;
    private List<BodyEdit> removals = List.of();
    private ApiRequest.CacheSalt salt = new ApiRequest.CacheSalt("", 0, 0);

    private @Nullable String model;
    private int modelStart;
    private int modelEnd;
    private boolean stream;
    private boolean hasStreamOptions;
    private boolean includeUsage;
    private int maxTokens = UNSET;
    private int maxCompletionTokens = UNSET;
    private int choices = 1;
    private int bestOf = 1;
    private boolean beams;
    private boolean echoes;
    private boolean hasLogprobs;
    private boolean hasPromptLogprobs;
    private boolean namesTransfer;
    private boolean hasPrompt;
    private boolean truncates;
    private long structuredBytes;

    RequestPass(ApiRoute route, JsonCursor cursor, RequestLimits limits, BodyRules rules) {
        this.route = route;
        this.cursor = cursor;
        this.limits = limits;
        this.rules = rules;
        this.media =
                new MediaPass(cursor, limits.mediaBytes(), rules.addresses().allowedOn(route));
        this.prompt = new PromptPass(cursor);
        this.checks = new FieldChecks(cursor, limits);
    }

    /** Walks the object at whose opening bracket the cursor stands. */
    void read() {
        int first = cursor.valueStart() + 1;
        salt = new ApiRequest.CacheSalt("", first, first);
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            Field field = Field.of(name, route);
            if (field == null) {
                hasKeptMember = true;
                cursor.skip();
            } else {
                if ((seen & field.bit()) != 0) {
                    throw JsonCursor.duplicate(field.wireName());
                }
                seen |= field.bit();
                read(field);
            }
        }
    }

    private void read(Field field) {
        if (field == Field.TOKENS && route == ApiRoute.CHAT_COMPLETIONS) {
            remove();
            return;
        }
        switch (field) {
            case PRIORITY,
                    KV_TRANSFER_PARAMS,
                    EC_TRANSFER_PARAMS,
                    BOOTSTRAP_HOST,
                    BOOTSTRAP_PORT,
                    BOOTSTRAP_ROOM,
                    DISAGG_PREFILL_DP_RANK,
                    ROUTED_DP_RANK,
                    DATA_PARALLEL_RANK,
                    RID -> {
                if (!(field == Field.PRIORITY ? rules.priority() : rules.transferParams())) {
                    remove();
                    return;
                }
                readTransferParams(field);
            }
            case MODEL -> readModel();
            case CACHE_SALT -> readSalt();
            case PROMPT, MESSAGES, SYSTEM, INPUT, TOKENS, TOKEN_IDS, INSTRUCTIONS, TOOLS -> readPromptPart(field);
            case PREVIOUS_RESPONSE_ID, CONVERSATION -> {
                if (!cursor.isNull()) {
                    throw JsonCursor.unsupported(field.wireName(), NOT_STORED);
                }
            }
            default -> {
                if (!cursor.isNull()) {
                    readOption(field, field.wireName());
                }
            }
        }
        hasKeptMember = true;
    }

    /** Reads a member for which {@code null} means the same as absence. */
    private void readOption(Field field, String param) {
        switch (field) {
            case STREAM -> stream = cursor.readBoolean(param);
            case STREAM_OPTIONS -> readStreamOptions();
            case MAX_TOKENS, MAX_OUTPUT_TOKENS -> maxTokens = cursor.readInt(param, 1, Integer.MAX_VALUE);
            case MAX_COMPLETION_TOKENS -> maxCompletionTokens = cursor.readInt(param, 1, Integer.MAX_VALUE);
            case N -> choices = cursor.readInt(param, 1, limits.choices());
            case BEST_OF -> readBestOf(param);
            case USE_BEAM_SEARCH -> beams |= isSet();
            case ECHO -> echoes = isSet();
            case LOGPROBS -> readLogprobs(param);
            case PROMPT_LOGPROBS -> {
                hasPromptLogprobs = true;
                cursor.readInt(param, 0, limits.logprobs());
            }
            case TOP_LOGPROBS -> cursor.readInt(param, 0, limits.logprobs());
            case TEMPERATURE -> cursor.readNumber(param, 0, 2, "a number from 0 to 2");
            case TOP_P -> cursor.readNumber(param, Double.MIN_VALUE, 1, "a number above 0, at most 1");
            case PRESENCE_PENALTY, FREQUENCY_PENALTY -> cursor.readNumber(param, -2, 2, "a number from -2 to 2");
            case STOP, STOP_SEQUENCES -> checks.stop(param);
            case SAMPLING_PARAMS -> readSamplingParams();
            case VLLM_XARGS -> refuseTransferParams(param);
            case STOP_TOKEN_IDS -> checks.tokenIds(param);
            case BAD_WORDS -> checks.words(param);
            case LOGIT_BIAS -> checks.logitBias(param);
            case RESPONSE_FORMAT, TEXT -> checks.outputFormat(param, 2);
            case STRUCTURED_OUTPUTS -> checks.outputFormat(param, 1);
            case GUIDED_JSON -> checks.guideSchema(param);
            case GUIDED_REGEX, GUIDED_GRAMMAR, GUIDED_CHOICE -> checks.guide(param);
            case USER -> cursor.readName(param, limits.nameBytes());
            case METADATA -> checks.metadata(param);
            case TRUNCATE_PROMPT_TOKENS -> {
                truncates = true;
                cursor.skip();
            }
            case TRUNCATION -> {
                cursor.expect(JsonToken.VALUE_STRING, param, "auto or disabled");
                truncates = cursor.string().equals("auto");
            }
            case BACKGROUND -> {
                if (cursor.readBoolean(param)) {
                    throw JsonCursor.unsupported(param, NOT_STORED);
                }
            }
            case STORE -> cursor.readBoolean(param);
            case MODEL,
                    MESSAGES,
                    SYSTEM,
                    PROMPT,
                    INPUT,
                    TOKENS,
                    TOKEN_IDS,
                    INSTRUCTIONS,
                    TOOLS,
                    CACHE_SALT,
                    PREVIOUS_RESPONSE_ID,
                    CONVERSATION,
                    PRIORITY,
                    KV_TRANSFER_PARAMS,
                    EC_TRANSFER_PARAMS,
                    BOOTSTRAP_HOST,
                    BOOTSTRAP_PORT,
                    BOOTSTRAP_ROOM,
                    DISAGG_PREFILL_DP_RANK,
                    ROUTED_DP_RANK,
                    DATA_PARALLEL_RANK,
                    RID -> throw new IllegalStateException("no option: " + param);
        }
    }

    private void readBestOf(String param) {
        bestOf = cursor.readInt(param, 1, limits.choices());
        beams |= bestOf > 1;
    }

    private void readSalt() {
        int start = cursor.valueStart();
        String text = cursor.isNull() ? "" : cursor.readName(Field.CACHE_SALT.wireName(), limits.nameBytes());
        salt = new ApiRequest.CacheSalt(text, start, cursor.skipToEnd(start));
    }

    private void readModel() {
        modelStart = cursor.valueStart();
        String name = cursor.readName("model", limits.nameBytes());
        if (name.isEmpty()) {
            throw cursor.invalid("model", "a model name");
        }
        if (hasControlCharacter(name)) {
            throw new Refusal(
                    ErrorCode.INVALID_VALUE, "model: control characters (expected: printable characters)", "model");
        }
        modelEnd = cursor.stringEnd(modelStart);
        model = name;
    }

    private static boolean hasControlCharacter(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (Character.isISOControl(name.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private void readStreamOptions() {
        hasStreamOptions = true;
        cursor.expect(JsonToken.START_OBJECT, "stream_options", "an object");
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            if (name.equals("include_usage") && !cursor.isNull()) {
                includeUsage = cursor.readBoolean("stream_options.include_usage");
            } else {
                cursor.skip();
            }
        }
    }

    private void readSamplingParams() {
        cursor.expect(JsonToken.START_OBJECT, "sampling_params", "an object");
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            String param = "sampling_params." + name;
            if (cursor.isNull()) {
                continue;
            }
            switch (name) {
                case "n" -> choices = cursor.readInt(param, 1, limits.choices());
                case "best_of" -> readBestOf(param);
                case "max_tokens" -> maxTokens = cursor.readInt(param, 1, Integer.MAX_VALUE);
                case "prompt_logprobs" -> {
                    hasPromptLogprobs = true;
                    cursor.readInt(param, 0, limits.logprobs());
                }
                case "extra_args" -> refuseTransferParams(param);
                default -> cursor.skip();
            }
        }
    }

    /** Engines also take transfer parameters from here, where nobody but the gateway may put them. */
    private void refuseTransferParams(String param) {
        if (rules.transferParams() && !cursor.is(JsonToken.START_OBJECT)) {
            cursor.skip();
            return;
        }
        cursor.expect(JsonToken.START_OBJECT, param, "an object");
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            boolean isBlocks = name.equals(Field.KV_TRANSFER_PARAMS.wireName());
            boolean isTransfer = isBlocks || name.equals(Field.EC_TRANSFER_PARAMS.wireName());
            if (isTransfer && !rules.transferParams()) {
                throw JsonCursor.unsupported(param + "." + name, "may not be set by clients");
            }
            if (isBlocks) {
                readBlocks();
            } else {
                cursor.skip();
            }
        }
    }

    /** Looks whether parameters that are kept name blocks. Embeddings and numbers of ranks may be used again. */
    private void readTransferParams(Field field) {
        switch (field) {
            case KV_TRANSFER_PARAMS -> readBlocks();
            case BOOTSTRAP_ROOM -> {
                namesTransfer |= !cursor.isNull();
                cursor.skip();
            }
            default -> cursor.skip();
        }
    }

    /** Parameters of KV blocks: to be made, which may be asked for again, or to be fetched. */
    private void readBlocks() {
        if (!cursor.is(JsonToken.START_OBJECT)) {
            cursor.skip();
            return;
        }
        boolean isEmpty = true;
        boolean asksForThem = false;
        for (String name = cursor.nextName(); name != null; name = cursor.nextName()) {
            cursor.next();
            isEmpty = false;
            asksForThem |= name.equals("do_remote_decode") && cursor.is(JsonToken.VALUE_TRUE);
            cursor.skip();
        }
        namesTransfer |= !isEmpty && !asksForThem;
    }

    private void readLogprobs(String param) {
        if (route == ApiRoute.CHAT_COMPLETIONS) {
            hasLogprobs = cursor.readBoolean(param);
        } else {
            hasLogprobs = true;
            cursor.readInt(param, 0, limits.logprobs());
        }
    }

    /** Whether an endpoint could take the current value for true; endpoints also take numbers and texts for booleans. */
    private boolean isSet() {
        boolean set = !cursor.is(JsonToken.VALUE_FALSE);
        cursor.skip();
        return set;
    }

    private void readPromptPart(Field field) {
        if (cursor.isNull()) {
            return;
        }
        switch (field) {
            case MESSAGES -> {
                int start = cursor.valueStart();
                messages().readMessages();
                countPrompt(start);
            }
            case INPUT -> readInput();
            case PROMPT -> {
                if (route == ApiRoute.RESPONSES) {
                    throw JsonCursor.unsupported("prompt", NOT_STORED);
                }
                prompt.read("prompt", limits.prompts());
                hasPrompt = true;
            }
            case TOKENS -> {
                prompt.readTokens("tokens");
                hasPrompt = true;
            }
            case TOKEN_IDS -> {
                prompt.readTokens("token_ids");
                hasPrompt = true;
            }
            case SYSTEM -> {
                int start = cursor.valueStart();
                structuredBytes += cursor.skipToEnd(start) - start;
            }
            case INSTRUCTIONS -> {
                int start = cursor.valueStart();
                cursor.expect(JsonToken.VALUE_STRING, "instructions", "a string");
                structuredBytes += cursor.stringEnd(start) - start;
            }
            default -> {
                int start = cursor.valueStart();
                checks.tools(route == ApiRoute.RESPONSES);
                structuredBytes += cursor.position() - start;
            }
        }
    }

    private void readInput() {
        if (route == ApiRoute.EMBEDDINGS) {
            prompt.read("input", limits.embeddingInputs());
            hasPrompt = true;
            return;
        }
        int start = cursor.valueStart();
        if (cursor.is(JsonToken.VALUE_STRING)) {
            structuredBytes += cursor.stringEnd(start) - start;
            hasPrompt = true;
            return;
        }
        cursor.expect(JsonToken.START_ARRAY, "input", "a string or an array of items");
        messages().readItems();
        countPrompt(start);
    }

    private MessagesPass messages() {
        return new MessagesPass(cursor, limits, media);
    }

    /** Counts the array that the cursor has just left. Names and punctuation stand in for the chat template. */
    private void countPrompt(int start) {
        structuredBytes += cursor.position() - start;
        hasPrompt = true;
    }

    /** Takes the current member out, together with the comma that goes with it. */
    private void remove() {
        int valueStart = cursor.valueStart();
        int valueEnd = cursor.skipToEnd(valueStart);
        int nameStart = nameStart(valueStart);
        int start = nameStart;
        int end = valueEnd;
        if (hasKeptMember) {
            do {
                start--;
            } while (cursor.byteAt(start) != ',');
        } else {
            int comma = valueEnd;
            while (comma < cursor.length() && JsonBytes.isWhitespace(cursor.byteAt(comma))) {
                comma++;
            }
            end = comma < cursor.length() && cursor.byteAt(comma) == ',' ? comma + 1 : valueEnd;
        }
        if (removals.isEmpty()) {
            removals = new ArrayList<>(2);
        }
        removals.add(new BodyEdit(start, end, NOTHING));
    }

    /** Goes back over colon and name; the names that get here hold no quote, however they are escaped. */
    private int nameStart(int valueStart) {
        int i = valueStart - 1;
        while (cursor.byteAt(i) != '"') {
            i--;
        }
        do {
            i--;
        } while (cursor.byteAt(i) != '"');
        return i;
    }

    /** Checks across members, once all are read. */
    ApiRequest finish(ToIntFunction<String> contextTokens) {
        String name = model;
        if (name == null) {
            throw JsonCursor.missing("model");
        }
        if (!hasPrompt) {
            throw JsonCursor.missing(promptParam());
        }
        if (hasStreamOptions && !stream) {
            throw new Refusal(
                    ErrorCode.INVALID_VALUE,
                    "stream_options: given without stream (expected: only with stream true)",
                    "stream_options");
        }
        if (maxTokens != UNSET && maxCompletionTokens != UNSET && maxTokens != maxCompletionTokens) {
            throw new Refusal(
                    ErrorCode.INVALID_VALUE,
                    "max_completion_tokens: " + maxCompletionTokens + " (expected: " + maxTokens + ", as max_tokens)",
                    "max_completion_tokens");
        }
        int maxOutput = maxCompletionTokens == UNSET ? maxTokens : maxCompletionTokens;
        checkContext(contextTokens.applyAsInt(name), maxOutput);
        long textBytes = textBytes();
        return new ApiRequest(
                route,
                name,
                stream,
                includeUsage,
                maxOutput == UNSET ? ApiRequest.NO_MAX_OUTPUT : maxOutput,
                textBytes + prompt.ids() * BYTES_PER_TOKEN,
                textBytes / BYTES_PER_TOKEN + prompt.ids(),
                choices,
                Math.max(choices, bestOf) * Math.max(1, prompt.count()),
                isSplittable(maxOutput),
                media.rawBytes() > 0,
                !rules.transferParams() && (seen & (Field.TRANSFER | chatTokens())) != 0,
                namesTransfer,
                modelStart,
                modelEnd,
                salt,
                removals);
    }

    /** Of other routes they are the client's own. */
    private long chatTokens() {
        return route == ApiRoute.CHAT_COMPLETIONS ? Field.TOKENS.bit() : 0;
    }

    private boolean isSplittable(int maxOutput) {
        return route.canStream()
                && choices == 1
                && !beams
                && !hasPromptLogprobs
                && !(echoes && hasLogprobs)
                && maxOutput != 1
                && prompt.count() <= 1;
    }

    private long textBytes() {
        return prompt.textBytes() + structuredBytes - media.rawBytes();
    }

    /**
     * Refuses what cannot fit. Of text only an estimate is known, so that it is held against the limit by itself; the
     * endpoint, which counts, checks it together with the output.
     */
    private void checkContext(int limit, int maxOutput) {
        if (route == ApiRoute.TOKENIZE || route == ApiRoute.DETOKENIZE) {
            return;
        }
        if (maxOutput > limit) {
            throw contextLength(outputParam(), maxOutput + " output tokens", limit);
        }
        if (truncates) {
            return;
        }
        long text = (prompt.largestTextBytes() + structuredBytes - media.rawBytes()) / BYTES_PER_TOKEN;
        if (text > limit) {
            throw contextLength(promptParam(), "about " + text + " prompt tokens", limit);
        }
        if (prompt.largestIds() + Math.max(maxOutput, 0) > limit) {
            throw contextLength(
                    promptParam(),
                    prompt.largestIds() + " prompt and " + Math.max(maxOutput, 0) + " output tokens",
                    limit);
        }
    }

    private static Refusal contextLength(String param, String given, int limit) {
        return new Refusal(
                ErrorCode.CONTEXT_LENGTH_EXCEEDED,
                param + ": " + given + " (expected: at most " + limit + " tokens in all)",
                param);
    }

    private String outputParam() {
        if (maxCompletionTokens != UNSET) {
            return Field.MAX_COMPLETION_TOKENS.wireName();
        }
        return switch (route) {
            case RESPONSES -> Field.MAX_OUTPUT_TOKENS.wireName();
            case GENERATE -> "sampling_params.max_tokens";
            default -> Field.MAX_TOKENS.wireName();
        };
    }

    private String promptParam() {
        return switch (route) {
            case CHAT_COMPLETIONS, MESSAGES -> "messages";
            case GENERATE -> "token_ids";
            case COMPLETIONS, TOKENIZE -> "prompt";
            case EMBEDDINGS, RESPONSES -> "input";
            case DETOKENIZE -> "tokens";
        };
    }
}
