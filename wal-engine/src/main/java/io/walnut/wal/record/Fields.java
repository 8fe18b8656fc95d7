package io.walnut.wal.record;

/** Tags of the fields: {@code number << 3 | wire type}, of which 0 is a number and 2 bytes with their length before them. */
final class Fields {
    static final byte RECORD = 0x0A;
    static final byte KEY = 0x0A;
    static final byte NAME = 0x0A;
    static final byte VALUE = 0x12;
    static final byte HEADER = 0x1A;
    static final byte TIME = 0x20;
    static final byte DELETES = 0x28;
    static final byte TIME_TO_LIVE = 0x30;

    private Fields() {}
}
