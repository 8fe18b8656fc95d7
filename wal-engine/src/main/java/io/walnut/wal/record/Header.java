package io.walnut.wal.record;

import java.nio.charset.StandardCharsets;

/** A named value beside a record's own. Encodes its name once, so keep it for many records. The value is not copied. */
public final class Header {
    final byte[] nameBytes;
    final byte[] value;
    private final String name;

    public Header(String name, byte[] value) {
        this.name = name;
        this.nameBytes = name.getBytes(StandardCharsets.UTF_8);
        this.value = value;
    }

    public String name() {
        return name;
    }

    public byte[] value() {
        return value;
    }
}
