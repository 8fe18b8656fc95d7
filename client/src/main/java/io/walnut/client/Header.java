package io.walnut.client;

/** A named value beside a record's own. The array is not copied. */
public final class Header {
    private final String name;
    private final byte[] value;

    private Header(String name, byte[] value) {
        this.name = name;
        this.value = value;
    }

    public static Header of(String name, byte[] value) {
        return new Header(name, value);
    }

    public String name() {
        return name;
    }

    public byte[] value() {
        return value;
    }
}
