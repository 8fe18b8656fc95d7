package io.walnut.client;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is appended: a value, and optionally a key and headers. Arrays are not copied: leave them unchanged until the append call
 * has returned, by which time the record is encoded.
 */
// The word of the whole product. Beside that of java.lang it has to be imported by its name; the package's page says
// so.
@SuppressWarnings({"AvoidCommonTypeNames", "JavaLangClash"})
public final class Record {
    private final byte @Nullable [] key;
    private final byte[] value;
    private final List<Header> headers;

    private Record(byte @Nullable [] key, byte[] value, List<Header> headers) {
        this.key = key;
        this.value = Objects.requireNonNull(value, "value");
        this.headers = List.copyOf(headers);
    }

    public static Record of(byte[] value) {
        return new Record(null, value, List.of());
    }

    public static Record of(byte[] key, byte[] value) {
        return new Record(Objects.requireNonNull(key, "key"), value, List.of());
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

    /** Sizes only: what is in a record is nobody else's business. */
    @Override
    public String toString() {
        return "Record[" + (key == null ? "no key" : "key of " + key.length + " bytes") + ", value of " + value.length
                + " bytes, " + headers.size() + " headers]";
    }
}
