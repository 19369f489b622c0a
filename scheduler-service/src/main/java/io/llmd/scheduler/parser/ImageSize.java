package io.llmd.scheduler.parser;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Width and height of a PNG, GIF or JPEG image, read from its first bytes; nothing is decoded.
 *
 * @param width pixels, 0 when unknown
 * @param height pixels, 0 when unknown
 */
record ImageSize(int width, int height) {

    static final ImageSize UNKNOWN = new ImageSize(0, 0);

    private static final byte[] BASE64_MARK = ";base64,".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_TYPE = 128;

    /** Characters that hold the head of a PNG or GIF image. */
    private static final int SHORT_HEAD = 64;

    /** Characters up to the frame of a JPEG image: a preview and a colour profile may come first. */
    private static final int LONG_HEAD = 256 * 1024;

    private static final int PNG = 0x89504e47;
    private static final int GIF = 0x47494638;
    private static final int JPEG = 0xffd8;

    /** Of a {@code data:} address or bare Base64; unknown for any other address. */
    static ImageSize of(byte[] address, int length) {
        int from = start(address, length);
        ByteBuffer head = decoded(address, from, length, SHORT_HEAD);
        if (head.remaining() < 10) {
            return UNKNOWN;
        }
        if (head.getInt(0) == PNG) {
            return head.remaining() < 24 ? UNKNOWN : checked(head.getInt(16), head.getInt(20));
        }
        if (head.getInt(0) == GIF) {
            head.order(ByteOrder.LITTLE_ENDIAN);
            return checked(head.getShort(6) & 0xffff, head.getShort(8) & 0xffff);
        }
        return (head.getShort(0) & 0xffff) == JPEG ? jpeg(decoded(address, from, length, LONG_HEAD)) : UNKNOWN;
    }

    private static ImageSize checked(int width, int height) {
        return width > 0 && height > 0 ? new ImageSize(width, height) : UNKNOWN;
    }

    /** Where Base64 begins: after the mark of a {@code data:} address, else at the start. */
    private static int start(byte[] address, int length) {
        int last = Math.min(length, LONGEST_TYPE) - BASE64_MARK.length;
        for (int i = 0; i <= last; i++) {
            if (Arrays.equals(address, i, i + BASE64_MARK.length, BASE64_MARK, 0, BASE64_MARK.length)) {
                return i + BASE64_MARK.length;
            }
        }
        return 0;
    }

    private static ByteBuffer decoded(byte[] address, int from, int length, int mostCharacters) {
        int characters = Math.min(length - from, mostCharacters) / 4 * 4;
        try {
            return ByteBuffer.wrap(Base64.getDecoder().decode(Arrays.copyOfRange(address, from, from + characters)));
        } catch (IllegalArgumentException notBase64) {
            return ByteBuffer.allocate(0);
        }
    }

    /** The size is in the segment that begins the frame; its marker is C0 to CF, but for three that mean something else. */
    private static ImageSize jpeg(ByteBuffer image) {
        int at = 2;
        while (at + 9 <= image.limit() && (image.get(at) & 0xff) == 0xff) {
            int marker = image.get(at + 1) & 0xff;
            boolean isFrame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (isFrame) {
                return checked(image.getShort(at + 7) & 0xffff, image.getShort(at + 5) & 0xffff);
            }
            at += marker == 0xff ? 1 : 2 + (image.getShort(at + 2) & 0xffff);
        }
        return UNKNOWN;
    }
}
