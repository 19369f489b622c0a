package io.llmd.scheduler.parser;

import io.llmd.contracts.schedule.KnownText;
import io.llmd.scheduler.scheduling.AppProtocol;
import io.llmd.scheduler.scheduling.ClientBody;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies. The parser is found by the path: the longest path suffix that a parser claims wins, of equal ones
 * that of the parser that comes first. A path that nobody claims goes to the first parser without claims, such as the one
 * that passes bodies through; without such a parser it is refused. Safe from any thread.
 */
public final class RequestParsers {

    private record Claim(String suffix, RequestParser parser) {}

    private final Claim[] claims;
    private final @Nullable RequestParser fallback;
    private final MediaEstimate media;
    private final boolean keepsSource;
    private final List<RequestParser> parsers;

    /** Parsers in the order of the configuration, and how many tokens media count as. */
    public RequestParsers(List<? extends RequestParser> parsers, MediaEstimate media) {
        this(parsers, media, false);
    }

    /** The same; with {@code keepsSource} bodies can be read again. */
    public RequestParsers(List<? extends RequestParser> parsers, MediaEstimate media, boolean keepsSource) {
        this.media = media;
        this.keepsSource = keepsSource;
        this.parsers = List.copyOf(parsers);
        List<Claim> all = new ArrayList<>();
        RequestParser other = null;
        for (RequestParser parser : parsers) {
            List<String> suffixes = parser.pathSuffixes();
            suffixes.forEach(suffix -> all.add(new Claim(suffix, parser)));
            other = other == null && suffixes.isEmpty() ? parser : other;
        }
        all.sort(Comparator.comparingInt((Claim claim) -> claim.suffix().length())
                .reversed());
        claims = all.toArray(Claim[]::new);
        fallback = other;
    }

    /** The parsers of a configuration that names none. */
    public static RequestParsers standard() {
        return new RequestParsers(
                List.of(new OpenAiParser(), new AnthropicParser(), new VllmHttpParser(), new PassthroughParser()),
                MediaEstimate.DEFAULT);
    }

    /** Why requests cannot be served by endpoints that speak {@code protocol}; empty when they can. */
    public String problemWith(AppProtocol protocol) {
        for (RequestParser parser : parsers) {
            Set<AppProtocol> needed = parser.protocols();
            if (!needed.isEmpty() && !needed.contains(protocol)) {
                return "appProtocol: " + protocol.wireName() + " (expected: "
                        + needed.stream().map(AppProtocol::wireName).sorted().collect(Collectors.joining(" or "))
                        + ", for requests to " + parser.pathSuffixes() + ")";
            }
        }
        return "";
    }

    /** Reads a body of which nothing is known. */
    public ParseOutcome parse(String path, Map<String, String> headers, ByteBuffer body) {
        return parse(path, headers, body, KnownText.NONE);
    }

    /**
     * Reads a body.
     *
     * @param path request path, a query is ignored
     * @param headers the request's headers, which may say how large its videos are; names in lower case
     * @param body the bytes between position and limit; not changed, and not used after the call returns
     *     unless the outcome refers to it
     * @param known what is known of the body's array
     * @implNote one pass, linear in the body; allocates about one body for the prompt
     */
    public ParseOutcome parse(String path, Map<String, String> headers, ByteBuffer body, KnownText known) {
        ParseOutcome outcome = read(path, headers, body, known);
        return keepsSource && outcome instanceof ParseOutcome.Parsed parsed
                ? new ParseOutcome.Parsed(parsed.body().withSource(new ClientBody(path, body)))
                : outcome;
    }

    private ParseOutcome read(String path, Map<String, String> headers, ByteBuffer body, KnownText known) {
        Claim claim = claim(path);
        RequestParser parser = claim == null ? fallback : claim.parser();
        if (parser == null) {
            return new ParseOutcome.Malformed("no parser is configured for the path of the request");
        }
        String suffix = claim == null ? "" : claim.suffix();
        MediaSizes sizes = new MediaSizes(media, VideoHints.of(headers));
        if (body.hasArray()) {
            int from = body.arrayOffset() + body.position();
            return parser.parse(suffix, new BodyBytes(body.array(), from, body.remaining(), known), sizes);
        }
        byte[] copy = new byte[body.remaining()];
        body.duplicate().get(copy);
        return parser.parse(suffix, new BodyBytes(copy, 0, copy.length, KnownText.NONE), sizes);
    }

    private @Nullable Claim claim(String path) {
        int end = path.indexOf('?');
        end = end < 0 ? path.length() : end;
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        for (Claim claim : claims) {
            if (endsWith(path, end, claim.suffix())) {
                return claim;
            }
        }
        return null;
    }

    private static boolean endsWith(String path, int end, String suffix) {
        int start = end - suffix.length();
        if (start < 0 || !path.startsWith(suffix, start)) {
            return false;
        }
        if (start == 0) {
            return true;
        }
        char before = path.charAt(start - 1);
        return before == '/' || (before == '.' && Character.isUpperCase(suffix.charAt(0)));
    }
}
