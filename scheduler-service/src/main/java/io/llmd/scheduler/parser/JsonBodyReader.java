package io.llmd.scheduler.parser;

import io.llmd.openai.JsonBytes;
import io.llmd.openai.LongTextJsonFactory;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads one body. The prompt is flattened as the estimate backend of llm-d's {@code token-producer} does: of a chat the
 * tools, then role and content of each message; of a response the instructions, the tools and the input; of completions
 * and embeddings each text or list of token ids as a prompt of its own. Beyond that, calls of tools in the history of a
 * chat count as text of their message, since the engine renders them too. Of Anthropic's messages the tools, the system
 * text, then role and content of each message; token ids are taken as they are, also those that a coordinator in front has
 * put beside the messages of a chat.
 *
 * <p>Members may come in any order: the parts of the prompt are collected apart and joined at the end. Used once.
 */
final class JsonBodyReader {

    /** Engines take fewer; more would only spoil estimates. */
    private static final int MOST_CHOICES = 128;

    private static final int SMALL_PART_BYTES = 64;

    private final BodyFormat format;
    private final boolean takesTokens;
    private final JsonParser parser;
    private final byte[] body;
    private final int from;
    private final int length;
    private final TokenBuffer main;
    private final TokenBuffer tools = new TokenBuffer(SMALL_PART_BYTES);
    private final TokenBuffer instructions = new TokenBuffer(SMALL_PART_BYTES);
    private final MediaPlaceholders media;
    private final MediaFeatures features = new MediaFeatures();
    private final List<Prompt> prompts = new ArrayList<>(1);

    private String model = "";
    private String cacheSalt = "";
    private boolean stream;
    private int maxCompletionTokens = -1;
    private int maxTokens = -1;
    private int choices = 1;
    private int maxOutputTokens = -1;
    private boolean hasPrompt;
    private @Nullable Prompt renderedTokens;

    JsonBodyReader(
            BodyFormat format,
            boolean takesTokens,
            JsonParser parser,
            byte[] body,
            int from,
            int length,
            MediaSizes sizes) {
        this.format = format;
        this.takesTokens = takesTokens;
        this.parser = parser;
        this.body = body;
        this.from = from;
        this.length = length;
        media = new MediaPlaceholders(sizes);
        main = new TokenBuffer(format.isFlattened() ? length + SMALL_PART_BYTES : SMALL_PART_BYTES);
    }

    RequestBody read() {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new MalformedBodyException("the body is not a JSON object");
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            member(name);
        }
        if (parser.nextToken() != null) {
            throw new MalformedBodyException("the body goes on after its JSON object");
        }
        if (model.isEmpty() && format.namesModel()) {
            throw new MalformedBodyException("model: missing (expected: the name of a model)");
        }
        if (!hasPrompt) {
            throw new MalformedBodyException(
                    format.promptMember() + ": missing or empty (expected: " + format.expectedPrompt() + ")");
        }
        List<Prompt> all = assembled();
        return new RequestBody(format.api(), model, stream, limit(), all, cacheSalt, length, media.hashes())
                .withChoices(Math.clamp(choices, 1, MOST_CHOICES));
    }

    private int limit() {
        return switch (format) {
            case RESPONSES -> maxOutputTokens;
            case CONVERSATIONS, EMBEDDINGS, IMAGES -> -1;
            default -> maxCompletionTokens >= 0 ? maxCompletionTokens : maxTokens;
        };
    }

    private void member(String name) {
        if (name.equals(format.promptMember())) {
            prompt();
        } else if (name.equals(format.saltMember())) {
            cacheSalt = parser.currentToken() == JsonToken.VALUE_NULL ? "" : text(name);
        } else {
            otherMember(name);
        }
    }

    private void otherMember(String name) {
        switch (name) {
            case "model" -> model = text("model");
            case "stream" -> stream = parser.currentToken() == JsonToken.VALUE_TRUE;
            case "max_completion_tokens" -> maxCompletionTokens = count();
            case "max_tokens" -> maxTokens = count();
            case "max_output_tokens" -> maxOutputTokens = count();
            case "n" -> choices = count();
            case "sampling_params" -> samplingParameters();
            case "features" -> features();
            case "tokens" -> rendered();
            case "tools" -> rawPart(tools);
            case "instructions" -> instructions();
            case "system" -> system();
            default -> parser.skipChildren();
        }
    }

    private void samplingParameters() {
        if (format.samplingLimit().isEmpty() || parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            if (name.equals(format.samplingLimit())) {
                maxTokens = count();
            } else {
                parser.skipChildren();
            }
        }
    }

    /** The media whose placeholders are among the token ids. */
    private void features() {
        if (format == BodyFormat.VLLM_GENERATE) {
            features.read(parser);
        } else {
            parser.skipChildren();
        }
    }

    /** What a chat was rendered to by who sends it: token ids, and the media whose placeholders are among them. */
    private void rendered() {
        if (!takesTokens || format != BodyFormat.CHAT_COMPLETIONS || parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            if (name.equals("token_ids") && value == JsonToken.START_ARRAY) {
                parser.nextToken();
                renderedTokens = tokens("tokens.token_ids");
            } else if (name.equals("features")) {
                features.read(parser);
            } else {
                parser.skipChildren();
            }
        }
    }

    private void instructions() {
        if (format == BodyFormat.RESPONSES) {
            textOrRawPart(instructions);
        } else {
            parser.skipChildren();
        }
    }

    /** The system text of Anthropic's API: text or a list of text blocks. */
    private void system() {
        if (format != BodyFormat.ANTHROPIC_MESSAGES) {
            parser.skipChildren();
            return;
        }
        instructions.clear();
        content(instructions);
    }

    private String text(String name) {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw new MalformedBodyException(name + ": not text (expected: text)");
        }
        return parser.getString();
    }

    /** A non-negative integer; everything else is as if the member were missing. */
    private int count() {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            parser.skipChildren();
            return -1;
        }
        if (parser.getNumberType() != JsonParser.NumberType.INT) {
            return -1;
        }
        return Math.max(-1, parser.getIntValue());
    }

    private void prompt() {
        main.clear();
        prompts.clear();
        hasPrompt = switch (format) {
            case CHAT_COMPLETIONS, ANTHROPIC_MESSAGES -> messages();
            case RESPONSES -> textOrRawPart(main);
            case CONVERSATIONS -> rawPart(main);
            case VLLM_GENERATE, SGLANG_GENERATE -> tokenList();
            case COMPLETIONS, EMBEDDINGS, IMAGES -> promptList();
        };
    }

    // ---- chat

    private boolean messages() {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new MalformedBodyException("messages: not a list (expected: a list of messages)");
        }
        boolean any = false;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw new MalformedBodyException("messages: an element is not an object (expected: a message)");
            }
            message();
            any = true;
        }
        return any;
    }

    private void message() {
        int start = main.length();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "role" -> role(start);
                case "content" -> content(main);
                case "tool_calls" -> rawPart(main, main.length());
                default -> parser.skipChildren();
            }
        }
    }

    /** The role comes first in the prompt, wherever it is in the message. */
    private void role(int start) {
        String role = text("role");
        byte[] bytes = role.getBytes(StandardCharsets.UTF_8);
        if (main.length() == start) {
            main.append(bytes, 0, bytes.length);
        } else {
            main.insertAligned(start, bytes);
        }
    }

    private void content(TokenBuffer target) {
        switch (parser.currentToken()) {
            case VALUE_STRING -> appendText(target);
            case VALUE_NULL -> {}
            case START_ARRAY -> {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    part(target);
                }
            }
            default ->
                throw new MalformedBodyException("messages.content: neither text nor a list (expected: one of them)");
        }
    }

    private void part(TokenBuffer target) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            appendText(target);
            return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new MalformedBodyException(
                    "messages.content: an element is not an object (expected: a content part)");
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "text", "refusal" -> textIfAny(target);
                case "image_url" -> media.image(parser, target);
                case "video_url" -> media.video(parser, target);
                case "input_audio", "audio_url" -> media.audio(parser, target);
                default -> {
                    if (format == BodyFormat.ANTHROPIC_MESSAGES) {
                        anthropicPart(name, target);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
        }
    }

    /** Parts of blocks: thoughts, images, uses of tools and their results. */
    private void anthropicPart(String name, TokenBuffer target) {
        switch (name) {
            case "thinking", "id", "name" -> textIfAny(target);
            case "source" -> media.image(parser, target);
            case "input" -> rawPart(target, target.length());
            case "content" -> content(target);
            default -> parser.skipChildren();
        }
    }

    private void textIfAny(TokenBuffer target) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            appendText(target);
        } else {
            parser.skipChildren();
        }
    }

    // ---- completions and embeddings

    private boolean promptList() {
        switch (parser.currentToken()) {
            case VALUE_STRING -> addText();
            case START_ARRAY -> promptElements();
            default ->
                throw new MalformedBodyException(
                        format.promptMember() + ": wrong type (expected: " + format.expectedPrompt() + ")");
        }
        return prompts.stream().anyMatch(prompt -> prompt.length() > 0);
    }

    private boolean tokenList() {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return false;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw mixed();
        }
        parser.nextToken();
        addTokens();
        return prompts.getFirst().length() > 0;
    }

    private void promptElements() {
        JsonToken kind = parser.nextToken();
        if (kind == JsonToken.VALUE_NUMBER_INT) {
            addTokens();
            return;
        }
        while (parser.currentToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != kind) {
                throw mixed();
            }
            if (kind == JsonToken.VALUE_STRING) {
                addText();
            } else if (kind == JsonToken.START_ARRAY) {
                parser.nextToken();
                addTokens();
            } else {
                throw mixed();
            }
            parser.nextToken();
        }
    }

    private MalformedBodyException mixed() {
        return new MalformedBodyException(format.promptMember() + ": a list of different or unknown kinds (expected: "
                + format.expectedPrompt() + ")");
    }

    private void addText() {
        TokenBuffer text = new TokenBuffer(SMALL_PART_BYTES);
        appendText(text);
        prompts.add(text.toPrompt());
    }

    /** Token ids from the current token to the end of the list. */
    private void addTokens() {
        prompts.add(tokens(format.promptMember()));
    }

    private Prompt tokens(String member) {
        TokenBuffer tokens = new TokenBuffer(SMALL_PART_BYTES);
        while (parser.currentToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw member.equals(format.promptMember())
                        ? mixed()
                        : new MalformedBodyException(member + ": a list of other things (expected: token ids)");
            }
            long token = parser.getLongValue();
            if (token < 0 || token > 0xffff_ffffL) {
                throw new MalformedBodyException(member + ": token id " + token + " (expected: 0 to 4294967295)");
            }
            tokens.appendToken((int) token);
            parser.nextToken();
        }
        return tokens.toExactPrompt();
    }

    // ---- parts

    /** A text without escapes is taken as it is; the parser still checks it when it skips it. */
    private void appendText(TokenBuffer target) {
        int start = from + (int) parser.currentTokenLocation().getByteOffset() + 1;
        int plainEnd = LongTextJsonFactory.passPlainText(parser);
        if (plainEnd >= 0) {
            target.append(body, start, plainEnd - start);
            return;
        }
        int end = JsonBytes.indexOfQuoteOrBackslash(body, start, from + length);
        if (end < from + length && body[end] == '"') {
            target.append(body, start, end - start);
        } else {
            parser.getString(target);
            target.endText();
        }
    }

    private boolean textOrRawPart(TokenBuffer target) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            target.clear();
            appendText(target);
            return target.length() > 0;
        }
        return rawPart(target);
    }

    /** Takes a list or object as it is in the body; a null counts as missing. Returns whether it has any content. */
    private boolean rawPart(TokenBuffer target) {
        return rawPart(target, 0);
    }

    private boolean rawPart(TokenBuffer target, int position) {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.START_ARRAY && token != JsonToken.START_OBJECT) {
            return false;
        }
        long start = parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        long end = parser.currentLocation().getByteOffset();
        int size = (int) (end - start);
        if (position == 0) {
            target.clear();
        }
        target.append(body, (int) (from + start), size);
        return size > 2;
    }

    /** The token ids with the media among them; not exact when it is unclear where those are. */
    private List<Prompt> withFeatures() {
        List<String> identifiers = features.identifiers();
        for (int i = 0; i < identifiers.size(); i++) {
            media.hash(identifiers.get(i));
        }
        Prompt ids = prompts.getFirst();
        List<MediaFeature> among = features.among(ids.tokens());
        return List.of(
                among == null
                        ? new Prompt(ids.bytes(), ids.length())
                        : new Prompt(ids.bytes(), ids.length(), true, among));
    }

    private List<Prompt> assembled() {
        if (format == BodyFormat.VLLM_GENERATE) {
            return withFeatures();
        }
        if (!format.isFlattened()) {
            return prompts;
        }
        Prompt given = renderedTokens;
        List<MediaFeature> among = given == null ? null : features.among(given.tokens());
        if (given != null && among != null && given.length() > 0) {
            return List.of(new Prompt(given.bytes(), given.length(), true, among));
        }
        TokenBuffer named = tools.length() == 0 ? null : tools;
        TokenBuffer told = instructions.length() == 0 ? null : instructions;
        return List.of(
                switch (format) {
                    case RESPONSES -> joined(told, named).toPrompt();
                    case ANTHROPIC_MESSAGES -> joined(named, told).toPrompt();
                    default -> joined(null, named).toPrompt();
                });
    }

    /** The parts in their order; the main part itself when it is alone. */
    private TokenBuffer joined(@Nullable TokenBuffer first, @Nullable TokenBuffer second) {
        if (first == null && second == null) {
            return main;
        }
        int firstLength = first == null ? 0 : first.length();
        int secondLength = second == null ? 0 : second.length();
        TokenBuffer all = new TokenBuffer(firstLength + secondLength + main.length() + 3 * Prompt.TOKEN_BYTES);
        if (first != null) {
            all.append(first);
            all.align();
        }
        if (second != null) {
            all.append(second);
            all.align();
        }
        all.append(main);
        return all;
    }
}
