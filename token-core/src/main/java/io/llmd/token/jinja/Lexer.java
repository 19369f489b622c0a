package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens. Whitespace is controlled as transformers sets up Jinja: the first newline after a block
 * is removed, so are blanks before a block at the start of a line, and a minus sign removes all whitespace on its side.
 */
final class Lexer {
    private static final Pattern OPEN = Pattern.compile("\\{\\{|\\{%|\\{#");
    private static final Pattern RAW = Pattern.compile("([-+]?)\\s*raw\\s*(-?)%}");
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(-?)%}");
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
    private static final Pattern NUMBER = Pattern.compile("\\d[\\d_]*(\\.\\d+)?([eE][-+]?\\d+)?");
    private static final Pattern OPERATOR = Pattern.compile("\\*\\*|//|==|!=|<=|>=|[-+*/%~<>=(){}\\[\\].,:|]");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;

    private Lexer(String source) {
        this.source = source;
    }

    /** The tokens of a template, the last of which is an end. */
    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        Matcher open = OPEN.matcher(source);
        while (open.find(position)) {
            data(position, open.start(), open.group(), charAt(open.end()));
            advanceTo(open.end());
            switch (open.group()) {
                case "{#" -> comment();
                case "{%" -> {
                    Matcher raw = RAW.matcher(source).region(position, source.length());
                    if (raw.lookingAt()) {
                        raw(raw);
                    } else {
                        tag("%}", Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END);
                    }
                }
                default -> tag("}}", Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END);
            }
        }
        add(Token.Kind.DATA, source.substring(position));
        add(Token.Kind.END, "");
    }

    private char charAt(int index) {
        return index < source.length() ? source.charAt(index) : '\0';
    }

    private void advanceTo(int end) {
        for (; position < end; position++) {
            line += source.charAt(position) == '\n' ? 1 : 0;
        }
    }

    private void add(Token.Kind kind, String text) {
        if (kind != Token.Kind.DATA || !text.isEmpty()) {
            tokens.add(new Token(kind, text, line));
        }
    }

    /** Text before a tag, without what the tag's start removes. */
    private void data(int start, int end, String opening, char sign) {
        int kept = end;
        if (sign == '-') {
            while (kept > start && Character.isWhitespace(source.charAt(kept - 1))) {
                kept--;
            }
        } else if (sign != '+' && !opening.equals("{{")) {
            int blank = end;
            while (blank > start && (source.charAt(blank - 1) == ' ' || source.charAt(blank - 1) == '\t')) {
                blank--;
            }
            kept = blank == 0 || source.charAt(blank - 1) == '\n' ? blank : end;
        }
        add(Token.Kind.DATA, source.substring(start, kept));
    }

    /** Goes on behind the end of a tag, and behind what it removes. */
    private void close(int end, boolean minus, boolean block) {
        int next = end;
        if (minus) {
            while (next < source.length() && Character.isWhitespace(source.charAt(next))) {
                next++;
            }
        } else if (block && charAt(next) == '\n') {
            next++;
        }
        advanceTo(next);
    }

    private void comment() {
        int end = source.indexOf("#}", position);
        if (end < 0) {
            throw JinjaException.syntax(line, "missing end of comment tag");
        }
        close(end + 2, end > position && source.charAt(end - 1) == '-', true);
    }

    private void raw(Matcher begin) {
        close(begin.end(), begin.group(2).equals("-"), true);
        Matcher end = END_RAW.matcher(source);
        if (!end.find(position)) {
            throw JinjaException.syntax(line, "missing end of raw directive");
        }
        data(
                position,
                end.start(),
                "{%",
                end.group(1).isEmpty() ? '\0' : end.group(1).charAt(0));
        close(end.end(), end.group(2).equals("-"), true);
    }

    private void tag(String closing, Token.Kind begin, Token.Kind finish) {
        if (charAt(position) == '-' || charAt(position) == '+') {
            position++;
        }
        add(begin, "");
        int depth = 0;
        while (true) {
            while (position < source.length() && Character.isWhitespace(source.charAt(position))) {
                advanceTo(position + 1);
            }
            if (position >= source.length()) {
                throw JinjaException.syntax(line, "unexpected end of template");
            }
            if (depth == 0 && ends(closing)) {
                boolean minus = source.charAt(position) == '-';
                boolean sign = minus || source.charAt(position) == '+';
                add(finish, "");
                close(position + (sign ? 3 : 2), minus, closing.equals("%}") && charAt(position) != '+');
                return;
            }
            Token token = next();
            if (token.kind() == Token.Kind.OPERATOR) {
                depth += "([{".contains(token.text()) ? 1 : ")]}".contains(token.text()) ? -1 : 0;
            }
            tokens.add(token);
        }
    }

    private boolean ends(String closing) {
        char first = source.charAt(position);
        return source.startsWith(closing, position)
                || (first == '-' || first == '+') && source.startsWith(closing, position + 1);
    }

    private Token next() {
        char first = source.charAt(position);
        if (first == '"' || first == '\'') {
            return string(first);
        }
        Matcher name = at(NAME);
        if (name.lookingAt()) {
            return take(Token.Kind.NAME, name);
        }
        Matcher number = at(NUMBER);
        if (number.lookingAt()) {
            boolean decimal = number.group(1) != null || number.group(2) != null;
            return take(decimal ? Token.Kind.FLOAT : Token.Kind.INTEGER, number);
        }
        Matcher operator = at(OPERATOR);
        if (operator.lookingAt()) {
            return take(Token.Kind.OPERATOR, operator);
        }
        throw JinjaException.syntax(line, "unexpected char '" + first + "'");
    }

    private Matcher at(Pattern pattern) {
        return pattern.matcher(source).region(position, source.length());
    }

    private Token take(Token.Kind kind, Matcher match) {
        position = match.end();
        return new Token(kind, match.group(), line);
    }

    private Token string(char quote) {
        int began = line;
        StringBuilder text = new StringBuilder();
        int index = position + 1;
        while (charAt(index) != quote) {
            if (index >= source.length()) {
                throw JinjaException.syntax(line, "unexpected end of string");
            }
            if (source.charAt(index) == '\\') {
                index = escape(index + 1, text);
            } else {
                text.append(source.charAt(index++));
            }
        }
        advanceTo(index + 1);
        return new Token(Token.Kind.STRING, text.toString(), began);
    }

    /** Appends what an escape stands for; returns the index behind it. */
    private int escape(int index, StringBuilder text) {
        char kind = charAt(index);
        int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
        if (digits > 0) {
            try {
                text.appendCodePoint(Integer.parseInt(source, index + 1, index + 1 + digits, 16));
                return index + 1 + digits;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw JinjaException.syntax(line, "truncated escape in string");
            }
        }
        switch (kind) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case '0' -> text.append('\0');
            case '\n' -> text.append("");
            case '\\', '\'', '"' -> text.append(kind);
            default -> text.append('\\').append(kind);
        }
        return index + 1;
    }
}
