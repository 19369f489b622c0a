package io.llmd.simulator.token;

import io.llmd.simulator.engine.OutputTokens;
import io.llmd.token.chat.Modality;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer without a vocabulary file: any bytes become token ids and come back exactly.
 *
 * <p>Words are cut into pieces of up to {@value #PIECE} characters, a space before a word belonging to its first piece,
 * which gives about four characters a token for English. Other ASCII characters are one token each, other characters
 * one token a code point, and bytes that are not UTF-8 one token each. The text of an id never depends on its
 * neighbours. Thread-safe.
 *
 * <p>Id ranges: bytes from 0, code points from {@value #CODE_POINTS}, special tokens from {@value #SPECIALS}, pieces
 * from {@value #PIECES} with shorter ones first.
 */
public final class WordTokenizer implements Tokenizer {
    private static final int PIECE = 5;
    private static final int CODE_POINTS = 0x100;
    private static final int SPECIALS = 1_200_000;
    private static final int PIECES = 2_000_000;
    private static final String ALPHABET = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    private static final int RADIX = 64;
    private static final int[] DIGITS = digits();
    private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

    private final OutputWords words = OutputWords.of(this);

    /** Lone surrogates count as question marks, as in Java's UTF-8 encoder. */
    @Override
    public int[] encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int[] encodePrompt(String text) {
        return encode(text);
    }

    /** Tokens of arbitrary bytes. */
    static int[] encode(byte[] bytes) {
        TokenBuffer tokens = new TokenBuffer(bytes.length / 3 + 8);
        int position = 0;
        while (position < bytes.length) {
            int piece = pieceLength(bytes, position);
            if (piece > 1) {
                tokens.add(pack(bytes, position, piece));
                position += piece;
            } else {
                int length = codePointLength(bytes, position);
                tokens.add(length > 1 ? CODE_POINTS + codePoint(bytes, position, length) : bytes[position] & 0xFF);
                position += length;
            }
        }
        return tokens.toArray();
    }

    /** Bytes of tokens; an id outside all ranges gives U+FFFD. */
    static byte[] decodeBytes(int[] tokens) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(tokens.length * 4);
        for (int token : tokens) {
            out.writeBytes(bytesOf(token));
        }
        return out.toByteArray();
    }

    @Override
    public String decode(int... tokens) {
        return new String(decodeBytes(tokens), StandardCharsets.UTF_8);
    }

    @Override
    public String tokenString(int token) {
        return decode(token);
    }

    @Override
    public int[] special(SpecialToken token) {
        return new int[] {SPECIALS + token.ordinal()};
    }

    @Override
    public int placeholder(Modality modality) {
        return SPECIALS + SpecialToken.MEDIA.ordinal();
    }

    @Override
    public boolean isSpecial(int token) {
        return token >= SPECIALS && token < SPECIALS + SpecialToken.ALL.size();
    }

    @Override
    public int vocabularySize() {
        return PIECES + offset(PIECE + 1);
    }

    @Override
    public OptionalInt beginOfText() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt endOfText() {
        return OptionalInt.of(SPECIALS + SpecialToken.MESSAGE_END.ordinal());
    }

    @Override
    public OutputTokens output(long key) {
        return words.output(key);
    }

    @Override
    public TokenDecoder decoder() {
        return new Decoder();
    }

    @Override
    public Map<String, String> specialTokens() {
        return Map.of();
    }

    @Override
    public Optional<String> chatTemplate() {
        return Optional.empty();
    }

    @Override
    public Map<String, Object> description() {
        return Map.of("tokenizer_class", "WordTokenizer", "vocab_size", vocabularySize());
    }

    private static byte[] bytesOf(int token) {
        if (token >= PIECES) {
            return unpack(token);
        }
        int special = token - SPECIALS;
        if (special >= 0) {
            return special < SpecialToken.ALL.size()
                    ? SpecialToken.ALL.get(special).text().getBytes(StandardCharsets.US_ASCII)
                    : REPLACEMENT;
        }
        if (token >= CODE_POINTS) {
            int codePoint = token - CODE_POINTS;
            return Character.isValidCodePoint(codePoint) && !isSurrogate(codePoint)
                    ? Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)
                    : REPLACEMENT;
        }
        return token >= 0 ? new byte[] {(byte) token} : REPLACEMENT;
    }

    /** Length of the piece that starts here, 1 if the character stands alone. */
    private static int pieceLength(byte[] bytes, int start) {
        if (digit(bytes, start) < 0) {
            return 1;
        }
        int end = start + 1;
        if (bytes[start] == ' ' && digit(bytes, end) == 0) {
            while (end - start < PIECE && digit(bytes, end) == 0 && digit(bytes, end + 1) <= 0) {
                end++;
            }
            return end - start;
        }
        while (end - start < PIECE && digit(bytes, end) > 0) {
            end++;
        }
        return end - start;
    }

    private static int digit(byte[] bytes, int position) {
        return position < bytes.length && bytes[position] >= 0 ? DIGITS[bytes[position]] : -1;
    }

    private static int pack(byte[] bytes, int start, int length) {
        int value = 0;
        for (int i = 0; i < length; i++) {
            value = value * RADIX + DIGITS[bytes[start + i]];
        }
        return PIECES + offset(length) + value;
    }

    private static byte[] unpack(int token) {
        int value = token - PIECES;
        for (int length = 2; length <= PIECE; length++) {
            int count = power(length);
            if (value < count) {
                byte[] text = new byte[length];
                for (int i = length - 1; i >= 0; i--) {
                    text[i] = (byte) ALPHABET.charAt(value % RADIX);
                    value /= RADIX;
                }
                return text;
            }
            value -= count;
        }
        return REPLACEMENT;
    }

    private static int offset(int length) {
        int offset = 0;
        for (int shorter = 2; shorter < length; shorter++) {
            offset += power(shorter);
        }
        return offset;
    }

    private static int power(int exponent) {
        return 1 << (6 * exponent);
    }

    /** Bytes of the well-formed UTF-8 character that starts here; 1 for ASCII and for bytes that are none. */
    private static int codePointLength(byte[] bytes, int start) {
        int first = bytes[start] & 0xFF;
        int length = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
        if (start + length > bytes.length) {
            return 1;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes[start + i] & 0xC0) != 0x80) {
                return 1;
            }
        }
        if (length > 2) {
            int codePoint = codePoint(bytes, start, length);
            boolean shortest = codePoint >= (length == 3 ? 0x800 : 0x10000);
            return shortest && codePoint <= Character.MAX_CODE_POINT && !isSurrogate(codePoint) ? length : 1;
        }
        return length;
    }

    private static int codePoint(byte[] bytes, int start, int length) {
        int value = bytes[start] & (0xFF >> (length + 1));
        for (int i = 1; i < length; i++) {
            value = value << 6 | bytes[start + i] & 0x3F;
        }
        return value;
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    private static int[] digits() {
        int[] digits = new int[128];
        Arrays.fill(digits, -1);
        for (int i = 0; i < ALPHABET.length(); i++) {
            digits[ALPHABET.charAt(i)] = i;
        }
        return digits;
    }

    /** Needs no state, for the text of a token does not depend on those before it. */
    private final class Decoder implements TokenDecoder {
        @Override
        public String append(int token) {
            return isSpecial(token) ? "" : new String(bytesOf(token), StandardCharsets.UTF_8);
        }

        @Override
        public String end() {
            return "";
        }
    }
}
