package io.walnut.wal.logs;

import java.util.Optional;

/**
 * What a log may be called: 1 to 255 characters of {@code A-Z a-z 0-9 . _ -}, in parts separated by {@code /}; no part is empty,
 * {@code .} or {@code ..}. A name never becomes a path.
 */
public final class LogName {
    public static final int MAX_LENGTH = 255;
    private static final int SHOWN = 40;

    private LogName() {}

    /** What is wrong with the name, or empty when nothing is. */
    public static Optional<String> problem(String name) {
        if (name.isEmpty()) {
            return Optional.of("log name is empty; it must have 1 to " + MAX_LENGTH + " characters");
        }
        if (name.length() > MAX_LENGTH) {
            return Optional.of("log name '" + shown(name) + "' has " + name.length()
                    + " characters; it may have at most " + MAX_LENGTH);
        }
        int partStart = 0;
        for (int i = 0; i <= name.length(); i++) {
            if (i == name.length() || name.charAt(i) == '/') {
                String part = name.substring(partStart, i);
                if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                    return Optional.of("log name '" + shown(name) + "' has the part '" + part
                            + "'; parts between '/' must not be empty, '.' or '..'");
                }
                partStart = i + 1;
            } else if (!allowed(name.charAt(i))) {
                return Optional.of(
                        "log name '%s' has the character U+%04X at position %d; allowed are A-Z a-z 0-9 . _ - and /"
                                .formatted(shown(name), (int) name.charAt(i), i));
            }
        }
        return Optional.empty();
    }

    private static boolean allowed(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    private static String shown(String name) {
        StringBuilder shown = new StringBuilder();
        name.chars().limit(SHOWN).forEach(c -> shown.append(c >= ' ' && c < 127 ? (char) c : '?'));
        return name.length() > SHOWN ? shown + "..." : shown.toString();
    }
}
