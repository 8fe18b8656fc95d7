package io.walnut.wal.logs;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads the little-endian fields of commands and results; every length is checked before anything is allocated for it. */
final class Bytes {
    private static final int MAX_TEXT_BYTES = 0xFFFF;

    private final ByteBuffer source;

    Bytes(ByteBuffer source) {
        this.source = source.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What a decoder does with the fields. */
    interface Decoder<T> {
        T decode(Bytes bytes) throws MalformedException;
    }

    /** Runs a decoder over all of {@code source}; too few bytes, and bytes left over, are malformed. */
    static <T> T decode(String what, ByteBuffer source, Decoder<T> decoder) throws MalformedException {
        Bytes bytes = new Bytes(source);
        T value;
        try {
            value = decoder.decode(bytes);
        } catch (BufferUnderflowException e) {
            throw new MalformedException(what + ": ends in the middle, at byte " + bytes.source.position());
        }
        if (bytes.source.hasRemaining()) {
            throw new MalformedException(what + ": " + bytes.source.remaining() + " bytes left over");
        }
        return value;
    }

    int u8() {
        return Byte.toUnsignedInt(source.get());
    }

    int i32() {
        return source.getInt();
    }

    long i64() {
        return source.getLong();
    }

    String string() throws MalformedException {
        int length = Short.toUnsignedInt(source.getShort());
        if (length > source.remaining()) {
            throw new MalformedException("text of " + length + " bytes, " + source.remaining() + " left");
        }
        byte[] text = new byte[length];
        source.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** A view of the next bytes, whose number stands before them. */
    ByteBuffer view() throws MalformedException {
        int length = source.getInt();
        if (length < 0 || length > source.remaining()) {
            throw new MalformedException("bytes: length " + length + ", " + source.remaining() + " left");
        }
        ByteBuffer view = source.slice(source.position(), length).asReadOnlyBuffer();
        source.position(source.position() + length);
        return view;
    }

    int remaining() {
        return source.remaining();
    }

    /** Bytes of a text, bounded so that its length fits the u16 before it. */
    static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT_BYTES) {
            throw new IllegalArgumentException(
                    "text of " + bytes.length + " bytes; it may have at most " + MAX_TEXT_BYTES);
        }
        return bytes;
    }

    static void putString(ByteBuffer target, byte[] text) {
        target.putShort((short) text.length).put(text);
    }
}
