package io.llmd.openai;

import io.llmd.contracts.schedule.KnownText;
import java.io.Serial;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.IOContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;
import tools.jackson.core.json.UTF8StreamJsonParser;
import tools.jackson.core.sym.ByteQuadsCanonicalizer;

/**
 * Makes parsers that pass over strings eight bytes at a time where nobody asks for their text: most of a body is its prompt,
 * whose text is read from the bytes. They accept and refuse what Jackson's own do.
 */
public final class LongTextJsonFactory extends JsonFactory {

    @Serial
    private static final long serialVersionUID = 1;

    private static final int[] NONE = {};

    /** @param settings constraints and features, as for Jackson's own factory */
    public LongTextJsonFactory(JsonFactoryBuilder settings) {
        super(settings);
    }

    /** Only what begins as UTF-8 without a mark of byte order; Jackson finds out what the rest is. */
    @Override
    protected JsonParser _createParser(
            ObjectReadContext readContext, IOContext context, byte[] data, int offset, int length) {
        if (length < 2 || data[offset] <= 0 || data[offset + 1] <= 0) {
            return super._createParser(readContext, context, data, offset, length);
        }
        _checkRangeBoundsForByteArray(data, offset, length);
        _streamReadConstraints.validateDocumentLength(length);
        return new Parser(
                readContext,
                context,
                readContext.getStreamReadFeatures(_streamReadFeatures),
                readContext.getFormatReadFeatures(_formatReadFeatures),
                _byteSymbolCanonicalizer.makeChildOrPlaceholder(_factoryFeatures),
                data,
                offset,
                offset + length);
    }

    /**
     * Passes over the string that is the current token if its text is the bytes between its quotes, in ASCII. Nobody may ask the parser
     * for that text afterwards.
     *
     * @return index of the closing quote in the parser's array; -1 when nothing has moved, because the text has to be decoded, the
     *     token was read already, or the parser is not one of this factory's
     */
    public static int passPlainText(JsonParser parser) {
        return parser instanceof Parser own ? own.passPlainText() : -1;
    }

    /** Tells a parser of this factory, before it begins, what is known of the array that it reads. */
    public static void know(JsonParser parser, KnownText known) {
        if (parser instanceof Parser own) {
            own.known = known;
        }
    }

    /**
     * Long texts that the parser has passed over so far and in which all is strict Unicode, escapes included.
     *
     * @return begin and end of each in the parser's array, in ascending order; empty for a parser that is not one of this factory's
     */
    static int[] checkedTexts(JsonParser parser) {
        return parser instanceof Parser own ? Arrays.copyOf(own.checked, own.checkedLength) : NONE;
    }

    private static final class Parser extends UTF8StreamJsonParser {

        private static final int LONG = 1 << 10;
        private static final int MOST_CHECKED = 64;
        private static final int SHORT_ESCAPE = 2;

        private KnownText known = KnownText.NONE;
        private int[] checked = NONE;
        private int checkedLength;

        Parser(
                ObjectReadContext readContext,
                IOContext context,
                int streamFeatures,
                int formatFeatures,
                ByteQuadsCanonicalizer names,
                byte[] data,
                int start,
                int end) {
            super(readContext, context, streamFeatures, formatFeatures, null, names, data, start, end, 0, false);
        }

        private int passPlainText() {
            if (!_tokenIncomplete) {
                return -1;
            }
            int end = skipPlainText(_inputPtr);
            if (end == _inputEnd || _inputBuffer[end] != '"') {
                return -1;
            }
            _inputPtr = end + 1;
            _tokenIncomplete = false;
            return end;
        }

        private int skipPlainText(int from) {
            return JsonBytes.skipPlainText(_inputBuffer, Math.min(known.end(from), _inputEnd), _inputEnd);
        }

        /** What is no plain text, and what is wrong with it, is left to Jackson. */
        @Override
        protected void _skipString() {
            int start = _inputPtr;
            int at = start;
            boolean isStrict = true;
            while (true) {
                at = skipPlainText(at);
                byte next = at < _inputEnd ? _inputBuffer[at] : 0;
                if (next == '"') {
                    _inputPtr = at + 1;
                    _tokenIncomplete = false;
                    if (isStrict && at - start >= LONG) {
                        checked(start, at);
                    }
                    return;
                }
                if (next == '\\') {
                    int length = JsonBytes.escapeLength(_inputBuffer, at, _inputEnd);
                    isStrict &= length > 0;
                    if (length <= SHORT_ESCAPE) {
                        _inputPtr = at + 1;
                        _decodeEscaped();
                        at = _inputPtr;
                    } else {
                        at += length;
                    }
                } else {
                    int length = next < 0 ? JsonBytes.sequenceLength(_inputBuffer, at, _inputEnd) : 0;
                    if (length == 0) {
                        break;
                    }
                    at += length;
                }
            }
            _inputPtr = at;
            super._skipString();
        }

        private void checked(int from, int to) {
            if (checkedLength == MOST_CHECKED) {
                return;
            }
            if (checkedLength == checked.length) {
                checked = Arrays.copyOf(checked, Math.max(4, 2 * checkedLength));
            }
            checked[checkedLength++] = from;
            checked[checkedLength++] = to;
        }
    }
}
