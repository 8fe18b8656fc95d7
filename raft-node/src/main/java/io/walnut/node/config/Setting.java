package io.walnut.node.config;

import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration.
 *
 * @param key dotted path in the file, e.g. {@code wal.segment-size}
 * @param fallback text of the default; null when the key must be given
 * @param parse text to value; throws IllegalArgumentException that says what was expected
 * @param meaning one line for people
 */
record Setting<T>(String key, @Nullable String fallback, Function<String, T> parse, String meaning) {

    /** Name of the variable that sets it, e.g. {@code WALNUT_WAL_SEGMENT_SIZE}. */
    String variable() {
        return Settings.VARIABLE_PREFIX
                + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
