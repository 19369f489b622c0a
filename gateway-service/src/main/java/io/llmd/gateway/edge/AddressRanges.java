package io.llmd.gateway.edge;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** A set of IP address ranges in CIDR notation. Immutable. */
public final class AddressRanges {

    private record Range(BigInteger prefix, int bytes, int prefixBits) {
        boolean contains(byte[] address) {
            return address.length == bytes
                    && new BigInteger(1, address)
                            .shiftRight(bytes * 8 - prefixBits)
                            .equals(prefix);
        }
    }

    private final List<Range> ranges;

    private AddressRanges(List<Range> ranges) {
        this.ranges = ranges;
    }

    /**
     * @param notations such as {@code 10.0.0.0/8}, or single addresses
     * @throws IllegalArgumentException when one is no literal address with a sensible number of bits
     */
    public static AddressRanges parse(List<String> notations) {
        return new AddressRanges(notations.stream().map(AddressRanges::parse).toList());
    }

    private static Range parse(String notation) {
        int slash = notation.indexOf('/');
        String literal = slash < 0 ? notation : notation.substring(0, slash);
        byte[] address = io.netty.util.NetUtil.createByteArrayFromIpAddressString(literal);
        if (address == null) {
            throw new IllegalArgumentException(notation + " (expected: an address such as 10.0.0.0/8)");
        }
        int bits = address.length * 8;
        int prefixBits;
        try {
            prefixBits = slash < 0 ? bits : Integer.parseInt(notation.substring(slash + 1));
        } catch (NumberFormatException e) {
            prefixBits = -1;
        }
        if (prefixBits < 0 || prefixBits > bits) {
            throw new IllegalArgumentException(notation + " (expected: 0 to " + bits + " bits)");
        }
        return new Range(new BigInteger(1, address).shiftRight(bits - prefixBits), address.length, prefixBits);
    }

    /** Whether an address lies in one of the ranges. */
    public boolean contains(InetAddress address) {
        if (ranges.isEmpty()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        for (Range range : ranges) {
            if (range.contains(bytes)) {
                return true;
            }
        }
        return false;
    }

    /** The unspecified address stands for peers whose address is not known. */
    static InetAddress unknown() {
        try {
            return InetAddress.getByAddress(new byte[4]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
