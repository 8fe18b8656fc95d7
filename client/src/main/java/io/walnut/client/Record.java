package io.walnut.client;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is appended: a value, and optionally a key and headers. Arrays are not copied: leave them unchanged until the append call
 * has returned, by which time the record is encoded.
 */
// The word of the whole product; java.lang.Record is nothing that a user of this client names.
@SuppressWarnings({"AvoidCommonTypeNames", "JavaLangClash"})
public final class Record {
    private final byte @Nullable [] key;
    private final byte[] value;
    private final List<Header> headers;

    private Record(byte @Nullable [] key, byte[] value, List<Header> headers) {
        this.key = key;
        this.value = value;
        this.headers = List.copyOf(headers);
    }

    public static Record of(byte[] value) {
        return new Record(null, value, List.of());
    }

    public static Record of(byte[] key, byte[] value) {
        return new Record(key, value, List.of());
    }

    static Record of(byte @Nullable [] key, byte[] value, List<Header> headers) {
        return new Record(key, value, headers);
    }

    /** The same record with these headers. */
    public Record withHeaders(Header... newHeaders) {
        return new Record(key, value, List.of(newHeaders));
    }

    /** The key; absent and empty differ. */
    public Optional<byte[]> key() {
        return Optional.ofNullable(key);
    }

    public byte[] value() {
        return value;
    }

    public List<Header> headers() {
        return headers;
    }
}
