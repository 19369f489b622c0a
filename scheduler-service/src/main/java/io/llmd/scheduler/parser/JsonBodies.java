package io.llmd.scheduler.parser;

import io.llmd.openai.LongTextJsonFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON bodies of inference requests without building a tree or a string of the prompt. Only members that matter to
 * scheduling are looked at; all others are skipped. Safe from any thread.
 */
final class JsonBodies {

    private static final int MAX_DEPTH = 128;
    private static final int MAX_NAME_CHARACTERS = 4096;
    private static final int MAX_NUMBER_CHARACTERS = 256;

    private final JsonFactory json = new LongTextJsonFactory(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME_CHARACTERS)
                    .maxNumberLength(MAX_NUMBER_CHARACTERS)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION));
    private final boolean takesTokens;

    JsonBodies() {
        this(true);
    }

    /** @param takesTokens whether token ids beside the messages of a chat count */
    JsonBodies(boolean takesTokens) {
        this.takesTokens = takesTokens;
    }

    ParseOutcome parse(BodyFormat format, BodyBytes body, MediaSizes media) {
        byte[] array = body.array();
        int from = body.from();
        int length = body.length();
        if (isWide(array, from, length)) {
            return new ParseOutcome.Malformed("the body is not JSON in UTF-8");
        }
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), array, from, length)) {
            LongTextJsonFactory.know(parser, body.known());
            return new ParseOutcome.Parsed(
                    new JsonBodyReader(format, takesTokens, parser, array, from, length, media).read());
        } catch (MalformedBodyException e) {
            return new ParseOutcome.Malformed(String.valueOf(e.getMessage()));
        } catch (StreamConstraintsException e) {
            return new ParseOutcome.Malformed("the body exceeds a limit of JSON (depth " + MAX_DEPTH + ", names "
                    + MAX_NAME_CHARACTERS + " characters, numbers " + MAX_NUMBER_CHARACTERS + " characters)");
        } catch (StreamReadException e) {
            return new ParseOutcome.Malformed(
                    "the body is not valid JSON near byte " + e.getLocation().getByteOffset());
        }
    }

    /** UTF-16 or UTF-32, which the JSON parser would take although offsets into it mean nothing. */
    private static boolean isWide(byte[] body, int from, int length) {
        for (int i = from; i < from + Math.min(2, length); i++) {
            if (body[i] == 0 || body[i] == (byte) 0xfe || body[i] == (byte) 0xff) {
                return true;
            }
        }
        return false;
    }
}
