package io.walnut.wal.record;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Walks over fields within bounds; absolute positions, so the buffer's own is left alone. */
final class Scanner {
    private static final int LAST_SHIFT = 63;

    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private int at;
    private int end;

    void over(ByteBuffer source, int from, int to) {
        bytes = source;
        at = from;
        end = to;
    }

    boolean hasNext() {
        return at < end;
    }

    int at() {
        return at;
    }

    void jumpTo(int position) {
        at = position;
    }

    /** A number of up to 64 bits. */
    long number() throws MalformedRecordException {
        int start = at;
        long value = 0;
        for (int shift = 0; shift <= LAST_SHIFT; shift += 7) {
            if (at == end) {
                throw new MalformedRecordException("a number is cut off", start);
            }
            byte group = bytes.get(at++);
            value |= (long) (group & 0x7F) << shift;
            if (group >= 0) {
                if (shift == LAST_SHIFT && group > 1) {
                    break;
                }
                return value;
            }
        }
        throw new MalformedRecordException("a number is longer than 64 bits", start);
    }

    /** The length that stands here, of bytes that are there and then come next. */
    int length() throws MalformedRecordException {
        int start = at;
        long length = number();
        if (length < 0 || length > end - at) {
            throw new MalformedRecordException("length " + length + " where " + (end - at) + " bytes are left", start);
        }
        return (int) length;
    }

    long tag() throws MalformedRecordException {
        int start = at;
        long tag = number();
        if (tag >>> 3 == 0 || tag >>> 32 != 0) {
            throw new MalformedRecordException("field tag " + tag, start);
        }
        return tag;
    }

    /** Passes over a field that this version does not know. A known number with another type is none of ours. */
    void skip(long tag, int lastKnown) throws MalformedRecordException {
        if (tag >>> 3 <= lastKnown) {
            throw new MalformedRecordException("field " + (tag >>> 3) + " with wire type " + (tag & 7), at);
        }
        switch ((int) (tag & 7)) {
            case 0 -> number();
            case 1 -> skipBytes(8);
            case 2 -> skipBytes(length());
            case 5 -> skipBytes(4);
            default -> throw new MalformedRecordException("wire type " + (tag & 7), at);
        }
    }

    private void skipBytes(int count) throws MalformedRecordException {
        if (count > end - at) {
            throw new MalformedRecordException("a field of " + count + " bytes is cut off", at);
        }
        at += count;
    }

    void checkUtf8(int from, int length) throws MalformedRecordException {
        for (int i = from; i < from + length; i++) {
            if (bytes.get(i) < 0) {
                try {
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.slice(from, length));
                    return;
                } catch (CharacterCodingException e) {
                    throw new MalformedRecordException("the name of a header is not UTF-8", from);
                }
            }
        }
    }
}
