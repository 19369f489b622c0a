package io.llmd.lab.scheduler;

import io.llmd.scheduler.parser.BodyBytes;
import io.llmd.scheduler.parser.MediaSizes;
import io.llmd.scheduler.parser.ParseOutcome;
import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.util.List;

/**
 * Reads bodies that are the bare tokens of a prompt, four bytes each, little endian: requests in virtual time have no text,
 * and would be read as JSON for nothing. The path says whether the answer is streamed.
 */
final class TokenParser implements RequestParser {

    static final String PATH = "lab/tokens";
    static final String PATH_OF_WHOLE = "lab/tokens-whole";
    static final String MODEL = "lab";

    @Override
    public List<String> pathSuffixes() {
        return List.of(PATH, PATH_OF_WHOLE);
    }

    @Override
    public ParseOutcome parse(String suffix, BodyBytes body, MediaSizes media) {
        if (body.from() != 0) {
            return new ParseOutcome.Malformed("body: begins at " + body.from() + " (expected: 0)");
        }
        Prompt prompt = new Prompt(body.array(), body.length(), true, List.of());
        return new ParseOutcome.Parsed(new RequestBody(
                RequestBody.Api.GENERATE, MODEL, suffix.equals(PATH), -1, List.of(prompt), "", body.length()));
    }
}
