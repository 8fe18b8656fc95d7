package io.walnut.node.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 64MiB}, {@code 1GiB}, {@code 1500}. KiB and its kin are powers of 1024, KB and its kin of 1000. */
final class ByteSize {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");

    private ByteSize() {}

    /** Bytes; IllegalArgumentException with a message for people. */
    static long parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("expected a size such as 64MiB, 512KiB or 1048576 (bytes)");
        }
        long unit = unit(matcher.group(2));
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("that is more bytes than 64 bits hold", e);
        }
    }

    private static long unit(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1L;
            case "kib" -> 1L << 10;
            case "mib" -> 1L << 20;
            case "gib" -> 1L << 30;
            case "tib" -> 1L << 40;
            case "kb" -> 1_000L;
            case "mb" -> 1_000_000L;
            case "gb" -> 1_000_000_000L;
            case "tb" -> 1_000_000_000_000L;
            default ->
                throw new IllegalArgumentException(
                        "unknown unit '" + name + "'; use B, KiB, MiB, GiB or TiB (or KB, MB, GB, TB)");
        };
    }

    /** The shortest exact form in powers of 1024. */
    static String print(long bytes) {
        String[] units = {"TiB", "GiB", "MiB", "KiB"};
        long size = 1L << 40;
        for (String unit : units) {
            if (bytes != 0 && bytes % size == 0) {
                return bytes / size + unit;
            }
            size >>= 10;
        }
        return Long.toString(bytes);
    }
}
