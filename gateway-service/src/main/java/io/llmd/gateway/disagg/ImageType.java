package io.llmd.gateway.disagg;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Tells images by their first bytes. */
final class ImageType {

    private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};

    private ImageType() {}

    /** Media type of an image; {@code null} when it is none that models take. */
    static @Nullable String of(byte[] image) {
        if (begins(image, 0, JPEG)) {
            return "image/jpeg";
        }
        if (begins(image, 0, PNG)) {
            return "image/png";
        }
        if (begins(image, 0, ascii("GIF87a")) || begins(image, 0, ascii("GIF89a"))) {
            return "image/gif";
        }
        return begins(image, 0, ascii("RIFF")) && begins(image, 8, ascii("WEBP")) ? "image/webp" : null;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean begins(byte[] image, int at, byte[] with) {
        return image.length >= at + with.length && Arrays.equals(image, at, at + with.length, with, 0, with.length);
    }
}
